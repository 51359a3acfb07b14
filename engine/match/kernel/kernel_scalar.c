// SPDX-License-Identifier: MIT
//
// The kernels in plain C: for every machine, and what the others are compared with.

#include "match/kernel/kernel.h"

#include "base/bytes.h"

#define INLINE static inline __attribute__((always_inline))

#define KERNELS ms_kernels_scalar
#define HAS_SIEVED
#define NAME "scalar"

// As measured by memscan-bench-pieces.
#define COSTS                                                                                      \
    {                                                                                              \
        .nibble_pairs = 100, .nibbles = 180, .wide_nibbles = 200, .map = 100, .pair = 25,          \
        .candidate = 20                                                                            \
    }

INLINE bool is_one_of(const struct ms_test *test, uint64_t value)
{
    bool passed = false;

    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        passed |= value == test->values[i];
    return passed;
}

INLINE bool passes(const struct ms_test *test, uint64_t value, enum ms_test_kind kind,
                   uint32_t width)
{
    switch (kind) {
    case MS_TEST_EQUAL:
        return value == test->values[0];
    case MS_TEST_FEW:
        return is_one_of(test, value);
    case MS_TEST_MASKED:
        return (value & test->mask) == test->values[0];
    case MS_TEST_RANGE:
        return value >= test->values[0] && value - test->values[0] <= test->span;
    case MS_TEST_NIBBLE_PAIRS:
    case MS_TEST_NIBBLES:
    case MS_TEST_WIDE_NIBBLES:
        return ms_nibbles_pass(test->nibbles, kind, width, value);
    case MS_TEST_HASHED:
        return ms_hashed_passes(test->hashed, value);
    case MS_TEST_SIEVED:
        return ms_sieved_passes(test->hashed, value);
    case MS_TEST_SET:
        return ms_set_passes(test->set, width, value);
    case MS_TEST_PERIOD: // these test two bytes, not a value
    case MS_TEST_PAIRS:
    case MS_N_TESTS:
        break;
    }
    return false;
}

bool ms_test_passes(const struct ms_test *test, uint64_t value)
{
    return passes(test, value, test->kind, test->width);
}

INLINE bool pair_is_at(const struct ms_byte_pair *pair, const uint8_t *at)
{
    return (at[0] & pair->mask[0]) == pair->value[0] &&
           (at[pair->distance] & pair->mask[1]) == pair->value[1];
}

// A test of bytes that are not next to each other.
INLINE bool passes_apart(const struct ms_test *test, const uint8_t *at, enum ms_test_kind kind)
{
    bool passed = false;

    if (kind == MS_TEST_PERIOD)
        return at[0] == at[test->period];
    for (uint32_t i = 0; i < test->n_pairs; i++)
        passed |= pair_is_at(&test->pairs[i], at);
    return passed;
}

INLINE uint64_t block_mask(const struct ms_test *test, const uint8_t *bytes, enum ms_test_kind kind,
                           uint32_t width)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < MS_BLOCK_ELEMENTS; i++) {
        const uint8_t *at = bytes + i * width;
        bool passed = kind >= MS_TEST_PERIOD ? passes_apart(test, at, kind)
                                             : passes(test, ms_le(at, width), kind, width);

        mask |= (uint64_t)passed << i;
    }
    return mask;
}

INLINE size_t next(const struct ms_test *test, const uint8_t *bytes, size_t block, size_t n_blocks,
                   uint64_t *mask_ret, enum ms_test_kind kind, uint32_t width)
{
    for (; block < n_blocks; block++) {
        *mask_ret = block_mask(test, bytes + block * MS_BLOCK_ELEMENTS * width, kind, width);
        if (*mask_ret)
            return block;
    }
    return n_blocks;
}

static bool usable(void)
{
    return true;
}

#include "match/kernel/kernel_table.h"
