// SPDX-License-Identifier: MIT
//
// What the rounds gave, and what is made of it: medians and how far single runs lie from them, a
// table for people, JSON for programs.

#ifndef MS_BENCH_RESULT_H
#define MS_BENCH_RESULT_H

#include "bench.h"

#define MAX_ROUNDS  99
#define MAX_RUNNERS 8

// One of those that were measured side by side in a row. rounds[i] is of round i; slow ones may
// not have taken part in the later rounds.
struct runner {
    const char *name;
    unsigned n_rounds; // 0: it is missing, or given up
    struct measurement rounds[MAX_ROUNDS];
    double gave_up_after;   // seconds; 0: it was not
    double compile_seconds; // not in the times; 0 where it is in them, or there is nothing to say
};

// The runners of a row: the first is what the second, memscan, is held against: R, or of spaces the
// search of physical memory.
struct row_result {
    const struct row *row;
    bool by_processor; // what is made of the times: of the processor's, not of the clock's
    uint64_t image_bytes;
    uint64_t needed_bytes; // SECTION_SPACES: of pages that the spaces map, each counted once
    size_t n_runners;
    struct runner runners[MAX_RUNNERS];
};

// The row's runner of that name, which is made if it is not there.
struct runner *result_runner(struct row_result *result, const char *name);

void runner_add(struct runner *runner, const struct measurement *measurement);

// == Statistics ==

struct spread {
    double low;
    double median;
    double high;
};

struct spread runner_spread(const struct runner *runner,
                            double (*of)(const struct measurement *measurement));

// The times that the row goes by.
struct spread result_seconds(const struct row_result *result, const struct runner *runner);

// `of` against `to`: the time of the first over that of the second, round by round, as both met the
// same load. 1 and more means that `to` is as fast or faster.
struct spread result_ratio(const struct row_result *result, const struct runner *of,
                           const struct runner *to);

// The most of all rounds.
struct measurement runner_peak(const struct runner *runner);

// == Reports ==

struct run_facts {
    const struct bench_image *images; // N_IMAGES of them
    unsigned n_rounds;
    bool by_processor;
    const char *const *programs; // "ripgrep 13.0.0", ...; ends with NULL; NULL: none
};

// The machine and the images, then a table for each section that has rows. With `markdown`, tables
// as Markdown has them.
void report_print(const struct run_facts *facts, const struct row_result *results, size_t n,
                  bool markdown);

// False after a message.
bool report_json(const char *path, const struct run_facts *facts, const struct row_result *results,
                 size_t n);

// == The machine ==

#define MACHINE_TEXT 256

struct machine {
    char cpu[MACHINE_TEXT];
    char kernel[MACHINE_TEXT];
    char commit[MACHINE_TEXT]; // of the source tree, if it is a repository; else empty
    char date[MACHINE_TEXT];
    long processors;
    double load;
};

struct machine machine_facts(void);

#endif
