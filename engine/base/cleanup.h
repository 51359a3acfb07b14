// SPDX-License-Identifier: MIT
//
// Owning locals. MS_CLEANUP(f) calls f(&variable) when the variable goes out of scope; ms_keep()
// hands a pointer over and leaves NULL behind, so that the owner's clean-up does nothing.

#ifndef MS_BASE_CLEANUP_H
#define MS_BASE_CLEANUP_H

#include <stdlib.h>
#include <string.h>

#define MS_CLEANUP(function) __attribute__((cleanup(function)))
#define MS_FREE              MS_CLEANUP(ms_free_local)

static inline void ms_free_local(void *variable)
{
    void *memory;

    memcpy(&memory, variable, sizeof(memory));
    free(memory);
}

#define ms_keep(pointer)                                                                           \
    __extension__({                                                                                \
        __typeof__(pointer) kept_ = (pointer);                                                     \
        (pointer) = NULL;                                                                          \
        kept_;                                                                                     \
    })

#endif
