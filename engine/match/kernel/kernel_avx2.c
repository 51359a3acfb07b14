// SPDX-License-Identifier: MIT
//
// The kernels in AVX2, 32 bytes a step: the operations that kernel_body.h is made of.

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

#define VEC_BYTES 32
#define KERNELS   ms_kernels_avx2
#define NAME      "avx2"

// As measured by memscan-bench-pieces on a processor of 2022 (AMD Zen 4).
#define COSTS                                                                                      \
    {                                                                                              \
        .nibble_pairs = 2.8, .nibbles = 4.7, .wide_nibbles = 7.3, .map = 12, .pair = 0.45,         \
        .candidate = 20                                                                            \
    }

typedef __m256i vec;
typedef __m256i flags; // all ones, or all zeros, in each element

// == Vectors ==

INLINE vec v_load(const uint8_t *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

INLINE vec v_zero(void)
{
    return _mm256_setzero_si256();
}

INLINE vec v_broadcast(uint64_t value, uint32_t width)
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

// 16 bytes in each lane.
INLINE vec v_broadcast_lane(const uint8_t *at)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)at));
}

INLINE vec v_and(vec a, vec b)
{
    return _mm256_and_si256(a, b);
}

// ~a & b
INLINE vec v_and_not(vec a, vec b)
{
    return _mm256_andnot_si256(a, b);
}

INLINE vec v_or(vec a, vec b)
{
    return _mm256_or_si256(a, b);
}

INLINE vec v_xor(vec a, vec b)
{
    return _mm256_xor_si256(a, b);
}

INLINE bool v_is_zero(vec a)
{
    return _mm256_testz_si256(a, a);
}

INLINE vec v_subtract(vec a, vec b, uint32_t width)
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

// == Bytes in lanes ==

// Byte i of a lane is that of table[from[i] & 15]; or 0, if from[i] has its uppermost bit set.
INLINE vec v_shuffle(vec table, vec from)
{
    return _mm256_shuffle_epi8(table, from);
}

// The upper 4 bits of each byte.
INLINE vec v_high_nibbles(vec a)
{
    return v_and(_mm256_srli_epi16(a, 4), v_broadcast(15, 1));
}

// The lower or upper half of each lane of both, their dwords or qwords taking turns.
INLINE vec v_unpack_low32(vec a, vec b)
{
    return _mm256_unpacklo_epi32(a, b);
}

INLINE vec v_unpack_high32(vec a, vec b)
{
    return _mm256_unpackhi_epi32(a, b);
}

INLINE vec v_unpack_low64(vec a, vec b)
{
    return _mm256_unpacklo_epi64(a, b);
}

INLINE vec v_unpack_high64(vec a, vec b)
{
    return _mm256_unpackhi_epi64(a, b);
}

// One bit for each byte.
INLINE uint64_t v_nonzero_bytes(vec a)
{
    return (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(a, v_zero()));
}

// == Dwords ==

INLINE vec v_add32(vec a, vec b)
{
    return _mm256_add_epi32(a, b);
}

INLINE vec v_multiply32(vec a, vec b)
{
    return _mm256_mullo_epi32(a, b);
}

INLINE vec v_shift_right32(vec a, uint32_t bits)
{
    return _mm256_srl_epi32(a, _mm_cvtsi32_si128((int)bits));
}

// Each dword by its own number of bits.
INLINE vec v_shift_left_each32(vec a, vec bits)
{
    return _mm256_sllv_epi32(a, bits);
}

// The uppermost bit of each dword.
INLINE uint64_t v_sign_bits32(vec a)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(a));
}

// Dwords 0, 2, 4, ... of both, in their order.
INLINE vec v_even32(vec a, vec b)
{
    __m256 even = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);

    return _mm256_permute4x64_epi64(_mm256_castps_si256(even), 0xd8);
}

// Dwords 1, 3, 5, ...
INLINE vec v_odd32(vec a, vec b)
{
    __m256 odd = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0xdd);

    return _mm256_permute4x64_epi64(_mm256_castps_si256(odd), 0xd8);
}

// Two words, by the lower and the upper half of `indexes`.
INLINE __m128i two_words(const uint32_t *words, uint64_t indexes)
{
    __m128i first = _mm_cvtsi32_si128((int)words[(uint32_t)indexes]);

    return _mm_insert_epi32(first, (int)words[indexes >> 32], 1);
}

INLINE __m128i four_words(const uint32_t *words, __m128i indexes)
{
    return _mm_unpacklo_epi64(two_words(words, (uint64_t)_mm_cvtsi128_si64(indexes)),
                              two_words(words, (uint64_t)_mm_extract_epi64(indexes, 1)));
}

// The word at each index. A gather instruction does the same, and is slower: by 30% on Zen 3, and
// far more where microcode closes the leak that it has on Intel's processors up to 2020.
INLINE vec v_look_up(const uint32_t *words, vec indexes)
{
    __m128i low = four_words(words, _mm256_castsi256_si128(indexes));
    __m128i high = four_words(words, _mm256_extracti128_si256(indexes, 1));

    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

// == Flags ==

INLINE flags f_equal(vec a, vec b, uint32_t width)
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

// Elements of `a` that are, unsigned, at most those of `b`.
INLINE flags f_at_most(vec a, vec b, uint32_t width)
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

INLINE flags f_and(flags a, flags b)
{
    return v_and(a, b);
}

INLINE flags f_or(flags a, flags b)
{
    return v_or(a, b);
}

INLINE bool f_any(flags a)
{
    return !v_is_zero(a);
}

// One bit for each element.
INLINE uint64_t f_bits(flags a, uint32_t width)
{
    uint32_t bits;

    switch (width) {
    case 4:
        return v_sign_bits32(a);
    case 8:
        return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(a));
    default:
        bits = (uint32_t)_mm256_movemask_epi8(a);
        return width == 1 ? bits : _pext_u32(bits, 0x55555555);
    }
}

// == The rest ==

// Bits 0, 2, 4, ... are those of `even`, in their order.
INLINE uint64_t bits_interleave(uint64_t even, uint64_t odd)
{
    return _pdep_u64(even, 0x5555555555555555) | _pdep_u64(odd, 0xaaaaaaaaaaaaaaaa);
}

static bool usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}

#include "match/kernel/kernel_body.h"
