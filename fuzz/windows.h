// SPDX-License-Identifier: MIT
//
// Runs a matcher over memory as the scan layer does: in windows that are exactly as large as
// matcher.h promises, each a block of its own, so that a sanitizer sees what is read outside.

#ifndef MS_FUZZ_WINDOWS_H
#define MS_FUZZ_WINDOWS_H

#include "matches.h"
#include "situation.h"

#include "match/matcher.h"

// How memory is cut, and where a window's bytes lie.
struct cuts {
    size_t first;   // bytes of the first window; 0: as all others
    size_t chunk;   // of each other window; 0: one window for all
    unsigned shift; // of the bytes from a multiple of 16
};

// Bytes of a window of `length` bytes of memory: as wanted, but not so few that there are many
// windows, each of which costs an allocation and some calls.
size_t limit_chunk(size_t wanted, size_t length);

struct window_scan;

// Of at most MAX_PATTERNS patterns.
struct window_scan *window_scan_create(const struct ms_matcher *matcher);
void window_scan_free(struct window_scan *scan);

// Scans memory of which the pieces were asked for (none: all), behind what was scanned before, and
// aborts if the sink is given what matcher.h says it is not.
void window_scan_add(struct window_scan *scan, const struct segment *segment,
                     const struct ms_range *pieces, size_t n_pieces, struct cuts cuts);

// What was found so far, sorted.
const struct matches *window_scan_found(struct window_scan *scan);

#endif
