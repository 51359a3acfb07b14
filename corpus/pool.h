// SPDX-License-Identifier: MIT
//
// Kernel pool: blocks with headers, one behind the other.

#ifndef CORPUS_POOL_H
#define CORPUS_POOL_H

#include "machinery.h"

struct pool;

/** What is in a block. The bytes live until pool_finish(). */
struct pool_block {
    uint64_t address;
    uint8_t *bytes;
};

struct pool *pool_create(const struct nt_spec *nt, unsigned pointer_bytes, uint64_t build);

/**
 * A nonpaged block of zeros. One that is too large for a page has whole pages without a header;
 * `is_alone` keeps all others out of its page. Fails at `place` if there is no room.
 */
struct pool_block pool_take(struct pool *pool, size_t length, const char *tag, bool is_alone,
                            struct place place);

/** Makes what is left of pages free blocks, hands the pages to the machinery, frees the pool. */
void pool_finish(struct pool *pool, struct machinery *machinery);

#endif
