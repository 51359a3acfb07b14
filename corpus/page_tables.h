// SPDX-License-Identifier: MIT
//
// Address spaces in the making: the page tables that the spec's statements describe, as bytes.

#ifndef CORPUS_PAGE_TABLES_H
#define CORPUS_PAGE_TABLES_H

#include "placement.h"

/** A page of tables. */
struct table_page {
    uint64_t address;
    uint8_t *bytes; // PAGE_SIZE; NULL: not in use
};

/** A prototype: an entry outside of the tables. */
struct prototype {
    uint64_t address; // physical
    size_t order;     // of two at one address the later one stays
    uint8_t bytes[8];
    uint8_t length;
};

/** A stretch that a `map` statement has mapped, for the truth: its pages are neighbours. */
struct mapping {
    const struct space_rule *rule;
    size_t space;
    uint64_t start;
    uint64_t length;
    uint64_t page; // physical, where the rule's backing has pages
};

struct spaces {
    const struct spec *spec;
    const struct segments *segments;
    struct table_pool {
        uint64_t start;
        size_t n_pages;
        size_t next; // the first that may be free
        uint8_t **pages;
        struct place place;
    } * pools;
    size_t n_pools, pools_capacity;
    size_t pool; // that tables are taken from
    uint64_t *roots;
    struct scatter {
        uint64_t start, length, page_size;
        uint64_t *pages;
        size_t count, next;
    } * scatters;
    size_t n_scatters, scatters_capacity;
    struct prototype *prototypes; // at last by address
    size_t n_prototypes, prototypes_capacity;
    struct mapping *mappings; // in the order of the spec
    size_t n_mappings, mappings_capacity;
};

/** Carries out the spec's statements about spaces. Both others must outlive it. */
void spaces_create(struct spaces *spaces, const struct spec *spec, const struct segments *segments);
void spaces_release(struct spaces *spaces);

/**
 * Looks a virtual address up: pages that are present, in transition, or behind prototypes made
 * here. `left_ret` is how many bytes of the page there are from the address on.
 */
bool spaces_translate(const struct spaces *spaces, size_t space, uint64_t address,
                      uint64_t *physical_ret, uint64_t *left_ret);

/** Calls `visit` with each page of tables that is in use. */
void spaces_each_table(const struct spaces *spaces,
                       void (*visit)(void *user, uint64_t address, const uint8_t *bytes),
                       void *user);

#endif
