// SPDX-License-Identifier: MIT
//
// Runs matchers as the scan layer does: a stretch of memory is cut into windows, each is put where
// reading past its end crashes, and what the sink is given is checked against what matcher.h
// promises of it and collected.

#ifndef TESTS_MATCH_WINDOWS_H
#define TESTS_MATCH_WINDOWS_H

#include "guarded.h"
#include "match/matcher.h"
#include "model.h"

struct found {
    uint64_t address;
    uint32_t pattern;
    uint32_t length;
};
typedef MS_VEC(struct found) found_vec;

// Contiguous memory, and the ranges that were asked for in it (none: all of it).
struct stretch {
    const uint8_t *bytes;
    size_t length;
    uint64_t address;
    const struct ms_range *pieces;
    size_t n_pieces;
};

struct runner {
    struct ms_matcher *matcher;
    struct ms_scratch *scratch;
    struct guarded memory;
    found_vec found;      // what the runs so far have found, unsorted
    uint64_t calls;       // of the sink
    uint64_t refuse_from; // this call, counted from 0, and those behind it are refused
};

// Takes over the matcher. Stretches have `most` bytes at most.
struct runner runner_create(struct ms_matcher *matcher, size_t most);
void runner_release(struct runner *runner);

// Forgets what was found.
void runner_reset(struct runner *runner);

// One window that owns [own_start, own_end) of the stretch. The running test fails if the sink is
// given what matcher.h says it is not: matches out of order, twice, outside the own part or the
// window, not aligned, or anything after it refused. `context` is told then.
enum ms_status runner_scan(struct runner *runner, const struct stretch *stretch, size_t own_start,
                           size_t own_end, const char *context);

// The whole stretch in windows that end at the offsets cuts[0..n_cuts), ascending and inside it.
void runner_scan_cut(struct runner *runner, const struct stretch *stretch, const size_t *cuts,
                     size_t n_cuts, const char *context);

// Everything in one window, in windows cut at random, and in many small ones: each must find
// exactly what is expected, which is sorted.
void runner_expect(struct runner *runner, const struct stretch *stretch, struct seeded *random,
                   const found_vec *expected, const char *context);

// Matches in one piece of the stretch, by the model, sorted.
found_vec model_find(const struct model_case *model, const struct stretch *stretch);

// Gives the stretch pieces, `most` at most: overlapping ranges, both ends ascending. The stretch is
// cut to their union.
void random_pieces(struct seeded *random, struct stretch *stretch, struct ms_range *pieces,
                   size_t most);

// Fails the running test where they differ; `found` need not be sorted.
void found_expect(found_vec *found, const found_vec *expected, const char *context);

// Compiles for the engines of the mask alone (0: all); fails the running test if that is refused.
struct ms_matcher *matcher_for(const struct ms_patterns *patterns, unsigned engine_mask,
                               const char *simd);

// Makes `n_cases` random cases from the seed on, and holds the engines of the mask, with every
// kernel that is usable here, and the oracle, to the model.
void check_random_cases(const struct model_profile *profile, unsigned engine_mask, uint64_t seed,
                        size_t n_cases);

// Cases with memory of at most 700 bytes: two windows that meet at each place in turn.
void check_every_cut(const struct model_profile *profile, unsigned engine_mask, uint64_t seed,
                     size_t n_cases);

// A pattern, memory at an address that is a multiple of 4096, and where it matches.
struct literal_case {
    const char *name;
    enum ms_pattern_kind kind;
    const char *text;
    uint32_t align; // 0: the kind's own
    const char *memory;
    size_t length;
    size_t offsets[8];
    size_t n_offsets;
};

// Holds the engines of the mask, with every kernel that is usable here, to the case.
void check_literal_case(const struct literal_case *test, unsigned engine_mask);

#define ENGINE_BIT(engine) (1u << (engine))

#endif
