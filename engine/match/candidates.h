// SPDX-License-Identifier: MIT
//
// Candidates: where in physical memory a match may lie that is only whole where the memory is
// mapped. Of a long literal that is an anchor, of a regex the end of the shortest match from there,
// as far as can be told, of any other pattern the match itself. So a candidate is short, and few
// bytes on either side of two neighbouring pages tell whether one lies across them.

#ifndef MS_MATCH_CANDIDATES_H
#define MS_MATCH_CANDIDATES_H

#include "match/matcher.h"

// Patterns whose candidates may lie across page boundaries.
struct ms_seam_class {
    struct ms_matcher *own; // NULL: `matcher` is that of all candidates
    const struct ms_matcher *matcher;
    size_t reach; // what a candidate may have on either side of a boundary, at most; not 0
};

#define MS_MAX_SEAM_CLASSES 2

struct ms_candidates {
    struct ms_patterns *patterns; // that find the candidates of each pattern. NULL: they themselves
    struct ms_matcher *own;       // of these; NULL
    const struct ms_matcher *matcher; // to be run over memory

    // The bytes, at most, between the first byte of a match and the first byte of its candidate.
    size_t back;

    // What a candidate may have on either side of a page boundary at most. 0: none lies across
    // one, because alignment forbids it.
    size_t reach;

    struct ms_seam_class classes[MS_MAX_SEAM_CLASSES];
    size_t n_classes; // 1, or 0 without reach, until divided
};

// The matcher outlives it. Released by the caller also on failure.
enum ms_status ms_candidates_create(const struct ms_matcher *matcher,
                                    struct ms_candidates *candidates, struct ms_error *error);

// Divides the classes by reach where that makes so many seams cheaper to search that it is worth
// the time that compiling takes. `matcher` as above.
enum ms_status ms_candidates_divide(struct ms_candidates *candidates,
                                    const struct ms_matcher *matcher, size_t n_seams,
                                    struct ms_error *error);
void ms_candidates_release(struct ms_candidates *candidates);

#endif
