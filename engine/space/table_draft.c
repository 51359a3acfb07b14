// SPDX-License-Identifier: MIT

#include "space/table_draft.h"

#include "base/extent.h"

#include <inttypes.h>

// == Weights ==

// How many of `all` bytes from `first` on the image holds. *stretch is where the caller found the
// last one.
static uint64_t present_bytes(const struct ms_present *present, uint64_t first, uint64_t all,
                              size_t *stretch)
{
    uint64_t last = first + all - 1;
    const struct ms_stretch *at;

    *stretch = ms_present_find(present, first, *stretch);
    at = &present->stretches.items[*stretch];
    if (*stretch == present->stretches.n || at->first > last)
        return 0;
    return at->first <= first && last <= at->last ? all : ms_present_bytes(present, first, last);
}

// Adds what an extent maps to `bytes`. Returns what it weighs: no more than the addresses that it
// stands for, so that no sum of weights wraps.
static uint64_t weigh(const struct ms_tables *tables, const struct ms_paging_level *level,
                      ms_table_extent extent, size_t *stretch, struct ms_table_bytes *bytes)
{
    uint64_t count = ms_extent_count(extent), all = count << level->shift;
    uint64_t target = ms_extent_target(extent), present;
    const struct ms_table *table;

    switch (ms_extent_kind(extent)) {
    case MS_EXTENT_PAGES:
        present = present_bytes(tables->present, target << MS_PAGE_SHIFT, all, stretch);
        bytes->present += present;
        bytes->absent += all - present;
        return ms_max_u64(present, MS_LEAST_WEIGHT);
    case MS_EXTENT_TABLE:
        table = &tables->tables.items[target];
        bytes->present += count * table->bytes.present;
        bytes->absent += count * table->bytes.absent;
        bytes->paged_out += count * table->bytes.paged_out;
        bytes->unreadable += count * table->bytes.unreadable;
        return count * table->weight;
    case MS_EXTENT_PAGED_OUT:
        bytes->paged_out += all;
        break;
    case MS_EXTENT_UNREADABLE:
        bytes->unreadable += all;
        break;
    }
    return MS_LEAST_WEIGHT;
}

uint64_t ms_extent_weight(const struct ms_tables *tables, const struct ms_paging_level *level,
                          ms_table_extent extent)
{
    struct ms_table_bytes bytes = {0};
    size_t stretch = 0;

    return weigh(tables, level, extent, &stretch, &bytes);
}

void ms_table_draft_weigh(const struct ms_tables *tables, const struct ms_paging_level *level,
                          struct ms_table_draft *draft)
{
    size_t stretch = 0;

    draft->weight = 0;
    draft->bytes = (struct ms_table_bytes){0};
    for (unsigned i = 0; i < draft->n; i++)
        draft->weight += weigh(tables, level, draft->extents[i], &stretch, &draft->bytes);
}

// == Extents ==

void ms_table_draft_copy(const struct ms_table *table, const struct ms_paging_level *level,
                         uint64_t first, uint64_t last, struct ms_table_draft *draft)
{
    uint64_t from = first >> level->shift, to = last >> level->shift; // indexes

    draft->n = 0;
    for (unsigned i = 0; i < table->n_extents; i++) {
        ms_table_extent extent = table->extents[i];
        unsigned index = ms_extent_index(extent), end = index + ms_extent_count(extent);
        unsigned start = (unsigned)ms_max_u64(index, ms_min_u64(from, end));
        uint64_t step = ms_extent_kind(extent) == MS_EXTENT_PAGES
                            ? (uint64_t)(start - index) << (level->shift - MS_PAGE_SHIFT)
                            : 0;

        end = (unsigned)ms_min_u64(end, to + 1);
        if (start < end)
            draft->extents[draft->n++] =
                ms_extent_make(start, end - start, ms_extent_flags(extent), ms_extent_kind(extent),
                               ms_extent_target(extent) + step);
    }
}

// == Warnings ==

enum ms_status ms_tables_warn(const struct ms_table_reading *reading, const char *kind,
                              const char *what, uint64_t physical, uint64_t first, uint64_t bytes)
{
    const struct ms_paging_mode *mode = reading->mode;

    return ms_layout_warn(
        reading->tables->warnings, reading->error, kind,
        "the table at 0x%" PRIx64 " %s: 0x%" PRIx64 " to 0x%" PRIx64 " cannot be read", physical,
        what, ms_canonical(mode, first), ms_canonical(mode, ms_last(first, bytes)));
}
