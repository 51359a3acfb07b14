// SPDX-License-Identifier: MIT
//
// Plants: known bytes at known physical addresses, which a search must find.

#ifndef CORPUS_PLANT_H
#define CORPUS_PLANT_H

#include "placement.h"

struct plant {
    uint64_t address;
    const struct plant_rule *rule; // has the bytes and the name
};

struct plants {
    struct plant *items; // sorted by address, disjoint
    size_t count;
    size_t capacity;
};

/**
 * Carries out the spec's rules: those with fixed places first, then the random ones, which avoid
 * them. Fails, naming the statement, on a plant that touches a hole or another plant.
 */
void plants_create(struct plants *plants, const struct spec *spec, const struct segments *segments);
void plants_release(struct plants *plants);

#endif
