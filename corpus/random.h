// SPDX-License-Identifier: MIT
//
// The pseudo-random numbers of the image builder: splitmix64. A stream is made from a key and an
// address, so that the content of a page depends on nothing that was generated before it.

#ifndef CORPUS_RANDOM_H
#define CORPUS_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static inline struct random random_from(uint64_t key, uint64_t address)
{
    return (struct random){random_mix(key ^ random_mix(address + 0x9e3779b97f4a7c15u))};
}

static inline uint64_t random_next(struct random *random)
{
    random->state += 0x9e3779b97f4a7c15u;
    return random_mix(random->state);
}

/** Folds one more number into a key. */
static inline uint64_t random_fold(uint64_t key, uint64_t value)
{
    return random_mix(key * 0x9e3779b97f4a7c15u + value + 1);
}

/** A number from 0 to `limit` - 1; `limit` is not 0. The bias is below limit / 2^64. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
    return random_next(random) % limit;
}

#endif
