// SPDX-License-Identifier: MIT
//
// What memory holds: fills by physical range, later ones over earlier ones, zero where none is.
//
// A generated page depends on the seed, on the fill's kind and arguments, and on its physical
// address; not on the fill's range, its place in the spec, or the container. So splitting,
// reordering or widening fills changes no other page.

#ifndef CORPUS_FILL_H
#define CORPUS_FILL_H

#include "diag.h"

#include <stdbool.h>

struct fill_kind;

struct fill {
    uint64_t start;
    uint64_t length;
    const struct fill_kind *kind;
    uint64_t arguments[2]; // byte VALUE; pointers BASE SPAN
    struct bytes pattern;  // repeat HEX
    int file;              // file PATH, -1 if none
    uint64_t file_size;
    struct file_pages *pages; // realistic FOLDERS, NULL if none
    uint64_t key;             // of the generated kinds, set by fill_map_create()
};

enum fill_argument { FILL_NONE, FILL_BYTE, FILL_BASE_SPAN, FILL_PATTERN, FILL_FILE, FILL_FOLDERS };

/** NULL if there is no such kind. */
const struct fill_kind *fill_kind_find(const char *name);
enum fill_argument fill_kind_argument(const struct fill_kind *kind);

/** The kinds as "zero, byte VALUE, ..." for messages. */
extern const char fill_kinds[];

/** A stretch that one fill decides; stretches are sorted and disjoint. */
struct stretch {
    uint64_t start;
    uint64_t length;
    const struct fill *fill;
};

struct fill_map {
    struct stretch *items;
    size_t count;
    size_t capacity;
};

/** Lays the fills over one another. `fills` must outlive the map. */
void fill_map_create(struct fill_map *map, struct fill *fills, size_t count, uint64_t seed);
void fill_map_release(struct fill_map *map);

/** Index of the first stretch that ends above `address`. */
size_t fill_map_from(const struct fill_map *map, uint64_t address);

/** Makes a fill readable that is in no map. */
void fill_set_key(struct fill *fill, uint64_t seed);

void fill_release(struct fill *fill);

/** The bytes that the fill puts at a physical address. */
void fill_read(const struct fill *fill, uint64_t address, uint8_t *out, size_t length);

#endif
