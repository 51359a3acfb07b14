// SPDX-License-Identifier: MIT
//
// Edges: matches of fixed patterns that a hole cuts off. At least half of the pattern lies against
// the hole; the rest would lie in it.

#ifndef MS_SCAN_EDGES_H
#define MS_SCAN_EDGES_H

#include "scan/ranges.h"
#include "scan/report.h"

// Shorter patterns are found half by chance.
#define MS_MIN_EDGE_LENGTH 8

struct ms_edges {
    const struct ms_image *image;
    const struct ms_matcher *matcher;
    const struct ms_view *view;
    const struct ms_ranges *ranges;
    uint64_t from;
    struct ms_report *report;
};

// Passes each cut-off match to the hit callback, by ascending address. MS_OK, MS_STOPPED by it, or
// a failure.
enum ms_status ms_edges_run(const struct ms_edges *edges, struct ms_error *error);

#endif
