// SPDX-License-Identifier: MIT

#include "space/table_draft.h"

#include "base/extent.h"

#include <inttypes.h>

// == Weights ==

static struct ms_table_bytes extent_bytes(const struct ms_tables *tables,
                                          const struct ms_paging_level *level,
                                          ms_table_extent extent)
{
    uint64_t count = ms_extent_count(extent), all = count << level->shift;
    uint64_t first = ms_extent_target(extent) << MS_PAGE_SHIFT;
    struct ms_table_bytes bytes = {0};

    switch (ms_extent_kind(extent)) {
    case MS_EXTENT_PAGES:
        bytes.present = ms_present_bytes(tables->present, first, first + all - 1);
        bytes.absent = all - bytes.present;
        break;
    case MS_EXTENT_TABLE:
        bytes = tables->tables.items[ms_extent_target(extent)].bytes;
        bytes.present *= count;
        bytes.absent *= count;
        bytes.paged_out *= count;
        bytes.unreadable *= count;
        break;
    case MS_EXTENT_PAGED_OUT:
        bytes.paged_out = all;
        break;
    case MS_EXTENT_UNREADABLE:
        bytes.unreadable = all;
        break;
    }
    return bytes;
}

// No more than the addresses that the extent stands for, so that no sum of weights wraps.
static uint64_t weight_of(const struct ms_tables *tables, ms_table_extent extent,
                          const struct ms_table_bytes *bytes)
{
    if (ms_extent_kind(extent) == MS_EXTENT_TABLE)
        return ms_extent_count(extent) * tables->tables.items[ms_extent_target(extent)].weight;
    return ms_max_u64(bytes->present, MS_LEAST_WEIGHT);
}

uint64_t ms_extent_weight(const struct ms_tables *tables, const struct ms_paging_level *level,
                          ms_table_extent extent)
{
    struct ms_table_bytes bytes = extent_bytes(tables, level, extent);

    return weight_of(tables, extent, &bytes);
}

void ms_table_draft_weigh(const struct ms_tables *tables, const struct ms_paging_level *level,
                          struct ms_table_draft *draft)
{
    draft->weight = 0;
    draft->bytes = (struct ms_table_bytes){0};
    for (unsigned i = 0; i < draft->n; i++) {
        struct ms_table_bytes bytes = extent_bytes(tables, level, draft->extents[i]);

        draft->weight += weight_of(tables, draft->extents[i], &bytes);
        draft->bytes.present += bytes.present;
        draft->bytes.absent += bytes.absent;
        draft->bytes.paged_out += bytes.paged_out;
        draft->bytes.unreadable += bytes.unreadable;
    }
}

// == Extents ==

// Whether an extent of one entry continues another.
static bool continues(const struct ms_paging_mode *mode, unsigned level, ms_table_extent before,
                      ms_table_extent extent)
{
    const struct ms_paging_level *at = &mode->levels[level];
    unsigned count = ms_extent_count(before);
    uint64_t step =
        ms_extent_kind(before) == MS_EXTENT_PAGES ? UINT64_C(1) << (at->shift - MS_PAGE_SHIFT) : 0;
    // The two halves of an address space do not touch.
    bool at_half = level == mode->n_levels - 1 && ms_extent_index(extent) == 1u << (at->bits - 1);

    return count < MS_EXTENT_MAX_ENTRIES && !at_half &&
           ms_extent_index(before) + count == ms_extent_index(extent) &&
           ms_extent_kind(before) == ms_extent_kind(extent) &&
           ms_extent_flags(before) == ms_extent_flags(extent) &&
           ms_extent_target(before) + count * step == ms_extent_target(extent);
}

void ms_table_draft_add(const struct ms_table_reading *reading, unsigned level,
                        struct ms_table_draft *draft, ms_table_extent extent)
{
    ms_table_extent *before = &draft->extents[draft->n - (draft->n > 0)];

    if (draft->n > 0 && continues(reading->mode, level, *before, extent))
        *before += 1u << 10;
    else
        draft->extents[draft->n++] = extent;
}

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
