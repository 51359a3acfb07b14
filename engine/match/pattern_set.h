// SPDX-License-Identifier: MIT
//
// A pattern set inside: what the planner and the engines work on.
//
// A pattern other than a regex is fixed: it has a length, and each of its bytes is compared under a
// mask, except where a value range covers it. A match at address a is: for each byte i,
// (memory[a + i] & mask[i]) == bytes[i], and for each range, lo <= value <= hi, the value being the
// `width` little-endian bytes at a + offset. bytes[i] has no bit that mask[i] lacks; both are 0
// where a range lies.

#ifndef MS_MATCH_PATTERN_SET_H
#define MS_MATCH_PATTERN_SET_H

#include "base/vec.h"
#include <memscan/pattern.h>

struct ms_value_range {
    uint32_t offset; // of the value in the pattern
    uint32_t width;  // 1, 2, 4 or 8 bytes
    uint64_t lo;
    uint64_t hi; // inclusive
};

struct ms_pattern {
    enum ms_pattern_kind kind;
    bool ignore_case;
    uint32_t align;   // a power of two, never 0
    uint32_t length;  // bytes of a match; 0 for a regex
    uint32_t longest; // of a compiled regex: bytes of its longest match; else means nothing

    uint8_t *bytes; // `length` of them; NULL for a regex
    uint8_t *mask;  // `length` of them; NULL if all are ff and there are no ranges
    struct ms_value_range *ranges;
    size_t n_ranges;

    char *text; // as given, and a NUL behind; a regex is this text
    size_t text_length;
    char *name; // never NULL
};

struct ms_patterns {
    MS_VEC(struct ms_pattern) all;
};

// What is to be known about a kind.
struct ms_kind_facts {
    const char *name;
    char letter;    // in pattern files, and of the command's option
    uint32_t size;  // bytes of an element
    uint32_t align; // of matches, where nothing else is asked for
    bool letters;   // the pattern is text: case can be ignored
};

// The facts of a kind, which may also come from a caller's cast: NULL if there is no such kind.
const struct ms_kind_facts *ms_kind_facts(enum ms_pattern_kind kind);

// Frees the patterns from number `n` on, so that n are left. There are at least n.
void ms_patterns_truncate(struct ms_patterns *patterns, size_t n);

// Whether matches may be asked to start at multiples of it.
bool ms_align_valid(uint64_t align);

// Frees what a pattern owns, not the pattern itself.
void ms_pattern_release(struct ms_pattern *pattern);

// Makes an independent copy in `copy_ret`; false without memory.
bool ms_pattern_copy(struct ms_pattern *copy_ret, const struct ms_pattern *pattern);

// Whether the fixed pattern matches at `memory`, which holds pattern->length bytes.
bool ms_pattern_matches(const struct ms_pattern *pattern, const uint8_t *memory);

#endif
