// SPDX-License-Identifier: MIT
//
// Marks: which frames hold a candidate, and which seams have one across them. The first pass of a
// search of spaces leaves nothing else behind.

#ifndef MS_SCAN_MARKS_H
#define MS_SCAN_MARKS_H

#include "match/matcher.h"
#include "scan/bits.h"
#include "scan/seams.h"
#include "space/space.h"

struct ms_marks {
    const struct ms_present *present;
    ms_bits *bits; // by frame
    struct ms_seams *seams;
    uint8_t *tables; // by table of the spaces: what was told of it, 0 if nothing yet
};

// Whether a page that a table maps, of which a cursor has yielded MS_MAPPED_TABLE, is marked, or a
// seam between two of them. True also where that is not told without a walk. Remembers it: to be
// called when all is marked, on one thread.
bool ms_marks_may_have(const struct ms_marks *marks, const struct ms_spaces *spaces,
                       const struct ms_mapping_info *table);

// A sink that marks the frame in which each match begins.
struct ms_marker {
    struct ms_sink sink; // must be first: the engines' side
    struct ms_marks *marks;
};

void ms_marker_init(struct ms_marker *marker, struct ms_marks *marks);

#endif
