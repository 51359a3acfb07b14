// SPDX-License-Identifier: MIT
//
// Growing arrays: MS_VEC(T) declares one, zero-initialised is empty, free(v.items) releases it.

#ifndef MS_BASE_VEC_H
#define MS_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#define MS_VEC(type)                                                                               \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t n;                                                                                  \
        size_t capacity;                                                                           \
    }

// Makes room for `more` items behind the n that are there. Returns false without memory; the array
// is then as it was.
#define ms_vec_reserve(vec, more)                                                                  \
    ms_vec_grow((void **)&(vec)->items, &(vec)->capacity, (vec)->n, (more), sizeof(*(vec)->items))

// Appends; evaluates to false without memory. Mostly there is room: that is seen here, without a
// call.
#define ms_vec_push(vec, ...)                                                                      \
    (((vec)->n < (vec)->capacity || ms_vec_reserve(vec, 1)) &&                                     \
     ((vec)->items[(vec)->n++] = (__VA_ARGS__), true))

bool ms_vec_grow(void **items, size_t *capacity, size_t n, size_t more, size_t item_bytes);

#endif
