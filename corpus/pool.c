// SPDX-License-Identifier: MIT
//
// Takes blocks from the spec's ranges, page by page.
//
// Chained pages are blocks from end to end. In a segment heap, subsegments of at most 16 pages
// begin with a header of their own and consist of chunks, each with an encoded header before the
// block's; no block crosses a page here either.

#include "pool.h"

#include "little_endian.h"
#include "material.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>

enum {
    VISTA = 6000,
    WINDOWS_8 = 9200,
    SEGMENT_HEAP = 18362,
    SUBSEGMENT_BYTES = 0x10000, // at most
    SUBSEGMENT_HEADER = 0x30,
    SUBSEGMENT_SIGNATURE = 0x2bed,
    CHUNK_HEADER = 0x10,
    QUOTA_BIT = 8,
};

/** A range in use. */
struct arena {
    const struct pool_range *range;
    bool is_vs;
    uint8_t *bytes;
    size_t used;       // to the end of the last block
    size_t previous;   // units of the block before it in its page; of the chunk in its subsegment
    size_t subsegment; // where it begins; SIZE_MAX: there is none
};

struct pool {
    struct machinery *machinery;
    struct pool_result *result;
    unsigned unit; // bytes that sizes count in, and of a header
    bool is_wide;
    uint64_t build;
    uint64_t heap_key;
    struct arena *arenas;
    size_t n_arenas;
    size_t at[POOL_KIND_COUNT]; // the arena in use, of each kind
};

static bool is_vs(const struct pool *pool, const struct pool_range *range)
{
    if (range->layout == POOL_CHAINED ||
        (range->layout == POOL_BY_BUILD && pool->build < SEGMENT_HEAP))
        return false;
    if (!pool->is_wide)
        fail_at(range->place, "chained pool, as of builds below %d in x86", SEGMENT_HEAP);
    return true;
}

struct pool *pool_create(struct machinery *machinery, unsigned pointer_bytes, uint64_t build)
{
    const struct pool_spec *spec = &machinery->spec->nt.pool;
    struct pool *pool = allocate(1, sizeof(*pool));
    pool->machinery = machinery;
    pool->result = &machinery->pool;
    pool->is_wide = pointer_bytes == 8;
    pool->unit = pool->is_wide ? 16 : 8;
    pool->build = build;
    pool->arenas = allocate(spec->n_ranges, sizeof(*pool->arenas));
    for (; pool->n_arenas < spec->n_ranges; pool->n_arenas++) {
        const struct pool_range *range = &spec->ranges[pool->n_arenas];
        pool->arenas[pool->n_arenas] = (struct arena){.range = range,
                                                      .is_vs = is_vs(pool, range),
                                                      .bytes = allocate(range->length, 1),
                                                      .subsegment = SIZE_MAX};
        if (pool->arenas[pool->n_arenas].is_vs)
            pool->heap_key = random_fold(machinery->spec->seed, SEGMENT_HEAP);
    }
    return pool;
}

uint64_t pool_heap_key(const struct pool *pool)
{
    return pool->heap_key;
}

static uint64_t address_of(const struct arena *arena)
{
    return arena->range->start + arena->used;
}

static void add_record(struct pool *pool, struct pool_record record)
{
    struct pool_result *result = pool->result;
    result->records = grow(result->records, result->n_records, &result->records_capacity,
                           sizeof(*result->records));
    result->records[result->n_records++] = record;
}

/* ---- subsegments ------------------------------------------------------------------------- */

static void end_subsegment(struct arena *arena)
{
    if (arena->subsegment == SIZE_MAX)
        return;
    uint8_t *header = arena->bytes + arena->subsegment;
    uint64_t address = arena->range->start + arena->subsegment;
    size_t units = (arena->used - arena->subsegment - SUBSEGMENT_HEADER) / CHUNK_HEADER;
    store_le(header, 8, address); // alone in its list
    store_le(header + 8, 8, address);
    store_le(header + 0x10, 8, UINT64_MAX); // all pages are committed
    store_le(header + 0x20, 2, units);
    store_le(header + 0x22, 2, units ^ SUBSEGMENT_SIGNATURE);
    arena->subsegment = SIZE_MAX;
}

/** At a page's start: goes on with the subsegment, or begins one. */
static void begin_vs_page(struct arena *arena)
{
    if (arena->subsegment != SIZE_MAX && arena->used - arena->subsegment < SUBSEGMENT_BYTES)
        return;
    end_subsegment(arena);
    arena->subsegment = arena->used;
    arena->used += SUBSEGMENT_HEADER;
    arena->previous = 0;
}

/** The header of a chunk of so many units, with itself. */
static void add_chunk(const struct pool *pool, struct arena *arena, size_t units, bool is_allocated)
{
    uint64_t key = address_of(arena) ^ pool->heap_key;
    uint64_t page = (arena->used - arena->subsegment) / PAGE_SIZE;
    uint64_t sizes = units << 16 | arena->previous << 32 | (uint64_t)is_allocated << 48;
    store_le(arena->bytes + arena->used, 8, sizes ^ key);
    store_le(arena->bytes + arena->used + 8, 8, page ^ (key & 0xff));
    arena->used += CHUNK_HEADER;
    arena->previous = units;
}

/* ---- pages ------------------------------------------------------------------------------- */

/** Puts a header there and goes behind the block. */
static void add_header(const struct pool *pool, struct arena *arena, size_t units,
                       struct pool_record *record, uint64_t index)
{
    uint8_t *header = arena->bytes + arena->used;
    unsigned shift = pool->is_wide ? 8 : 9;
    size_t previous = arena->is_vs ? 0 : arena->previous;
    record->address = address_of(arena);
    record->data = record->address + pool->unit;
    record->size = units * pool->unit;
    record->is_vs = arena->is_vs;
    record->previous = previous * pool->unit;
    store_le(header, 2, previous | index << shift);
    store_le(header + 2, 2, units | record->type << shift);
    memcpy(header + 4, record->tag.text, 4);
    header[7] = (uint8_t)(header[7] | record->is_protected << 7);
    arena->used += units * pool->unit;
    if (!arena->is_vs)
        arena->previous = arena->used % PAGE_SIZE ? units : 0;
}

/** What is left of the page for a block and all headers; of a page not begun too. */
static size_t page_rest(const struct arena *arena)
{
    size_t rest = PAGE_SIZE - arena->used % PAGE_SIZE;
    bool begins =
        rest == PAGE_SIZE && arena->is_vs &&
        (arena->subsegment == SIZE_MAX || arena->used - arena->subsegment >= SUBSEGMENT_BYTES);
    return begins ? rest - SUBSEGMENT_HEADER : rest;
}

/** Ends the page with a free block. */
static void end_page(struct pool *pool, struct arena *arena)
{
    size_t rest = page_rest(arena);
    if (arena->is_vs) {
        if (arena->used % PAGE_SIZE == 0)
            begin_vs_page(arena);
        add_chunk(pool, arena, rest / CHUNK_HEADER, false);
        arena->used += rest - CHUNK_HEADER;
        return;
    }
    struct pool_record record = {
        .name = "-", .number = 1, .tag = {"Free"}, .kind = arena->range->kind, .is_free = true};
    record.is_rest = true;
    add_header(pool, arena, rest / pool->unit, &record, 0);
    add_record(pool, record);
}

static void end_begun_page(struct pool *pool, struct arena *arena)
{
    if (arena->used % PAGE_SIZE)
        end_page(pool, arena);
}

/** Goes to a place with so many bytes; false if the arena has none. */
static bool find_in_arena(struct pool *pool, struct arena *arena, size_t bytes, bool is_fresh,
                          bool is_big)
{
    size_t wanted = bytes + (arena->is_vs ? CHUNK_HEADER : 0);
    if (is_fresh || is_big)
        end_begun_page(pool, arena);
    if (is_big)
        return bytes <= arena->range->length - arena->used;
    while (arena->used < arena->range->length && wanted > page_rest(arena))
        end_page(pool, arena);
    return arena->used < arena->range->length;
}

/** The arena of that kind with room for a block in one page, or for whole pages. */
static struct arena *find_room(struct pool *pool, const struct block_spec *spec, size_t bytes,
                               bool is_big)
{
    enum pool_kind kind = spec->kind;
    for (size_t *at = &pool->at[kind]; *at < pool->n_arenas; (*at)++) {
        struct arena *arena = &pool->arenas[*at];
        if (arena->range->kind != kind)
            continue;
        if (find_in_arena(pool, arena, bytes, spec->is_alone, is_big))
            return arena;
        end_begun_page(pool, arena);
    }
    fail_at(spec->place, "more room in 'pool START LENGTH%s%s' lines, for %zu bytes",
            kind == POOL_NONPAGED ? "" : " ", kind == POOL_NONPAGED ? "" : pool_kind_names[kind],
            bytes);
}

static struct pool_block block_at(const struct arena *arena, size_t offset)
{
    return (struct pool_block){arena->range->start + offset, arena->bytes + offset};
}

/* ---- blocks ------------------------------------------------------------------------------ */

static unsigned type_of(const struct pool *pool, const struct block_spec *spec)
{
    static const unsigned types[2][POOL_KIND_COUNT] = {
        {1, 2, 0x22}, // the type and 1: before Vista
        {2, 3, 0x23}, // the type, and 2 for what is allocated
    };
    unsigned quota = spec->has_quota ? QUOTA_BIT : 0;
    if (spec->has_type)
        return (unsigned)spec->type;
    return spec->is_free ? 0 : types[pool->build >= VISTA][spec->kind] | quota;
}

static struct pool_record record_of(const struct pool *pool, const struct block_spec *spec,
                                    uint64_t number)
{
    return (struct pool_record){.name = spec->name,
                                .number = number,
                                .tag = spec->tag,
                                .kind = spec->kind,
                                .type = type_of(pool, spec),
                                .is_free = spec->is_free,
                                .is_protected = spec->is_protected && pool->build < WINDOWS_8,
                                .is_over = spec->over.length != 0};
}

static size_t whole_pages(size_t length)
{
    return (length + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static struct pool_block take_pages(struct pool *pool, const struct block_spec *spec)
{
    size_t bytes = whole_pages(spec->size);
    struct arena *arena = find_room(pool, spec, bytes, true);
    struct pool_block block = block_at(arena, arena->used);
    end_subsegment(arena);
    arena->used += bytes;
    arena->previous = 0;
    return block;
}

static struct pool_block take_big(struct pool *pool, const struct block_spec *spec, uint64_t number)
{
    struct pool_record record = record_of(pool, spec, number);
    struct pool_block block = take_pages(pool, spec);
    record.is_big = true;
    record.is_over = false;
    record.address = record.data = block.address;
    record.size = whole_pages(spec->size);
    record.requested = spec->size;
    add_record(pool, record);
    return block;
}

static struct pool_block take_small(struct pool *pool, const struct block_spec *spec,
                                    uint64_t number, size_t units)
{
    struct pool_record record = record_of(pool, spec, number);
    struct arena *arena = find_room(pool, spec, units * pool->unit, false);
    if (arena->is_vs && arena->used % PAGE_SIZE == 0)
        begin_vs_page(arena);
    if (arena->is_vs)
        add_chunk(pool, arena, units + CHUNK_HEADER / pool->unit, !spec->is_free);
    uint8_t *header = arena->bytes + arena->used;
    struct pool_block block = block_at(arena, arena->used + pool->unit);
    add_header(pool, arena, units, &record, spec->index);
    if (spec->has_quota) // where a pointer ends the header, or the block
        store_le(pool->is_wide ? header + 8 : header + record.size - 4, pool->is_wide ? 8 : 4,
                 spec->quota);
    if (spec->over.length)
        memcpy(header, spec->over.data, spec->over.length);
    add_record(pool, record);
    if (spec->is_alone)
        end_begun_page(pool, arena);
    return block;
}

static void fill_block(const struct pool *pool, const struct block_spec *spec,
                       struct pool_block block)
{
    struct fill fill = spec->fill;
    if (!fill.kind)
        return;
    fill_set_key(&fill, pool->machinery->spec->seed);
    fill.start = block.address;
    fill_read(&fill, block.address, block.bytes, spec->size);
}

struct pool_block pool_take_block(struct pool *pool, const struct block_spec *spec, uint64_t number)
{
    size_t bytes = spec->size + (spec->has_quota && !pool->is_wide ? 4 : 0);
    size_t units = 1 + (bytes + pool->unit - 1) / pool->unit;
    bool is_big = units * pool->unit > PAGE_SIZE - pool->unit;
    struct pool_block block =
        is_big ? take_big(pool, spec, number) : take_small(pool, spec, number, units);
    fill_block(pool, spec, block);
    return block;
}

static char no_name[] = "-";

struct pool_block pool_take(struct pool *pool, size_t length, const char *tag, bool is_alone,
                            struct place place)
{
    struct block_spec spec = {.name = no_name, .size = length, .is_alone = is_alone};
    spec.place = place;
    memcpy(spec.tag.text, tag, sizeof(spec.tag.text));
    spec.is_protected = (unsigned char)spec.tag.text[3] >> 7;
    spec.tag.text[3] &= 0x7f;
    return pool_take_block(pool, &spec, 1);
}

struct pool_block pool_take_table(struct pool *pool, size_t length, struct place place)
{
    return take_pages(pool, &(struct block_spec){.size = length, .place = place});
}

/* ---- all --------------------------------------------------------------------------------- */

static void add_use(struct pool_result *result, const struct arena *arena)
{
    result->uses =
        grow(result->uses, result->n_uses, &result->uses_capacity, sizeof(*result->uses));
    result->uses[result->n_uses++] =
        (struct pool_use){arena->range->start, arena->used, arena->range->kind, arena->is_vs};
}

void pool_finish(struct pool *pool)
{
    const struct nt_spec *nt = &pool->machinery->spec->nt;
    for (size_t i = 0; i < pool->n_arenas; i++) {
        struct arena *arena = &pool->arenas[i];
        end_begun_page(pool, arena);
        end_subsegment(arena);
        add_use(pool->result, arena);
        machinery_add(pool->machinery, (struct piece){nt->space, arena->range->start, arena->bytes,
                                                      arena->used, nt->place});
    }
    free(pool->arenas);
    free(pool);
}

void pool_result_release(struct pool_result *result)
{
    free(result->uses);
    free(result->records);
    free(result->totals);
}
