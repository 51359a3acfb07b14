// SPDX-License-Identifier: MIT
//
// Takes blocks from the spec's ranges, page by page.

#include "pool.h"

#include "little_endian.h"
#include "material.h"

#include <stdlib.h>
#include <string.h>

enum { VISTA = 6000 };

struct pool {
    const struct nt_spec *nt;
    unsigned unit; // bytes that sizes count in, and of a header
    bool is_wide;
    unsigned type; // of an allocated nonpaged block
    size_t range;  // that blocks are taken from
    uint8_t **bytes;
    size_t used;     // of the range, to the end of the last block
    size_t previous; // units of the block before it in its page
};

struct pool *pool_create(const struct nt_spec *nt, unsigned pointer_bytes, uint64_t build)
{
    struct pool *pool = allocate(1, sizeof(*pool));
    pool->nt = nt;
    pool->is_wide = pointer_bytes == 8;
    pool->unit = pool->is_wide ? 16 : 8;
    pool->type = build < VISTA ? 1 : 2;
    pool->bytes = allocate(nt->n_pools, sizeof(*pool->bytes));
    for (size_t i = 0; i < nt->n_pools; i++)
        pool->bytes[i] = allocate(nt->pools[i].length, 1);
    return pool;
}

static void add_header(struct pool *pool, size_t units, unsigned type, const char *tag)
{
    uint8_t *header = pool->bytes[pool->range] + pool->used;
    unsigned shift = pool->is_wide ? 8 : 9;
    store_le(header, 2, pool->previous);
    store_le(header + 2, 2, units | type << shift);
    memcpy(header + 4, tag, 4);
    pool->used += units * pool->unit;
    pool->previous = pool->used % PAGE_SIZE ? units : 0;
}

/** Ends the page with a free block. */
static void end_page(struct pool *pool)
{
    size_t left = PAGE_SIZE - pool->used % PAGE_SIZE;
    if (left < PAGE_SIZE)
        add_header(pool, left / pool->unit, 0, "Free");
}

/** Goes to a place with so many bytes in one page, or so many pages. */
static void find_room(struct pool *pool, size_t bytes, bool is_fresh, struct place place)
{
    if (is_fresh || (pool->used % PAGE_SIZE && bytes > PAGE_SIZE - pool->used % PAGE_SIZE)) {
        if (pool->range < pool->nt->n_pools)
            end_page(pool);
    }
    while (pool->range < pool->nt->n_pools &&
           bytes > pool->nt->pools[pool->range].length - pool->used) {
        end_page(pool);
        pool->range++;
        pool->used = pool->previous = 0;
    }
    if (pool->range == pool->nt->n_pools)
        fail_at(place, "more room in 'pool START LENGTH' lines, for %zu bytes", bytes);
}

static struct pool_block block_at(const struct pool *pool, size_t offset)
{
    return (struct pool_block){pool->nt->pools[pool->range].start + offset,
                               pool->bytes[pool->range] + offset};
}

static struct pool_block take_pages(struct pool *pool, size_t length, struct place place)
{
    size_t bytes = (length + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
    find_room(pool, bytes, true, place);
    struct pool_block block = block_at(pool, pool->used);
    pool->used += bytes;
    pool->previous = 0;
    return block;
}

struct pool_block pool_take(struct pool *pool, size_t length, const char *tag, bool is_alone,
                            struct place place)
{
    size_t units = 1 + (length + pool->unit - 1) / pool->unit;
    if (units * pool->unit > PAGE_SIZE - pool->unit)
        return take_pages(pool, length, place);
    find_room(pool, units * pool->unit, is_alone, place);
    struct pool_block block = block_at(pool, pool->used + pool->unit);
    add_header(pool, units, pool->type, tag);
    if (is_alone)
        end_page(pool);
    return block;
}

void pool_finish(struct pool *pool, struct machinery *machinery)
{
    const struct nt_spec *nt = pool->nt;
    if (pool->range < nt->n_pools)
        end_page(pool);
    for (size_t i = 0; i < nt->n_pools; i++)
        machinery_add(machinery, (struct piece){nt->space, nt->pools[i].start, pool->bytes[i],
                                                i < pool->range    ? nt->pools[i].length
                                                : i == pool->range ? pool->used
                                                                   : 0,
                                                nt->place});
    free(pool->bytes);
    free(pool);
}
