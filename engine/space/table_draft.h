// SPDX-License-Identifier: MIT
//
// A table as it grows, extent by extent, until it is kept.

#ifndef MS_SPACE_TABLE_DRAFT_H
#define MS_SPACE_TABLE_DRAFT_H

#include "space/tables.h"

#define MS_LEAST_WEIGHT MS_PAGE_BYTES // of an extent

// What is being read, or made.
struct ms_table_reading {
    struct ms_tables *tables;
    const struct ms_paging_mode *mode;
    struct ms_error *error;
};

struct ms_table_draft {
    ms_table_extent extents[MS_MAX_TABLE_ENTRIES];
    unsigned n;
    ms_table_extent next; // would continue the extent that was added last; 0: nothing does
    uint64_t weight;      // the next two are set by ms_table_draft_weigh()
    struct ms_table_bytes bytes;
};

// What continues an extent of one entry; 0: nothing does.
static inline ms_table_extent ms_extent_behind(const struct ms_paging_mode *mode, unsigned level,
                                               ms_table_extent extent)
{
    const struct ms_paging_level *at = &mode->levels[level];
    uint64_t step =
        ms_extent_kind(extent) == MS_EXTENT_PAGES ? UINT64_C(1) << (at->shift - MS_PAGE_SHIFT) : 0;
    ms_table_extent behind = extent + 1 + (step << MS_EXTENT_TARGET_SHIFT);
    // The two halves of an address space do not touch.
    bool at_half = level == mode->n_levels - 1 && ms_extent_index(behind) == 1u << (at->bits - 1);

    return at_half || behind < extent ? 0 : behind;
}

// Adds an extent of one entry behind the others, or to the last one if it continues that. All of
// the draft have been added so.
static inline void ms_table_draft_add(const struct ms_table_reading *reading, unsigned level,
                                      struct ms_table_draft *draft, ms_table_extent extent)
{
    ms_table_extent *before = &draft->extents[draft->n - (draft->n > 0)];

    if (draft->n > 0 && draft->next == extent && ms_extent_count(*before) < MS_EXTENT_MAX_ENTRIES)
        *before += MS_EXTENT_ONE_MORE;
    else
        draft->extents[draft->n++] = extent;
    draft->next = ms_extent_behind(reading->mode, level, extent);
}

// Copies of a table what lies in [first, last], which are linear addresses if the table is a
// topmost one, and count from its first byte on if not.
void ms_table_draft_copy(const struct ms_table *table, const struct ms_paging_level *level,
                         uint64_t first, uint64_t last, struct ms_table_draft *draft);

void ms_table_draft_weigh(const struct ms_tables *tables, const struct ms_paging_level *level,
                          struct ms_table_draft *draft);

// What an extent of a table of that level weighs.
uint64_t ms_extent_weight(const struct ms_tables *tables, const struct ms_paging_level *level,
                          ms_table_extent extent);

// Keeps a draft that was weighed; a key of 0 is not found again. tables.c.
enum ms_status ms_table_keep(struct ms_tables *tables, uint64_t key,
                             const struct ms_table_draft *draft, uint32_t *table_ret,
                             struct ms_error *error);

// Says what is left out: all that the table at `physical` maps of `bytes` bytes from `first` on.
enum ms_status ms_tables_warn(const struct ms_table_reading *reading, const char *kind,
                              const char *what, uint64_t physical, uint64_t first, uint64_t bytes);

#endif
