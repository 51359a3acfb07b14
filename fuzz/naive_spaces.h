// SPDX-License-Identifier: MIT
//
// The naive search of spaces: each pattern at each address of each stretch of memory, by the words
// of the contract and nothing else.

#ifndef MS_FUZZ_NAIVE_SPACES_H
#define MS_FUZZ_NAIVE_SPACES_H

#include "known_space.h"

struct needle {
    const uint8_t *bytes; // 0 where the mask is
    const uint8_t *mask;  // the bits that count; NULL: all
    size_t length;
    uint32_t align;
    bool regex;    // is asked for as one
    uint32_t most; // of a regex: its first byte comes 1 to so many times; 0: once
};

// A space that is searched.
struct known_view {
    const char *name;
    enum ms_space_kind kind;
    unsigned address_bits;
    struct known_space space; // of the kind MS_SPACE_UNMAPPED: the pages that count
};

struct naive_question {
    const struct known_memory *memory;
    const struct known_view *views; // in the order of a search
    size_t n_views;
    const struct needle *needles;
    size_t n_needles;
    const struct ms_range *ranges;
    size_t n_ranges;
    unsigned page_flags;
};

struct naive_hit {
    size_t view;
    uint64_t address, physical;
    uint32_t needle;
    uint32_t length;
    size_t segment; // numbers memory without a hole, of one view and range
};

// A match that a hole cuts off.
struct naive_partial {
    size_t view;
    uint64_t address, physical; // of the first byte that is there
    uint32_t needle;
    uint32_t length, missing_before;
};

struct naive_answer {
    struct naive_hit *hits; // in order
    size_t n_hits, hits_capacity;
    uint64_t *needle_hits;
    struct naive_partial *partials; // in order: by segment, those before it first
    size_t n_partials, partials_capacity;
    struct ms_coverage *coverage; // of each view
    struct ms_gap *gaps;          // in order; those that touch and have one reason are one
    size_t n_gaps, gaps_capacity;
};

// What a search must find.
void naive_answer(const struct naive_question *question, struct naive_answer *answer);
void naive_answer_release(struct naive_answer *answer);

// Coverage and gaps alone, of what is not below `from` in view `first` or in a view before.
void naive_cover(const struct naive_question *question, size_t first, uint64_t from,
                 struct naive_answer *answer);

// A hit as a search gives it where one hit may stand for several places: those that map its page
// wholly, if they are more than `most`.
struct folded_hit {
    const struct naive_hit *hit;
    size_t first_place; // of the places
    size_t n_places;    // 0: it stands for itself
    uint64_t repeat;    // that many in a row
};

struct naive_fold {
    struct folded_hit *hits;
    size_t n_hits;
    struct naive_place {
        size_t view;
        uint64_t address, physical; // of a page
    } * places;                     // by physical address, then in order
    size_t n_places, places_capacity;
};

void naive_fold(const struct naive_question *question, const struct naive_answer *answer,
                size_t most, struct naive_fold *fold);

// Leaves out what is below `from` in view `first` or in a view before.
void naive_fold_from(struct naive_fold *fold, size_t first, uint64_t from);

// Makes one of three hits or more of one pattern, each one alignment step after the last.
void naive_fold_rows(const struct naive_question *question, struct naive_fold *fold);

void naive_fold_release(struct naive_fold *fold);

// Adds a gap behind the others; joins what continues the last.
void naive_add_gap(struct naive_answer *answer, struct ms_gap gap);

#endif
