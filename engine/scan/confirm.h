// SPDX-License-Identifier: MIT
//
// The second pass: walks a space and matches again where the first pass has left marks, now in the
// neighbourhood in which the pages are mapped. What it finds is exact and in order.

#ifndef MS_SCAN_CONFIRM_H
#define MS_SCAN_CONFIRM_H

#include "match/candidates.h"
#include "scan/places.h"
#include "scan/ranges.h"
#include "scan/report.h"
#include "scan/view.h"

struct ms_confirm {
    struct ms_worker *worker; // with a collector
    const struct ms_marks *marks;
    const struct ms_candidates *candidates;
    struct ms_report *report;
    const struct ms_view *view;
    const struct ms_ranges *ranges;
    bool unmapped_only; // the space is MS_SPACE_UNMAPPED, its view all memory: matches that have
                        // a byte in an unmapped page
    uint64_t from;      // matches that begin below are left out
    size_t chunk_bytes; // matched at a time, about
    uint8_t *settled;   // by table of the set of spaces: no match begins in what it maps, or an
                        // earlier place stands for it. NULL: it is not known which
    struct ms_places *places; // NULL: each match is reported where it is mapped
    uint64_t *scanned;        // bytes of the space that could be searched are added to it; with
                              // unmapped_only it is only lessened by what cannot be read any more
};

// MS_OK, MS_STOPPED (a callback wants no more), or a failure.
enum ms_status ms_confirm_run(const struct ms_confirm *confirm, struct ms_error *error);

#endif
