// SPDX-License-Identifier: MIT
//
// The pages of one table, all at once. Where they lie apart, a cursor takes ten times as long.

#include "space/spaces.h"

_Static_assert(MS_MAX_PAGE_RUNS == MS_MAX_TABLE_ENTRIES, "each page may be a run");

// What a table that points to pages alone spans at the most, in any mode; those above span more.
#define MAX_BYTES ((uint64_t)MS_MAX_PAGE_RUNS * MS_PAGE_BYTES)

// The first stretch that has a byte at the address or above; one at the very end if there is none.
static struct ms_stretch stretch_from(const struct ms_present *present, uint64_t address)
{
    size_t i = ms_present_find(present, address, 0);

    return i < present->stretches.n ? present->stretches.items[i]
                                    : (struct ms_stretch){UINT64_MAX, UINT64_MAX, 0, 0};
}

bool ms_spaces_page_runs(const struct ms_spaces *spaces, const struct ms_mapping_info *table,
                         struct ms_page_run runs[MS_MAX_PAGE_RUNS], size_t *n_ret)
{
    const struct ms_table *from = &spaces->tables.tables.items[table->physical];
    struct ms_stretch stretch = stretch_from(&spaces->present, 0);
    uint64_t behind = 0; // the last run, in memory
    size_t n = 0;

    if (table->last - table->first >= MAX_BYTES)
        return false;
    for (unsigned i = 0; i < from->n_extents; i++) {
        ms_table_extent extent = from->extents[i];
        unsigned count = ms_extent_count(extent), at = ms_extent_index(extent);
        uint64_t first = ms_extent_target(extent) << MS_PAGE_SHIFT;
        uint64_t last = first + ((uint64_t)count << MS_PAGE_SHIFT) - 1;

        if (ms_extent_kind(extent) != MS_EXTENT_PAGES)
            continue;
        if (first < stretch.first || last > stretch.last) {
            stretch = stretch_from(&spaces->present, first);
            if (stretch.first > last)
                continue;
            if (first < stretch.first || last > stretch.last)
                return false;
        }
        if (n > 0 && first == behind && runs[n - 1].at + runs[n - 1].n == at)
            runs[n - 1].n += count;
        else
            runs[n++] = (struct ms_page_run){(size_t)ms_present_page(&stretch, first), at, count};
        behind = last + 1;
    }
    *n_ret = n;
    return true;
}
