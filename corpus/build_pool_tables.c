// SPDX-License-Identifier: MIT
//
// The kernel's tables of pool: big allocations by address, totals by tag. They come last, since
// they count everything that is in pool.

#include "build_nt.h"

#include "little_endian.h"
#include "material.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>

enum {
    SERVER_2003 = 3790,
    VISTA = 6000,
    WINDOWS_7_END = 9199,
    WINDOWS_10 = 10240,
    WIDE_COUNTERS = 16299,
    WINDOWS_11 = 20348,
    LIMITED_TRACKERS = 22000,
};

/** A table's bytes, wherever they are. */
static struct pool_block table_block(const struct nt *nt, const struct pool_table_spec *spec,
                                     uint64_t address, size_t bytes)
{
    if (!spec->has_address)
        return pool_take_table(nt->pool, bytes, spec->place);
    struct pool_block block = {address, allocate(bytes, 1)};
    machinery_add(nt->machinery,
                  (struct piece){nt->spec->space, address, block.bytes, bytes, spec->place});
    return block;
}

static uint32_t key_of(const struct pool_tag *tag)
{
    return (uint32_t)load_le((const uint8_t *)tag->text, 4);
}

/* ---- big pages --------------------------------------------------------------------------- */

/** Where an entry has what; 0: nowhere. The address is at 0. */
struct big_layout {
    uint64_t build; // up to this one
    uint8_t key, n_pages, type, packed, n_bytes, size;
};

static const struct big_layout *big_layout_of(const struct nt *nt)
{
    static const struct big_layout layouts[2][5] = {
        {{SERVER_2003 - 1, 4, 8, 0, 0, 0, 0xc},
         {VISTA - 1, 4, 8, 0, 0, 0, 0x10},
         {WINDOWS_10 - 1, 4, 0, 8, 0, 0xc, 0x10},
         {UINT64_MAX, 4, 0, 0, 8, 0xc, 0x10}},
        {{VISTA - 1, 8, 0xc, 0, 0, 0, 0x18},
         {WINDOWS_10 - 1, 8, 0, 0xc, 0, 0x10, 0x18},
         {WINDOWS_11 - 1, 8, 0, 0, 0xc, 0x10, 0x18},
         {UINT64_MAX, 8, 0, 0, 0xc, 0x10, 0x20}},
    };
    const struct big_layout *layout = layouts[nt->width == 8];
    while (nt->build > layout->build)
        layout++;
    return layout;
}

/** A slot for an address, behind those that have the same hash. */
static size_t big_slot(const struct pool_block *table, size_t n_entries, size_t entry_bytes,
                       unsigned width, uint64_t address)
{
    uint64_t page = address / PAGE_SIZE;
    uint64_t hash =
        (uint32_t)page ^ (uint32_t)page >> 8 ^ (uint32_t)page >> 16 ^ (uint32_t)page >> 24;
    size_t slot = hash % n_entries;
    while (load_le(table->bytes + slot * entry_bytes, width))
        slot = (slot + 1) % n_entries;
    return slot;
}

static void store_big(const struct nt *nt, struct pool_block table, size_t n_entries,
                      const struct pool_record *record)
{
    static const unsigned types[] = {[POOL_NONPAGED] = 0, [POOL_PAGED] = 1, [POOL_SESSION] = 0x21};
    const struct big_layout *layout = big_layout_of(nt);
    size_t slot = big_slot(&table, n_entries, layout->size, nt->width, record->address);
    uint8_t *entry = table.bytes + slot * layout->size;
    uint64_t slush = record->size - record->requested;
    store_le(entry, nt->width, record->address | record->is_free);
    store_le(entry + layout->key, 4, key_of(&record->tag) | (uint32_t)record->is_protected << 31);
    if (layout->n_pages)
        store_le(entry + layout->n_pages, 4, record->size / PAGE_SIZE);
    if (layout->type)
        store_le(entry + layout->type, 4, types[record->kind]);
    if (layout->packed)
        store_le(entry + layout->packed, 4, types[record->kind] << 8 | slush << 20);
    if (layout->n_bytes)
        store_le(entry + layout->n_bytes, nt->width, record->size);
}

/** An entry of something freed, in no range of pool that a spec has. */
static struct pool_record freed_record(const struct nt *nt, struct random *random)
{
    uint64_t base = nt->width == 8 ? UINT64_C(0xffffb00000000000) : 0xb0000000;
    uint64_t pages = 1 + random_below(random, 8);
    struct pool_record record = {.tag = {"Gone"}, .is_free = true, .size = pages * PAGE_SIZE};
    record.address = base + random_below(random, 1 << 16) * PAGE_SIZE;
    record.requested = record.size;
    return record;
}

static void build_big_pages(const struct nt *nt)
{
    const struct pool_table_spec *spec = &nt->spec->pool.big_pages;
    struct pool_result *result = &nt->machinery->pool;
    size_t entry_bytes = big_layout_of(nt)->size, n_entries = spec->n_entries, used = spec->n_free;
    if (!spec->is_there)
        return;
    for (size_t i = 0; i < result->n_records; i++)
        used += result->records[i].is_big;
    if (used > n_entries)
        fail_at(spec->place, "%zu entries or more", used);
    struct pool_block table = table_block(nt, spec, spec->address, n_entries * entry_bytes);
    struct random random = random_from(nt->machinery->spec->seed, n_entries);
    for (uint64_t i = 0; i < spec->n_free; i++) {
        struct pool_record record = freed_record(nt, &random);
        store_big(nt, table, n_entries, &record);
    }
    for (size_t i = 0; i < result->n_records; i++) {
        if (result->records[i].is_big)
            store_big(nt, table, n_entries, &result->records[i]);
    }
    result->big_pages = (struct pool_table){table.address, n_entries, entry_bytes};
    nt_store_variable(nt, "PoolBigPageTable", nt->width, table.address);
    nt_store_variable(nt, "PoolBigPageTableSize", nt->width, n_entries);
}

/* ---- totals ------------------------------------------------------------------------------ */

/** Where an entry has what of nonpaged and paged pool; the tag is at 0. */
struct tracker_layout {
    uint64_t build; // up to this one
    uint8_t counter_bytes;
    struct {
        uint8_t allocs, frees, bytes;
    } at[POOL_SESSION];
    uint8_t size;
};

static const struct tracker_layout *tracker_layout_of(const struct nt *nt)
{
    static const struct tracker_layout layouts[2][3] = {
        {{WIDE_COUNTERS - 1, 4, {{0x4, 0x8, 0xc}, {0x10, 0x14, 0x18}}, 0x1c},
         {UINT64_MAX, 8, {{0x8, 0x10, 0x4}, {0x20, 0x28, 0x18}}, 0x30}},
        {{WIDE_COUNTERS - 1, 4, {{0x4, 0x8, 0x10}, {0x18, 0x1c, 0x20}}, 0x28},
         {LIMITED_TRACKERS - 1, 8, {{0x10, 0x18, 0x8}, {0x28, 0x30, 0x20}}, 0x38},
         {UINT64_MAX, 8, {{0x10, 0x18, 0x8}, {0x28, 0x30, 0x20}}, 0x50}},
    };
    const struct tracker_layout *layout = layouts[nt->width == 8];
    while (nt->build > layout->build)
        layout++;
    return layout;
}

/** The tables of all processors, one behind the other. */
struct trackers {
    const struct nt *nt;
    const struct pool_table_spec *spec;
    const struct tracker_layout *layout;
    struct pool_block tables[64];
};

static uint8_t *tracker_entry(const struct trackers *trackers, size_t processor, uint32_t key)
{
    const struct pool_table_spec *spec = trackers->spec;
    uint64_t first = key * UINT64_C(40543) >> 2;
    for (uint64_t i = 0; i < spec->n_entries; i++) {
        uint8_t *entry = trackers->tables[processor].bytes +
                         (first + i) % spec->n_entries * trackers->layout->size;
        uint64_t other = load_le(entry, 4);
        if (other == 0 || other == key) {
            store_le(entry, 4, key);
            return entry;
        }
    }
    fail_at(spec->place, "more than %llu entries", (unsigned long long)spec->n_entries);
}

static void add_le(uint8_t *bytes, unsigned width, uint64_t value)
{
    store_le(bytes, width, load_le(bytes, width) + value);
}

static uint64_t masked(uint64_t value, unsigned width)
{
    return width == 8 ? value : value & UINT32_MAX;
}

static void add_total(const struct trackers *trackers, const struct pool_tag *tag,
                      enum pool_kind kind, const struct pool_count *count)
{
    struct pool_result *result = &trackers->nt->machinery->pool;
    unsigned counter_bytes = trackers->layout->counter_bytes;
    size_t i = 0;
    while (i < result->n_totals && memcmp(&result->totals[i].tag, tag, sizeof(*tag)) != 0)
        i++;
    if (i == result->n_totals) {
        result->totals = grow(result->totals, i, &result->totals_capacity, sizeof(*result->totals));
        result->totals[result->n_totals++] = (struct pool_total){.tag = *tag};
    }
    struct pool_count *total = &result->totals[i].counts[kind];
    total->allocs = masked(total->allocs + count->allocs, counter_bytes);
    total->frees = masked(total->frees + count->frees, counter_bytes);
    total->bytes = masked(total->bytes + count->bytes, trackers->nt->width);
}

/** What one processor allocates, the next one frees. */
static void track(const struct trackers *trackers, size_t turn, const struct pool_tag *tag,
                  enum pool_kind kind, struct pool_count count)
{
    const struct tracker_layout *layout = trackers->layout;
    size_t n_processors = trackers->spec->n_processors;
    uint8_t *entry = tracker_entry(trackers, turn % n_processors, key_of(tag));
    add_le(entry + layout->at[kind].allocs, layout->counter_bytes, count.allocs);
    add_le(entry + layout->at[kind].bytes, trackers->nt->width, count.bytes);
    if (count.frees)
        entry = tracker_entry(trackers, (turn + 1) % n_processors, key_of(tag));
    add_le(entry + layout->at[kind].frees, layout->counter_bytes, count.frees);
    add_total(trackers, tag, kind, &count);
}

static void track_all(const struct trackers *trackers)
{
    const struct pool_spec *pool = &trackers->nt->spec->pool;
    const struct pool_result *result = &trackers->nt->machinery->pool;
    for (size_t i = 0; i < result->n_records; i++) {
        const struct pool_record *record = &result->records[i];
        struct pool_count count = {1, record->is_free, record->is_free ? 0 : record->size};
        if (!record->is_rest && record->kind != POOL_SESSION)
            track(trackers, i, &record->tag, record->kind, count);
    }
    for (size_t i = 0; i < pool->n_trackers; i++) {
        const struct tracker_spec *tracker = &pool->trackers[i];
        struct pool_count count = {tracker->allocs, tracker->frees, tracker->bytes};
        track(trackers, i, &tracker->tag, tracker->kind, count);
    }
}

static int compare_totals(const void *left, const void *right)
{
    const struct pool_total *a = left, *b = right;
    return memcmp(&a->tag, &b->tag, sizeof(a->tag));
}

static void build_trackers(const struct nt *nt)
{
    const struct pool_table_spec *spec = &nt->spec->pool.tags;
    struct trackers trackers = {.nt = nt, .spec = spec, .layout = tracker_layout_of(nt)};
    struct pool_result *result = &nt->machinery->pool;
    size_t entry_bytes = trackers.layout->size, bytes = spec->n_entries * entry_bytes;
    if (!spec->is_there)
        return;
    for (uint64_t i = 0; i < spec->n_processors; i++) {
        uint64_t address = spec->address + i * ((bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
        trackers.tables[i] = table_block(nt, spec, address, bytes);
        if (spec->n_processors > 1)
            module_store(nt->kernel, nt_variable(nt, "ExPoolTagTables") + i * nt->width, nt->width,
                         trackers.tables[i].address);
    }
    track_all(&trackers);
    if (result->n_totals)
        qsort(result->totals, result->n_totals, sizeof(*result->totals), compare_totals);
    result->tags = (struct pool_table){trackers.tables[0].address, spec->n_entries, entry_bytes};
    nt_store_variable(nt, "PoolTrackTable", nt->width, trackers.tables[0].address);
    nt_store_variable(nt, "PoolTrackTableSize", nt->width, spec->n_entries);
}

/* ---- all --------------------------------------------------------------------------------- */

/** From the first range of a kind to the end of the last, as kernels up to Windows 7 know them. */
static void store_limits(const struct nt *nt, enum pool_kind kind, const char *start_name,
                         const char *end_name)
{
    uint64_t start = UINT64_MAX, end = 0;
    for (size_t i = 0; i < nt->spec->pool.n_ranges; i++) {
        const struct pool_range *range = &nt->spec->pool.ranges[i];
        if (range->kind != kind)
            continue;
        start = range->start < start ? range->start : start;
        end = range->start + range->length > end ? range->start + range->length : end;
    }
    if (end == 0)
        return;
    nt_store_variable(nt, start_name, nt->width, start);
    nt_store_variable(nt, end_name, nt->width, end);
}

/** A kernel from a file has what its labels say; only what the spec asks for must be there. */
static bool has_variables(const struct nt *nt, const char *name)
{
    return module_symbol(nt->kernel, name) != NULL;
}

void nt_build_pool_tables(const struct nt *nt)
{
    build_trackers(nt);
    build_big_pages(nt);
    if (has_variables(nt, "RtlpHpHeapGlobals"))
        nt_store_variable(nt, "RtlpHpHeapGlobals", 8, pool_heap_key(nt->pool));
    if (nt->build > WINDOWS_7_END || !has_variables(nt, "MmPagedPoolStart"))
        return;
    store_limits(nt, POOL_NONPAGED, "MmNonPagedPoolStart", "MmNonPagedPoolEnd");
    store_limits(nt, POOL_PAGED, "MmPagedPoolStart", "MmPagedPoolEnd");
}
