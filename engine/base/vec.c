// SPDX-License-Identifier: MIT

#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool ms_vec_grow(void **items, size_t *capacity, size_t n, size_t more, size_t item_bytes)
{
    size_t wanted, bytes;
    void *grown;

    if (more <= *capacity - n)
        return true;
    if (__builtin_add_overflow(n, more, &wanted))
        return false;
    if (wanted < *capacity + *capacity / 2)
        wanted = *capacity + *capacity / 2;
    if (wanted < 8)
        wanted = 8;
    if (__builtin_mul_overflow(wanted, item_bytes, &bytes))
        return false;
    // memcpy: the caller's pointer is not a void * to the compiler's aliasing rules.
    memcpy(&grown, items, sizeof(grown));
    grown = realloc(grown, bytes);
    if (!grown)
        return false;
    memcpy(items, &grown, sizeof(grown));
    *capacity = wanted;
    return true;
}
