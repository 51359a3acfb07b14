// SPDX-License-Identifier: MIT
//
// Kernels: the innermost loops, one file per instruction set. A kernel applies one test to each
// element of a stretch of memory, 64 elements (a block) at a time, and returns blocks in which
// elements passed, as a mask of 64 bits. It skips the others as fast as the instruction set can.
//
// To add an instruction set: write kernel_NAME.c that defines a struct ms_kernels, list it in
// kernel_select.c, and give its file the compiler flags in engine/CMakeLists.txt. Each table must
// be complete.

#ifndef MS_MATCH_KERNEL_KERNEL_H
#define MS_MATCH_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS_BLOCK_ELEMENTS 64
#define MS_FEW_VALUES     16

enum ms_test_kind {
    MS_TEST_EQUAL,  // value == values[0]
    MS_TEST_FEW4,   // value is one of values[0..3]
    MS_TEST_FEW8,   // ... of values[0..7]
    MS_TEST_FEW16,  // ... of values[0..15]
    MS_TEST_MASKED, // (value & mask) == values[0]
    MS_TEST_RANGE,  // values[0] <= value <= values[0] + span
    MS_TEST_SET,    // both halves of the value are in `set`: more may pass than was asked for
    MS_TEST_PERIOD, // bytes[i] == bytes[i + period]; width 1 only; reads `period` bytes past the
                    // blocks
    MS_N_TESTS,
};

// A superset of a set of values: one bitmap for each half of a value. Values of 1 and 2 bytes are
// looked up whole in map[0], so the set is exact for them. Values of 8 bytes have no sets.
struct ms_element_set {
    uint32_t map[2][65536 / 32]; // [0]: the half tried first
    uint32_t shift[2];           // value >> shift[i] & 0xffff is looked up in map[i]
    bool has_zero;               // zero passes; otherwise it never does
};

struct ms_test {
    enum ms_test_kind kind;
    uint32_t width;                 // bytes of an element: 1, 2, 4, 8
    uint64_t values[MS_FEW_VALUES]; // unused ones of FEW repeat a used one
    uint64_t mask;
    uint64_t span;
    uint32_t period;
    const struct ms_element_set *set;
};

// Finds the first block from `block` on, below `n_blocks`, in which an element passes. Bit i of
// *mask_ret is element i of that block. Returns n_blocks if there is none. Blocks start at `bytes`,
// which may have any alignment; exactly n_blocks * 64 * width bytes (and `period` more) are read.
typedef size_t ms_next_block_fn(const struct ms_test *test, const uint8_t *bytes, size_t block,
                                size_t n_blocks, uint64_t *mask_ret);

struct ms_kernels {
    const char *name;
    bool (*usable)(void); // by this processor
    ms_next_block_fn
        *next[MS_N_TESTS][4]; // by log2 of the width; NULL where a test has no such width
};

extern const struct ms_kernels ms_kernels_scalar;
extern const struct ms_kernels ms_kernels_avx2; // where it was built

// The kernels of that name, or without a name the fastest that this processor can use. NULL if
// there are none such.
const struct ms_kernels *ms_kernels_choose(const char *name);

// Whether a value passes a test; what kernels must agree with.
bool ms_test_passes(const struct ms_test *test, uint64_t value);

// Takes the first stretch of ones off a mask that is not 0: returns its length, and where it
// begins.
static inline uint32_t ms_take_ones(uint64_t *mask, uint32_t *first_ret)
{
    uint32_t first = (uint32_t)__builtin_ctzll(*mask);
    uint64_t rest = ~(*mask >> first);
    uint32_t count = rest ? (uint32_t)__builtin_ctzll(rest) : MS_BLOCK_ELEMENTS;

    // The shift brings in zeros, so a stretch ends behind the last bit at the latest.
    *mask = first + count < MS_BLOCK_ELEMENTS ? *mask & UINT64_MAX << (first + count) : 0;
    *first_ret = first;
    return count;
}

static inline unsigned ms_log2_width(uint32_t width)
{
    return (unsigned)__builtin_ctz(width);
}

static inline bool ms_in_map(const uint32_t *map, uint32_t half)
{
    return map[half >> 5] >> (half & 31) & 1;
}

#endif
