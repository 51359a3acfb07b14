// SPDX-License-Identifier: MIT
//
// Numbers as x86 keeps them.

#ifndef CORPUS_LITTLE_ENDIAN_H
#define CORPUS_LITTLE_ENDIAN_H

#include <stdint.h>

/** A number of `width` bytes, 8 at most. */
static inline uint64_t load_le(const uint8_t *bytes, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/** Stores the number's lowest bytes. */
static inline void store_le(uint8_t *bytes, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

#endif
