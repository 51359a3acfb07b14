// SPDX-License-Identifier: MIT
//
// The command line of memscan-bench.

#ifndef MS_BENCH_OPTIONS_H
#define MS_BENCH_OPTIONS_H

#include "bench.h"

struct options {
    bool sections[N_SECTIONS]; // those that are wanted
    struct image_options image;
    const char *glob; // of row names; NULL: all
    const char *json; // NULL: none
    unsigned n_rounds;
    double patience;      // seconds: what takes longer is measured in the first round only
    double give_up;       // seconds: what takes longer is stopped, and its time not known
    size_t most_patterns; // rows of more are left out
    bool by_processor;
    bool check;
    bool markdown;
};

// Exits with a message, or where only help or a list was asked for.
void options_parse(struct options *options, int argc, char **argv);

#endif
