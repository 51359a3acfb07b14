// SPDX-License-Identifier: MIT
//
// AVX-512 (F and BW), 64 bytes a step: the operations that kernel_body.h is made of, each as in
// kernel_avx2.c. For the files of kernels that have more than that or not.

#ifndef MS_MATCH_KERNEL_AVX512_H
#define MS_MATCH_KERNEL_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

#define VEC_BYTES 64

typedef __m512i vec;
typedef uint64_t flags; // one bit for each element

// == Vectors ==

INLINE vec v_load(const uint8_t *at)
{
    return _mm512_loadu_si512(at);
}

INLINE vec v_zero(void)
{
    return _mm512_setzero_si512();
}

INLINE vec v_broadcast(uint64_t value, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm512_set1_epi8((char)value);
    case 2:
        return _mm512_set1_epi16((short)value);
    case 4:
        return _mm512_set1_epi32((int)value);
    default:
        return _mm512_set1_epi64((long long)value);
    }
}

INLINE vec v_broadcast_lane(const uint8_t *at)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)at));
}

INLINE vec v_and(vec a, vec b)
{
    return _mm512_and_si512(a, b);
}

INLINE vec v_and_not(vec a, vec b)
{
    return _mm512_andnot_si512(a, b);
}

INLINE vec v_or(vec a, vec b)
{
    return _mm512_or_si512(a, b);
}

INLINE vec v_xor(vec a, vec b)
{
    return _mm512_xor_si512(a, b);
}

INLINE bool v_is_zero(vec a)
{
    return _mm512_test_epi32_mask(a, a) == 0;
}

INLINE vec v_subtract(vec a, vec b, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm512_sub_epi8(a, b);
    case 2:
        return _mm512_sub_epi16(a, b);
    case 4:
        return _mm512_sub_epi32(a, b);
    default:
        return _mm512_sub_epi64(a, b);
    }
}

// == Bytes in lanes ==

INLINE vec v_shuffle(vec table, vec from)
{
    return _mm512_shuffle_epi8(table, from);
}

INLINE vec v_high_nibbles(vec a)
{
    return v_and(_mm512_srli_epi16(a, 4), v_broadcast(15, 1));
}

INLINE vec v_unpack_low32(vec a, vec b)
{
    return _mm512_unpacklo_epi32(a, b);
}

INLINE vec v_unpack_high32(vec a, vec b)
{
    return _mm512_unpackhi_epi32(a, b);
}

INLINE vec v_unpack_low64(vec a, vec b)
{
    return _mm512_unpacklo_epi64(a, b);
}

INLINE vec v_unpack_high64(vec a, vec b)
{
    return _mm512_unpackhi_epi64(a, b);
}

INLINE uint64_t v_nonzero_bytes(vec a)
{
    return _mm512_test_epi8_mask(a, a);
}

// == Dwords ==

INLINE vec v_add32(vec a, vec b)
{
    return _mm512_add_epi32(a, b);
}

INLINE vec v_multiply32(vec a, vec b)
{
    return _mm512_mullo_epi32(a, b);
}

INLINE vec v_shift_right32(vec a, uint32_t bits)
{
    return _mm512_srl_epi32(a, _mm_cvtsi32_si128((int)bits));
}

INLINE vec v_shift_left_each32(vec a, vec bits)
{
    return _mm512_sllv_epi32(a, bits);
}

INLINE uint64_t v_sign_bits32(vec a)
{
    return _mm512_cmpgt_epi32_mask(v_zero(), a);
}

INLINE vec v_even32(vec a, vec b)
{
    const vec even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);

    return _mm512_permutex2var_epi32(a, even, b);
}

INLINE vec v_odd32(vec a, vec b)
{
    const vec odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);

    return _mm512_permutex2var_epi32(a, odd, b);
}

// As many loads as elements, as in kernel_avx2.c: gathers are no faster on many of the processors
// that have AVX-512, and much slower on some.
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

INLINE __m256i eight_words(const uint32_t *words, __m256i indexes)
{
    __m128i low = four_words(words, _mm256_castsi256_si128(indexes));
    __m128i high = four_words(words, _mm256_extracti128_si256(indexes, 1));

    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

INLINE vec v_look_up(const uint32_t *words, vec indexes)
{
    __m256i low = eight_words(words, _mm512_castsi512_si256(indexes));
    __m256i high = eight_words(words, _mm512_extracti64x4_epi64(indexes, 1));

    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// == Flags ==

INLINE flags f_equal(vec a, vec b, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm512_cmpeq_epi8_mask(a, b);
    case 2:
        return _mm512_cmpeq_epi16_mask(a, b);
    case 4:
        return _mm512_cmpeq_epi32_mask(a, b);
    default:
        return _mm512_cmpeq_epi64_mask(a, b);
    }
}

INLINE flags f_at_most(vec a, vec b, uint32_t width)
{
    switch (width) {
    case 1:
        return _mm512_cmple_epu8_mask(a, b);
    case 2:
        return _mm512_cmple_epu16_mask(a, b);
    case 4:
        return _mm512_cmple_epu32_mask(a, b);
    default:
        return _mm512_cmple_epu64_mask(a, b);
    }
}

INLINE flags f_and(flags a, flags b)
{
    return a & b;
}

INLINE flags f_or(flags a, flags b)
{
    return a | b;
}

INLINE bool f_any(flags a)
{
    return a != 0;
}

INLINE uint64_t f_bits(flags a, uint32_t width)
{
    (void)width;
    return a;
}

// == The rest ==

INLINE uint64_t bits_interleave(uint64_t even, uint64_t odd)
{
    return _pdep_u64(even, 0x5555555555555555) | _pdep_u64(odd, 0xaaaaaaaaaaaaaaaa);
}

INLINE bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("bmi2");
}

#endif
