// SPDX-License-Identifier: MIT
//
// A machine with address spaces under test: the image that the builder makes of it, and what is
// known of its memory and spaces without the engine's help.

#ifndef MS_FUZZ_SPACE_SUBJECT_H
#define MS_FUZZ_SPACE_SUBJECT_H

#include "corpus/container.h"
#include "fuzz.h"
#include "naive_spaces.h"

enum { MAX_NAMES = 80, MAX_QUERY_RANGES = 4, MAX_SUBJECT_ROOTS = 80 };

// How to search: what must make no difference.
struct space_way {
    unsigned threads;
    size_t chunk_bytes;
    unsigned engine_mask;
    bool map;
    bool once, fold, edge; // the options
    bool count_only;
    uint32_t resume;  // not 0: the search begins at a place that this draws
    unsigned stop_at; // not 0: the call of the progress callback that stops, after which it goes
                      // on; not with `fold` or `edge`, which tell what is held back then
};

struct space_query {
    const char *container; // the builder's name
    uint64_t cut;          // bytes of memory that the end of the file lacks, if it has more
    bool windows;          // and so the engine knows
    // What to search: "physical", "kernel", "unmapped", or the number of one of the spec's spaces
    // as "0", "1", ...; in any order. The first space of the spec is the kernel's.
    const char *names[MAX_NAMES];
    size_t n_names;
    uint64_t kernel; // of 32-bit machines: where the kernel's half begins
    const struct needle *needles;
    size_t n_needles;
    struct ms_range ranges[MAX_QUERY_RANGES];
    size_t n_ranges;
    unsigned page_flags;
    const struct space_way *ways;
    size_t n_ways;
};

struct subject {
    const struct spec *spec;
    const struct space_query *query;
    struct memory_file built, bare; // the image; memory alone
    uint8_t *memory_bytes;
    size_t memory_size;
    struct ms_range absent; // what was cut off
    struct known_memory memory;
    enum ms_paging paging;
    uint64_t roots[MAX_SUBJECT_ROOTS];
    struct known_view views[MAX_NAMES];
    char names[MAX_NAMES][32];
    size_t n_views;

    // The rest is the checks'.
    unsigned page_flags;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct naive_question question;
    struct naive_answer answer;
};

// `spec` and `query` are set, the rest is zero. Builds the image, and memory alone.
void subject_open(struct subject *subject);
void subject_close(struct subject *subject);

// Walks the spaces that the query names, in the order of a search. False: one is too large.
bool subject_walk(struct subject *subject);

// The kind of the query's n-th name, and how the engine calls it.
void subject_name_view(const struct subject *subject, size_t number, struct known_view *view,
                       char *name);

// Bytes that the views map and the image holds.
uint64_t subject_present_bytes(const struct subject *subject);

// Whether all flags are known: then it can be asked for some.
bool subject_has_flags(const struct subject *subject);

bool known_view_has_tables(const struct known_view *view);

#endif
