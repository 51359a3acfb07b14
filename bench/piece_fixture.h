// SPDX-License-Identifier: MIT
//
// What pieces work on: bytes, images, patterns.

#ifndef MS_BENCH_PIECE_FIXTURE_H
#define MS_BENCH_PIECE_FIXTURE_H

#include "bench_patterns.h"
#include "bench_process.h"
#include "pieces.h"

// Room behind the bytes, for what reads a little further.
#define FIXTURE_SLACK 64

enum fixture_bytes {
    BYTES_MEMORY, // as memory looks, made by the image builder
    BYTES_RANDOM,
    BYTES_ZERO,
    N_FIXTURE_BYTES,
};

#define FIXTURE_BYTES ((size_t)2 << 20)

// FIXTURE_BYTES of that kind, always the same; they live as long as the program. NULL after a
// message.
const uint8_t *fixture_bytes(enum fixture_bytes kind);

// Makes an image in memory. False after a message.
bool fixture_image(struct memory_file *file, const char *format, const char *spec);

// The patterns 0 to n - 1 of a maker. NULL after a message.
struct ms_patterns *fixture_patterns(pattern_maker *make, size_t n);

// The matcher of patterns, which are freed, with the kernels of that name (NULL: the fastest). NULL
// after a message.
struct ms_matcher *fixture_matcher(struct ms_patterns *patterns, const char *simd);

#endif
