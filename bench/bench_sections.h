// SPDX-License-Identifier: MIT
//
// The sections: each measures one row in one round, R first and then the others, one behind
// the other, so that a load that comes and goes meets them all.

#ifndef MS_BENCH_SECTIONS_H
#define MS_BENCH_SECTIONS_H

#include "bench_hits.h"
#include "bench_options.h"
#include "bench_result.h"
#include "bench_tools.h"

// A row that is being measured.
struct running {
    struct row_result *result;
    struct row_pattern *patterns;
    const struct bench_image *image;
    struct hit_set all; // SECTION_PEERS: what the library finds, at any alignment
};

struct bench {
    struct options options;
    struct bench_image images[N_IMAGES];
    struct running *running; // of all sections
    struct row_result *results;
    size_t n;

    struct memory_file out; // of the process that runs
    struct memory_file error;
    bool has_tool[N_TOOLS];
    char versions[N_TOOLS][64];
    bool disagreed; // programs have found different things
};

// Each returns false after a message.
bool measure_library(struct bench *bench, struct running *running);
bool measure_cold(struct bench *bench, struct running *running);
bool measure_spaces(struct bench *bench, struct running *running);
bool measure_modules(struct bench *bench, struct running *running);
bool measure_command(struct bench *bench, struct running *running);
bool measure_peers(struct bench *bench, struct running *running);

// The spaces that a row's searches go through; NULL: physical memory alone.
const struct spaces_setup *spaces_setup_of(const struct row *row);

// R as a process, with the row's number of threads.
bool measure_read_process(struct bench *bench, struct running *running);

// Finds out which programs there are, and says which are missing. False, after a message, if there
// is none to compare with.
bool peers_find(struct bench *bench);

// Whether the row finds what is there: the plants of the truth file, and where that does not take
// long what the scalar engine finds. False after a message.
bool check_row(const struct row *row, const struct row_pattern *patterns,
               const struct bench_image *image);

// The same of a row of SECTION_MODULES: modules, pointers and hits are found.
bool check_modules(const struct row *row, const struct bench_image *image);

#endif
