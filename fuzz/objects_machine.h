// SPDX-License-Identifier: MIT
//
// The machine of the target `objects`: see objects_fuzzer.c.

#ifndef MS_FUZZ_OBJECTS_MACHINE_H
#define MS_FUZZ_OBJECTS_MACHINE_H

#include "kernel_machine.h"

// What there is without changes.
enum {
    OBJECTS_PROCESSES = 3, // of which one is hidden
    OBJECTS_THREADS = 4,   // the first two are System's, the next the second one's, the last hides
    OBJECTS_FRAMES = 2 * OBJECTS_THREADS,
    OBJECTS_DRIVERS = 2,
};

// Of all pages that there can be.
void objects_machine_make(struct machine *machine, unsigned how);

// Whether it is known where threads have what, in its build; else there are none.
bool objects_machine_has_threads(const struct machine *machine);

// Takes a change from the input.
void objects_machine_change(struct machine *machine, struct input *input);

#endif
