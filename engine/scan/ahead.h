// SPDX-License-Identifier: MIT
//
// Reading ahead: a thread that brings a mapped file into memory a little ahead of the threads that
// scan it, in their order, so that the disk works while they do. Of what the system's cache holds
// it only asks whether it does; a file that seems to be there as a whole gets no thread. It changes
// how long a search takes, and nothing else: where it cannot be had, there is none.

#ifndef MS_SCAN_AHEAD_H
#define MS_SCAN_AHEAD_H

#include "scan/plan.h"

struct ms_ahead;

// Starts it for the units of a plan; NULL: there is nothing to read ahead, or no thread. All three
// must stay until it is stopped.
struct ms_ahead *ms_ahead_start(const struct ms_source *source, const struct ms_memory *memory,
                                const struct ms_scan_plan *plan);

// Unit number `unit` is about to be scanned. By any thread; costs a load and a store, and once in a
// few units a signal. `ahead` may be NULL.
void ms_ahead_taken(struct ms_ahead *ahead, size_t unit);

// Waits for what it is reading, a few MiB, and frees it. NULL is allowed.
void ms_ahead_stop(struct ms_ahead *ahead);

#endif
