// SPDX-License-Identifier: MIT
//
// All ways to search: kernels, engines, chunk sizes, threads, mapped or read, folded or not.

#ifndef TESTS_SCAN_WAYS_H
#define TESTS_SCAN_WAYS_H

#include "base/test_random.h"
#include "scan/observe.h"

// The masks of engines that take every pattern. Without regexes, one of them is the scalar engine
// alone, which is the simplest.
size_t engine_masks(bool regexes, unsigned masks[8]);

// The names of kernels that this processor can use.
size_t usable_kernels(const char *names[8]);

// Searches in all ways. `tiny`: in chunks of 1 and 7 bytes too, which only little memory bears.
void check_all_ways(const char *name, const struct machine *machine,
                    const struct known_query *query, bool tiny);

// Searches in `n` ways drawn by lot.
void check_some_ways(const char *name, const struct machine *machine,
                     const struct known_query *query, uint64_t *random, size_t n);

#endif
