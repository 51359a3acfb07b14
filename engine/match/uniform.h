// SPDX-License-Identifier: MIT
//
// Uniform stretches: memory in which all bytes are equal, as a third of most images is. Inside one,
// what matches is the same everywhere, so it is worked out once for each byte value, and Hyperscan,
// which would report each match by itself, is given only what lies between them.

#ifndef MS_MATCH_UNIFORM_H
#define MS_MATCH_UNIFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS_UNIFORM_BLOCK 4096

struct ms_uniform {
    size_t start; // offsets; start == end: there is none
    size_t end;
    uint8_t byte;
};

// The first stretch of at least `least` equal bytes that begins in [from, end), seen in steps of
// MS_UNIFORM_BLOCK from `from` on: its ends are at such steps. `least` is rounded up to a whole
// number of blocks. `wanted`: by byte value, which stretches count; NULL: all. Others are passed
// over without being read. Without any, start and end are `end`.
struct ms_uniform ms_uniform_find(const uint8_t *bytes, size_t from, size_t end, size_t least,
                                  const bool *wanted);

#endif
