// SPDX-License-Identifier: MIT
//
// An image in the making, and the containers that it can be put into.
//
// To add a container: one write_NAME.c with a table of `struct container`, one line in families[]
// in container.c, its section in README.md, its golden bytes in tests/corpus/test_mkimage.sh.

#ifndef CORPUS_CONTAINER_H
#define CORPUS_CONTAINER_H

#include "outfile.h"
#include "placement.h"
#include "plant.h"

struct image {
    const struct spec *spec;
    const struct container *container;
    enum machine machine; // never MACHINE_ANY once planned
    struct segments segments;
    struct extents extents;
    struct spaces spaces;
    struct shards shards;
    struct plants plants;
    struct fill_map fills;
    uint64_t file_bytes; // set by the container; after image_plan() what is left of it
    bool *breaks_used;   // one for each `break field`
};

struct container {
    const char *name;
    enum machine machine; // the one it is for; MACHINE_ANY: none in particular
    enum machine usual;   // what it says where the spec names no machine
    unsigned bits;        // 32 or 64, of formats that have both
    unsigned dump_type;   // of crash dumps

    /** Adds the extents and sets file_bytes. Fails on memory that the container cannot hold. */
    void (*plan)(struct image *image);

    /** Writes all that is not memory. Every number goes through put(). NULL: there is nothing. */
    void (*write)(struct image *image, const struct outfile *file);
};

extern const struct container containers_raw[], containers_elf[], containers_crashdump[],
    containers_lime[];

/** NULL if there is none of that name. */
const struct container *container_find(const char *name);

/** Calls `visit` with each name, in the order of the help text. */
void container_each(void (*visit)(const char *name));

/** A piece of the container's own data, to be written at a file offset. */
struct block {
    uint8_t *bytes;
    size_t length;
    uint64_t offset;
};

struct block block_create(uint64_t offset, size_t length);
void block_write(struct block *block, const struct outfile *file); // and frees it

/**
 * Stores a little-endian number, or what `break field NAME` says instead. Fails if it does not
 * fit. `at` counts from the start of the block.
 */
void put(struct image *image, struct block *block, size_t at, unsigned width, uint64_t value,
         const char *name);

/** As put(), for the field ARRAY[INDEX].MEMBER. */
void put_item(struct image *image, struct block *block, size_t at, unsigned width, uint64_t value,
              const char *array, size_t index, const char *member);

/** Places everything: what cannot be is found here, before a file is made, but for wrong fields. */
void image_plan(struct image *image, const struct spec *spec, const struct container *container);

/** Writes container, memory, modules, plants, damage. */
void image_write(struct image *image, const struct outfile *file);

void image_release(struct image *image);

#endif
