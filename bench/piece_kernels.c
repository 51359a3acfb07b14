// SPDX-License-Identifier: MIT
//
// Each kernel of each instruction set, over random bytes: elements pass as often as chance will
// have it, which is next to never but for narrow ones.

#include "piece_fixture.h"

#include "match/kernel/kernel.h"

#include <stdlib.h>

// Fits into a second-level cache.
#define KERNEL_BYTES ((size_t)256 << 10)

struct kernel_state {
    struct ms_test test;
    struct ms_element_set set;
    ms_next_block_fn *next;
    const uint8_t *bytes;
    size_t n_blocks;
};

static const char *const test_names[MS_N_TESTS] = {
    [MS_TEST_EQUAL] = "equal", [MS_TEST_FEW4] = "few4",     [MS_TEST_FEW8] = "few8",
    [MS_TEST_FEW16] = "few16", [MS_TEST_MASKED] = "masked", [MS_TEST_RANGE] = "range",
    [MS_TEST_SET] = "set",     [MS_TEST_PERIOD] = "period",
};

static uint64_t truncated(uint64_t value, uint32_t width)
{
    return width == 8 ? value : value & ((UINT64_C(1) << 8 * width) - 1);
}

// A superset of values that are far apart: 16 of one byte, else 1,000.
static void fill_set(struct ms_element_set *set, uint32_t width)
{
    size_t n = width == 1 ? 16 : 1000;

    set->shift[1] = 16;
    for (size_t i = 1; i <= n; i++) {
        uint32_t value = (uint32_t)truncated(i * UINT64_C(2654435761), width);

        for (size_t half = 0; half < 2; half++) {
            uint32_t bit = value >> set->shift[half] & 0xffff;

            set->map[half][bit / 32] |= 1u << bit % 32;
        }
    }
}

static void fill_test(struct kernel_state *state, enum ms_test_kind kind, uint32_t width)
{
    struct ms_test *test = &state->test;

    test->kind = kind;
    test->width = width;
    test->period = 4;
    test->mask = truncated(~UINT64_C(0xf0), width);
    test->span = truncated(UINT64_C(0x00001fffffffffff), width) >> 4;
    test->set = &state->set;
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        test->values[i] = truncated((i + 1) * UINT64_C(0x9e3779b97f4a7c15), width);
    if (kind == MS_TEST_MASKED)
        test->values[0] &= test->mask;
    if (kind == MS_TEST_RANGE)
        test->values[0] = truncated(UINT64_C(0x8000000000000000) >> (64 - 8 * width), width);
    fill_set(&state->set, width);
}

static void *create(const struct piece *piece)
{
    const struct ms_kernels *kernels = piece->what;
    enum ms_test_kind kind = (enum ms_test_kind)(piece->number / 4);
    uint32_t width = 1u << piece->number % 4;
    struct kernel_state *state = calloc(1, sizeof(*state));

    if (!state)
        return NULL;
    fill_test(state, kind, width);
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
        .release = free,
        .bytes = KERNEL_BYTES,
        .what = kernels,
        .number = 4 * kind + log2_width,
    };

    if (!kernels->next[kind][log2_width])
        return;
    snprintf(piece.name, sizeof(piece.name), "kernel/%s/%s/%u", test_names[kind], kernels->name,
             1u << log2_width);
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
