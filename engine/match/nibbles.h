// SPDX-License-Identifier: MIT
//
// Nibble tests: values in buckets, so that as little else as possible of what memory holds passes
// for one of them.

#ifndef MS_MATCH_NIBBLES_H
#define MS_MATCH_NIBBLES_H

#include "match/kernel/kernel.h"

#define MS_MAX_NIBBLE_VALUES 256

// Fills the tables of a nibble test so that `n` different values pass, at least 1 and at most
// MS_MAX_NIBBLE_VALUES, and returns the share of memory that is expected to. Of bytes of width 1,
// nothing else passes if there are 16 buckets.
double ms_nibbles_fill(struct ms_nibbles *nibbles, const uint64_t *values, size_t n,
                       enum ms_test_kind kind, uint32_t width);

#endif
