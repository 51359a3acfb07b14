// SPDX-License-Identifier: MIT
//
// The ranges of a search, put in order. Ranges that overlap are one group, in whose union memory is
// searched, though a match must lie in one of them. Ranges that merely touch are not joined.

#ifndef MS_SCAN_RANGES_H
#define MS_SCAN_RANGES_H

#include "base/vec.h"
#include <memscan/range.h>

struct ms_range_group {
    uint64_t first;
    uint64_t last;
    size_t first_piece; // of the pieces, below
    size_t n_pieces;    // at least 1
};

struct ms_ranges {
    MS_VEC(struct ms_range) pieces;       // the ranges that lie in no other: both ends ascend
    MS_VEC(struct ms_range_group) groups; // ascending, disjoint
};

enum ms_range_choice {
    MS_RANGES_ALL,
    MS_RANGES_PHYSICAL,
    MS_RANGES_VIRTUAL,
};

// Of the ranges those that are chosen; of none given at all, everything. False without memory;
// released by the caller also then.
bool ms_ranges_build(struct ms_ranges *ranges, const struct ms_range *given, size_t n,
                     enum ms_range_choice choice);
void ms_ranges_release(struct ms_ranges *ranges);

#endif
