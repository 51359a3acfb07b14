// SPDX-License-Identifier: MIT
//
// Little-endian loads from bytes of any alignment. The caller has checked that they are there.

#ifndef MS_BASE_BYTES_H
#define MS_BASE_BYTES_H

#include <stdint.h>

static inline uint16_t ms_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t ms_le32(const uint8_t *bytes)
{
    return ms_le16(bytes) | (uint32_t)ms_le16(bytes + 2) << 16;
}

static inline uint64_t ms_le64(const uint8_t *bytes)
{
    return ms_le32(bytes) | (uint64_t)ms_le32(bytes + 4) << 32;
}

// The value of `width` bytes, 1 to 8.
static inline uint64_t ms_le(const uint8_t *bytes, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < width; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static inline void ms_put_le(uint8_t *bytes, uint64_t value, uint32_t width)
{
    for (uint32_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

#endif
