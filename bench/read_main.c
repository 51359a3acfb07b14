// SPDX-License-Identifier: MIT
//
// memscan-bench-read THREADS FILE: R as a program, the least that any search has to do.

#include "bench.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    struct measurement measured;
    unsigned long threads = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;

    if (threads == 0 || threads > UINT32_MAX) {
        fputs("Usage: memscan-bench-read THREADS FILE\n", stderr);
        return 2;
    }
    return read_image(argv[2], (unsigned)threads, &measured) ? 0 : 2;
}
