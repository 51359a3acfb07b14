// SPDX-License-Identifier: MIT
//
// Spaces inside: the iterator over mappings, with which the scan layer walks spaces.

#ifndef MS_SPACE_SPACE_H
#define MS_SPACE_SPACE_H

#include "base/error.h"
#include "image/memory.h"
#include "space/present.h"
#include <memscan/space.h>

// The state of a mapping that stands for all that a table maps: see `whole_below`. `first` and
// `last` are what the table spans, `physical` is its number.
#define MS_MAPPED_TABLE ((enum ms_mapping_state)(MS_MAPPED_UNREADABLE + 1))

// What is left of a cursor's walk at one level of the tables.
struct ms_mapping_cursor_level {
    const uint64_t *extents; // of the table
    unsigned n_extents;
    unsigned at;     // the extent that is next
    unsigned repeat; // the entry of it that is next, where it stands for tables
    unsigned flags;  // that the tables above allow
    uint64_t base;   // linear address of the table's first entry
};

// A stretch of a space with one physical address for its first byte, but not yet looked up in the
// image.
struct ms_mapping_piece {
    uint64_t first, last; // as the space counts: linear, or physical
    uint64_t physical;
    unsigned flags;
    enum ms_mapping_state state;
    bool is_memory; // present or absent, which the image tells
};

// Yields the mappings of a space by ascending address, each as long as can be. Any number of
// cursors may be in use; one needs no release. Its members are its own.
struct ms_mapping_cursor {
    const struct ms_spaces *spaces;
    const void *mode; // const struct ms_paging_mode *; NULL: physical addresses
    bool unmapped;    // of the space of that kind
    // Tables that span fewer bytes than this, and that wholly, are yielded as MS_MAPPED_TABLE, not
    // walked. 0: none. To be set after the start.
    uint64_t whole_below;
    uint64_t first, last;
    bool done; // there are no more pieces

    struct ms_mapping_cursor_level levels[5]; // [0]: that of the 4 KiB pages
    unsigned level;                           // the lowest that is open

    size_t run;       // the run or stretch that is next, where there are no tables
    uint64_t next;    // number of the page that is next in it, of the space `unmapped`
    size_t stretch;   // where in the image the last piece of memory was
    bool piece_left;  // `piece` has not been handed out wholly
    bool mapping_set; // `mapping` has been started
    struct ms_mapping_piece piece;
    struct ms_mapping_info mapping;
};

void ms_mapping_cursor_start(struct ms_mapping_cursor *cursor, const struct ms_spaces *spaces,
                             size_t space, const struct ms_range *range);

// False: there are no more.
bool ms_mapping_cursor_next(struct ms_mapping_cursor *cursor, struct ms_mapping_info *mapping_ret);

// How many of the bytes that a table spans are mapped how. The others are unmapped.
struct ms_table_bytes {
    uint64_t present, absent, paged_out, unreadable;
};

// Tables are numbered from 0 on. However many places map one, it has one number, so that what was
// found out at one place need not be found out again at the next.
size_t ms_spaces_n_tables(const struct ms_spaces *spaces);
const struct ms_table_bytes *ms_spaces_table_bytes(const struct ms_spaces *spaces, size_t table);

// Pages that lie one behind the other in memory, and so does where a table maps them.
struct ms_page_run {
    size_t page; // number of the first, see present.h
    unsigned at; // index of the first of the table's entries
    unsigned n;
};

#define MS_MAX_PAGE_RUNS 1024 // of a table

// All pages of the image that a table, of which a cursor has yielded MS_MAPPED_TABLE, maps,
// whatever their flags: ascending by `at`; runs that touch there lie apart in memory. False: the
// table has other tables below it, or what it maps in one piece the image holds in part.
bool ms_spaces_page_runs(const struct ms_spaces *spaces, const struct ms_mapping_info *table,
                         struct ms_page_run runs[MS_MAX_PAGE_RUNS], size_t *n_ret);

// Whether the image holds the page of a physical address, or a part of it, and no other space of
// the set maps it: the space `unmapped` has it. The set must have that space.
bool ms_space_page_unmapped(const struct ms_spaces *spaces, uint64_t physical);

// What the image holds, for the numbers of its pages.
const struct ms_present *ms_spaces_present(const struct ms_spaces *spaces);

#endif
