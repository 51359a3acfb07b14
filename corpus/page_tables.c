// SPDX-License-Identifier: MIT
//
// Makes page tables, one statement after the other.

#include "page_tables.h"

#include "little_endian.h"
#include "material.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BUILD = 19041 };

static const struct paging_mode *mode_of(const struct spaces *spaces, size_t space)
{
    return &paging_modes[spaces->spec->spaces[space].paging];
}

/* ---- pages of tables ------------------------------------------------------------------- */

static struct table_pool *add_pool(struct spaces *spaces, uint64_t start, uint64_t length,
                                   struct place place)
{
    struct table_pool pool = {.start = start, .n_pages = length / PAGE_SIZE, .place = place};
    pool.pages = allocate(pool.n_pages, sizeof(*pool.pages));
    spaces->pools = grow(spaces->pools, spaces->n_pools, &spaces->pools_capacity, sizeof(pool));
    spaces->pools[spaces->n_pools] = pool;
    return &spaces->pools[spaces->n_pools++];
}

/** The page of tables that holds the address; NULL if there is none. */
static uint8_t *table_find(const struct spaces *spaces, uint64_t address)
{
    for (size_t i = 0; i < spaces->n_pools; i++) {
        const struct table_pool *pool = &spaces->pools[i];
        uint64_t number = (address - pool->start) / PAGE_SIZE;
        if (address >= pool->start && number < pool->n_pages && pool->pages[number])
            return pool->pages[number];
    }
    return NULL;
}

/** Takes the next free page of the current pool. */
static uint64_t table_new(struct spaces *spaces, struct place place)
{
    if (spaces->pool == SIZE_MAX)
        fail_at(place, "'tables START LENGTH' on an earlier line");
    struct table_pool *pool = &spaces->pools[spaces->pool];
    while (pool->next < pool->n_pages && table_find(spaces, pool->start + pool->next * PAGE_SIZE))
        pool->next++;
    if (pool->next == pool->n_pages)
        fail_at(place, "more room for page tables than line %u gives", pool->place.line);
    pool->pages[pool->next] = allocate(1, PAGE_SIZE);
    return pool->start + pool->next++ * PAGE_SIZE;
}

void spaces_each_table(const struct spaces *spaces,
                       void (*visit)(void *user, uint64_t address, const uint8_t *bytes),
                       void *user)
{
    for (size_t i = 0; i < spaces->n_pools; i++) {
        const struct table_pool *pool = &spaces->pools[i];
        for (size_t k = 0; k < pool->n_pages; k++) {
            if (pool->pages[k])
                visit(user, pool->start + k * PAGE_SIZE, pool->pages[k]);
        }
    }
}

/* ---- entries --------------------------------------------------------------------------- */

static uint8_t *root_of(const struct spaces *spaces, size_t space)
{
    uint64_t root = spaces->roots[space];
    return table_find(spaces, root) + root % PAGE_SIZE; // PAE's is small and may lie anywhere
}

/** Where in its table the entry of a level for an address stands. */
static size_t offset_of_entry(const struct paging_mode *mode, unsigned level, uint64_t address)
{
    return (size_t)paging_index(mode, level, address) * mode->entry_bytes;
}

/** The entry of a level that decides the address; NULL if there is no table for it. */
static uint8_t *entry_find(const struct spaces *spaces, size_t space, uint64_t address,
                           unsigned level)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    uint8_t *table = root_of(spaces, space);
    for (unsigned at = mode->n_levels - 1; table; at--) {
        uint8_t *entry = table + offset_of_entry(mode, at, address);
        if (at == level)
            return entry;
        uint64_t value = load_le(entry, mode->entry_bytes);
        if (!pte_is_table(mode, at, value))
            return NULL;
        table = table_find(spaces, value & mode->frame_mask);
    }
    return NULL;
}

/** The same; makes the tables above it, and lets users through if the rule is for them. */
static uint8_t *entry_make(struct spaces *spaces, const struct space_rule *rule, size_t space,
                           uint64_t address, unsigned level)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    bool user = rule->flags & MAP_USER;
    uint8_t *table = root_of(spaces, space);
    for (unsigned at = mode->n_levels - 1; at > level; at--) {
        uint8_t *entry = table + offset_of_entry(mode, at, address);
        uint64_t value = load_le(entry, mode->entry_bytes);
        if (pte_is_page(mode, at, value))
            fail_at(rule->place, "addresses that no larger page maps; one does at %#llx",
                    (unsigned long long)address);
        if (!pte_is_table(mode, at, value))
            value = pte_table(mode, at, table_new(spaces, rule->place), user);
        else if (user)
            value |= pte_table(mode, at, 0, user);
        store_le(entry, mode->entry_bytes, value);
        table = table_find(spaces, value & mode->frame_mask);
        if (!table)
            fail_at(rule->place, "addresses whose tables are made here, not at %#llx",
                    (unsigned long long)(value & mode->frame_mask));
    }
    return table + offset_of_entry(mode, level, address);
}

/* ---- looking up ------------------------------------------------------------------------ */

/** Looks an address up without following prototypes, of which the next may be behind another. */
static bool translate_plainly(const struct spaces *spaces, size_t space, uint64_t address,
                              uint64_t *entry_ret, uint64_t *physical_ret, uint64_t *left_ret)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    *entry_ret = 0;
    for (unsigned level = 0; level <= mode->top_page_level; level++) {
        const uint8_t *entry = entry_find(spaces, space, address, level);
        uint64_t value = entry ? load_le(entry, mode->entry_bytes) : 0;
        uint64_t inside = address & (paging_span(mode, level) - 1);
        *entry_ret = level == 0 ? value : *entry_ret;
        *physical_ret = pte_page_address(mode, level, value) + inside;
        *left_ret = paging_span(mode, level) - inside;
        if (pte_is_page(mode, level, value) || (level == 0 && pte_is_transition(value)))
            return true;
    }
    return false;
}

/** The page behind an entry that points to a prototype; known once all statements are done. */
static bool page_by_prototype(const struct spaces *spaces, size_t space, uint64_t value,
                              uint64_t *page_ret)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    uint64_t address, entry, left;
    if (!translate_plainly(spaces, space, pte_prototype_address(mode, value), &entry, &address,
                           &left))
        return false;
    for (size_t i = 0; i < spaces->n_prototypes; i++) {
        const struct prototype *prototype = &spaces->prototypes[i];
        if (prototype->address != address)
            continue;
        entry = load_le(prototype->bytes, prototype->length);
        *page_ret = pte_page_address(mode, 0, entry);
        return pte_is_page(mode, 0, entry) || pte_is_transition(entry);
    }
    return false;
}

bool spaces_translate(const struct spaces *spaces, size_t space, uint64_t address,
                      uint64_t *physical_ret, uint64_t *left_ret)
{
    uint64_t entry, page;
    if (translate_plainly(spaces, space, address, &entry, physical_ret, left_ret))
        return true;
    if (!pte_is_prototype(entry) || !page_by_prototype(spaces, space, entry, &page))
        return false;
    *physical_ret = page + address % PAGE_SIZE;
    *left_ret = PAGE_SIZE - address % PAGE_SIZE;
    return true;
}

/* ---- scattered pages ------------------------------------------------------------------- */

/** All pages of the range that the image holds. */
static void scatter_list(struct scatter *scatter, const struct segments *segments)
{
    size_t capacity = 0;
    for (uint64_t at = scatter->start; at < scatter->start + scatter->length;
         at += scatter->page_size) {
        if (!segments_hold(segments, at, scatter->page_size))
            continue;
        scatter->pages = grow(scatter->pages, scatter->count, &capacity, sizeof(uint64_t));
        scatter->pages[scatter->count++] = at;
    }
}

static void swap(uint64_t *a, uint64_t *b)
{
    uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

/** Shuffles; then swaps what still is a page and its neighbour, which joins no others. */
static void scatter_shuffle(struct scatter *scatter, uint64_t seed)
{
    uint64_t key = random_fold(random_fold(seed, scatter->start), scatter->length);
    struct random random = random_from(key, scatter->page_size);
    uint64_t *pages = scatter->pages;
    for (size_t i = scatter->count; i > 1; i--)
        swap(&pages[i - 1], &pages[random_below(&random, i)]);
    for (size_t i = 1; i < scatter->count; i++) {
        if (pages[i] == pages[i - 1] + scatter->page_size)
            swap(&pages[i], &pages[i - 1]);
    }
}

static uint64_t scatter_next(struct spaces *spaces, const struct space_rule *rule,
                             uint64_t page_size)
{
    uint64_t start = rule->backing.first, length = rule->backing.second;
    struct scatter *scatter = NULL;
    for (size_t i = 0; i < spaces->n_scatters && !scatter; i++) {
        struct scatter *other = &spaces->scatters[i];
        if (other->start == start && other->length == length && other->page_size == page_size)
            scatter = other;
    }
    if (!scatter) {
        spaces->scatters = grow(spaces->scatters, spaces->n_scatters, &spaces->scatters_capacity,
                                sizeof(*scatter));
        scatter = &spaces->scatters[spaces->n_scatters++];
        *scatter = (struct scatter){.start = start, .length = length, .page_size = page_size};
        scatter_list(scatter, spaces->segments);
        scatter_shuffle(scatter, spaces->spec->seed);
    }
    if (scatter->next == scatter->count)
        fail_at(rule->place, "no more pages than the %zu that the range has", scatter->count);
    return scatter->pages[scatter->next++];
}

/* ---- map ------------------------------------------------------------------------------- */

static void record(struct spaces *spaces, const struct space_rule *rule, size_t space,
                   uint64_t address, uint64_t length, uint64_t page)
{
    struct mapping *last = spaces->n_mappings ? &spaces->mappings[spaces->n_mappings - 1] : NULL;
    if (last && last->rule == rule && last->space == space &&
        last->start + last->length == address && last->page + (page ? last->length : 0) == page) {
        last->length += length;
        return;
    }
    spaces->mappings = grow(spaces->mappings, spaces->n_mappings, &spaces->mappings_capacity,
                            sizeof(*spaces->mappings));
    spaces->mappings[spaces->n_mappings++] = (struct mapping){rule, space, address, length, page};
}

/** The entry for the page that is `distance` bytes into the range. */
static uint64_t entry_value(struct spaces *spaces, const struct space_rule *rule, size_t space,
                            uint64_t distance, uint64_t *page_ret)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    const struct backing *backing = &rule->backing;
    const struct setting *build = &spaces->spec->settings[FACT_BUILD];
    *page_ret = 0;
    switch (backing->kind) {
    case BACKING_PRESENT:
        *page_ret = backing->first + distance;
        return pte_page(mode, rule->level, *page_ret, rule->flags);
    case BACKING_SCATTER:
        *page_ret = scatter_next(spaces, rule, paging_span(mode, rule->level));
        return pte_page(mode, rule->level, *page_ret, rule->flags);
    case BACKING_TRANSITION:
        *page_ret = backing->first + distance;
        return pte_transition(*page_ret, rule->flags);
    case BACKING_PAGEFILE:
        return pte_pagefile(mode, build->count ? build->values[0] : DEFAULT_BUILD, backing->first,
                            backing->second + distance / PAGE_SIZE, rule->flags);
    case BACKING_DEMAND_ZERO:
        return pte_demand_zero(rule->flags);
    case BACKING_ENTRY:
        return backing->first;
    case BACKING_NOTHING:
        break;
    }
    return 0;
}

/** Writes a prototype where the space maps it. */
static void write_prototype(struct spaces *spaces, const struct space_rule *rule, size_t space,
                            uint64_t address, uint64_t value)
{
    unsigned width = mode_of(spaces, space)->entry_bytes;
    struct prototype prototype = {.order = spaces->n_prototypes, .length = (uint8_t)width};
    uint64_t entry, left;
    if (!translate_plainly(spaces, space, address, &entry, &prototype.address, &left))
        fail_at(rule->place, "a prototype's address that an earlier line maps, not %#llx",
                (unsigned long long)address);
    store_le(prototype.bytes, width, value);
    uint8_t *table = table_find(spaces, prototype.address);
    if (table) {
        store_le(table + prototype.address % PAGE_SIZE, width, value);
        return;
    }
    spaces->prototypes = grow(spaces->prototypes, spaces->n_prototypes,
                              &spaces->prototypes_capacity, sizeof(prototype));
    spaces->prototypes[spaces->n_prototypes++] = prototype;
}

static void map(struct spaces *spaces, const struct space_rule *rule, size_t space)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    uint64_t span = paging_span(mode, rule->level);
    for (uint64_t distance = 0; distance < rule->length; distance += span) {
        uint64_t page;
        uint64_t value = entry_value(spaces, rule, space, distance, &page);
        if (rule->by_prototype) {
            uint64_t address = rule->prototype + distance / span * mode->entry_bytes;
            if (rule->backing.kind != BACKING_NOTHING)
                write_prototype(spaces, rule, space, address, value);
            value = pte_prototype(mode, address);
        }
        uint64_t address = rule->start + distance;
        store_le(entry_make(spaces, rule, space, address, rule->level), mode->entry_bytes, value);
        record(spaces, rule, space, address, span, page);
    }
}

/* ---- the other statements -------------------------------------------------------------- */

static void make_tables(struct spaces *spaces, const struct space_rule *rule, size_t space)
{
    (void)space;
    add_pool(spaces, rule->start, rule->length, rule->place);
    spaces->pool = spaces->n_pools - 1;
}

static void make_space(struct spaces *spaces, const struct space_rule *rule, size_t space)
{
    spaces->roots[space] = rule->has_root ? rule->root : table_new(spaces, rule->place);
    if (table_find(spaces, spaces->roots[space]))
        return;
    // A pool of its own: it may lie anywhere.
    uint64_t page = rule->root / PAGE_SIZE * PAGE_SIZE;
    add_pool(spaces, page, PAGE_SIZE, rule->place)->pages[0] = allocate(1, PAGE_SIZE);
}

/** The highest level at which both ranges are whole entries. */
static unsigned level_of_share(const struct paging_mode *mode, const struct space_rule *rule)
{
    unsigned level = mode->n_levels - 1;
    while (level > 0 &&
           ((rule->start | rule->other_start | rule->length) & (paging_span(mode, level) - 1)))
        level--;
    return level;
}

static void share(struct spaces *spaces, const struct space_rule *rule, size_t space)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    unsigned level = level_of_share(mode, rule);
    uint64_t span = paging_span(mode, level);
    for (uint64_t distance = 0; distance < rule->length; distance += span) {
        const uint8_t *from = entry_find(spaces, rule->other, rule->other_start + distance, level);
        uint64_t value = from ? load_le(from, mode->entry_bytes) : 0;
        store_le(entry_make(spaces, rule, space, rule->start + distance, level), mode->entry_bytes,
                 value);
    }
}

/** PAE: the page directory of that number maps all four, in its first entries. */
static void self_map_pae(struct spaces *spaces, const struct space_rule *rule, size_t space)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    enum { DIRECTORIES = 4, LEVEL = 1 };
    uint64_t window = rule->index * paging_span(mode, LEVEL + 1);
    for (unsigned i = 0; i < DIRECTORIES; i++) // first all, so that they are neighbours
        entry_make(spaces, rule, space, i * paging_span(mode, LEVEL + 1), LEVEL);
    for (size_t i = 0; i < DIRECTORIES; i++) {
        uint64_t directory = load_le(root_of(spaces, space) + i * mode->entry_bytes, 8);
        uint64_t address = window + i * paging_span(mode, LEVEL);
        store_le(entry_make(spaces, rule, space, address, LEVEL), 8,
                 pte_table(mode, LEVEL, directory & mode->frame_mask, false));
    }
}

static void self_map(struct spaces *spaces, const struct space_rule *rule, size_t space)
{
    const struct paging_mode *mode = mode_of(spaces, space);
    unsigned top = mode->n_levels - 1;
    if (mode == &paging_modes[PAGING_PAE]) {
        self_map_pae(spaces, rule, space);
        return;
    }
    store_le(root_of(spaces, space) + rule->index * mode->entry_bytes, mode->entry_bytes,
             pte_table(mode, top, spaces->roots[space], false));
}

/* ---- all ------------------------------------------------------------------------------- */

static int compare_prototypes(const void *left, const void *right)
{
    const struct prototype *a = left;
    const struct prototype *b = right;
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/** Of two at one address the later one stays. */
static void sort_prototypes(struct spaces *spaces)
{
    size_t kept = 0;
    if (spaces->n_prototypes == 0)
        return;
    qsort(spaces->prototypes, spaces->n_prototypes, sizeof(*spaces->prototypes),
          compare_prototypes);
    for (size_t i = 0; i < spaces->n_prototypes; i++) {
        if (kept && spaces->prototypes[kept - 1].address == spaces->prototypes[i].address)
            kept--;
        spaces->prototypes[kept++] = spaces->prototypes[i];
    }
    spaces->n_prototypes = kept;
}

void spaces_create(struct spaces *spaces, const struct spec *spec, const struct segments *segments)
{
    static void (*const forms[])(struct spaces *, const struct space_rule *, size_t) = {
        [RULE_TABLES] = make_tables, [RULE_SPACE] = make_space,  [RULE_MAP] = map,
        [RULE_SHARE] = share,        [RULE_SELF_MAP] = self_map,
    };
    *spaces = (struct spaces){.spec = spec, .segments = segments, .pool = SIZE_MAX};
    spaces->roots = allocate(spec->n_spaces, sizeof(*spaces->roots));
    for (size_t i = 0; i < spec->n_space_rules; i++) {
        const struct space_rule *rule = &spec->space_rules[i];
        for (size_t k = 0; k < rule->n_spaces; k++)
            forms[rule->form](spaces, rule, rule->space + k);
    }
    sort_prototypes(spaces);
}

void spaces_release(struct spaces *spaces)
{
    for (size_t i = 0; i < spaces->n_pools; i++) {
        for (size_t k = 0; k < spaces->pools[i].n_pages; k++)
            free(spaces->pools[i].pages[k]);
        free(spaces->pools[i].pages);
    }
    for (size_t i = 0; i < spaces->n_scatters; i++)
        free(spaces->scatters[i].pages);
    free(spaces->pools);
    free(spaces->roots);
    free(spaces->scatters);
    free(spaces->prototypes);
    free(spaces->mappings);
    *spaces = (struct spaces){0};
}
