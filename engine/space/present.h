// SPDX-License-Identifier: MIT
//
// What of physical memory the image holds: the present runs of its memory, those that touch joined,
// whatever lies between them in the file. Knows how many bytes lie below an address, and numbers
// the pages that hold any byte.

#ifndef MS_SPACE_PRESENT_H
#define MS_SPACE_PRESENT_H

#include "base/vec.h"
#include "image/memory.h"

#define MS_PAGE_SHIFT 12
#define MS_PAGE_BYTES 4096u

// Where the page of an address begins.
static inline uint64_t ms_page_start(uint64_t address)
{
    return address & ~(uint64_t)(MS_PAGE_BYTES - 1);
}

struct ms_stretch {
    uint64_t first, last; // physical
    uint64_t bytes_below; // of the stretches before it
    uint64_t page;        // number of the page of `first`: pages count up over all stretches
};

struct ms_present {
    MS_VEC(struct ms_stretch) stretches; // ascending, apart
    uint64_t bytes;                      // of all of them
    uint64_t n_pages;
};

// `present` is zero-initialised. False without memory.
bool ms_present_build(struct ms_present *present, const struct ms_memory *memory);
void ms_present_release(struct ms_present *present);

// The index of the first stretch whose last byte is at or above the address; n if there is none.
// `hint` is where the caller found the last one.
size_t ms_present_find(const struct ms_present *present, uint64_t address, size_t hint);

// How many of the bytes of [first, last] the image holds.
uint64_t ms_present_bytes(const struct ms_present *present, uint64_t first, uint64_t last);

// The number of the page of an address that lies in `stretch`.
static inline uint64_t ms_present_page(const struct ms_stretch *stretch, uint64_t address)
{
    return stretch->page + ((address >> MS_PAGE_SHIFT) - (stretch->first >> MS_PAGE_SHIFT));
}

// The number of the page of an address that the image holds.
uint64_t ms_present_number(const struct ms_present *present, uint64_t address);

// The address at which the page of a number begins.
uint64_t ms_present_address(const struct ms_present *present, uint64_t page);

#endif
