// SPDX-License-Identifier: MIT
//
// Cuts pieces into pages.

#include "pieces.h"

#include "machinery.h"
#include "material.h"

#include <stdlib.h>

static void add_piece(struct shards *shards, const struct piece *piece,
                      const struct segments *segments, const struct spaces *spaces)
{
    size_t count; // to the end of the page
    for (size_t done = 0; done < piece->length; done += count) {
        uint64_t physical, left;
        count = PAGE_SIZE - (piece->address + done) % PAGE_SIZE;
        count = piece->length - done < count ? piece->length - done : count;
        if (!spaces_translate(spaces, piece->space, piece->address + done, &physical, &left) ||
            !segments_hold(segments, physical, count))
            continue;
        shards->items =
            grow(shards->items, shards->count, &shards->capacity, sizeof(*shards->items));
        shards->items[shards->count++] =
            (struct shard){physical, piece->bytes + done, count, piece->place};
    }
}

static int compare_shards(const void *left, const void *right)
{
    const struct shard *a = left, *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

void shards_create(struct shards *shards, const struct spec *spec, const struct segments *segments,
                   const struct spaces *spaces)
{
    for (size_t i = 0; spec->machinery && i < spec->machinery->n_pieces; i++)
        add_piece(shards, &spec->machinery->pieces[i], segments, spaces);
    if (shards->count)
        qsort(shards->items, shards->count, sizeof(*shards->items), compare_shards);
    for (size_t i = 1; i < shards->count; i++) {
        const struct shard *a = &shards->items[i - 1], *b = &shards->items[i];
        if (a->address + a->length > b->address)
            fail_at(b->place, "memory that holds nothing of line %u; there is some at %#llx",
                    a->place.line, (unsigned long long)b->address);
    }
}

void shards_release(struct shards *shards)
{
    free(shards->items);
    *shards = (struct shards){0};
}

bool shards_touch(const struct shards *shards, uint64_t start, uint64_t length)
{
    size_t low = 0, high = shards->count;
    while (low < high) { // the first that ends above the start
        size_t middle = low + (high - low) / 2;
        if (shards->items[middle].address + shards->items[middle].length <= start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < shards->count && shards->items[low].address < start + length;
}
