// SPDX-License-Identifier: MIT
//
// What ms_search() must report of a situation, worked out address by address from its contract in
// search.h.

#ifndef MS_FUZZ_SEARCH_EXPECT_H
#define MS_FUZZ_SEARCH_EXPECT_H

#include "situation.h"

struct expected {
    struct matches matches; // in ranges and from `from` on
    uint64_t counts[MAX_PATTERNS];
    struct ms_coverage coverage;

    // The same matches, three or more in a row as one hit. Not known where ranges overlap: then
    // those that two of them share belong to both.
    bool folds_known;
    MS_VEC(struct ms_hit) folds;
};

// False if there are more matches than `most`. Released with expected_release() either way.
bool expected_make(struct expected *expected, const struct situation *situation, size_t most);
void expected_release(struct expected *expected);

// Aborts unless the gaps, in the order in which they were reported, are what was asked for and is
// not there.
void expected_gaps(const struct expected *expected, const struct situation *situation,
                   const struct ms_gap *gaps, size_t n);

#endif
