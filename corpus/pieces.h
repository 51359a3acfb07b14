// SPDX-License-Identifier: MIT
//
// Modules and pool in physical memory: what there is of them, page by page. Plants lie over them.

#ifndef CORPUS_PIECES_H
#define CORPUS_PIECES_H

#include "page_tables.h"

/** Bytes of a piece in a page that the image holds. */
struct shard {
    uint64_t address;
    const uint8_t *bytes;
    size_t length;
    struct place place;
};

struct shards {
    struct shard *items; // sorted by address, disjoint
    size_t count;
    size_t capacity;
};

/** Leaves out what the tables map nowhere, or to memory in a hole. Fails where two are in one
 * place. */
void shards_create(struct shards *shards, const struct spec *spec, const struct segments *segments,
                   const struct spaces *spaces);
void shards_release(struct shards *shards);

/** True if some byte of the range is a shard's. */
bool shards_touch(const struct shards *shards, uint64_t start, uint64_t length);

#endif
