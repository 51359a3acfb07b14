// SPDX-License-Identifier: MIT
//
// Fixed patterns, memory and where it lies, made from an input; and what a search of it must find,
// by a loop over every address that knows nothing of the engines. The differential targets share
// it.
//
// The input, every part of which may be missing:
//
//     patterns   a count, then for each: form, alignment, contents        situation_patterns.c
//     layout     base address, runs, holes between them, ranges           take_layout()
//     memory     instructions: these bytes, a fill, a period, a pattern,  make_memory()
//                a copy of what came before

#ifndef MS_FUZZ_SITUATION_H
#define MS_FUZZ_SITUATION_H

#include "matches.h"

#include "match/pattern_set.h"

#define MAX_MEMORY   (16u << 10)
#define MAX_PATTERNS 40
#define MAX_RUNS     4
#define MAX_RANGES   3

// Memory that the image holds.
struct run {
    uint64_t start;
    uint32_t offset; // in the memory
    uint32_t length;
};

// Runs that touch, so are one for a search.
struct segment {
    uint64_t start;
    const uint8_t *bytes;
    size_t length;
};

struct situation {
    struct ms_patterns *patterns;
    struct run runs[MAX_RUNS];
    size_t n_runs;
    struct ms_range ranges[MAX_RANGES];
    size_t n_ranges;
    uint64_t from;
    uint8_t memory[MAX_MEMORY];
    size_t size;
    size_t max_size;
};

// Adds the patterns that the input tells of: not more than MAX_PATTERNS.
void situation_add_patterns(struct ms_patterns *patterns, struct input *input);

// With `max_size` bytes of memory at most, which is not above MAX_MEMORY. NULL if there is nothing
// to search for, or nothing to search. Freed with situation_free().
struct situation *situation_create(struct input *input, size_t max_size);
void situation_free(struct situation *situation);

// A LiME image of runs of the memory, closed by the caller.
struct memory_file lime_file(const uint8_t *memory, const struct run *runs, size_t n_runs);

// The segment that begins with run number *run, which becomes that of the next segment.
struct segment situation_segment(const struct situation *situation, size_t *run);

// Whether a match there lies in one of the ranges.
bool situation_in_ranges(const struct situation *situation, uint64_t address, uint32_t length);

// Adds all matches in order; if `limited`, those alone that the ranges and `from` allow. Ends early
// with false where there are more than `most`.
bool situation_find(const struct situation *situation, bool limited, size_t most,
                    struct matches *found);

#endif
