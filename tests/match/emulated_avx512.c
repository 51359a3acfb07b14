// SPDX-License-Identifier: MIT
//
// The AVX-512 kernels, with VBMI, for processors that have no more than AVX2: SIMDe emulates the
// instructions. What its packaged version lacks is added here.

// SIMDe includes the compiler's own intrinsics before it gives others their names.
#define SIMDE_X86_AVX512F_ENABLE_NATIVE_ALIASES
#define SIMDE_X86_AVX512BW_ENABLE_NATIVE_ALIASES
#define SIMDE_X86_AVX512VBMI_ENABLE_NATIVE_ALIASES
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <string.h>

static inline uint32_t equal_words(__m512i a, __m512i b)
{
    uint16_t left[32], right[32];
    uint32_t equal = 0;

    _mm512_storeu_si512(left, a);
    _mm512_storeu_si512(right, b);
    for (uint32_t i = 0; i < 32; i++)
        equal |= (uint32_t)(left[i] == right[i]) << i;
    return equal;
}

#undef _mm512_cmpeq_epi16_mask
#define _mm512_cmpeq_epi16_mask equal_words

static inline __m512i halves(__m512i a, __m512i b, int which)
{
    uint8_t left[64], right[64], both[64];

    _mm512_storeu_si512(left, a);
    _mm512_storeu_si512(right, b);
    memcpy(both, left + (which == 0xee ? 32 : 0), 32);
    memcpy(both + 32, right + (which == 0xee ? 32 : 0), 32);
    return _mm512_loadu_si512(both);
}

#undef _mm512_shuffle_i64x2
#define _mm512_shuffle_i64x2 halves

#define ms_kernels_avx512vbmi emulated_kernels_avx512
#include "match/kernel/kernel_avx512vbmi.c"
