// SPDX-License-Identifier: MIT
//
// A tag is looked up once for each way in which an entry can have wildcards, of which four
// characters allow sixteen: those with the fewest wildcards first.

#include "windows/pool_tags.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>

// == Making ==

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_spellings(const struct ms_tag_spelling *a, const struct ms_tag_spelling *b)
{
    int by_mask = compare_numbers(a->mask, b->mask);

    return by_mask != 0 ? by_mask : compare_numbers(a->value, b->value);
}

static int compare_entries(const void *a, const void *b)
{
    const struct ms_tag_entry *left = a, *right = b;
    int order = compare_spellings(&left->spelling, &right->spelling);

    return order != 0 ? order : compare_numbers(left->line, right->line);
}

// Of several lines about one tag the first one counts.
static void sort_entries(struct ms_pool_tags *tags)
{
    struct ms_tag_entry *items = tags->entries.items;
    size_t n = 0;

    if (tags->entries.n == 0)
        return;
    qsort(items, tags->entries.n, sizeof(*items), compare_entries);
    for (size_t i = 0; i < tags->entries.n; i++)
        if (n == 0 || compare_spellings(&items[n - 1].spelling, &items[i].spelling) != 0)
            items[n++] = items[i];
    tags->entries.n = n;
}

enum ms_status ms_pool_tags_open(const char *path, struct ms_pool_tags **tags_ret,
                                 struct ms_error *error)
{
    struct ms_pool_tags *tags = calloc(1, sizeof(*tags));
    enum ms_status status;

    if (!tags)
        return ms_fail_nomem(error);
    status = path ? ms_pool_tags_read(tags, path, error) : MS_OK;
    if (status) {
        ms_pool_tags_free(tags);
        return status;
    }
    sort_entries(tags);
    *tags_ret = tags;
    return MS_OK;
}

void ms_pool_tags_free(struct ms_pool_tags *tags)
{
    if (!tags)
        return;
    ms_notes_release(&tags->notes);
    free(tags->entries.items);
    free(tags->texts.items);
    free(tags);
}

size_t ms_pool_tags_n_notes(const struct ms_pool_tags *tags)
{
    return tags->notes.lines.n;
}

const char *ms_pool_tags_note(const struct ms_pool_tags *tags, size_t index)
{
    return tags->notes.lines.items[index];
}

// == Looking up ==

// The mask of which the set bits of `places` say which characters it has.
static uint32_t mask_of(unsigned places)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < MS_POOL_TAG_BYTES; i++)
        if (places >> i & 1)
            mask |= UINT32_C(0xff) << 8 * i;
    return mask;
}

static const struct ms_tag_entry *find_entry(const struct ms_pool_tags *tags,
                                             struct ms_tag_spelling wanted)
{
    size_t low = 0, high = tags->entries.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ms_tag_entry *entry = &tags->entries.items[middle];
        int order = compare_spellings(&entry->spelling, &wanted);

        if (order == 0)
            return entry;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// With as many characters that are no wildcards; the first line of them.
static const struct ms_tag_entry *find_with(const struct ms_pool_tags *tags, uint32_t tag,
                                            int n_characters)
{
    const struct ms_tag_entry *best = NULL;

    for (unsigned places = 0; places < 1u << MS_POOL_TAG_BYTES; places++) {
        uint32_t mask = mask_of(places);
        const struct ms_tag_entry *entry;

        if (__builtin_popcount(places) != n_characters)
            continue;
        entry = find_entry(tags, (struct ms_tag_spelling){mask, tag & mask});
        if (entry && (!best || entry->line < best->line))
            best = entry;
    }
    return best;
}

static bool find_in_file(const struct ms_pool_tags *tags, uint32_t tag,
                         struct ms_pool_tag_info *info_ret)
{
    const struct ms_tag_entry *entry = NULL;

    for (int n = MS_POOL_TAG_BYTES; n >= 0 && !entry && tags->entries.n > 0; n--)
        entry = find_with(tags, tag, n);
    if (entry)
        *info_ret = (struct ms_pool_tag_info){.driver = tags->texts.items + entry->driver,
                                              .text = tags->texts.items + entry->text,
                                              .from_file = true};
    return entry;
}

static bool find_known(uint32_t tag, struct ms_pool_tag_info *info_ret)
{
    size_t low = 0, high = ms_n_known_tags;
    uint8_t bytes[MS_POOL_TAG_BYTES];

    ms_put_le(bytes, tag, sizeof(bytes));
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ms_known_tag *known = &ms_known_tags[middle];
        int order = memcmp(known->tag, bytes, sizeof(bytes));

        if (order == 0) {
            *info_ret = (struct ms_pool_tag_info){.driver = known->driver, .text = known->text};
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool ms_pool_tags_find(const struct ms_pool_tags *tags, uint32_t tag,
                       struct ms_pool_tag_info *info_ret)
{
    return find_in_file(tags, tag, info_ret) || find_known(tag, info_ret);
}
