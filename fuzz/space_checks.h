// SPDX-License-Identifier: MIT
//
// A machine that the image builder makes, searched by libmemscan and by the naive search: what the
// engine says of its spaces and finds in them is what the simple translator and the naive search
// say. Any difference ends the program.

#ifndef MS_FUZZ_SPACE_CHECKS_H
#define MS_FUZZ_SPACE_CHECKS_H

#include "space_subject.h"

// What is worth knowing of what was compared.
struct space_counts {
    uint64_t hits, mappings, gaps;
    uint64_t seams;     // hits that are in pieces in memory
    uint64_t discarded; // too large for the naive search
};

// `expect_hits` of the naive search itself; UINT64_MAX: any, and what is too large is left out.
void check_spaces(const struct spec *spec, const struct space_query *query, uint64_t expect_hits,
                  struct space_counts *counts);

#endif
