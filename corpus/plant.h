// SPDX-License-Identifier: MIT
//
// Plants: known bytes at known addresses, which a search must find; and the page tables, which are
// bytes at known addresses too.

#ifndef CORPUS_PLANT_H
#define CORPUS_PLANT_H

#include "pieces.h"

/** Bytes at a physical address. */
struct plant {
    uint64_t address;
    const uint8_t *bytes;
    size_t length;
    const struct plant_rule *rule; // has the name
    bool is_part; // of a plant in a space, whose pages are no neighbours; or of page tables
};

/** A plant in a space. */
struct virtual_plant {
    uint64_t address;
    const struct plant_rule *rule;
};

struct plants {
    struct plant *items; // sorted by address, disjoint
    size_t count;
    size_t capacity;
    struct virtual_plant *virtuals; // in the order of the spec
    size_t n_virtuals, virtuals_capacity;
};

/**
 * Carries out the spec's rules: those with fixed places first, then the random ones, which avoid
 * them, and keep clear of modules and pool too. Fails, naming the statement, on a plant that
 * touches a hole, page tables or another plant.
 */
void plants_create(struct plants *plants, const struct spec *spec, const struct segments *segments,
                   const struct spaces *spaces, const struct shards *shards);
void plants_release(struct plants *plants);

#endif
