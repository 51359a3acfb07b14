// SPDX-License-Identifier: MIT
//
// Memory between two pages that must not be touched: whoever reads past its end crashes, in every
// build and also from code that no sanitizer sees.

#ifndef TESTS_MATCH_GUARDED_H
#define TESTS_MATCH_GUARDED_H

#include <stddef.h>
#include <stdint.h>

struct guarded {
    uint8_t *map;
    size_t map_bytes;
    uint8_t *first; // the first usable byte: a page's first
    uint8_t *end;   // behind the last usable byte: the page there is closed
};

// At least `bytes` usable bytes; fails the running test where the system refuses.
struct guarded guarded_create(size_t bytes);
void guarded_release(struct guarded *guarded);

#endif
