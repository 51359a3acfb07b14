// SPDX-License-Identifier: MIT
//
// A random machine searched both ways: page tables that the image builder makes, odd ones too, the
// spaces that libmemscan sees in them, and what it finds there; compared with a translator that
// looks up one address at a time and a search that tries each pattern at each address. The input
// is described in random_machine.h. Nobody feeds it to memscan.

#include "random_machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct random_machine machine; // too large for the stack
    struct input input = {data, size};
    struct space_counts counts = {0};

    random_machine_take(&machine, &input);
    check_spaces(&machine.spec, &machine.query, UINT64_MAX, &counts);
    return 0;
}
