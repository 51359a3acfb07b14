// SPDX-License-Identifier: MIT
//
// Marks: which frames hold a candidate, and which seams have one across them. The first pass of a
// search of spaces leaves nothing else behind.

#ifndef MS_SCAN_MARKS_H
#define MS_SCAN_MARKS_H

#include "match/matcher.h"
#include "scan/bits.h"
#include "scan/seams.h"
#include "space/present.h"

struct ms_marks {
    const struct ms_present *present;
    ms_bits *bits; // by frame
    struct ms_seams *seams;
};

// A sink that marks the frame in which each match begins.
struct ms_marker {
    struct ms_sink sink; // must be first: the engines' side
    struct ms_marks *marks;
};

void ms_marker_init(struct ms_marker *marker, struct ms_marks *marks);

#endif
