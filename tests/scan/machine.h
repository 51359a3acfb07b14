// SPDX-License-Identifier: MIT
//
// Machines for tests of searching: memory that the test knows byte for byte, and images of it. The
// containers are written here, from their descriptions, without the engine's help.

#ifndef TESTS_SCAN_MACHINE_H
#define TESTS_SCAN_MACHINE_H

#include "base/file_in_memory.h"
#include "base/vec.h"
#include <memscan/image.h>

#define MAX_KNOWN_RUNS 64

struct known_run {
    uint64_t start;
    size_t length;
    uint8_t *bytes;  // NULL: described, but not in the file
    uint64_t offset; // in the file, once written
};

// Runs in the order of the file; they do not overlap.
struct machine {
    struct known_run runs[MAX_KNOWN_RUNS];
    size_t n;
    struct memory_file file;
};

// Memory without a hole.
struct known_segment {
    uint64_t start;
    size_t length;
    uint8_t *bytes;
};

struct known_segments {
    struct known_segment items[MAX_KNOWN_RUNS];
    size_t n;
};

// Adds a run of zeros, whose bytes the caller may fill.
uint8_t *machine_add(struct machine *machine, uint64_t start, size_t length);
void machine_add_absent(struct machine *machine, uint64_t start, size_t length);

// Writes the image. Raw takes one run, at 0; only ELF takes absent ones.
void machine_write_raw(struct machine *machine);
void machine_write_lime(struct machine *machine);
void machine_write_elf(struct machine *machine);

// Opens the image that was written; fails the test if that fails.
struct ms_image *machine_open(const struct machine *machine, unsigned flags);
void machine_release(struct machine *machine);

// What is present, by address; released by the caller.
struct known_segments machine_segments(const struct machine *machine);
void known_segments_release(struct known_segments *segments);

// Where the physical address lies in the file.
uint64_t machine_offset(const struct machine *machine, uint64_t address);

#endif
