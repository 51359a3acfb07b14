// SPDX-License-Identifier: MIT
//
// What the kernel itself says of pool: the ranges of addresses that it gave to it, the table of big
// allocations and the table of tags. Where no symbols tell where the tables are, pointers among the
// kernel's variables are followed until one leads to what can be nothing else.

#ifndef MS_WINDOWS_POOL_TABLES_H
#define MS_WINDOWS_POOL_TABLES_H

#include "windows/modules.h"
#include "windows/pool_block.h"

struct ms_pool;

// == Tables: pool_table.c ==

struct ms_pool_table {
    const struct ms_kernel_memory *memory;
    uint64_t address;
    size_t entry_bytes;
    uint64_t n; // entries
};

#define MS_POOL_TABLE_ENTRY_BYTES 0x100u // at most

// Visits the entries in their order; of one that is not wholly in the image, NULL. A value other
// than 0 ends it and is returned.
int ms_pool_table_visit(const struct ms_pool_table *table,
                        int (*visit)(void *user, const uint8_t *entry), void *user);

// Looks in the kernel's variables for a pointer to a page outside of modules that `proves` accepts;
// `variable` is where it stands. Returns the pointer; 0: there is none. *no_memory_ret is set
// without memory.
uint64_t ms_pool_table_search(const struct ms_modules *modules,
                              bool (*proves)(void *user, uint64_t variable, uint64_t pointer),
                              void *user, bool *no_memory_ret);

// A variable by its symbol, as wide as a pointer. 0: there is none, or it is not in the image.
uint64_t ms_pool_variable(const struct ms_modules *modules, const char *name);

// == Ranges: pool_ranges.c ==

struct ms_pool_range {
    uint64_t first, end; // equal: not known
};

struct ms_pool_ranges {
    struct ms_pool_range nonpaged, paged;
};

void ms_pool_ranges_read(const struct ms_modules *modules, struct ms_pool_ranges *ranges_ret);

// The kind of pool that an address is given to, as far as ranges tell.
enum ms_pool_kind ms_pool_ranges_kind(const struct ms_pool_ranges *ranges, uint64_t address);

// == Big allocations: pool_big.c ==

struct ms_pool_big {
    uint64_t address, size;
    uint32_t tag;
    uint32_t type; // as the API has it; means nothing where the table does not tell
    bool has_type, is_protected;
};

#define MS_POOL_MAX_BIG 0x100000u // that are kept

struct ms_pool_bigs {
    uint64_t table;                  // its address; 0: not found
    const char *origin;              // "" if not found
    MS_VEC(struct ms_pool_big) list; // by ascending address, no two with the same
};

// Reads the table; what is wrong with it becomes notes. `bigs` is zero-initialised. False without
// memory.
bool ms_pool_bigs_read(struct ms_pool *pool, struct ms_pool_bigs *bigs);

// The number of allocations that begin at or below an address.
size_t ms_pool_bigs_below(const struct ms_pool_bigs *bigs, uint64_t address);

// The allocation that an address lies in; NULL: none.
const struct ms_pool_big *ms_pool_big_at(const struct ms_pool_bigs *bigs, uint64_t address);

// == Entries of tags: pool_tracker.c ==

struct ms_pool_tracker {
    uint32_t tag; // 0: the entry is not in use
    uint64_t nonpaged_allocs, nonpaged_frees, nonpaged_bytes;
    uint64_t paged_allocs, paged_frees, paged_bytes;
};

// Whether their layout is known. All other functions of tags are for where it is.
bool ms_pool_tracker_is_known(const struct ms_kernel_memory *memory);

struct ms_pool_table ms_pool_tracker_table(const struct ms_pool *pool, uint64_t address,
                                           uint64_t n);

struct ms_pool_tracker ms_pool_tracker_parse(const struct ms_pool *pool, const uint8_t *bytes);

// Whether there is nothing strange about an entry that is in use.
bool ms_pool_tracker_is_usual(const struct ms_kernel_memory *memory,
                              const struct ms_pool_tracker *tracker);

// == Tables of tags: pool_trackers.c ==

#define MS_POOL_FIRST_WITH_PROCESSORS 6000u // build: each processor has a table

struct ms_pool_trackers {
    uint64_t table;      // address of the first one; 0: not found
    const char *origin;  // "" if not found
    uint64_t n;          // entries; 0: not known
    uint64_t processors; // address of the array of all processors' tables; 0: not found
};

// Finds the first table; that it was not found becomes a note. `trackers` is zero-initialised.
// False without memory.
bool ms_pool_trackers_find(struct ms_pool *pool, struct ms_pool_trackers *trackers);

// Finds the array of the tables of all processors, once the first one is known. False without
// memory.
bool ms_pool_trackers_find_processors(struct ms_pool *pool);

// == Reading them: pool_tracker_read.c ==

// Calls `take` with each entry that is in use of all tables of tags: processors may have tables of
// their own, whose counters add up, each modulo 2^32 or 2^64, as wide as they are. What is wrong
// with them becomes notes. False without memory for these.
bool ms_pool_trackers_read(struct ms_pool *pool,
                           void (*take)(void *user, const struct ms_pool_tracker *tracker),
                           void *user);

#endif
