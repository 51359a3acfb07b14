// SPDX-License-Identifier: MIT
//
// The kernels in plain C: for every machine, and what the others are compared with.

#include "match/kernel/kernel.h"

#include "base/bytes.h"

static bool set_passes(const struct ms_test *test, uint64_t value)
{
    const struct ms_element_set *set = test->set;

    if (value == 0)
        return set->has_zero;
    if (test->width <= 2)
        return ms_in_map(set->map[0], (uint32_t)value);
    return ms_in_map(set->map[0], value >> set->shift[0] & 0xffff) &&
           ms_in_map(set->map[1], value >> set->shift[1] & 0xffff);
}

bool ms_test_passes(const struct ms_test *test, uint64_t value)
{
    switch (test->kind) {
    case MS_TEST_EQUAL:
        return value == test->values[0];
    case MS_TEST_FEW4:
    case MS_TEST_FEW8:
    case MS_TEST_FEW16:
        for (size_t i = 0; i < MS_FEW_VALUES; i++) {
            if (value == test->values[i])
                return true;
        }
        return false;
    case MS_TEST_MASKED:
        return (value & test->mask) == test->values[0];
    case MS_TEST_RANGE:
        return value >= test->values[0] && value - test->values[0] <= test->span;
    case MS_TEST_SET:
        return set_passes(test, value);
    case MS_TEST_PERIOD: // a test of two bytes, not of a value
    case MS_N_TESTS:
        break;
    }
    return false;
}

static uint64_t value_mask(const struct ms_test *test, const uint8_t *bytes)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < MS_BLOCK_ELEMENTS; i++)
        mask |= (uint64_t)ms_test_passes(test, ms_le(bytes + i * test->width, test->width)) << i;
    return mask;
}

static size_t next_value(const struct ms_test *test, const uint8_t *bytes, size_t block,
                         size_t n_blocks, uint64_t *mask_ret)
{
    for (; block < n_blocks; block++) {
        *mask_ret = value_mask(test, bytes + block * MS_BLOCK_ELEMENTS * test->width);
        if (*mask_ret)
            return block;
    }
    return n_blocks;
}

static size_t next_period(const struct ms_test *test, const uint8_t *bytes, size_t block,
                          size_t n_blocks, uint64_t *mask_ret)
{
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS;
        uint64_t mask = 0;

        for (size_t i = 0; i < MS_BLOCK_ELEMENTS; i++)
            mask |= (uint64_t)(at[i] == at[i + test->period]) << i;
        if (mask) {
            *mask_ret = mask;
            return block;
        }
    }
    return n_blocks;
}

static bool always(void)
{
    return true;
}

#define ALL_WIDTHS                                                                                 \
    {                                                                                              \
        next_value, next_value, next_value, next_value                                             \
    }

const struct ms_kernels ms_kernels_scalar = {
    .name = "scalar",
    .usable = always,
    .next =
        {
            [MS_TEST_EQUAL] = ALL_WIDTHS,
            [MS_TEST_FEW4] = ALL_WIDTHS,
            [MS_TEST_FEW8] = ALL_WIDTHS,
            [MS_TEST_FEW16] = ALL_WIDTHS,
            [MS_TEST_MASKED] = ALL_WIDTHS,
            [MS_TEST_RANGE] = ALL_WIDTHS,
            [MS_TEST_SET] = {next_value, next_value, next_value, NULL},
            [MS_TEST_PERIOD] = {next_period, NULL, NULL, NULL},
        },
};
