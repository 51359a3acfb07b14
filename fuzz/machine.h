// SPDX-License-Identifier: MIT
//
// A small machine, its patterns and what to search of it, taken from an input:
//
//     how        a byte of bits, see enum machine_bits                                   1 byte
//     runs       a base, a count, an order; for each run the hole before it, its length  3 + 4n
//     patterns   a count; for each: length, alignment, bytes, wild nibbles               1 + (4 + 2
//     length)n fills      a count; for each: kind, start, length, value                           1
//     + 9n plants     a count; for each: pattern, run, place, what wild nibbles hold          1 +
//     5n ranges     a count; for each: start, length                                        1 + 4n
//     search     chunk size; which containers, see machines_fuzzer.c                      3
//
// The memory is what the image builder says: its fills, one over the other, then its plants. The
// oracle is a loop over that memory.

#ifndef MS_FUZZ_MACHINE_H
#define MS_FUZZ_MACHINE_H

#include "corpus/container.h"
#include "fuzz.h"

enum {
    MAX_RUNS = 5,
    MAX_RUN = 5000,
    MAX_MEMORY = 16 << 10,
    MAX_NEEDLES = 4,
    MAX_NEEDLE = 12,
    MAX_FILLS = 3,
    MAX_PLANTS = 5,
    MAX_RANGES = 2,
    MAX_HITS = 500,
    MIN_CHUNK = 256,
};

enum machine_bits {
    BIT_PAGES = 1,     // all runs are whole pages
    BIT_HYPERSCAN = 6, // both: the planner may choose Hyperscan, which compiles slowly
    BIT_THREADS = 48,  // both: two threads
    BIT_ALIGNED = 64,  // memory begins at pages of an ELF file
    BIT_CPUS = 128,    // three of them, each with notes
};

struct needle {
    uint8_t bytes[MAX_NEEDLE]; // 0 where the mask is
    uint8_t mask[MAX_NEEDLE];  // 0xff, 0xf0, 0x0f or 0: the nibbles that count
    size_t length;
    uint32_t align;
};

// Memory without a hole: runs that touch are one. Where it lies in machine.memory.
struct stretch_of_memory {
    uint64_t start;
    size_t length;
    size_t offset;
};

struct machine_hit {
    uint64_t address;
    uint32_t needle;
};

struct answer {
    struct machine_hit hits[MAX_HITS]; // the first ones, by address, then pattern
    size_t n_hits;                     // all
    uint64_t needle_hits[MAX_NEEDLES];
    uint64_t asked, scanned; // of the ranges; without ranges all memory
};

struct machine_case {
    unsigned how; // enum machine_bits
    size_t chunk_bytes;
    unsigned containers;
    struct spec exact;   // the runs as they are
    struct spec rounded; // the same in whole pages: what holds no others holds this
    struct run exact_runs[MAX_RUNS], rounded_runs[MAX_RUNS];
    struct fill fills[MAX_FILLS];
    struct plant_rule plants[MAX_PLANTS];
    uint8_t values[MAX_PLANTS][MAX_NEEDLE]; // of the plants
    struct needle needles[MAX_NEEDLES];
    size_t n_needles;
    struct ms_range ranges[MAX_RANGES];
    size_t n_ranges;
    struct stretch_of_memory stretches[MAX_RUNS];
    size_t n_stretches;
    uint8_t memory[MAX_MEMORY];
    size_t size;
};

// Everything but the memory. Points into itself, and into the input's bytes.
void machine_take(struct machine_case *machine, struct input *input);

// The memory. The fills must have their keys: fill_map_create() has set them.
void machine_fill(struct machine_case *machine);

// What a search must find.
void machine_answer(const struct machine_case *machine, struct answer *answer);

#endif
