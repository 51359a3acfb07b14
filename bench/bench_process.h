// SPDX-License-Identifier: MIT
//
// Programs run as processes, and files in memory to hand them: nothing is left on the disk.

#ifndef MS_BENCH_PROCESS_H
#define MS_BENCH_PROCESS_H

#include "bench.h"

#define MAX_ARGUMENTS 24

// A file in memory, which a program can open by its path.
struct memory_file {
    int fd; // 0: not made
    char path[32];
};

// False after a message.
bool memory_file_make(struct memory_file *file);
void memory_file_release(struct memory_file *file);

// Makes it empty again.
bool memory_file_clear(struct memory_file *file);

// A stream of its own for the file, at its start. NULL after a message.
FILE *memory_file_stream(const struct memory_file *file, const char *mode);

// Runs a program, which is looked for in PATH, with standard output to `out` (NULL: /dev/null), and
// measures it from before it is started until it has been waited for. What it says on standard
// error goes to `error`. An exit status other than 0 and 1 ("nothing found") is a failure: false
// after a message, which quotes what the program said.
bool process_run(const char *const arguments[], const struct memory_file *out,
                 struct memory_file *error, struct measurement *ret);

// The same, but a program that takes longer than so many seconds is killed: `gave_up` says so.
bool process_run_within(double limit, const char *const arguments[], const struct memory_file *out,
                        struct memory_file *error, struct measurement *ret);

#endif
