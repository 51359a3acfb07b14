// SPDX-License-Identifier: MIT

#include "space/tables.h"

#include "base/extent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_EXTENTS (64u << 10)
#define TABLE_COST    UINT64_C(11) // extents whose room a struct ms_table and its slot take
#define BASE_COST     ((32u << 20) / sizeof(ms_table_extent))
#define LEAST_WEIGHT  MS_PAGE_BYTES
#define MISSING       "tables that are not in the image"
#define TOO_MANY      "tables that are too many"
#define MAPS_TOO_MUCH "tables that map too much"
#define NO_TABLE      UINT32_MAX

// What is being read.
struct reading {
    struct ms_tables *tables;
    const struct ms_paging_mode *mode;
    struct ms_error *error;
};

// A table as it grows.
struct draft {
    ms_table_extent extents[MS_MAX_TABLE_ENTRIES];
    unsigned n;
    uint64_t weight;
    struct ms_table_bytes bytes;
};

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

// Keeps a draft; a key of 0 is not found again.
static enum ms_status keep(struct ms_tables *tables, uint64_t key, const struct draft *draft,
                           uint32_t *table_ret, struct ms_error *error)
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

// == Extents ==

static struct ms_table_bytes extent_bytes(const struct ms_tables *tables,
                                          const struct ms_paging_level *level,
                                          ms_table_extent extent)
{
    uint64_t count = ms_extent_count(extent), all = count << level->shift;
    uint64_t first = ms_extent_target(extent) << MS_PAGE_SHIFT;
    struct ms_table_bytes bytes = {0};

    switch (ms_extent_kind(extent)) {
    case MS_EXTENT_PAGES:
        bytes.present = ms_present_bytes(tables->present, first, first + all - 1);
        bytes.absent = all - bytes.present;
        break;
    case MS_EXTENT_TABLE:
        bytes = tables->tables.items[ms_extent_target(extent)].bytes;
        bytes.present *= count;
        bytes.absent *= count;
        bytes.paged_out *= count;
        bytes.unreadable *= count;
        break;
    case MS_EXTENT_PAGED_OUT:
        bytes.paged_out = all;
        break;
    case MS_EXTENT_UNREADABLE:
        bytes.unreadable = all;
        break;
    }
    return bytes;
}

// No more than the addresses that the extent stands for, so that no sum of weights wraps.
static uint64_t weight_of(const struct ms_tables *tables, ms_table_extent extent,
                          const struct ms_table_bytes *bytes)
{
    if (ms_extent_kind(extent) == MS_EXTENT_TABLE)
        return ms_extent_count(extent) * tables->tables.items[ms_extent_target(extent)].weight;
    return ms_max_u64(bytes->present, LEAST_WEIGHT);
}

static uint64_t extent_weight(const struct ms_tables *tables, const struct ms_paging_level *level,
                              ms_table_extent extent)
{
    struct ms_table_bytes bytes = extent_bytes(tables, level, extent);

    return weight_of(tables, extent, &bytes);
}

static void weigh(const struct ms_tables *tables, const struct ms_paging_level *level,
                  struct draft *draft)
{
    draft->weight = 0;
    draft->bytes = (struct ms_table_bytes){0};
    for (unsigned i = 0; i < draft->n; i++) {
        struct ms_table_bytes bytes = extent_bytes(tables, level, draft->extents[i]);

        draft->weight += weight_of(tables, draft->extents[i], &bytes);
        draft->bytes.present += bytes.present;
        draft->bytes.absent += bytes.absent;
        draft->bytes.paged_out += bytes.paged_out;
        draft->bytes.unreadable += bytes.unreadable;
    }
}

// Whether an extent of one entry continues another.
static bool continues(const struct ms_paging_mode *mode, unsigned level, ms_table_extent before,
                      ms_table_extent extent)
{
    const struct ms_paging_level *at = &mode->levels[level];
    unsigned count = ms_extent_count(before);
    uint64_t step =
        ms_extent_kind(before) == MS_EXTENT_PAGES ? UINT64_C(1) << (at->shift - MS_PAGE_SHIFT) : 0;
    // The two halves of an address space do not touch.
    bool at_half = level == mode->n_levels - 1 && ms_extent_index(extent) == 1u << (at->bits - 1);

    return count < MS_EXTENT_MAX_ENTRIES && !at_half &&
           ms_extent_index(before) + count == ms_extent_index(extent) &&
           ms_extent_kind(before) == ms_extent_kind(extent) &&
           ms_extent_flags(before) == ms_extent_flags(extent) &&
           ms_extent_target(before) + count * step == ms_extent_target(extent);
}

static void add_extent(const struct reading *reading, unsigned level, struct draft *draft,
                       ms_table_extent extent)
{
    ms_table_extent *before = &draft->extents[draft->n - (draft->n > 0)];

    if (draft->n > 0 && continues(reading->mode, level, *before, extent))
        *before += 1u << 10;
    else
        draft->extents[draft->n++] = extent;
}

// == Warnings ==

// Says what is left out: all that the table at `physical` maps of `bytes` bytes from `first` on.
static enum ms_status warn_range(const struct reading *reading, const char *kind, const char *what,
                                 uint64_t physical, uint64_t first, uint64_t bytes)
{
    const struct ms_paging_mode *mode = reading->mode;

    return ms_layout_warn(
        reading->tables->warnings, reading->error, kind,
        "the table at 0x%" PRIx64 " %s: 0x%" PRIx64 " to 0x%" PRIx64 " cannot be read", physical,
        what, ms_canonical(mode, first), ms_canonical(mode, ms_last(first, bytes)));
}

// == Reading tables ==

static enum ms_status read_table(const struct reading *reading, unsigned level, uint64_t physical,
                                 uint64_t base, uint32_t *table_ret);

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
static enum ms_status add_table(const struct reading *reading, unsigned level, struct draft *draft,
                                unsigned index, const struct ms_pte *pte, uint64_t base)
{
    const struct ms_paging_level *at = &reading->mode->levels[level];
    uint32_t child = NO_TABLE;
    enum ms_status status = read_table(reading, level - 1, pte->physical,
                                       base + ((uint64_t)index << at->shift), &child);

    if (status)
        return status;
    if (child == NO_TABLE)
        add_extent(reading, level, draft,
                   ms_extent_make(index, 1, pte->flags, MS_EXTENT_UNREADABLE, 0));
    else if (reading->tables->tables.items[child].n_extents > 0)
        add_extent(reading, level, draft,
                   ms_extent_make(index, 1, pte->flags, MS_EXTENT_TABLE, child));
    return MS_OK;
}

static enum ms_status add_entry(const struct reading *reading, unsigned level, struct draft *draft,
                                unsigned index, uint64_t entry, uint64_t base)
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
    add_extent(reading, level, draft,
               ms_extent_make(index, 1, pte.flags, kind, pte.physical >> MS_PAGE_SHIFT));
    return MS_OK;
}

// Reads the entries of a table that is at least partly there; those that are not are unreadable.
static enum ms_status add_entries(const struct reading *reading, unsigned level, uint64_t base,
                                  const uint8_t *bytes, const bool *present, struct draft *draft)
{
    unsigned n = 1u << reading->mode->levels[level].bits;
    unsigned width = reading->mode->entry_bytes;
    bool whole = !memchr(present, 0, (size_t)n * width);
    enum ms_status status = MS_OK;

    for (unsigned i = 0; !status && i < n; i++) {
        if (!whole && memchr(present + (size_t)i * width, 0, width))
            add_extent(reading, level, draft,
                       ms_extent_make(i, 1, MS_PTE_ALL_FLAGS, MS_EXTENT_UNREADABLE, 0));
        else
            status =
                add_entry(reading, level, draft, i, ms_pte_load(reading->mode, bytes, i), base);
    }
    return status;
}

// A table that cannot be had leaves NO_TABLE, with a warning.
static enum ms_status read_table(const struct reading *reading, unsigned level, uint64_t physical,
                                 uint64_t base, uint32_t *table_ret)
{
    const struct ms_paging_level *at = &reading->mode->levels[level];
    struct ms_tables *tables = reading->tables;
    uint64_t key = make_key(reading->mode, level, physical);
    size_t length = (size_t)reading->mode->entry_bytes << at->bits;
    uint8_t bytes[MS_MAX_TABLE_BYTES];
    bool present[MS_MAX_TABLE_BYTES];
    struct draft draft;
    enum ms_status status;
    size_t n;

    *table_ret = find_table(tables, key);
    if (*table_ret != NO_TABLE)
        return MS_OK;
    // The tables above this one are still to be kept.
    if (tables->cost + MS_MAX_LEVELS * (TABLE_COST + MS_MAX_TABLE_ENTRIES) > max_cost(tables))
        return warn_range(reading, TOO_MANY, "is one too many for an image of this size", physical,
                          base, UINT64_C(1) << (at->shift + at->bits));
    n = ms_image_read(tables->image, physical, bytes, present, length);
    if (n < length) {
        status =
            warn_range(reading, MISSING, n ? "is only partly in the image" : "is not in the image",
                       physical, base, UINT64_C(1) << (at->shift + at->bits));
        if (status || n == 0)
            return status;
    }
    draft.n = 0;
    status = add_entries(reading, level, base, bytes, present, &draft);
    if (status)
        return status;
    weigh(tables, at, &draft);
    return keep(tables, key, &draft, table_ret, reading->error);
}

enum ms_status ms_tables_read(struct ms_tables *tables, const struct ms_paging_mode *mode,
                              uint64_t root, uint32_t *table_ret, struct ms_error *error)
{
    const struct reading reading = {tables, mode, error};
    struct draft draft;
    enum ms_status status = read_table(&reading, mode->n_levels - 1, root, 0, table_ret);
    unsigned half = 1u << (mode->levels[mode->n_levels - 1].bits - 1);

    if (status || *table_ret != NO_TABLE)
        return status;
    // A root that is not there maps everything, and nothing of it can be read.
    draft.n = 0;
    for (unsigned i = 0; i < 2 * half; i++)
        add_extent(&reading, mode->n_levels - 1, &draft,
                   ms_extent_make(i, 1, MS_PTE_ALL_FLAGS, MS_EXTENT_UNREADABLE, 0));
    weigh(tables, &mode->levels[mode->n_levels - 1], &draft);
    return keep(tables, 0, &draft, table_ret, error);
}

// == The root of a space ==

static uint64_t extent_first(const struct ms_paging_level *level, uint64_t base,
                             ms_table_extent extent)
{
    return base + ((uint64_t)ms_extent_index(extent) << level->shift);
}

// Copies of a table what lies at linear address `first` and above.
static void copy_from(const struct ms_table *table, const struct ms_paging_level *level,
                      uint64_t first, struct draft *draft)
{
    uint64_t from = first >> level->shift; // the table is the topmost: this is an index

    draft->n = 0;
    for (unsigned i = 0; i < table->n_extents; i++) {
        ms_table_extent extent = table->extents[i];
        unsigned index = ms_extent_index(extent), count = ms_extent_count(extent);
        unsigned skip = from > index ? (unsigned)from - index : 0;
        uint64_t step = ms_extent_kind(extent) == MS_EXTENT_PAGES
                            ? (uint64_t)skip << (level->shift - MS_PAGE_SHIFT)
                            : 0;

        if (skip < count)
            draft->extents[draft->n++] =
                ms_extent_make(index + skip, count - skip, ms_extent_flags(extent),
                               ms_extent_kind(extent), ms_extent_target(extent) + step);
    }
}

static unsigned heaviest(const struct ms_tables *tables, const struct ms_paging_level *level,
                         const struct draft *draft)
{
    uint64_t most = 0;
    unsigned found = 0;

    for (unsigned i = 0; i < draft->n; i++) {
        uint64_t weight = extent_weight(tables, level, draft->extents[i]);

        if (weight > most) {
            most = weight;
            found = i;
        }
    }
    return found;
}

// Leaves out the entries of an extent from its entry `keep_count` on.
static enum ms_status leave_out(const struct reading *reading, unsigned level, uint64_t base,
                                struct draft *draft, unsigned at, unsigned keep_count)
{
    const struct ms_paging_level *paging = &reading->mode->levels[level];
    ms_table_extent extent = draft->extents[at];
    unsigned index = ms_extent_index(extent), count = ms_extent_count(extent);
    uint64_t target = ms_extent_target(extent);
    ms_table_extent rest = ms_extent_make(index + keep_count, count - keep_count,
                                          ms_extent_flags(extent), MS_EXTENT_UNREADABLE, 0);

    if (ms_extent_kind(extent) == MS_EXTENT_TABLE)
        target = reading->tables->tables.items[target].key & ~UINT64_C(31);
    if (keep_count > 0) {
        draft->extents[at++] = ms_extent_make(index, keep_count, ms_extent_flags(extent),
                                              ms_extent_kind(extent), ms_extent_target(extent));
        memmove(&draft->extents[at + 1], &draft->extents[at],
                (draft->n - at) * sizeof(draft->extents[0]));
        draft->n++;
    }
    draft->extents[at] = rest;
    return warn_range(reading, MAPS_TOO_MUCH, "maps the image's memory more often than is followed",
                      target, extent_first(paging, base, rest),
                      (uint64_t)(count - keep_count) << paging->shift);
}

static enum ms_status lighten(const struct reading *reading, unsigned level, uint64_t base,
                              struct draft *draft, uint64_t limit);

// Makes the heaviest extent of a draft light enough that the draft weighs at most `limit`, if that
// is enough; else leaves it out.
static enum ms_status lighten_extent(const struct reading *reading, unsigned level, uint64_t base,
                                     struct draft *draft, unsigned at, uint64_t limit)
{
    struct ms_tables *tables = reading->tables;
    const struct ms_paging_level *paging = &reading->mode->levels[level];
    ms_table_extent extent = draft->extents[at];
    uint64_t weight = extent_weight(tables, paging, extent), others = draft->weight - weight;
    const struct ms_table *table;
    struct draft below;
    uint32_t child = NO_TABLE;
    enum ms_status status;

    if (ms_extent_kind(extent) != MS_EXTENT_TABLE || others >= limit)
        return leave_out(reading, level, base, draft, at, 0);
    table = &tables->tables.items[ms_extent_target(extent)];
    if (table->weight <= limit - others || ms_extent_count(extent) > 1 || level == 1)
        return leave_out(reading, level, base, draft, at,
                         (unsigned)((limit - others) / table->weight));
    copy_from(table, &reading->mode->levels[level - 1], 0, &below);
    status =
        lighten(reading, level - 1, extent_first(paging, base, extent), &below, limit - others);
    if (!status && below.weight > limit - others)
        return leave_out(reading, level, base, draft, at, 0);
    if (!status)
        status = keep(tables, 0, &below, &child, reading->error);
    if (!status)
        draft->extents[at] = ms_extent_make(ms_extent_index(extent), 1, ms_extent_flags(extent),
                                            MS_EXTENT_TABLE, child);
    return status;
}

// Leaves out the heaviest extents until the rest is within the limit, or light throughout.
static enum ms_status lighten(const struct reading *reading, unsigned level, uint64_t base,
                              struct draft *draft, uint64_t limit)
{
    const struct ms_paging_level *paging = &reading->mode->levels[level];
    enum ms_status status = MS_OK;

    weigh(reading->tables, paging, draft);
    while (!status && draft->weight > limit) {
        unsigned at = heaviest(reading->tables, paging, draft);

        if (extent_weight(reading->tables, paging, draft->extents[at]) <= LEAST_WEIGHT)
            break;
        status = lighten_extent(reading, level, base, draft, at, limit);
        weigh(reading->tables, paging, draft);
    }
    return status;
}

enum ms_status ms_tables_make_root(struct ms_tables *tables, const struct ms_paging_mode *mode,
                                   uint32_t root, uint64_t first, uint32_t *table_ret,
                                   struct ms_error *error)
{
    const struct reading reading = {tables, mode, error};
    const struct ms_paging_level *paging = &mode->levels[mode->n_levels - 1];
    uint64_t limit = UINT64_MAX;
    struct draft draft;
    enum ms_status status;

    if (tables->present->bytes < UINT64_MAX / MS_MAX_TIMES_MAPPED)
        limit = MS_MAX_TIMES_MAPPED * tables->present->bytes;
    *table_ret = root;
    if (first == 0 && tables->tables.items[root].weight <= limit)
        return MS_OK;
    copy_from(&tables->tables.items[root], paging, first, &draft);
    status = lighten(&reading, mode->n_levels - 1, 0, &draft, limit);
    return status ? status : keep(tables, 0, &draft, table_ret, error);
}
