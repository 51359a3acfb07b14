// SPDX-License-Identifier: MIT
//
// The SIGBUS guard of mapped sources: see source.h for why, guard.c for how.

#ifndef MS_SOURCE_GUARD_H
#define MS_SOURCE_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A mapping and the offsets, rounded to pages, between which pages have been replaced by zeros.
// Nothing was replaced while first > last.
struct ms_mapping {
    const uint8_t *base;
    size_t length;
    _Atomic uint64_t first_lost;
    _Atomic uint64_t last_lost;
};

// Installs the handler, once a process. False if the system refused.
bool ms_guard_install(void);

// Makes `mapping` the one that this thread reads from now on; NULL: none.
void ms_guard_set(struct ms_mapping *mapping);

#endif
