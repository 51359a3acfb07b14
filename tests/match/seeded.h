// SPDX-License-Identifier: MIT
//
// Random numbers for tests: the same from the same seed on every machine.

#ifndef TESTS_MATCH_SEEDED_H
#define TESTS_MATCH_SEEDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seeded {
    uint64_t state;
};

// splitmix64: any seed is a good one, neighbouring ones too.
static inline uint64_t seeded_u64(struct seeded *random)
{
    uint64_t x = random->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

// From 0 to n - 1; n is not 0.
static inline uint32_t seeded_below(struct seeded *random, uint32_t n)
{
    return (uint32_t)(seeded_u64(random) % n);
}

static inline uint32_t seeded_between(struct seeded *random, uint32_t first, uint32_t last)
{
    return first + seeded_below(random, last - first + 1);
}

// Of so many random cases, those that there is time for where each takes long.
static inline size_t seeded_cases(size_t n)
{
#ifdef FEW_CASES
    return (n + 3) / 4;
#else
    return n;
#endif
}

static inline bool seeded_percent(struct seeded *random, uint32_t percent)
{
    return seeded_below(random, 100) < percent;
}

#endif
