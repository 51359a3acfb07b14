// SPDX-License-Identifier: MIT
//
// Repeatable random numbers: splitmix64. A test prints its seed when it fails.

#ifndef TESTS_BASE_TEST_RANDOM_H
#define TESTS_BASE_TEST_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint64_t random_u64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

// 0 <= result < n.
static inline size_t random_below(uint64_t *state, size_t n)
{
    return (size_t)(random_u64(state) % n);
}

static inline bool random_one_in(uint64_t *state, size_t n)
{
    return random_below(state, n) == 0;
}

// Bytes out of few values, so that short patterns match often and runs of equal bytes occur.
static inline void random_fill(uint64_t *state, uint8_t *bytes, size_t length)
{
    static const uint8_t values[] = {0x00, 0x00, 0x00, 0x41, 0x41, 0x42, 0x43, 0xff};

    for (size_t i = 0; i < length;) {
        uint8_t value = values[random_below(state, sizeof(values))];
        size_t run = random_one_in(state, 8) ? 1 + random_below(state, 40) : 1;

        while (run-- > 0 && i < length)
            bytes[i++] = value;
    }
}

#endif
