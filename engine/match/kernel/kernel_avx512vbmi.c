// SPDX-License-Identifier: MIT
//
// The kernels in AVX-512 (F, BW and VBMI): those of kernel_avx512.c and SIEVED, which looks bytes
// up in registers, 64 at a time.

#include "match/kernel/kernel_avx512.h"

#define KERNELS ms_kernels_avx512vbmi
#define NAME    "avx512vbmi"
#define HAS_SIEVED

// As measured by memscan-bench-pieces, as those of kernel_avx2.c.
#define COSTS                                                                                      \
    {                                                                                              \
        .nibble_pairs = 2.5, .nibbles = 3.6, .wide_nibbles = 5.2, .map = 12, .sieve = 5.2,         \
        .sifted = 3, .pair = 0.45, .candidate = 20                                                 \
    }

// Byte i of all 64 dwords, in their order, in planes[i].
INLINE void v_planes(const vec dwords[4], vec planes[4])
{
    // The first bytes of the dwords of two vectors, and the second ones.
    static const uint8_t of_two[64] = {
        0,  4,  8,  12, 16, 20, 24, 28, 32, 36,  40,  44,  48,  52,  56,  60,
        64, 68, 72, 76, 80, 84, 88, 92, 96, 100, 104, 108, 112, 116, 120, 124,
        1,  5,  9,  13, 17, 21, 25, 29, 33, 37,  41,  45,  49,  53,  57,  61,
        65, 69, 73, 77, 81, 85, 89, 93, 97, 101, 105, 109, 113, 117, 121, 125,
    };
#pragma GCC unroll 2
    for (size_t i = 0; i < 4; i += 2) {
        const vec from = _mm512_add_epi8(v_load(of_two), v_broadcast(i, 1));
        vec low = _mm512_permutex2var_epi8(dwords[0], from, dwords[1]);
        vec high = _mm512_permutex2var_epi8(dwords[2], from, dwords[3]);

        planes[i] = _mm512_shuffle_i64x2(low, high, 0x44);
        planes[i + 1] = _mm512_shuffle_i64x2(low, high, 0xee);
    }
}

// The byte at each index of a table of 256, which is in four vectors.
INLINE vec v_look_up_bytes(const vec table[4], vec indexes)
{
    vec low = _mm512_permutex2var_epi8(table[0], indexes, table[1]);
    vec high = _mm512_permutex2var_epi8(table[2], indexes, table[3]);

    return _mm512_mask_blend_epi8(_mm512_movepi8_mask(indexes), low, high);
}

static bool usable(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512vbmi");
}

#include "match/kernel/kernel_body.h"
