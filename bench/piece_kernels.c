// SPDX-License-Identifier: MIT
//
// Each kernel of each instruction set, over random bytes: elements pass as often as chance will
// have it, which is next to never but for narrow ones.

#include "piece_fixture.h"

#include "match/explain.h"
#include "match/nibbles.h"

#include <stdlib.h>

// Fits into a second-level cache.
#define KERNEL_BYTES ((size_t)256 << 10)

// Values of the maps, and of the nibble tests with 8 and 16 buckets.
#define N_MAPPED      1000
#define N_NIBBLES     10
#define N_WIDE        100
#define LOG2_MAP_SIZE 12

struct kernel_state {
    struct ms_test test;
    struct ms_nibbles nibbles;
    struct ms_element_set set;
    struct ms_hashed *hashed;
    ms_next_block_fn *next;
    const uint8_t *bytes;
    size_t n_blocks;
};

static uint64_t truncated(uint64_t value, uint32_t width)
{
    return width == 8 ? value : value & ((UINT64_C(1) << 8 * width) - 1);
}

// Values that are far apart.
static uint64_t nth_value(size_t i, uint32_t width)
{
    return truncated((i + 1) * UINT64_C(0x9e3779b97f4a7c15), width);
}

static void fill_set(struct kernel_state *state, uint32_t width)
{
    struct ms_element_set *set = &state->set;

    set->shift[1] = 16;
    for (size_t i = 0; i < N_MAPPED; i++) {
        for (size_t half = 0; half < 2; half++) {
            uint32_t bit = nth_value(i, width) >> set->shift[half] & 0xffff;

            set->map[half][bit / 32] |= 1u << bit % 32;
        }
    }
    state->test.set = set;
}

static bool fill_hashed(struct kernel_state *state, uint32_t width)
{
    struct ms_hashed *hashed = calloc(1, sizeof(*hashed) + (sizeof(uint32_t) << LOG2_MAP_SIZE));

    if (!hashed)
        return false;
    hashed->shift = 32 - LOG2_MAP_SIZE;
    hashed->multiplier[0] = UINT32_C(0x9e3779b1);
    hashed->multiplier[1] = UINT32_C(0x85ebca6b);
    for (size_t i = 0; i < N_MAPPED; i++)
        ms_hashed_add(hashed, nth_value(i, width));
    state->hashed = hashed;
    state->test.hashed = hashed;
    return true;
}

static void fill_nibbles(struct kernel_state *state, enum ms_test_kind kind, uint32_t width)
{
    uint64_t values[N_WIDE];
    size_t n = kind == MS_TEST_WIDE_NIBBLES ? N_WIDE : N_NIBBLES;

    for (size_t i = 0; i < n; i++)
        values[i] = nth_value(i, width);
    ms_nibbles_fill(&state->nibbles, values, n, kind, width);
    state->test.nibbles = &state->nibbles;
}

static void fill_pairs(struct ms_test *test)
{
    test->n_pairs = MS_FEW_VALUES;
    for (uint32_t i = 0; i < MS_FEW_VALUES; i++) {
        uint64_t value = nth_value(i, 2);

        test->pairs[i] = (struct ms_byte_pair){
            .value = {(uint8_t)value, (uint8_t)(value >> 8)},
            .mask = {0xff, 0xff},
            .distance = i + 1,
        };
    }
}

static bool fill_test(struct kernel_state *state, enum ms_test_kind kind, uint32_t width)
{
    struct ms_test *test = &state->test;

    test->kind = kind;
    test->width = width;
    test->period = 4;
    test->mask = truncated(~UINT64_C(0xf0), width);
    test->span = truncated(UINT64_C(0x00001fffffffffff), width) >> 4;
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        test->values[i] = nth_value(i, width);
    if (kind == MS_TEST_MASKED)
        test->values[0] &= test->mask;
    if (kind == MS_TEST_RANGE)
        test->values[0] = truncated(UINT64_C(0x8000000000000000) >> (64 - 8 * width), width);
    if (ms_is_nibble_test(kind))
        fill_nibbles(state, kind, width);
    if (kind == MS_TEST_PAIRS)
        fill_pairs(test);
    fill_set(state, width);
    return fill_hashed(state, width);
}

static void release(void *context)
{
    struct kernel_state *state = context;

    free(state->hashed);
    free(state);
}

static void *create(const struct piece *piece)
{
    const struct ms_kernels *kernels = piece->what;
    enum ms_test_kind kind = (enum ms_test_kind)(piece->number / 4);
    uint32_t width = 1u << piece->number % 4;
    struct kernel_state *state = calloc(1, sizeof(*state));

    if (!state)
        return NULL;
    if (!fill_test(state, kind, width)) {
        free(state);
        return NULL;
    }
    state->next = kernels->next[kind][ms_log2_width(width)];
    state->bytes = fixture_bytes(BYTES_RANDOM);
    state->n_blocks = KERNEL_BYTES / MS_BLOCK_ELEMENTS / width;
    return state;
}

static bool run(void *context)
{
    const struct kernel_state *state = context;
    uint64_t mask = 0, all = 0;

    for (size_t block = state->next(&state->test, state->bytes, 0, state->n_blocks, &mask);
         block < state->n_blocks;
         block = state->next(&state->test, state->bytes, block + 1, state->n_blocks, &mask))
        all |= mask;
    *(volatile uint64_t *)&all = all;
    return true;
}

static void add(piece_taker *take, const struct ms_kernels *kernels, size_t kind, size_t log2_width)
{
    struct piece piece = {
        .create = create,
        .run = run,
        .release = release,
        .bytes = KERNEL_BYTES,
        .what = kernels,
        .number = 4 * kind + log2_width,
    };

    if (!kernels->next[kind][log2_width])
        return;
    snprintf(piece.name, sizeof(piece.name), "kernel/%s/%s/%u",
             ms_explain_test((enum ms_test_kind)kind), kernels->name, 1u << log2_width);
    take(&piece);
}

void pieces_kernels(piece_taker *take)
{
    for (size_t kind = 0; kind < MS_N_TESTS; kind++) {
        for (size_t i = 0; ms_simd_name(i); i++) {
            const struct ms_kernels *kernels = ms_kernels_choose(ms_simd_name(i));

            for (size_t width = 0; kernels && width < 4; width++)
                add(take, kernels, kind, width);
        }
    }
}
