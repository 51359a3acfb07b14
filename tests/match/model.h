// SPDX-License-Identifier: MIT
//
// A model of fixed patterns that knows nothing of the engine: elements that memory must match one
// after the other. Random ones are made together with the text that says the same to memscan, and
// random memory in which they do occur, almost occur, and flood.

#ifndef TESTS_MATCH_MODEL_H
#define TESTS_MATCH_MODEL_H

#include "base/vec.h"
#include "seeded.h"

#include <memscan/pattern.h>

// A value of `width` bytes, v, matches if (v & mask) == value and lo <= v <= hi, or with `fold` if
// it is the letter `value` in either case.
struct model_element {
    uint32_t width;
    uint64_t mask;
    uint64_t value;
    uint64_t lo;
    uint64_t hi;
    bool fold;
};

struct model_pattern {
    enum ms_pattern_kind kind;
    bool ignore_case;
    uint32_t align; // 0 was turned into the kind's own
    uint32_t length;
    MS_VEC(struct model_element) elements;
    MS_VEC(char) text;
};

#define MODEL_ALPHABET 8

// What random sets and memory are like.
struct model_profile {
    const char *name;
    const char *kinds; // letters as in pattern files, each as likely as it is frequent
    uint32_t max_patterns;
    uint32_t max_length;       // bytes of a pattern, about
    uint32_t max_memory;       // bytes
    uint32_t exact_percent;    // of elements
    uint32_t periodic_percent; // of patterns: of a period up to 8, repeated at least twice
    uint32_t aligned_percent;  // of patterns: an alignment other than their own
    uint32_t uniform_percent;  // of memory's parts: long stretches of one byte
};

struct model_case {
    struct seeded random;
    const struct model_profile *profile;
    uint8_t alphabet[MODEL_ALPHABET]; // the bytes that most of the case is made of
    MS_VEC(struct model_pattern) patterns;
    uint8_t *memory;
    size_t length;
    uint64_t address; // of memory[0]
};

// Makes patterns and memory. Released with model_case_release().
void model_case_random(struct model_case *model, const struct model_profile *profile,
                       uint64_t seed);
void model_case_release(struct model_case *model);

// The patterns as memscan's, freed by the caller; fails the running test if one is refused.
struct ms_patterns *model_case_set(const struct model_case *model);

// A set of one written pattern, freed by the caller; fails the running test if it is refused. An
// `align` of 0 is the kind's own.
struct ms_patterns *model_set_of(enum ms_pattern_kind kind, const char *text, uint32_t align);

// Whether `memory`, which holds pattern->length bytes, matches.
bool model_matches(const struct model_pattern *pattern, const uint8_t *memory);

#endif
