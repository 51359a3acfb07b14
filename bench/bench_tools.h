// SPDX-License-Identifier: MIT
//
// The programs that `memscan-bench peers` runs: how each is called, so that it prints where in a
// binary file it finds what, and what it can be expected to find.

#ifndef MS_BENCH_TOOLS_H
#define MS_BENCH_TOOLS_H

#include "bench_process.h"

// What a program is called with.
struct tool_input {
    const struct row *row;
    const struct row_pattern *patterns;
    const char *image;
    struct memory_file memscan_patterns;
    struct memory_file expressions;
    struct memory_file bytes;
    struct memory_file yara_rule;
};

// False after a message. Released by the caller also then.
bool tool_input_make(struct tool_input *input, const struct row *row,
                     const struct row_pattern *patterns, const char *image);
void tool_input_release(struct tool_input *input);

struct tool {
    const char *name;
    const char *program; // looked for in PATH; NULL: one of this build
    void (*arguments)(const struct tool_input *input, const char **arguments);
    bool aligned;         // it knows the alignment of values: it is memscan
    bool leftmost;        // of matches that overlap, it reports the first
    bool needs_hyperscan; // to be built
};

// memscan with one thread is the first.
extern const struct tool tools[];
#define N_TOOLS 6

// The command that is measured.
extern const char *tools_memscan;

// "ripgrep 13.0.0"; false if the program is not installed.
bool tool_version(const struct tool *tool, char *version, size_t size);

#endif
