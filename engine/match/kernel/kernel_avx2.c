// SPDX-License-Identifier: MIT
//
// The kernels in AVX2, 32 bytes a step. One generic body, always inlined with a constant test and
// width, so that each function below is a loop of its own:
//
//   EQUAL    load, compare: runs at the memory's rate
//   FEW n    n compares per 32 bytes
//   MASKED   load, and, compare
//   RANGE    subtract, unsigned compare (a minimum, or for 64 bits a biased signed compare)
//   SET      width 4: one gather of 8 words per 32 bytes (two where the first half passed) unless
//   all
//            are zero; width 2: two gathers; width 1: two byte shuffles
//   PERIOD   two loads, compare
//
// A block is first tested as a whole, but for sets; only where an element passed is its mask
// computed. Loops of a constant number of turns are unrolled, which gcc by itself does at -O3 only.

#include "match/kernel/kernel.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

// What a test needs in registers. Loops keep the members that their test uses, and no others.
struct vectors {
    __m256i values[MS_FEW_VALUES];
    __m256i mask;
    __m256i span;
    const struct ms_test *test;
};

INLINE __m256i broadcast(uint64_t value, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm256_set1_epi8((char)value);
    case 2:
        return _mm256_set1_epi16((short)value);
    case 4:
        return _mm256_set1_epi32((int)value);
    default:
        return _mm256_set1_epi64x((long long)value);
    }
}

INLINE __m256i equal(__m256i a, __m256i b, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm256_cmpeq_epi8(a, b);
    case 2:
        return _mm256_cmpeq_epi16(a, b);
    case 4:
        return _mm256_cmpeq_epi32(a, b);
    default:
        return _mm256_cmpeq_epi64(a, b);
    }
}

INLINE __m256i subtract(__m256i a, __m256i b, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm256_sub_epi8(a, b);
    case 2:
        return _mm256_sub_epi16(a, b);
    case 4:
        return _mm256_sub_epi32(a, b);
    default:
        return _mm256_sub_epi64(a, b);
    }
}

// Elements of `a` that are, unsigned, at most those of `b`.
INLINE __m256i at_most(__m256i a, __m256i b, uint32_t width)
{
    const __m256i bias = _mm256_set1_epi64x(INT64_MIN);

    switch (width) {
    case 1:
        return _mm256_cmpeq_epi8(_mm256_min_epu8(a, b), a);
    case 2:
        return _mm256_cmpeq_epi16(_mm256_min_epu16(a, b), a);
    case 4:
        return _mm256_cmpeq_epi32(_mm256_min_epu32(a, b), a);
    default:
        return _mm256_xor_si256(
            _mm256_cmpgt_epi64(_mm256_xor_si256(a, bias), _mm256_xor_si256(b, bias)),
            _mm256_set1_epi64x(-1));
    }
}

INLINE __m256i any_of(const struct vectors *vectors, __m256i bytes, uint32_t width, size_t n)
{
    __m256i passed = equal(bytes, vectors->values[0], width);

#pragma GCC unroll 16
    for (size_t i = 1; i < n; i++)
        passed = _mm256_or_si256(passed, equal(bytes, vectors->values[i], width));
    return passed;
}

// The sign bit of each dword: whether `halves` (16 bits each) are in the map.
INLINE __m256i look_up(const uint32_t *map, __m256i halves)
{
    __m256i words =
        _mm256_i32gather_epi32((const int *)map, _mm256_srli_epi32(halves, 5), sizeof(*map));
    __m256i bit = _mm256_andnot_si256(halves, _mm256_set1_epi32(31));

    return _mm256_sllv_epi32(words, bit);
}

INLINE __m256i in_set4(const struct ms_element_set *set, __m256i bytes)
{
    const __m256i low16 = _mm256_set1_epi32(0xffff);
    const __m256i zero = _mm256_setzero_si256();
    __m256i passed, half;

    if (!set->has_zero && _mm256_testz_si256(bytes, bytes))
        return zero;
    half = _mm256_srl_epi32(bytes, _mm_cvtsi32_si128((int)set->shift[0]));
    passed = look_up(set->map[0], _mm256_and_si256(half, low16));
    if (_mm256_movemask_ps(_mm256_castsi256_ps(passed)) == 0)
        return zero;
    half = _mm256_srl_epi32(bytes, _mm_cvtsi32_si128((int)set->shift[1]));
    passed = _mm256_and_si256(passed, look_up(set->map[1], _mm256_and_si256(half, low16)));
    if (!set->has_zero)
        passed = _mm256_andnot_si256(_mm256_cmpeq_epi32(bytes, zero), passed);
    return _mm256_srai_epi32(passed, 31);
}

INLINE __m256i in_set2(const struct ms_element_set *set, __m256i bytes)
{
    const __m256i low16 = _mm256_set1_epi32(0xffff);
    __m256i even, odd;

    if (!set->has_zero && _mm256_testz_si256(bytes, bytes))
        return _mm256_setzero_si256();
    even = _mm256_srai_epi32(look_up(set->map[0], _mm256_and_si256(bytes, low16)), 31);
    odd = _mm256_srai_epi32(look_up(set->map[0], _mm256_srli_epi32(bytes, 16)), 31);
    return _mm256_blend_epi16(even, odd, 0xaa);
}

// Bit h & 7 of rows[h >> 3] of a byte's low nibble says whether the byte with high nibble h is in.
INLINE __m256i in_set1(const struct vectors *vectors, __m256i bytes)
{
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i bits =
        _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16,
                         32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    __m256i low = _mm256_and_si256(bytes, nibble);
    __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
    __m256i row = _mm256_blendv_epi8(_mm256_shuffle_epi8(vectors->values[0], low),
                                     _mm256_shuffle_epi8(vectors->values[1], low), bytes);

    return _mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit);
}

// All ones in each element at `at` that passes.
INLINE __m256i passing(const struct vectors *vectors, const uint8_t *at, enum ms_test_kind kind,
                       uint32_t width)
{
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)at);

    switch (kind) {
    case MS_TEST_EQUAL:
        return equal(bytes, vectors->values[0], width);
    case MS_TEST_FEW4:
        return any_of(vectors, bytes, width, 4);
    case MS_TEST_FEW8:
        return any_of(vectors, bytes, width, 8);
    case MS_TEST_FEW16:
        return any_of(vectors, bytes, width, 16);
    case MS_TEST_MASKED:
        return equal(_mm256_and_si256(bytes, vectors->mask), vectors->values[0], width);
    case MS_TEST_RANGE:
        return at_most(subtract(bytes, vectors->values[0], width), vectors->span, width);
    case MS_TEST_SET:
        return width == 4   ? in_set4(vectors->test->set, bytes)
               : width == 2 ? in_set2(vectors->test->set, bytes)
                            : in_set1(vectors, bytes);
    default:
        return equal(
            bytes, _mm256_loadu_si256((const __m256i *)(const void *)(at + vectors->test->period)),
            1);
    }
}

// One bit for each of the 32 / width elements.
INLINE uint64_t element_bits(__m256i passed, uint32_t width)
{
    uint32_t bits;

    switch (width) {
    case 4:
        return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(passed));
    case 8:
        return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(passed));
    default:
        bits = (uint32_t)_mm256_movemask_epi8(passed);
        return width == 1 ? bits : _pext_u32(bits, 0x55555555);
    }
}

INLINE uint64_t block_mask(const struct vectors *vectors, const uint8_t *at, enum ms_test_kind kind,
                           uint32_t width)
{
    const uint32_t elements = 32 / width;
    uint64_t mask = 0;

#pragma GCC unroll 16
    for (uint32_t i = 0; i < 2 * width; i++)
        mask |= element_bits(passing(vectors, at + (size_t)32 * i, kind, width), width)
                << i * elements;
    return mask;
}

INLINE bool block_passes(const struct vectors *vectors, const uint8_t *at, enum ms_test_kind kind,
                         uint32_t width)
{
    __m256i any = passing(vectors, at, kind, width);

#pragma GCC unroll 16
    for (uint32_t i = 1; i < 2 * width; i++)
        any = _mm256_or_si256(any, passing(vectors, at + (size_t)32 * i, kind, width));
    return !_mm256_testz_si256(any, any);
}

INLINE void prepare_rows(struct vectors *vectors, const struct ms_element_set *set)
{
    uint8_t rows[2][32] = {{0}};

    for (uint32_t byte = 0; byte < 256; byte++) {
        bool in = byte == 0 ? set->has_zero : ms_in_map(set->map[0], byte);
        uint8_t bit = (uint8_t)((uint32_t)in << (byte >> 4 & 7));

        rows[byte >> 7][byte & 15] |= bit;
        rows[byte >> 7][16 + (byte & 15)] |= bit;
    }
    for (size_t i = 0; i < 2; i++)
        vectors->values[i] = _mm256_loadu_si256((const __m256i *)(const void *)rows[i]);
}

INLINE size_t next(const struct ms_test *test, const uint8_t *bytes, size_t block, size_t n_blocks,
                   uint64_t *mask_ret, enum ms_test_kind kind, uint32_t width)
{
    const size_t block_bytes = (size_t)MS_BLOCK_ELEMENTS * width;
    struct vectors vectors;

#pragma GCC unroll 16
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        vectors.values[i] = broadcast(test->values[i], width);
    vectors.mask = broadcast(test->mask, width);
    vectors.span = broadcast(test->span, width);
    vectors.test = test;
    if (kind == MS_TEST_SET && width == 1)
        prepare_rows(&vectors, test->set);
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * block_bytes;

        // A set lets elements pass so often, and costs so much, that it is not asked twice.
        if (kind == MS_TEST_SET || block_passes(&vectors, at, kind, width)) {
            *mask_ret = block_mask(&vectors, at, kind, width);
            if (*mask_ret)
                return block;
        }
    }
    return n_blocks;
}

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
DEFINE_ALL(few4_, MS_TEST_FEW4)
DEFINE_ALL(few8_, MS_TEST_FEW8)
DEFINE_ALL(few16_, MS_TEST_FEW16)
DEFINE_ALL(masked_, MS_TEST_MASKED)
DEFINE_ALL(range_, MS_TEST_RANGE)
DEFINE(set_1, MS_TEST_SET, 1)
DEFINE(set_2, MS_TEST_SET, 2)
DEFINE(set_4, MS_TEST_SET, 4)
DEFINE(period_1, MS_TEST_PERIOD, 1)

static bool usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

#define ALL_WIDTHS(name)                                                                           \
    {                                                                                              \
        name##1, name##2, name##4, name##8                                                         \
    }

const struct ms_kernels ms_kernels_avx2 = {
    .name = "avx2",
    .usable = usable,
    .next =
        {
            [MS_TEST_EQUAL] = ALL_WIDTHS(equal_),
            [MS_TEST_FEW4] = ALL_WIDTHS(few4_),
            [MS_TEST_FEW8] = ALL_WIDTHS(few8_),
            [MS_TEST_FEW16] = ALL_WIDTHS(few16_),
            [MS_TEST_MASKED] = ALL_WIDTHS(masked_),
            [MS_TEST_RANGE] = ALL_WIDTHS(range_),
            [MS_TEST_SET] = {set_1, set_2, set_4, NULL},
            [MS_TEST_PERIOD] = {period_1, NULL, NULL, NULL},
        },
};
