// SPDX-License-Identifier: MIT
//
// The machine of the target `objects`: see objects_fuzzer.c.

#ifndef MS_FUZZ_OBJECTS_MACHINE_H
#define MS_FUZZ_OBJECTS_MACHINE_H

#include "fuzz.h"

enum {
    OBJECTS_PAGES = 40,         // of the kernel's memory
    OBJECTS_TABLES = 16 * 4096, // in front of it
    OBJECTS_MEMORY = OBJECTS_TABLES + OBJECTS_PAGES * 4096,
    // What there is without changes.
    OBJECTS_PROCESSES = 3, // of which one is hidden
    OBJECTS_THREADS = 4,   // the first two are System's, the next the second one's, the last hides
    OBJECTS_FRAMES = 2 * OBJECTS_THREADS,
    OBJECTS_DRIVERS = 2,
};

struct machine {
    bool wide;
    bool has_threads; // it is known where that build has what
    uint32_t build;
    bool hidden[OBJECTS_PAGES];
    uint64_t base; // address of the kernel's memory
    uint8_t bytes[OBJECTS_MEMORY];
};

void objects_machine_make(struct machine *machine, unsigned how);

// Takes a change from the input.
void objects_machine_change(struct machine *machine, struct input *input);

// Writes the page tables. Nothing may be changed behind it.
void objects_machine_map(struct machine *machine);

#endif
