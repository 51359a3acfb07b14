// SPDX-License-Identifier: MIT
//
// The naive search: what a search must report, worked out from known memory by the words of the
// contract and nothing else: each pattern at each address, byte by byte.

#ifndef TESTS_SCAN_NAIVE_H
#define TESTS_SCAN_NAIVE_H

#include "scan/machine.h"
#include <memscan/search.h>
#include <stdlib.h>

// A pattern as text, and what the text means.
struct known_pattern {
    enum ms_pattern_kind kind;
    const char *text;
    bool ignore_case;
    uint32_t align; // as asked for; 0: the kind's own

    uint32_t step; // the alignment that follows
    uint32_t length;
    const uint8_t *bytes;
    const uint8_t *mask;  // NULL: all ff
    uint32_t range_width; // the whole pattern is one value of so many bytes, between
    uint64_t lo, hi;      // these; 0: it is not
    bool (*whole)(const uint8_t *bytes, size_t length); // regexes: whether all of it matches
};

// What to search; NULL ranges: everything.
struct known_query {
    const struct known_pattern *patterns;
    size_t n_patterns;
    const struct ms_range *ranges;
    size_t n_ranges;
    uint64_t from;
};

// Appends; a test without memory ends.
#define KEEP(vec, ...)                                                                             \
    do {                                                                                           \
        if (!ms_vec_push(vec, __VA_ARGS__))                                                        \
            abort();                                                                               \
    } while (0)

typedef MS_VEC(struct ms_hit) hit_vec;
typedef MS_VEC(struct ms_gap) gap_vec;

struct known_answer {
    hit_vec hits;   // one by one
    hit_vec folded; // valid while fewer than 4,096 lines wait
    gap_vec gaps;
    struct ms_coverage coverage;
    uint64_t *pattern_hits;
};

struct known_answer naive_answer(const struct machine *machine, const struct known_query *query);
void known_answer_release(struct known_answer *answer);

// Folds hits that lie one by one, by pattern and stretch[i] of hit i.
void naive_fold(const hit_vec *hits, const size_t *stretch, hit_vec *folded);

// The matches of folded hits one by one, in order.
void naive_expand(const hit_vec *folded, hit_vec *hits);

// Sorts by address, then pattern.
void hits_sort(hit_vec *hits);

#endif
