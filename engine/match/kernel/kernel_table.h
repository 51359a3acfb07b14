// SPDX-License-Identifier: MIT
//
// The functions and the table of one file of kernels, which includes this at its end. It has
// defined KERNELS, NAME, COSTS, HAS_SIEVED if it has that test, usable(), and next(): a
// ms_next_block_fn with a test's kind and width behind its arguments, always inlined, so that each
// function here is a loop of its own.

#define DEFINE(name, kind, width)                                                                  \
    static size_t name(const struct ms_test *test, const uint8_t *bytes, size_t block,             \
                       size_t n_blocks, uint64_t *mask_ret)                                        \
    {                                                                                              \
        return next(test, bytes, block, n_blocks, mask_ret, kind, width);                          \
    }
#define DEFINE_ALL(name, kind)                                                                     \
    DEFINE(name##1, kind, 1)                                                                       \
    DEFINE(name##2, kind, 2)                                                                       \
    DEFINE(name##4, kind, 4)                                                                       \
    DEFINE(name##8, kind, 8)

DEFINE_ALL(equal_, MS_TEST_EQUAL)
DEFINE_ALL(few_, MS_TEST_FEW)
DEFINE_ALL(masked_, MS_TEST_MASKED)
DEFINE_ALL(range_, MS_TEST_RANGE)
DEFINE(nibble_pairs_4, MS_TEST_NIBBLE_PAIRS, 4)
DEFINE(nibble_pairs_8, MS_TEST_NIBBLE_PAIRS, 8)
DEFINE_ALL(nibbles_, MS_TEST_NIBBLES)
DEFINE_ALL(wide_nibbles_, MS_TEST_WIDE_NIBBLES)
DEFINE(hashed_4, MS_TEST_HASHED, 4)
DEFINE(hashed_8, MS_TEST_HASHED, 8)
#ifdef HAS_SIEVED
DEFINE(sieved_4, MS_TEST_SIEVED, 4)
DEFINE(sieved_8, MS_TEST_SIEVED, 8)
#endif
DEFINE(set_2, MS_TEST_SET, 2)
DEFINE(set_4, MS_TEST_SET, 4)
DEFINE(period_1, MS_TEST_PERIOD, 1)
DEFINE(pairs_1, MS_TEST_PAIRS, 1)

#define ALL_WIDTHS(name)                                                                           \
    {                                                                                              \
        name##1, name##2, name##4, name##8                                                         \
    }

const struct ms_kernels KERNELS = {
    .name = NAME,
    .usable = usable,
    .costs = COSTS,
    .next =
        {
            [MS_TEST_EQUAL] = ALL_WIDTHS(equal_),
            [MS_TEST_FEW] = ALL_WIDTHS(few_),
            [MS_TEST_MASKED] = ALL_WIDTHS(masked_),
            [MS_TEST_RANGE] = ALL_WIDTHS(range_),
            [MS_TEST_NIBBLE_PAIRS] = {NULL, NULL, nibble_pairs_4, nibble_pairs_8},
            [MS_TEST_NIBBLES] = ALL_WIDTHS(nibbles_),
            [MS_TEST_WIDE_NIBBLES] = ALL_WIDTHS(wide_nibbles_),
            [MS_TEST_HASHED] = {NULL, NULL, hashed_4, hashed_8},
#ifdef HAS_SIEVED
            [MS_TEST_SIEVED] = {NULL, NULL, sieved_4, sieved_8},
#endif
            [MS_TEST_SET] = {NULL, set_2, set_4, NULL},
            [MS_TEST_PERIOD] = {period_1, NULL, NULL, NULL},
            [MS_TEST_PAIRS] = {pairs_1, NULL, NULL, NULL},
        },
};
