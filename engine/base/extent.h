// SPDX-License-Identifier: MIT
//
// Stretches of addresses or of a file: first byte and length. A length is at least 1 and the last
// byte, first + length - 1, never wraps; first + length may (to 0, at the top of the address
// space), so comparisons use the last byte.

#ifndef MS_BASE_EXTENT_H
#define MS_BASE_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t ms_last(uint64_t start, uint64_t length)
{
    return start + (length - 1);
}

// Whether start + length - 1 exists: the length is not 0 and the end does not wrap.
static inline bool ms_extent_valid(uint64_t start, uint64_t length)
{
    return length != 0 && length - 1 <= UINT64_MAX - start;
}

// Whether [start, start + length) lies in a file of `size` bytes.
static inline bool ms_in_file(uint64_t start, uint64_t length, uint64_t size)
{
    return start <= size && length <= size - start;
}

static inline uint64_t ms_min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t ms_max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t ms_round_up(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

#endif
