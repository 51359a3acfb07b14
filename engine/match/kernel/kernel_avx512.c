// SPDX-License-Identifier: MIT
//
// The kernels in AVX-512 (F and BW).

#include "match/kernel/kernel_avx512.h"

#define KERNELS ms_kernels_avx512
#define NAME    "avx512"

// As measured by memscan-bench-pieces, as those of kernel_avx2.c.
#define COSTS                                                                                      \
    {                                                                                              \
        .nibble_pairs = 2.5, .nibbles = 3.6, .wide_nibbles = 5.2, .map = 12, .pair = 0.45,         \
        .candidate = 20                                                                            \
    }

static bool usable(void)
{
    return has_avx512();
}

#include "match/kernel/kernel_body.h"
