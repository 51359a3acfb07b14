// SPDX-License-Identifier: MIT
//
// Pairs of bytes for the texts engine: of a pattern, the two bytes that are least often met
// together.

#ifndef MS_MATCH_BYTE_PAIRS_H
#define MS_MATCH_BYTE_PAIRS_H

#include "match/kernel/kernel.h"
#include "match/pattern_set.h"

// The second byte is at most so far behind the first.
#define MS_PAIR_REACH 63

struct ms_pattern_pair {
    struct ms_byte_pair pair;
    uint32_t offset; // of the first byte in the pattern
    double in_vain;  // the part of memory's bytes at which the pair is expected without the pattern
};

// Of a pattern that is no regex. Where it has one byte only, the two are the same.
struct ms_pattern_pair ms_pair_choose(const struct ms_pattern *pattern);

// The part of memory's bytes at which its bytes `a` and `b`, above a, are expected, in that
// distance.
double ms_pair_share(const struct ms_pattern *pattern, uint32_t a, uint32_t b);

#endif
