// SPDX-License-Identifier: MIT
//
// Pages of special pool, byte by byte as they are described: 8 or 16 bytes of header with the size,
// 8000 if it is paged, the byte that fills, 0, the tag.

#ifndef TESTS_WINDOWS_SPECIAL_BYTES_H
#define TESTS_WINDOWS_SPECIAL_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct special_bytes {
    unsigned bits;
    unsigned size; // of the allocation
    bool paged, underrun;
    uint8_t fill;
    char tag[5];
};

// Where the allocation begins in the page.
static inline unsigned special_data(const struct special_bytes *special)
{
    return special->underrun ? 0
                             : (0x1000 - special->size) / (special->bits / 4) * (special->bits / 4);
}

// The allocation's own bytes are ee.
static inline void special_write(const struct special_bytes *special, uint8_t page[0x1000])
{
    unsigned header_bytes = special->bits / 4;
    uint8_t *header = page + (special->underrun ? 0x1000 - header_bytes : 0);

    memset(page, special->fill, 0x1000);
    memset(page + special_data(special), 0xee, special->size);
    memset(header, 0, header_bytes);
    header[0] = (uint8_t)special->size;
    header[1] = (uint8_t)(special->size >> 8 | (special->paged ? 0x80 : 0));
    header[2] = special->fill;
    memcpy(header + 4, special->tag, 4);
}

static inline void special_put(uint8_t *page, unsigned at, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        page[at + i] = (uint8_t)(value >> 8 * i);
}

// The record that freeing leaves, of a page at an address.
static inline void special_free(const struct special_bytes *special, uint8_t page[0x1000],
                                uint64_t address, unsigned stack_bytes)
{
    unsigned at = special->bits / 4, pointer = special->bits / 8;

    special_put(page, at, 0x98764321, 4);
    special_put(page, at + 4, 0x1234, 4);
    special_put(page, at + 8, special->size, 4);
    special_put(page, at + 0xc, special->paged, 4);
    special_put(page, at + 0x10, address + special_data(special), pointer);
    special_put(page, at + 0x10 + pointer, 0, pointer);
    special_put(page, at + 0x10 + 2 * pointer, stack_bytes, pointer);
    special_put(page, at + 0x10 + 3 * pointer, address + 0x8000, pointer);
    memset(page + at + 0x10 + 4 * pointer, 0x77, stack_bytes);
}

#endif
