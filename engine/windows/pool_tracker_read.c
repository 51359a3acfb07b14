// SPDX-License-Identifier: MIT
//
// Each tag has one entry in a table, or with several processors, one in the table of each that has
// used it; what is freed on another processor makes the counters of one wrap below 0.

#include "windows/pool.h"

#include "base/extent.h"

#include <inttypes.h>

#define MAX_ENTRIES   UINT64_C(0x400000) // of all tables; real ones have some thousand each
#define MAX_TABLES    2048u              // as many processors as Windows can have
#define MOST_EMPTY    4u    // pages in a row without tags, where their end is not known
#define PROOF_ENTRIES 1024u // of each table that are looked at before it is read

struct tables {
    size_t n;
    uint64_t items[1 + MAX_TABLES];
};

struct reading {
    const struct ms_pool *pool;
    void (*take)(void *user, const struct ms_pool_tracker *tracker);
    void *user;
    struct tables tables;
    uint64_t budget; // entries
    bool no_table;   // it is none, as its entries look
    uint64_t n_entries, n_tags, n_missing, n_left_out;
};

static int take_entry(void *user, const uint8_t *bytes)
{
    struct reading *reading = user;
    struct ms_pool_tracker tracker;

    if (!bytes) {
        reading->n_missing++;
        return 0;
    }
    tracker = ms_pool_tracker_parse(reading->pool, bytes);
    reading->n_entries++;
    if (tracker.tag != 0) {
        reading->n_tags++;
        reading->take(reading->user, &tracker);
    }
    return 0;
}

static void read_table(struct reading *reading, uint64_t address, uint64_t n)
{
    struct ms_pool_table table =
        ms_pool_tracker_table(reading->pool, address, ms_min_u64(n, reading->budget));

    reading->budget -= table.n;
    reading->n_left_out += n - table.n;
    ms_pool_table_visit(&table, take_entry, reading);
}

// == Which there are ==

// The table, and those of other processors.
static void list_tables(const struct ms_pool *pool, struct tables *tables)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    uint64_t array = pool->trackers.processors, address;

    tables->n = 0;
    tables->items[tables->n++] = pool->trackers.table;
    for (uint64_t i = 0; array && i < MAX_TABLES; i++) {
        if (!ms_kernel_pointer(memory, array + i * (memory->bits / 8), &address) ||
            !ms_in_kernel(memory, address, 1))
            return;
        if (address != pool->trackers.table)
            tables->items[tables->n++] = address;
    }
}

// The bytes up to the next table above one.
static uint64_t room_of(const struct tables *tables, uint64_t address)
{
    uint64_t room = UINT64_MAX;

    for (size_t i = 0; i < tables->n; i++) {
        if (tables->items[i] > address)
            room = ms_min_u64(room, tables->items[i] - address);
    }
    return room;
}

// == Whether they are some ==

// What entries look like, in all tables together.
struct look {
    const struct ms_pool *pool;
    uint64_t n_tags, n_text, n_used, n_usual;
};

// The kernel begins with tags that nothing has used so far.
static bool is_used(const struct ms_pool_tracker *tracker)
{
    return (tracker->nonpaged_allocs | tracker->nonpaged_frees | tracker->nonpaged_bytes |
            tracker->paged_allocs | tracker->paged_frees | tracker->paged_bytes) != 0;
}

static int look_at_entry(void *user, const uint8_t *bytes)
{
    struct look *look = user;
    struct ms_pool_tracker tracker;

    if (!bytes)
        return 0;
    tracker = ms_pool_tracker_parse(look->pool, bytes);
    if (tracker.tag == 0)
        return 0;
    look->n_tags++;
    look->n_text += ms_pool_tag_is_text(tracker.tag);
    look->n_used += is_used(&tracker);
    look->n_usual += ms_pool_tracker_is_usual(ms_pool_memory(look->pool), &tracker);
    return 0;
}

// Tags may be no texts, and counters of one processor need not agree; but not all at a time.
static bool is_part(const struct look *look)
{
    return 2 * look->n_text >= look->n_tags && 4 * look->n_usual >= look->n_used;
}

// A symbol file that is not the kernel's may lead anywhere, and may lay out entries wrongly.
static bool are_tables(const struct reading *reading, uint64_t n)
{
    const struct tables *tables = &reading->tables;
    struct look look = {.pool = reading->pool};

    for (size_t i = 0; i < tables->n; i++) {
        struct ms_pool_table table =
            ms_pool_tracker_table(reading->pool, tables->items[i], ms_min_u64(n, PROOF_ENTRIES));

        ms_pool_table_visit(&table, look_at_entry, &look);
    }
    return is_part(&look);
}

// == Without their size ==

// The entries that begin in page `page` of a table.
static struct ms_pool_table page_of(const struct ms_pool *pool, uint64_t address, uint64_t page)
{
    struct ms_pool_table table = ms_pool_tracker_table(pool, address, 0);
    uint64_t first = (page * MS_KERNEL_PAGE + table.entry_bytes - 1) / table.entry_bytes;
    uint64_t end = ((page + 1) * MS_KERNEL_PAGE + table.entry_bytes - 1) / table.entry_bytes;

    table.address += first * table.entry_bytes;
    table.n = end - first;
    return table;
}

// Whether a table reaches into a page, as far as others tell.
static bool reaches(const struct tables *tables, size_t index, uint64_t page)
{
    return page * MS_KERNEL_PAGE < room_of(tables, tables->items[index]);
}

static struct look look_at_page(const struct reading *reading, uint64_t page)
{
    const struct tables *tables = &reading->tables;
    struct look look = {.pool = reading->pool};

    for (size_t i = 0; i < tables->n; i++) {
        struct ms_pool_table table = page_of(reading->pool, tables->items[i], page);

        if (reaches(tables, i, page))
            ms_pool_table_visit(&table, look_at_entry, &look);
    }
    return look;
}

static void read_page(struct reading *reading, uint64_t page)
{
    const struct tables *tables = &reading->tables;

    for (size_t i = 0; i < tables->n; i++) {
        struct ms_pool_table table = page_of(reading->pool, tables->items[i], page);

        if (reaches(tables, i, page))
            read_table(reading, table.address, table.n);
    }
}

// Tables have whole pages, and all as many: they end where a page is no part of them. In some there
// may be no tag, or nothing: these are read if another one with tags follows.
static void read_up_to_end(struct reading *reading)
{
    uint64_t done = 0; // pages

    for (uint64_t page = 0; page <= done + MOST_EMPTY && reading->budget > 0; page++) {
        struct look look = look_at_page(reading, page);

        if (!is_part(&look)) {
            reading->no_table = page == 0;
            return;
        }
        while (look.n_tags > 0 && done <= page)
            read_page(reading, done++);
    }
}

// == All ==

// Whether there may be tables of other processors that were not found: if there are processors.
static bool may_lack_tables(const struct ms_pool *pool)
{
    const struct ms_modules *modules = pool->modules;
    uint64_t blocks = ms_nt_variable(&modules->nt, MS_KDBG_PROCESSOR_BLOCK, "KiProcessorBlock");
    uint64_t second = 1;

    if (pool->trackers.processors || modules->nt.build < MS_POOL_FIRST_WITH_PROCESSORS)
        return false;
    return !blocks ||
           !ms_kernel_pointer(&modules->memory, blocks + modules->memory.bits / 8, &second) ||
           second != 0;
}

static bool tell(struct ms_pool *pool, const struct reading *reading)
{
    if (may_lack_tables(pool) &&
        !ms_pool_add_note(pool, "the totals of pool tags are those of one table: with several "
                                "processors each has its own, which were not found"))
        return false;
    if (reading->n_missing > 0 &&
        !ms_pool_add_note(pool,
                          "entries of tables of pool tags that are not in the image: %" PRIu64,
                          reading->n_missing))
        return false;
    return reading->n_left_out == 0 ||
           ms_pool_add_note(pool,
                            "entries of tables of pool tags that are left out because there are "
                            "too many: %" PRIu64,
                            reading->n_left_out);
}

static void read_all(const struct ms_pool *pool, struct reading *reading)
{
    const uint64_t n = pool->trackers.n;
    uint64_t expansion = ms_pool_variable(pool->modules, "PoolTrackTableExpansion");

    list_tables(pool, &reading->tables);
    reading->no_table = n > 0 && !are_tables(reading, n);
    for (size_t i = 0; n > 0 && !reading->no_table && i < reading->tables.n; i++)
        read_table(reading, reading->tables.items[i], n);
    if (n == 0)
        read_up_to_end(reading);
    if (expansion && !reading->no_table) // what has no room in the others
        read_table(reading, expansion,
                   ms_pool_variable(pool->modules, "PoolTrackTableExpansionSize"));
}

bool ms_pool_trackers_read(struct ms_pool *pool,
                           void (*take)(void *user, const struct ms_pool_tracker *tracker),
                           void *user)
{
    struct reading reading = {.pool = pool, .take = take, .user = user, .budget = MAX_ENTRIES};

    if (!pool->trackers.table)
        return true;
    if (!ms_pool_trackers_find_processors(pool))
        return false;
    read_all(pool, &reading);
    if (reading.no_table)
        return ms_pool_add_note(pool, "the table of pool tags is not used: its entries make no "
                                      "sense where, or as, they are read");
    if (reading.n_entries == 0)
        return ms_pool_add_note(pool, "the table of pool tags is not in the image, or empty");
    return tell(pool, &reading);
}
