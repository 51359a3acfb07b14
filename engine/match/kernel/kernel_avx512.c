// SPDX-License-Identifier: MIT
//
// The kernels in AVX-512 (F and BW), 64 bytes a step: the operations that kernel_body.h is made of,
// each as in kernel_avx2.c.

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

#define VEC_BYTES 64
#define KERNELS   ms_kernels_avx512
#define NAME      "avx512"

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
INLINE vec v_look_up(const uint32_t *words, vec indexes)
{
    uint32_t at[16];

    _mm512_storeu_si512(at, indexes);
    return _mm512_setr_epi32(
        (int)words[at[0]], (int)words[at[1]], (int)words[at[2]], (int)words[at[3]],
        (int)words[at[4]], (int)words[at[5]], (int)words[at[6]], (int)words[at[7]],
        (int)words[at[8]], (int)words[at[9]], (int)words[at[10]], (int)words[at[11]],
        (int)words[at[12]], (int)words[at[13]], (int)words[at[14]], (int)words[at[15]]);
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

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("bmi2");
}

#include "match/kernel/kernel_body.h"
