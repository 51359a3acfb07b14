// SPDX-License-Identifier: MIT
//
// What has become of a spec's pool: each block, and what the kernel's tables say of them.

#ifndef CORPUS_POOL_RESULT_H
#define CORPUS_POOL_RESULT_H

#include "pool_spec.h"

#include <stdint.h>

struct pool_record {
    const char *name; // "-": none
    uint64_t number;  // of those with the name, from 1 on
    uint64_t address; // of the header; of big pages, of the data
    uint64_t data;
    uint64_t size;      // bytes, with the header
    uint64_t requested; // bytes of big pages that were asked for
    uint64_t previous;  // bytes that the header says the block before it has
    struct pool_tag tag;
    enum pool_kind kind;
    unsigned type; // as the header has it
    bool is_free, is_protected, is_over;
    bool is_big;
    bool is_vs;
    bool is_rest; // the end of a page
};

/** Allocations, frees and bytes of a tag, in nonpaged and in paged pool. */
struct pool_total {
    struct pool_tag tag;
    struct pool_count {
        uint64_t allocs, frees, bytes;
    } counts[POOL_SESSION];
};

/** A table that is there, and the bytes of its entries; no address: there is none. */
struct pool_table {
    uint64_t address, n_entries, entry_bytes;
};

/** A range that blocks were taken from, to the end of the last page that has some. */
struct pool_use {
    uint64_t start, length;
    enum pool_kind kind;
    bool is_vs;
};

struct pool_result {
    struct pool_use *uses;
    size_t n_uses, uses_capacity;
    struct pool_record *records; // in the order in which they were taken
    size_t n_records, records_capacity;
    struct pool_total *totals; // by tag
    size_t n_totals, totals_capacity;
    struct pool_table big_pages, tags;
};

void pool_result_release(struct pool_result *result);

#endif
