// SPDX-License-Identifier: MIT
//
// Sets of hits, to see whether two programs have found the same.

#ifndef MS_BENCH_HITS_H
#define MS_BENCH_HITS_H

#include "bench_process.h"

struct found {
    uint64_t start;
    uint64_t end;
};

struct hit_set {
    struct found *items; // ascending by start, each start once, after hits_sort()
    size_t n;
    size_t capacity;
};

void hits_release(struct hit_set *set);
void hits_clear(struct hit_set *set);

// False without memory, after a message.
bool hits_add(struct hit_set *set, uint64_t start, uint64_t end);
void hits_sort(struct hit_set *set);

// What the library finds in the image, of the patterns at any alignment. False after a message.
bool hits_of_library(struct hit_set *set, const struct row *row, const struct row_pattern *patterns,
                     const struct bench_image *image);

// Reads the offsets from what a program printed: "p:0002b038", "0x2b038:...", "176184:...". Lines
// that begin otherwise are passed over. The hits have no ends.
bool hits_of_output(struct hit_set *set, const struct memory_file *output);

// What a program must find of the hits of the library.
struct view {
    uint32_t align; // only what begins at multiples of it
    bool leftmost;  // of matches that overlap, only the first
};

// Whether both sets have the same starts; says which is the first that only one of them has.
bool hits_agree(const struct hit_set *all, const struct view *view, const struct hit_set *found,
                const char *row, const char *program);

#endif
