// SPDX-License-Identifier: MIT

#include "space/frames.h"

#include "base/extent.h"

#include <stdlib.h>
#include <string.h>

bool ms_frames_clear(struct ms_frames *frames, const struct ms_present *present)
{
    size_t n_words = (size_t)(present->n_pages / 64 + 1);

    if (!frames->bits)
        frames->bits = calloc(n_words, sizeof(*frames->bits));
    else
        memset(frames->bits, 0, n_words * sizeof(*frames->bits));
    return frames->bits != NULL;
}

void ms_frames_release(struct ms_frames *frames)
{
    free(frames->bits);
    frames->bits = NULL;
}

static void set_bits(uint64_t *bits, uint64_t first, uint64_t last)
{
    uint64_t head = UINT64_MAX << first % 64, tail = UINT64_MAX >> (63 - last % 64);

    if (first / 64 == last / 64) {
        bits[first / 64] |= head & tail;
        return;
    }
    bits[first / 64] |= head;
    for (uint64_t i = first / 64 + 1; i < last / 64; i++)
        bits[i] = UINT64_MAX;
    bits[last / 64] |= tail;
}

// Adds physical memory, whole pages of it.
static void add_memory(struct ms_frames *frames, const struct ms_present *present, uint64_t first,
                       uint64_t last)
{
    const struct ms_stretch *stretches = present->stretches.items;

    for (size_t i = ms_present_find(present, first, 0);
         i < present->stretches.n && stretches[i].first <= last; i++) {
        uint64_t from = ms_max_u64(first, stretches[i].first);
        uint64_t to = ms_min_u64(last, stretches[i].last);

        set_bits(frames->bits, ms_present_page(&stretches[i], from),
                 ms_present_page(&stretches[i], to));
    }
}

struct adding {
    struct ms_frames *frames;
    const struct ms_present *present;
    struct ms_tables *tables;
    const struct ms_paging_mode *mode;
    uint64_t first, last;
};

static void add_table(const struct adding *adding, unsigned level, uint32_t number, uint64_t base);

static void add_pages(const struct adding *adding, const struct ms_paging_level *level,
                      ms_table_extent extent, uint64_t first)
{
    uint64_t last = first + ((uint64_t)ms_extent_count(extent) << level->shift) - 1;
    uint64_t from = ms_max_u64(first, adding->first), to = ms_min_u64(last, adding->last);
    uint64_t physical = ms_extent_target(extent) << MS_PAGE_SHIFT;

    if (from <= to)
        add_memory(adding->frames, adding->present, ms_page_start(physical + (from - first)),
                   (physical + (to - first)) | (MS_PAGE_BYTES - 1));
}

// All tables of an extent are the same one: where it is taken wholly, once is enough.
static void add_tables(const struct adding *adding, unsigned level, ms_table_extent extent,
                       uint64_t first)
{
    for (unsigned i = 0; i < ms_extent_count(extent); i++)
        add_table(adding, level - 1, (uint32_t)ms_extent_target(extent),
                  first + ((uint64_t)i << adding->mode->levels[level].shift));
}

static void add_table(const struct adding *adding, unsigned level, uint32_t number, uint64_t base)
{
    const struct ms_paging_level *paging = &adding->mode->levels[level];
    struct ms_table *table = &adding->tables->tables.items[number];
    uint64_t last = base + (UINT64_C(1) << (paging->shift + paging->bits)) - 1;

    if (base > adding->last || last < adding->first || table->marked)
        return;
    table->marked = base >= adding->first && last <= adding->last;
    for (unsigned i = 0; i < table->n_extents; i++) {
        ms_table_extent extent = table->extents[i];
        uint64_t first = base + ((uint64_t)ms_extent_index(extent) << paging->shift);

        if (ms_extent_kind(extent) == MS_EXTENT_PAGES)
            add_pages(adding, paging, extent, first);
        else if (ms_extent_kind(extent) == MS_EXTENT_TABLE)
            add_tables(adding, level, extent, first);
    }
}

void ms_frames_add(struct ms_frames *frames, const struct ms_present *present,
                   struct ms_tables *tables, const struct ms_paging_mode *mode, uint32_t root,
                   uint64_t first, uint64_t last)
{
    const struct adding adding = {frames, present, tables, mode, first, last};

    add_table(&adding, mode->n_levels - 1, root, 0);
    for (size_t i = 0; i < tables->tables.n; i++)
        tables->tables.items[i].marked = false;
}

uint64_t ms_frames_find(const struct ms_frames *frames, uint64_t page, uint64_t end, bool mapped)
{
    uint64_t flip = mapped ? 0 : UINT64_MAX;

    while (page < end) {
        uint64_t word = (frames->bits[page / 64] ^ flip) >> page % 64;

        if (word) {
            page += (uint64_t)__builtin_ctzll(word);
            break;
        }
        page = (page / 64 + 1) * 64;
    }
    return page < end ? page : end;
}
