// SPDX-License-Identifier: MIT
//
// Pages of special pool: Driver Verifier gives each allocation one of its own, between two pages
// that nothing may touch, and fills what is left of it with one byte. Freeing looks whether that is
// intact; so does this. A page whose header was overwritten, too, cannot be told.
//
//     overrun ("Verify End")      header | fill | data | up to 7 or 15 bytes of fill
//     underrun ("Verify Start")   data | fill | header
//
// The header is as large as one of pool, 8 bytes (x86) or 16 (x64): the size of the data in bytes
// (13 bits; of the 3 above them the last says paged pool), the byte that fills, 0, the tag. Data of
// overrun pages begins at a multiple of the header's size. Freeing leaves a record at the start of
// the page, behind what is as large as a header.
//
// Known from: learn.microsoft.com, windows-hardware/drivers/devtest/special-pool (the two
// alignments, both neighbours, the pattern); the header's bits and the record from ReactOS
// (ntoskrnl/mm/ARM3/special.c).

#ifndef MS_WINDOWS_SPECIAL_PAGE_H
#define MS_WINDOWS_SPECIAL_PAGE_H

#include "windows/kernel_memory.h"

#define MS_SPECIAL_BYTES 0x1000u

// Bytes of a page, by offsets in it.
struct ms_special_stretch {
    unsigned first;
    unsigned end; // behind the last one
};

struct ms_special_page {
    uint64_t address;  // of the page
    uint32_t tag;      // its first character is the lowest byte
    unsigned header;   // offset
    unsigned data;     // offset
    unsigned size;     // of the data, in bytes; never 0
    uint8_t fill;      // the byte
    bool is_protected; // bit 31 of the tag, which then is no part of it
    bool is_paged;
    bool is_underrun;
    bool is_freed;
    struct ms_special_stretch areas[2]; // that are to be filled; an empty one ends where it begins
    unsigned n_fill;                    // their bytes that are in the image
    unsigned n_missing;                 // ... that are not
    unsigned n_overwritten;             // of n_fill, those with another value
};

// Judges the page at an address by its bytes alone; those that are not present are 0. That its
// neighbours are inaccessible, the caller has seen. False: it is none, or too little of its fill is
// left to tell.
bool ms_special_page_judge(uint64_t address, const uint8_t bytes[MS_SPECIAL_BYTES],
                           const bool present[MS_SPECIAL_BYTES], unsigned bits,
                           struct ms_special_page *page_ret);

// Whether an address lies in a page of special pool; looks at the neighbours, too.
bool ms_special_page_at(const struct ms_kernel_memory *memory, uint64_t address,
                        struct ms_special_page *page_ret);

// The next stretch at or behind an offset that was overwritten. Where less than 4 bytes in a row
// are as they should be, it goes on. False: there is none.
bool ms_special_page_garbage(const struct ms_special_page *page,
                             const uint8_t bytes[MS_SPECIAL_BYTES],
                             const bool present[MS_SPECIAL_BYTES], unsigned from,
                             struct ms_special_stretch *stretch_ret);

// == The neighbours ==

// Visits the pages of a kernel's half that lie alone: whole, in the image, and between two pages
// that are not mapped, or not to memory. By ascending address; a value other than 0 ends it and is
// returned.
int ms_special_lone_pages(const struct ms_kernel_memory *memory,
                          int (*visit)(void *user, uint64_t address, uint64_t physical),
                          void *user);

#endif
