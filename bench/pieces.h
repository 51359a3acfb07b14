// SPDX-License-Identifier: MIT
//
// Pieces of memscan whose cost matters, each by itself: what memscan-bench-pieces measures by
// Google Benchmark. To add one: an entry in a piece_*.c, or another such file in pieces_all().

#ifndef MS_BENCH_PIECES_H
#define MS_BENCH_PIECES_H

#ifdef __cplusplus
#include <cstddef>
#include <cstdint>
extern "C" {
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

struct piece {
    char name[64];
    void *(*create)(const struct piece *piece); // what run() works on; NULL after a message
    bool (*run)(void *state);                   // what is measured; false: it failed
    void (*release)(void *state);
    uint64_t bytes; // that one run goes over; 0: it is not about bytes
    uint64_t items; // that one run deals with: records, patterns, lines; 0: none

    // For create(): whatever tells the piece from others of its file.
    const void *what;
    const char *simd;
    size_t number;
};

typedef void piece_taker(const struct piece *piece);

void pieces_all(piece_taker *take);

void pieces_kernels(piece_taker *take);
void pieces_engines(piece_taker *take);
void pieces_patterns(piece_taker *take);
void pieces_images(piece_taker *take);
void pieces_hits(piece_taker *take);
void pieces_printers(piece_taker *take);

#ifdef __cplusplus
}
#endif

#endif
