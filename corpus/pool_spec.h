// SPDX-License-Identifier: MIT
//
// Kernel pool as a spec describes it. pool.h has what is made of it.

#ifndef CORPUS_POOL_SPEC_H
#define CORPUS_POOL_SPEC_H

#include "backing.h"
#include "fill.h"

enum pool_kind { POOL_NONPAGED, POOL_PAGED, POOL_SESSION, POOL_KIND_COUNT };

/** "nonpaged", "paged", "session". */
extern const char *const pool_kind_names[POOL_KIND_COUNT];

/** Pages that blocks are taken from. */
struct pool_range {
    uint64_t start, length;
    enum pool_kind kind;
    enum pool_layout {
        POOL_CHAINED,  // each header has the size of the block before it
        POOL_VS,       // chunks of a segment heap's subsegments
        POOL_BY_BUILD, // the one or the other
    } layout;
    struct place place;
};

struct pool_tag {
    char text[4];
};

struct block_spec {
    char *name; // "-": none
    struct pool_tag tag;
    enum pool_kind kind;
    uint64_t size; // of the data
    bool is_free, is_protected, is_alone;
    uint64_t times;
    bool has_type;
    uint64_t type, index;
    bool has_quota;
    uint64_t quota;
    struct bytes over; // what lies over the header
    struct fill fill;  // no kind: zero
    struct place place;
};

struct garbage_spec {
    uint64_t at; // in the page
    struct bytes bytes;
    struct place place;
};

struct special_spec {
    char *name;
    struct pool_tag tag;
    enum pool_kind kind;
    uint64_t size;
    bool is_underrun, is_freed;
    uint64_t pattern;
    uint64_t address; // of its page, the first of `times`
    uint64_t times;
    struct garbage_spec *garbage;
    size_t n_garbage, garbage_capacity;
    struct fill fill; // no kind: the pattern
    struct place place;
};

/** What is added to a tag's totals. */
struct tracker_spec {
    struct pool_tag tag;
    enum pool_kind kind;
    uint64_t allocs, frees, bytes;
};

/** A table of the kernel's that counts pool. */
struct pool_table_spec {
    bool is_there;
    uint64_t n_entries;
    bool has_address; // else it is in pool
    uint64_t address;
    uint64_t n_free;       // big pages: entries of what is freed
    uint64_t n_processors; // trackers: each has a table
    struct place place;
};

struct pool_spec {
    struct pool_range *ranges;
    size_t n_ranges, ranges_capacity;
    struct block_spec *blocks;
    size_t n_blocks, blocks_capacity;
    struct special_spec *specials;
    size_t n_specials, specials_capacity;
    struct tracker_spec *trackers;
    size_t n_trackers, trackers_capacity;
    struct pool_table_spec big_pages, tags;
    struct special_range {
        uint64_t start, length;
        uint64_t used; // to the end of the last page and its guard
        bool is_there;
        struct backing backing;
    } special_range;
};

/** From a page of special pool to the next: it, and its guard. */
#define SPECIAL_STEP UINT64_C(0x2000)

void pool_spec_release(struct pool_spec *pool);

#endif
