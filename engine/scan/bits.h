// SPDX-License-Identifier: MIT
//
// Bitmaps in words of 64 bits.

#ifndef MS_SCAN_BITS_H
#define MS_SCAN_BITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Bits that any thread may set at any time.
typedef _Atomic uint64_t ms_bits;

// All clear; freed with free(). What is never set takes no memory.
static inline ms_bits *ms_bits_create(size_t n)
{
    return calloc(n / 64 + 1, sizeof(ms_bits));
}

static inline uint64_t ms_bits_word(const ms_bits *bits, size_t word)
{
    return atomic_load_explicit(&bits[word], memory_order_relaxed);
}

static inline bool ms_bits_test(const ms_bits *bits, size_t i)
{
    return ms_bits_word(bits, i / 64) >> i % 64 & 1;
}

static inline void ms_bits_set(ms_bits *bits, size_t i)
{
    if (!ms_bits_test(bits, i))
        atomic_fetch_or_explicit(&bits[i / 64], UINT64_C(1) << i % 64, memory_order_relaxed);
}

// Of [first, end), which is not empty, what lies in the word of `first`.
static inline uint64_t ms_bits_mask(size_t first, size_t end)
{
    uint64_t mask = ~UINT64_C(0) << first % 64;

    return first / 64 == end / 64 ? mask & ~(~UINT64_C(0) << end % 64) : mask;
}

// Sets [first, end).
static inline void ms_bits_set_range(ms_bits *bits, size_t first, size_t end)
{
    for (; first < end; first += 64 - first % 64) {
        uint64_t mask = ms_bits_mask(first, end);

        if ((ms_bits_word(bits, first / 64) & mask) != mask)
            atomic_fetch_or_explicit(&bits[first / 64], mask, memory_order_relaxed);
    }
}

// The same while no other thread sets any, which takes less.
static inline void ms_bits_set_range_alone(ms_bits *bits, size_t first, size_t end)
{
    for (; first < end; first += 64 - first % 64)
        atomic_store_explicit(&bits[first / 64],
                              ms_bits_word(bits, first / 64) | ms_bits_mask(first, end),
                              memory_order_relaxed);
}

// The first bit in [first, end) that is as wanted; `end` if there is none.
static inline size_t ms_bits_find(const ms_bits *bits, size_t first, size_t end, bool wanted)
{
    while (first < end) {
        uint64_t word = wanted ? ms_bits_word(bits, first / 64) : ~ms_bits_word(bits, first / 64);

        word >>= first % 64;
        if (word) {
            first += (size_t)__builtin_ctzll(word);
            return first < end ? first : end;
        }
        first += 64 - first % 64;
    }
    return end;
}

// The number of bits set in [0, n).
static inline size_t ms_bits_count(const ms_bits *bits, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < (n + 63) / 64; i++)
        count += (size_t)__builtin_popcountll(ms_bits_word(bits, i));
    return count;
}

#endif
