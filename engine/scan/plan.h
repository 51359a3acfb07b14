// SPDX-License-Identifier: MIT
//
// What is to be scanned: the stretches of contiguous memory that the image holds inside the ranges
// asked for, cut into units of about equal size that threads take one after the other; and what was
// asked for but is not there.

#ifndef MS_SCAN_PLAN_H
#define MS_SCAN_PLAN_H

#include "base/error.h"
#include "base/vec.h"
#include "image/memory.h"
#include <memscan/search.h>

// Memory without a hole, in one range or in several that overlap. A match must lie in one stretch.
struct ms_scan_stretch {
    uint64_t start;
    uint64_t length;
    uint64_t own_start; // offset of the first byte at which a match may start (option `from`)
    size_t first_piece; // of the plan's pieces: the ranges that the stretch is the union of;
    size_t n_pieces;    // 0 where it is one
};

// Where a unit begins; it ends where the next one begins.
struct ms_unit {
    size_t stretch;
    uint64_t offset; // in the stretch; below its length
};

struct ms_scan_plan {
    MS_VEC(struct ms_scan_stretch) stretches; // ascending
    MS_VEC(struct ms_range) pieces;
    MS_VEC(struct ms_unit) units; // one more than there are: the last is the end
    MS_VEC(struct ms_gap) gaps;   // ascending
    struct ms_coverage coverage;  // but for `scanned` and `unreadable`, which scanning tells
    uint64_t own_bytes;           // to be scanned
};

// Makes the plan, which is zero-initialised and released by the caller also on failure.
enum ms_status ms_scan_plan_build(struct ms_scan_plan *plan, const struct ms_memory *memory,
                                  const struct ms_search_options *options, size_t chunk_bytes,
                                  struct ms_error *error);
void ms_scan_plan_release(struct ms_scan_plan *plan);

#endif
