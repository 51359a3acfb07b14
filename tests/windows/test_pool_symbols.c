// SPDX-License-Identifier: MIT
//
// Pool of a small machine with Windows 10 (17763), with a symbol file that tells of its tables.

#include "windows/found_pool.h"

TestSuite(pool_symbols);

#ifdef MS_HAVE_JANSSON

#define SYMBOLS                                                                                    \
    "{\"PoolBigPageTable\":{\"address\":34560},\"PoolBigPageTableSize\":{\"address\":34568},"      \
    "\"PoolTrackTableSize\":{\"address\":34584},\"ExPoolTagTables\":{\"address\":34592}}"

Test(pool_symbols, tables)
{
    struct windows windows = pool_machine();
    struct found_pool found;
    struct ms_pool_system system;

    poke(&windows, BIG_SIZE, 100, 8);
    poke_big(&windows, 12, KERNEL + 0x123, "Abcd", 0, 0x1000);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    system = ms_pool_system(found.pool);
    cr_assert(eq(u64, system.big_pages, KERNEL + BIG_TABLE));
    cr_assert(eq(str, (char *)(uintptr_t)system.big_origin, "symbols"));
    cr_assert(eq(sz, system.n_big, 2));
    cr_assert(not(has_pool_note(found.pool, "make no sense")), "its address is odd");
    release_pool(&found, &windows);

    windows = pool_machine();
    poke(&windows, BIG_SIZE, 98, 8); // does not reach the second
    poke_big(&windows, 12, KERNEL + 0x120, "Abcd", 0, 0x1000);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 1));
    cr_assert(has_pool_note(found.pool, "make no sense: 1"));
    release_pool(&found, &windows);
}

// A size that cannot be costs no memory, and little time.
Test(pool_symbols, size_that_lies)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, BIG_SIZE, UINT64_MAX, 8);
    poke(&windows, TRACK_SIZE, UINT64_MAX / 2, 8);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(has_pool_note(found.pool, "are not in the image"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 2));
    release_pool(&found, &windows);
}

// Both structures, with what else they have to have. Entries of tags have a size of `bytes`.
#define TRACKER_OF(bytes)                                                                          \
    "\"_POOL_TRACKER_TABLE\":{\"size\":" #bytes ",\"fields\":{\"Key\":{\"offset\":0},"             \
    "\"NonPagedAllocs\":{\"offset\":16},\"NonPagedFrees\":{\"offset\":24},"                        \
    "\"NonPagedBytes\":{\"offset\":8},\"PagedBytes\":{\"offset\":32},"                             \
    "\"PagedAllocs\":{\"offset\":40,\"type\":{\"kind\":\"base\",\"name\":\"c\"}},"                 \
    "\"PagedFrees\":{\"offset\":48}}}"
#define BIG_PAGES                                                                                  \
    "\"_POOL_TRACKER_BIG_PAGES\":{\"size\":24,\"fields\":{\"Va\":{\"offset\":0},"                  \
    "\"Key\":{\"offset\":8},\"NumberOfBytes\":{\"offset\":16}}}"
#define ISF_TYPES(types)                                                                           \
    "{\"metadata\":{\"format\":\"6.2.0\",\"windows\":{\"pdb\":" ISF_PDB(                           \
        ISF_GUID, 7, "ntkrnlmp.pdb", 34404) "}},\"base_types\":{\"c\":{\"size\":8}},\"enums\":{}," \
                                            "\"user_types\":{" types "},\"symbols\":" SYMBOLS "}"

// Of the tables of a build that is not known, a symbol file tells what it lays out.
Test(pool_symbols, unknown_build)
{
    static const struct {
        const char *isf;
        bool is_told;
    } cases[] = {
        {ISF(SYMBOLS, "{}"), true},
        {ISF_TYPES(TRACKER_OF(56)), true},
        {ISF_TYPES(BIG_PAGES), true},
        {ISF_TYPES(TRACKER_OF(56) "," BIG_PAGES), false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct windows windows = pool_machine();
        struct found_pool found;

        put_number(&windows.machine, 0x8000 + 0x260, 17700, 4);
        poke(&windows, TRACK_SIZE, 128, 8);
        found = find_pool(&windows, cases[i].isf);
        cr_assert(has_pool_note(found.pool, "build 17700 is not known") == cases[i].is_told, "%zu",
                  i);
        cr_assert(
            eq(int, strncmp(usage_text(&found, MS_POOL_USAGE_TRACKER), "Abcd 3 840, ", 12), 0));
        release_pool(&found, &windows);
    }
}

// Entries that are read with a wrong size are no totals of tags.
Test(pool_symbols, usage_by_wrong_symbols)
{
    static const struct {
        const char *isf;
        bool is_used;
    } cases[] = {
        {ISF_TYPES(TRACKER_OF(56)), true},
        {ISF_TYPES(TRACKER_OF(64)), false},
        {ISF_TYPES(TRACKER_OF(80)), false},
    };

    for (uint64_t n = 0; n <= 128; n += 128) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct windows windows = pool_machine();
            struct found_pool found;

            for (unsigned k = 4; k < 40; k++)
                poke_tracker(&windows, TRACK_TABLE, k, "Many",
                             (uint64_t[]){UINT64_C(0x12345670), 7, 3, 0x8810, 0x203, 0x101});
            poke(&windows, TRACK_SIZE, n, 8);
            found = find_pool(&windows, cases[i].isf);
            cr_assert(usage_text(&found, MS_POOL_USAGE_TRACKER)[0] ? cases[i].is_used
                                                                   : !cases[i].is_used,
                      "%zu of %" PRIu64, i, n);
            cr_assert(has_pool_note(found.pool, "pool tags is not used") != cases[i].is_used);
            release_pool(&found, &windows);
        }
    }
}

// Tags that no one has used, and what the counters of one processor make of those of another, are
// nothing wrong.
Test(pool_symbols, usage_of_unused_tags)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    for (unsigned i = 4; i < 40; i++)
        poke_tracker(&windows, TRACK_TABLE, i, "Hot ", (uint64_t[]){0, 0, 0, 0, 0, 0});
    for (unsigned i = 100; i < 104; i++)
        poke_tracker(&windows, TRACK_TABLE, i, "Odd ", (uint64_t[]){0x20, 7, 7, 0, 1, 1});
    poke(&windows, TRACK_SIZE, 128, 8);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(
        eq(int, strncmp(usage_text(&found, MS_POOL_USAGE_TRACKER), "Abcd 3 840, 0 0; ", 17), 0));
    cr_assert(not(has_pool_note(found.pool, "pool tags is not used")));
    release_pool(&found, &windows);
}

// One processor frees what another has allocated: only their sum means something.
Test(pool_symbols, usage_of_processors)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, TRACK_SIZE, 128, 8);
    poke(&windows, PROCESSORS, KERNEL + TRACK_TABLE, 8);
    poke(&windows, PROCESSORS + 8, KERNEL + OTHER_TABLE, 8);
    poke_tracker(&windows, OTHER_TABLE, 0, "Abcd",
                 (uint64_t[]){UINT64_MAX - 0x83f, 1, 4, 0x30, 2, 1});
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(
        eq(int, strncmp(usage_text(&found, MS_POOL_USAGE_TRACKER), "Abcd 0 0, 1 30; ", 16), 0));
    cr_assert(not(has_pool_note(found.pool, "those of one table")));
    release_pool(&found, &windows);
}

// What has no room in the table has another one.
Test(pool_symbols, usage_of_expansion)
{
    static const char symbols[] =
        ISF("{\"PoolTrackTableSize\":{\"address\":34584},\"PoolTrackTableExpansion\":{\"address\":"
            "34600},\"PoolTrackTableExpansionSize\":{\"address\":34608}}",
            "{}");
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, TRACK_SIZE, 128, 8);
    poke(&windows, TRACK_SIZE + 0x10, KERNEL + OTHER_TABLE, 8);
    poke(&windows, TRACK_SIZE + 0x18, 4, 8);
    poke_tracker(&windows, OTHER_TABLE, 3, "Abcd", (uint64_t[]){0x40, 3, 1, 0, 0, 0});
    poke_tracker(&windows, OTHER_TABLE, 4, "Behi", (uint64_t[]){0x40, 3, 1, 0, 0, 0});
    found = find_pool(&windows, symbols);
    cr_assert(strncmp(usage_text(&found, MS_POOL_USAGE_TRACKER), "Abcd 5 880, 0 0; ", 17) == 0);
    cr_assert(not(strstr(usage_text(&found, MS_POOL_USAGE_TRACKER), "Behi") != NULL));
    release_pool(&found, &windows);
}

// Nothing is there of a table: that is told, not that each of its entries lacks.
Test(pool_symbols, table_is_missing)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, BIG_VARIABLE, KERNEL + GONE, 8);
    poke(&windows, BIG_SIZE, 100, 8);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 0));
    cr_assert(has_pool_note(found.pool, "the table of big pool allocations is not in the image"));
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 1));
    release_pool(&found, &windows);
}

#else

Test(pool_symbols, all)
{
    cr_skip("this memscan was built without jansson");
}

#endif
