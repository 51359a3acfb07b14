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
    uint64_t weight; // the next two are set by ms_table_draft_weigh()
    struct ms_table_bytes bytes;
};

// Adds an extent of one entry behind the others, or to the last one if it continues that.
void ms_table_draft_add(const struct ms_table_reading *reading, unsigned level,
                        struct ms_table_draft *draft, ms_table_extent extent);

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
