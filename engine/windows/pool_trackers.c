// SPDX-License-Identifier: MIT
//
// Where the tables of tags are.

#include "windows/pool.h"

#include <inttypes.h>

#define PROOF_ENTRIES 1024u // looked at for a proof
#define PROOF_TAGS    4u    // ... of which so many are of tags

// Of a table that may be one.
struct proving {
    const struct ms_pool *pool;
    unsigned n_tags, n_usual;
    bool must_be_usual; // each
};

static int prove_entry(void *user, const uint8_t *bytes)
{
    struct proving *proving = user;
    struct ms_pool_tracker tracker;
    bool usual;

    if (!bytes)
        return 1;
    tracker = ms_pool_tracker_parse(proving->pool, bytes);
    if (tracker.tag == 0)
        return 0;
    usual = ms_pool_tracker_is_usual(ms_pool_memory(proving->pool), &tracker);
    proving->n_tags++;
    proving->n_usual += usual;
    return proving->must_be_usual && !usual;
}

static bool is_table(void *user, uint64_t variable, uint64_t address)
{
    struct proving proving = {.pool = user, .must_be_usual = true};
    struct ms_pool_table table = ms_pool_tracker_table(user, address, PROOF_ENTRIES);

    (void)variable;
    ms_pool_table_visit(&table, prove_entry, &proving);
    return proving.n_usual >= PROOF_TAGS;
}

static uint64_t table_by_kdbg(const struct ms_pool *pool)
{
    const struct ms_modules *modules = pool->modules;
    uint64_t variable = ms_kdbg_value(&modules->nt.kdbg, MS_KDBG_POOL_TRACK_TABLE), table;

    return variable && ms_kernel_pointer(&modules->memory, variable, &table) ? table : 0;
}

// False without memory.
static bool find(struct ms_pool *pool, struct ms_pool_trackers *trackers)
{
    bool no_memory = false;

    trackers->table = table_by_kdbg(pool);
    trackers->origin = "KDBG";
    if (trackers->table)
        return true;
    trackers->table = ms_pool_variable(pool->modules, "PoolTrackTable");
    trackers->origin = "symbols";
    if (trackers->table)
        return true;
    trackers->table = ms_pool_table_search(pool->modules, is_table, pool, &no_memory);
    trackers->origin = trackers->table ? "search of nt" : "";
    return !no_memory;
}

bool ms_pool_trackers_find(struct ms_pool *pool, struct ms_pool_trackers *trackers)
{
    trackers->origin = "";
    if (!ms_pool_tracker_is_known(ms_pool_memory(pool)))
        return ms_pool_add_note(pool,
                                "the table of pool tags is not read: its layout in build %" PRIu32
                                " is not known",
                                pool->modules->nt.build);
    if (!find(pool, trackers))
        return false;
    trackers->n = ms_pool_variable(pool->modules, "PoolTrackTableSize");
    return trackers->table ||
           ms_pool_add_note(pool, "the table of pool tags was not found: PoolTrackTable (a symbol "
                                  "file of the kernel tells where it is)");
}

// == Those of processors ==

// On another processor counters need not agree: half of them do.
static bool is_like_table(const struct ms_pool *pool, uint64_t address)
{
    struct proving proving = {.pool = pool};
    struct ms_pool_table table = ms_pool_tracker_table(pool, address, 0);

    table.n = MS_KERNEL_PAGE / table.entry_bytes;
    return ms_pool_table_visit(&table, prove_entry, &proving) == 0 && proving.n_usual > 0 &&
           2 * proving.n_usual >= proving.n_tags;
}

// The array begins with the first table, and others follow.
static bool is_array(void *user, uint64_t variable, uint64_t address)
{
    struct ms_pool *pool = user;
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    uint64_t next;

    if (address != pool->trackers.table ||
        !ms_kernel_pointer(memory, variable + memory->bits / 8, &next) ||
        next % MS_KERNEL_PAGE != 0 || next == address || !is_like_table(pool, next))
        return false;
    pool->trackers.processors = variable;
    return true;
}

bool ms_pool_trackers_find_processors(struct ms_pool *pool)
{
    bool no_memory = false;

    pool->trackers.processors = ms_nt_symbol(&pool->modules->nt, "ExPoolTagTables");
    if (!pool->trackers.processors && pool->modules->nt.build >= MS_POOL_FIRST_WITH_PROCESSORS)
        ms_pool_table_search(pool->modules, is_array, pool, &no_memory);
    return !no_memory;
}
