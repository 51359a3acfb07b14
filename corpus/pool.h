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

/** Records of blocks go to the machinery's result. */
struct pool *pool_create(struct machinery *machinery, unsigned pointer_bytes, uint64_t build);

/**
 * A nonpaged block of zeros. One that is too large for a page has whole pages without a header;
 * `is_alone` keeps all others out of its page. The tag may have bit 31 set, which
 * builds from Windows 8 on drop. Fails at `place` if
 * there is no room.
 */
struct pool_block pool_take(struct pool *pool, size_t length, const char *tag, bool is_alone,
                            struct place place);

/** A block as a spec has it, with its contents, the number-th of its name. */
struct pool_block pool_take_block(struct pool *pool, const struct block_spec *spec,
                                  uint64_t number);

/** Pages of nonpaged pool that nothing records. */
struct pool_block pool_take_table(struct pool *pool, size_t length, struct place place);

/** The key that chunks of segment heaps are encoded with; 0 if there are none. */
uint64_t pool_heap_key(const struct pool *pool);

/** Makes what is left of pages free blocks, hands the pages to the machinery, frees the pool. */
void pool_finish(struct pool *pool);

/** Where the data of special pool begins in its page. */
uint64_t special_data(const struct special_spec *special, bool is_wide);

/**
 * Where "NAME+N" or "NAME#2+N" lies: in the data of a block, or from its header on. The target is
 * what follows pool/ or pool@.
 */
uint64_t pool_place(const struct machinery *machinery, const struct target *target, bool is_header);

#endif
