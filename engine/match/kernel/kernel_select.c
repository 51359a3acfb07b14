// SPDX-License-Identifier: MIT

#include "match/kernel/kernel.h"

#include <memscan/search.h>
#include <string.h>

// Fastest first.
static const struct ms_kernels *const all[] = {
#ifdef MS_HAVE_X86_KERNELS
    &ms_kernels_avx512vbmi,
    &ms_kernels_avx512,
    &ms_kernels_avx2,
#endif
    &ms_kernels_scalar,
};
#define N_ALL (sizeof(all) / sizeof(all[0]))

const struct ms_kernels *ms_kernels_choose(const char *name)
{
    for (size_t i = 0; i < N_ALL; i++) {
        if (name ? strcmp(all[i]->name, name) == 0 : all[i]->usable())
            return all[i]->usable() ? all[i] : NULL;
    }
    return NULL;
}

const char *ms_simd_name(size_t index)
{
    return index < N_ALL ? all[index]->name : NULL;
}

bool ms_simd_usable(size_t index)
{
    return index < N_ALL && all[index]->usable();
}
