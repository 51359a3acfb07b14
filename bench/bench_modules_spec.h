// SPDX-License-Identifier: MIT
//
// The spec of a Windows machine with as many drivers as a server has. Written here, as no line of a
// spec stands for several modules.

#ifndef MS_BENCH_MODULES_SPEC_H
#define MS_BENCH_MODULES_SPEC_H

#include <stdbool.h>
#include <stdio.h>

#define SPEC_MODULES 300

// How much of one there is.
struct modules_spec {
    unsigned n_modules; // the kernel among them
    bool realistic;     // memory is filled with what memory holds; else nearly all is nothing
    const char *size;   // how much memory, unless --set SIZE= says it: 128 MiB or more for 300
};

// The kernel's space maps all memory, one half by large pages, the other by pages that lie apart.
void modules_spec_write(FILE *file, const struct modules_spec *spec);

#endif
