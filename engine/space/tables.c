// SPDX-License-Identifier: MIT

#include "space/table_draft.h"

#include "base/extent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_EXTENTS (64u << 10)
#define TABLE_COST    UINT64_C(11) // extents whose room a struct ms_table and its slot take
#define BASE_COST     ((32u << 20) / sizeof(ms_table_extent))
#define MISSING       "tables that are not in the image"
#define TOO_MANY      "tables that are too many"
#define NO_TABLE      UINT32_MAX

void ms_tables_release(struct ms_tables *tables)
{
    for (size_t i = 0; i < tables->blocks.n; i++)
        free(tables->blocks.items[i]);
    free(tables->blocks.items);
    free(tables->tables.items);
    free(tables->slots);
    *tables = (struct ms_tables){0};
}

// == Finding a table by its key ==

// Roots of PAE are aligned to 32 bytes, other tables to more: the low 5 bits are free.
static uint64_t make_key(const struct ms_paging_mode *mode, unsigned level, uint64_t physical)
{
    return physical | (uint64_t)mode->paging << 3 | (level + 1);
}

static size_t slot_of(const struct ms_tables *tables, uint64_t key)
{
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (tables->n_slots - 1);

    while (tables->slots[at] && tables->tables.items[tables->slots[at] - 1].key != key)
        at = (at + 1) & (tables->n_slots - 1);
    return at;
}

static uint32_t find_table(const struct ms_tables *tables, uint64_t key)
{
    return tables->n_slots ? tables->slots[slot_of(tables, key)] - 1 : NO_TABLE;
}

// Makes sure that there are more slots than tables. False without memory.
static bool grow_slots(struct ms_tables *tables)
{
    uint32_t *old = tables->slots;
    size_t wanted = tables->n_slots ? 2 * tables->n_slots : 1024;

    if (3 * (tables->tables.n + 1) <= 2 * tables->n_slots)
        return true;
    tables->slots = calloc(wanted, sizeof(*tables->slots));
    if (!tables->slots) {
        tables->slots = old;
        return false;
    }
    tables->n_slots = wanted;
    for (size_t i = 0; i < tables->tables.n; i++) {
        if (tables->tables.items[i].key)
            tables->slots[slot_of(tables, tables->tables.items[i].key)] = (uint32_t)i + 1;
    }
    free(old);
    return true;
}

// == Keeping a table ==

// Room for n extents, which stay where they are. NULL without memory.
static ms_table_extent *take_extents(struct ms_tables *tables, size_t n)
{
    ms_table_extent *block;

    if (tables->blocks.n == 0 || BLOCK_EXTENTS - tables->n_in_block < n) {
        block = malloc(BLOCK_EXTENTS * sizeof(*block));
        if (!block)
            return NULL;
        if (!ms_vec_push(&tables->blocks, block)) {
            free(block);
            return NULL;
        }
        tables->n_in_block = 0;
    }
    block = tables->blocks.items[tables->blocks.n - 1] + tables->n_in_block;
    tables->n_in_block += n;
    return block;
}

enum ms_status ms_table_keep(struct ms_tables *tables, uint64_t key,
                             const struct ms_table_draft *draft, uint32_t *table_ret,
                             struct ms_error *error)
{
    ms_table_extent *extents = take_extents(tables, draft->n);
    struct ms_table table = {
        .key = key,
        .extents = extents,
        .weight = draft->weight,
        .bytes = draft->bytes,
        .n_extents = draft->n,
    };

    if (!extents || !grow_slots(tables) || !ms_vec_push(&tables->tables, table))
        return ms_fail_nomem(error);
    memcpy(extents, draft->extents, draft->n * sizeof(*extents));
    *table_ret = (uint32_t)(tables->tables.n - 1);
    if (key)
        tables->slots[slot_of(tables, key)] = *table_ret + 1;
    tables->cost += draft->n + TABLE_COST;
    return MS_OK;
}

// == Reading tables ==

static enum ms_status read_table(const struct ms_table_reading *reading, unsigned level,
                                 uint64_t physical, uint64_t base, uint32_t *table_ret);

static uint64_t max_cost(const struct ms_tables *tables)
{
    return BASE_COST + tables->present->bytes / 32 / sizeof(ms_table_extent);
}

// Follows a prototype entry. Those of a file lie side by side, so the last page is remembered.
static struct ms_pte follow_prototype(struct ms_tables *tables, const struct ms_paging_mode *mode,
                                      uint64_t address)
{
    struct ms_pte paged_out = {.kind = MS_PTE_PAGED_OUT, .flags = MS_PTE_ALL_FLAGS};
    uint64_t page = ms_page_start(address);
    const struct ms_pte *found = &tables->last_prototype.pte;
    uint8_t bytes[8];

    if (!tables->last_prototype.valid || tables->last_prototype.page != page) {
        tables->last_prototype.pte = ms_walk(&tables->kernel, page);
        tables->last_prototype.page = page;
        tables->last_prototype.valid = true;
    }
    if (found->kind != MS_PTE_PAGE ||
        !ms_memory_view_read(&tables->kernel.view, found->physical | (address - page), bytes,
                             mode->entry_bytes))
        return paged_out;
    return ms_pte_decode_prototype(mode, &tables->kernel.rules, ms_pte_load(mode, bytes, 0));
}

// Adds the entry that points to a table, unless that maps nothing.
static enum ms_status add_table(const struct ms_table_reading *reading, unsigned level,
                                struct ms_table_draft *draft, unsigned index,
                                const struct ms_pte *pte, uint64_t base)
{
    const struct ms_paging_level *at = &reading->mode->levels[level];
    uint32_t child = NO_TABLE;
    enum ms_status status = read_table(reading, level - 1, pte->physical,
                                       base + ((uint64_t)index << at->shift), &child);

    if (status)
        return status;
    if (child == NO_TABLE)
        ms_table_draft_add(reading, level, draft,
                           ms_extent_make(index, 1, pte->flags, MS_EXTENT_UNREADABLE, 0));
    else if (reading->tables->tables.items[child].n_extents > 0)
        ms_table_draft_add(reading, level, draft,
                           ms_extent_make(index, 1, pte->flags, MS_EXTENT_TABLE, child));
    return MS_OK;
}

static enum ms_status add_entry(const struct ms_table_reading *reading, unsigned level,
                                struct ms_table_draft *draft, unsigned index, uint64_t entry,
                                uint64_t base)
{
    struct ms_tables *tables = reading->tables;
    struct ms_pte pte = ms_pte_decode(reading->mode, level, &tables->kernel.rules, entry);
    enum ms_extent_kind kind = MS_EXTENT_UNREADABLE;

    if (pte.kind == MS_PTE_NONE)
        return MS_OK;
    if (pte.kind == MS_PTE_TABLE)
        return add_table(reading, level, draft, index, &pte, base);
    if (pte.kind == MS_PTE_PROTOTYPE)
        pte = follow_prototype(tables, reading->mode, pte.prototype);
    if (pte.kind == MS_PTE_PAGE)
        kind = MS_EXTENT_PAGES;
    else if (pte.kind == MS_PTE_PAGED_OUT)
        kind = MS_EXTENT_PAGED_OUT;
    ms_table_draft_add(reading, level, draft,
                       ms_extent_make(index, 1, pte.flags, kind, pte.physical >> MS_PAGE_SHIFT));
    return MS_OK;
}

// Reads the entries of a table that is at least partly there; those that are not are unreadable.
static enum ms_status add_entries(const struct ms_table_reading *reading, unsigned level,
                                  uint64_t base, const uint8_t *bytes, const bool *present,
                                  struct ms_table_draft *draft)
{
    unsigned n = 1u << reading->mode->levels[level].bits;
    unsigned width = reading->mode->entry_bytes;
    bool whole = !memchr(present, 0, (size_t)n * width);
    enum ms_status status = MS_OK;

    for (unsigned i = 0; !status && i < n; i++) {
        if (!whole && memchr(present + (size_t)i * width, 0, width))
            ms_table_draft_add(reading, level, draft,
                               ms_extent_make(i, 1, MS_PTE_ALL_FLAGS, MS_EXTENT_UNREADABLE, 0));
        else
            status =
                add_entry(reading, level, draft, i, ms_pte_load(reading->mode, bytes, i), base);
    }
    return status;
}

// A table that cannot be had leaves NO_TABLE, with a warning.
static enum ms_status read_table(const struct ms_table_reading *reading, unsigned level,
                                 uint64_t physical, uint64_t base, uint32_t *table_ret)
{
    const struct ms_paging_level *at = &reading->mode->levels[level];
    struct ms_tables *tables = reading->tables;
    uint64_t key = make_key(reading->mode, level, physical);
    size_t length = (size_t)reading->mode->entry_bytes << at->bits;
    uint8_t bytes[MS_MAX_TABLE_BYTES];
    bool present[MS_MAX_TABLE_BYTES];
    struct ms_table_draft draft;
    enum ms_status status;
    size_t n;

    *table_ret = find_table(tables, key);
    if (*table_ret != NO_TABLE)
        return MS_OK;
    // The tables above this one are still to be kept.
    if (tables->cost + MS_MAX_LEVELS * (TABLE_COST + MS_MAX_TABLE_ENTRIES) > max_cost(tables))
        return ms_tables_warn(reading, TOO_MANY, "is one too many for an image of this size",
                              physical, base, UINT64_C(1) << (at->shift + at->bits));
    n = ms_image_read(tables->image, physical, bytes, present, length);
    if (n < length) {
        status = ms_tables_warn(reading, MISSING,
                                n ? "is only partly in the image" : "is not in the image", physical,
                                base, UINT64_C(1) << (at->shift + at->bits));
        if (status || n == 0)
            return status;
    }
    draft.n = 0;
    status = add_entries(reading, level, base, bytes, present, &draft);
    if (status)
        return status;
    ms_table_draft_weigh(tables, at, &draft);
    return ms_table_keep(tables, key, &draft, table_ret, reading->error);
}

enum ms_status ms_tables_read(struct ms_tables *tables, const struct ms_paging_mode *mode,
                              uint64_t root, uint32_t *table_ret, struct ms_error *error)
{
    const struct ms_table_reading reading = {tables, mode, error};
    struct ms_table_draft draft;
    enum ms_status status = read_table(&reading, mode->n_levels - 1, root, 0, table_ret);
    unsigned half = 1u << (mode->levels[mode->n_levels - 1].bits - 1);

    if (status || *table_ret != NO_TABLE)
        return status;
    // A root that is not there maps everything, and nothing of it can be read.
    draft.n = 0;
    for (unsigned i = 0; i < 2 * half; i++)
        ms_table_draft_add(&reading, mode->n_levels - 1, &draft,
                           ms_extent_make(i, 1, MS_PTE_ALL_FLAGS, MS_EXTENT_UNREADABLE, 0));
    ms_table_draft_weigh(tables, &mode->levels[mode->n_levels - 1], &draft);
    return ms_table_keep(tables, 0, &draft, table_ret, error);
}
