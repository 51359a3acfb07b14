// SPDX-License-Identifier: MIT
//
// A space as a search sees it: its mappings without the pages that lack the flags asked for, and
// with what could not be read of the image as holes.

#ifndef MS_SCAN_VIEW_H
#define MS_SCAN_VIEW_H

#include "base/vec.h"
#include "space/space.h"
#include <memscan/search.h>

typedef MS_VEC(struct ms_gap) ms_gap_vec;

struct ms_view {
    const struct ms_spaces *spaces;
    size_t space;
    unsigned page_flags;    // those that pages must have
    const ms_gap_vec *lost; // physical stretches that could not be read, ascending; NULL: none
    bool all_memory; // instead of a space: all memory of the image, at its physical addresses
};

struct ms_view_cursor {
    const struct ms_view *view;
    struct ms_mapping_cursor mappings;
    struct ms_mapping_info left; // what is left of the last mapping
    bool has_left;
    uint64_t next, last; // of all memory: the address to go on from; next > last: no more
};

void ms_view_cursor_start(struct ms_view_cursor *cursor, const struct ms_view *view, uint64_t first,
                          uint64_t last);

// The same, and all that a table maps which spans fewer than `whole_below` bytes, all of them in
// the range, is one mapping of state MS_MAPPED_TABLE. Not so in a view that lacks anything of its
// space, since tables do not know of it.
void ms_view_cursor_start_whole(struct ms_view_cursor *cursor, const struct ms_view *view,
                                uint64_t first, uint64_t last, uint64_t whole_below);

// As ms_mapping_cursor_next().
bool ms_view_cursor_next(struct ms_view_cursor *cursor, struct ms_mapping_info *mapping_ret);

#endif
