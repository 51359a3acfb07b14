// SPDX-License-Identifier: MIT
//
// The second pass over a space: walks it, and makes tasks of where the first pass has left marks,
// to be matched again in the neighbourhood in which the pages are mapped. What is found so is exact
// and in order.

#ifndef MS_SCAN_CONFIRM_H
#define MS_SCAN_CONFIRM_H

#include "match/candidates.h"
#include "scan/places.h"
#include "scan/ranges.h"
#include "scan/view.h"

struct ms_tasks;

struct ms_confirm {
    const struct ms_matcher *matcher;
    const struct ms_marks *marks;
    const struct ms_candidates *candidates;
    const struct ms_view *view;
    const struct ms_ranges *ranges;
    bool unmapped_only; // the space is MS_SPACE_UNMAPPED, its view all memory: matches that have
                        // a byte in an unmapped page
    uint64_t from;      // matches that begin below are left out
    size_t chunk_bytes; // matched at a time, about
    uint8_t *settled;   // by table of the set of spaces, as of struct ms_tasks: no match begins in
                        // what it maps, or an earlier place stands for it. NULL: it is not known
    struct ms_places *places; // NULL: each match is reported where it is mapped
    struct ms_judge judge;    // of matches without places
};

// Adds the tasks of the space, all of it that comes, and the last one. *marked_pages is added to.
// MS_OK, or what the tasks yield: MS_STOPPED or a failure.
enum ms_status ms_confirm_run(const struct ms_confirm *confirm, struct ms_tasks *tasks,
                              uint64_t *marked_pages, struct ms_error *error);

#endif
