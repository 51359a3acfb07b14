// SPDX-License-Identifier: MIT
//
// A second translator, to hold the engine's to: deliberately simple. It looks up one address at a
// time, reading each entry from the image's bytes, keeps nothing, and knows neither the engine's
// tables nor the image builder's.

#ifndef MS_FUZZ_KNOWN_SPACE_H
#define MS_FUZZ_KNOWN_SPACE_H

#include <memscan/memscan.h>

// == Physical memory ==

enum { MAX_KNOWN_RUNS = 16 };

// What the image holds, by address; runs do not overlap, and may touch.
struct known_memory {
    struct memory_run {
        uint64_t start;
        uint64_t length;
        const uint8_t *bytes;
    } runs[MAX_KNOWN_RUNS];
    size_t n;

    // What the image says that there is, and does not hold: nothing is told of other memory.
    struct ms_range absent[MAX_KNOWN_RUNS]; // by address
    size_t n_absent;
};

// The run with the address; NULL: the image does not hold it.
const struct memory_run *known_run_at(const struct known_memory *memory, uint64_t address);

// False unless the image holds all of it.
bool known_read(const struct known_memory *memory, uint64_t address, uint8_t *bytes, size_t length);

// == Translation ==

struct known_tables {
    const struct known_memory *memory;
    enum ms_paging paging;
    uint64_t root;
    bool windows;         // software entries mean something
    uint64_t kernel_root; // through whose tables prototypes are read
};

enum known_state {
    KNOWN_UNMAPPED,
    KNOWN_MEMORY, // whether the image holds it, or not
    KNOWN_PAGED_OUT,
    KNOWN_UNREADABLE,
};

// What is behind an address, and behind all `size` bytes around it, a power of two.
struct known_page {
    enum known_state state;
    uint64_t size;
    uint64_t physical; // of the address
    unsigned flags;    // enum ms_page_flags
    bool sure;         // what the flags are: prototypes do not say
};

struct known_page known_lookup(const struct known_tables *tables, uint64_t address);

// == Spaces ==

// A stretch of one state, contiguous in physical memory too.
struct known_mapping {
    uint64_t first, last;
    uint64_t physical;
    unsigned flags;
    bool sure;
    enum ms_mapping_state state;
};

struct known_space {
    struct known_mapping *mappings; // by address
    size_t n, capacity;
};

// Adds all that the tables map in [first, last]. False: that took more than `budget` look-ups.
bool known_space_walk(struct known_space *space, const struct known_tables *tables, uint64_t first,
                      uint64_t last, size_t budget);

// The image's memory.
void known_space_physical(struct known_space *space, const struct known_memory *memory);

// Adds a mapping behind the others; joins what continues the last.
void known_space_add(struct known_space *space, struct known_mapping mapping);

void known_space_release(struct known_space *space);

#endif
