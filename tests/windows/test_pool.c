// SPDX-License-Identifier: MIT
//
// Pool of a small machine with Windows 10 (17763): its tables, whose an address is, and blocks
// by their tag.

#include "windows/found_pool.h"

TestSuite(pool);

// == Whose an address is ==

Test(pool, at)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);

    for (int twice = 0; twice < 2; twice++) { // from the page as it is kept, too
        cr_assert(
            eq(str, row_at(&found, SMALL + 0xff), "block 100000+100 Se   paged data 100010+f0"));
        cr_assert(eq(str, row_at(&found, SMALL + 0x100),
                     "block 100100+800 Abcd nonpaged data 100110+7f0"));
        cr_assert(eq(str, row_at(&found, SMALL + 0x91f),
                     "block 100900+20 Gla1 session paged data 100910+10"));
        cr_assert(eq(str, row_at(&found, SMALL + 0xfff),
                     "block 100920+6e0 Se   paged free data 100930+6d0"));
    }
    cr_assert(eq(str, row_at(&found, SMALL + PAGE + 0x33),
                 "block 101020+20 Abcd nonpaged data 101030+10"));
    cr_assert(eq(str, row_at(&found, SMALL + PAGE + 0x7f), "damaged 101040+40"));
    cr_assert(eq(str, row_at(&found, BIG), "big 110000+2800 Bigg paged data 110000+2800"));
    cr_assert(eq(str, row_at(&found, BIG + 0x27ff), "big 110000+2800 Bigg paged data 110000+2800"));
    cr_assert(eq(str, row_at(&found, BIG + 0x2800), "none"), "behind it");
    cr_assert(eq(str, row_at(&found, 0x1f0800), "big 1f0000+1000 Abcd nonpaged data 1f0000+1000"));
    cr_assert(eq(str, row_at(&found, BIG + 0x4000), "none"), "freed");
    cr_assert(
        eq(str, row_at(&found, SPECIAL + 0x500), "special 120000+1000 FMsl paged data 120f00+100"));
    cr_assert(eq(str, row_at(&found, SPECIAL - PAGE), "none"), "not there");
    cr_assert(eq(str, row_at(&found, NT_IMAGE + 0x10), "none"), "a module");
    cr_assert(eq(str, row_at(&found, 0x180000), "none"), "zeros");
    cr_assert(eq(str, row_at(&found, (uint64_t)0 - KERNEL), "none"), "user's half");
    release_pool(&found, &windows);
}

Test(pool, module_is_no_pool)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    memcpy(windows.machine.bytes + MEMORY + NT_IMAGE + 0x2000,
           windows.machine.bytes + MEMORY + SMALL, PAGE);
    found = find_pool(&windows, NULL);
    cr_assert(eq(str, row_at(&found, NT_IMAGE + 0x2010), "none"));
    cr_assert(
        eq(str, rows_of(&found, "Gla1"), "block 100900+20 Gla1 session paged data 100910+10"));
    cr_assert(eq(str, rows_of(&found, "Gl*"), "block 100900+20 Gla1 session paged data 100910+10"));
    cr_assert(eq(str, rows_of(&found, "*1"), "block 100900+20 Gla1 session paged data 100910+10"));
    release_pool(&found, &windows);
}

Test(pool, page)
{
    static const struct {
        uint64_t offset;
        enum ms_pool_page_state state;
        size_t n;
        enum ms_pool_kind kind;
    } cases[] = {
        {SMALL + 0x123, MS_POOL_PAGE_WHOLE, 4, MS_POOL_PAGED},
        {SMALL + PAGE, MS_POOL_PAGE_DAMAGED, 5, MS_POOL_NONPAGED},
        {BIG + 0x1234, MS_POOL_PAGE_BIG, 1, MS_POOL_PAGED},
        {BIG + 0x2fff, MS_POOL_PAGE_BIG, 1, MS_POOL_PAGED},
        {SPECIAL, MS_POOL_PAGE_SPECIAL, 1, MS_POOL_PAGED},
        {SPECIAL + PAGE, MS_POOL_PAGE_ABSENT, 0, MS_POOL_KIND_UNKNOWN},
        {0x180000, MS_POOL_PAGE_NONE, 0, MS_POOL_KIND_UNKNOWN},
        {NT_IMAGE, MS_POOL_PAGE_NONE, 0, MS_POOL_KIND_UNKNOWN},
    };
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_pool_page page = ms_pool_page(found.pool, KERNEL + cases[i].offset);

        cr_assert(
            page.address == ((KERNEL + cases[i].offset) & ~(uint64_t)(PAGE - 1)) &&
                page.state == cases[i].state && page.n == cases[i].n && page.kind == cases[i].kind,
            "%" PRIx64 ": %d %zu %d", cases[i].offset, (int)page.state, page.n, (int)page.kind);
    }
    release_pool(&found, &windows);
}

// == Tables ==

Test(pool, tables_by_search)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);
    struct ms_pool_system system = ms_pool_system(found.pool);

    cr_assert(eq(u32, system.build, BUILD));
    cr_assert(system.has_chains && system.granule == 16);
    cr_assert(eq(u64, system.big_pages, KERNEL + BIG_TABLE));
    cr_assert(eq(str, (char *)(uintptr_t)system.big_origin, "search of nt"));
    cr_assert(eq(sz, system.n_big, 2));
    cr_assert(eq(u64, system.trackers, KERNEL + TRACK_TABLE));
    cr_assert(eq(str, (char *)(uintptr_t)system.tracker_origin, "KDBG"));
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 0));
    release_pool(&found, &windows);

    windows = pool_machine();
    poke(&windows, KDBG + 0x1b8, 0, 8);
    found = find_pool(&windows, NULL);
    system = ms_pool_system(found.pool);
    cr_assert(eq(u64, system.trackers, KERNEL + TRACK_TABLE));
    cr_assert(eq(str, (char *)(uintptr_t)system.tracker_origin, "search of nt"));
    release_pool(&found, &windows);
}

Test(pool, no_tables)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, KDBG + 0x1b8, 0, 8);
    poke(&windows, TRACK_VARIABLE, 0, 8);
    poke(&windows, BIG_VARIABLE, KERNEL + 0x180000, 8); // zeros
    found = find_pool(&windows, NULL);
    cr_assert(has_pool_note(found.pool, "PoolBigPageTable was not found"));
    cr_assert(has_pool_note(found.pool, "PoolTrackTable"));
    cr_assert(eq(str, row_at(&found, BIG), "none"));
    release_pool(&found, &windows);
}

// == By tag ==

static const char all_abcd[] = "block 100100+800 Abcd nonpaged data 100110+7f0\n"
                               "block 101000+20 Abcd nonpaged data 101010+10\n"
                               "block 101020+20 Abcd nonpaged data 101030+10\n"
                               "big 1f0000+1000 Abcd nonpaged data 1f0000+1000";

Test(pool, find)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, SMALL + 0x204, tag_of("Abcd"), 4); // in the data of a block
    poke(&windows, 0x180004, tag_of("Abcd"), 4);      // in no pool
    poke(&windows, BIG + 4, tag_of("Abcd"), 4);       // in another's
    found = find_pool(&windows, NULL);
    cr_assert(eq(str, rows_of(&found, "Abcd"), (char *)(uintptr_t)all_abcd), "a search");
    cr_assert(eq(str, rows_of(&found, "Ab?d"), (char *)(uintptr_t)all_abcd));
    cr_assert(eq(str, rows_of(&found, "A*"), (char *)(uintptr_t)all_abcd), "all pages");
    cr_assert(eq(str, rows_of(&found, "*c*"), (char *)(uintptr_t)all_abcd));
    cr_assert(eq(str, rows_of(&found, "FMsl"), "special 120000+1000 FMsl paged data 120f00+100"));
    cr_assert(eq(str, rows_of(&found, "*l"), "special 120000+1000 FMsl paged data 120f00+100"));
    cr_assert(eq(str, rows_of(&found, "Se"),
                 "block 100000+100 Se   paged data 100010+f0\n"
                 "block 100920+6e0 Se   paged free data 100930+6d0"));
    cr_assert(eq(str, rows_of(&found, "None"), ""));
    cr_assert(eq(str, rows_of(&found, "Non*"), ""));
    release_pool(&found, &windows);
}

// Big allocations have their place among blocks, and what looks like blocks in them is none.
Test(pool, find_big)
{
    static const char *const patterns[] = {"Gla1", "Gl*", "*1"};
    struct windows windows = pool_machine();
    struct found_pool found;

    memcpy(windows.machine.bytes + MEMORY + BIG + PAGE, windows.machine.bytes + MEMORY + SMALL,
           PAGE);
    poke_big(&windows, 20, KERNEL + 0xf0000, "Gla1", 0x21, 0x2000);
    poke_big(&windows, 21, KERNEL + 0xff000, "Gla1", 0x200, 0x1000);
    poke_big(&windows, 22, KERNEL + 0x102000, "Gla1", 0, 0x1000);
    found = find_pool(&windows, NULL);
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(str, rows_of(&found, patterns[i]),
                     "big f0000+2000 Gla1 session paged data f0000+2000\n"
                     "big ff000+1000 Gla1 nonpaged data ff000+1000\n"
                     "block 100900+20 Gla1 session paged data 100910+10\n"
                     "big 102000+1000 Gla1 nonpaged data 102000+1000"));
    release_pool(&found, &windows);
}

Test(pool, find_refuses)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);
    struct ms_error error = {0};

    cr_assert(eq(int, ms_pool_find(found.pool, "Abcde", NULL, &error), MS_ARGUMENT));
    cr_assert(strstr(error.text, "four characters") != NULL);
    cr_assert(eq(int, ms_pool_find(found.pool, "", NULL, NULL), MS_ARGUMENT));
    cr_assert(eq(int, ms_pool_find(found.pool, "Abcd", NULL, NULL), MS_OK), "nobody listens");
    release_pool(&found, &windows);
}

Test(pool, find_stops)
{
    static const char *const patterns[] = {"Abcd", "A*"};
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);

    for (size_t i = 0; i < 2; i++) {
        for (size_t n = 1; n <= 4; n++) {
            struct rows rows = {.n_left = n};
            const struct ms_pool_pass pass = {.block = add_row, .user = &rows};

            cr_assert(eq(int, ms_pool_find(found.pool, patterns[i], &pass, NULL), MS_STOPPED));
            cr_assert(strncmp(rows.text, all_abcd, rows.used) == 0, "%zu", n);
        }
    }
    release_pool(&found, &windows);
}

// The same page at two addresses is told at both, and counted once.
Test(pool, mapped_twice)
{
    static const char *const patterns[] = {"Gla1", "Gla*", "*1"};
    struct windows windows = pool_machine();
    struct found_pool found;
    struct ms_pool_usage *usage;

    put64(&windows.machine, 0x4000, 0x170000 / PAGE, (MEMORY + SMALL) | 0x63);
    found = find_pool(&windows, NULL);
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(str, rows_of(&found, patterns[i]),
                     "block 100900+20 Gla1 session paged data 100910+10\n"
                     "block 170900+20 Gla1 session paged data 170910+10"));
    cr_assert(ms_pool_usage_create(found.pool, MS_POOL_USAGE_COUNTED, NULL, &usage, NULL) == MS_OK);
    cr_assert(eq(u64, ms_pool_usage_work(usage).repeated_pages, 1));
    cr_assert(eq(u64, ms_pool_usage_row(usage, 3)->session_allocs, 1));
    ms_pool_usage_free(usage);
    release_pool(&found, &windows);
}

// Without any one page nothing is told that is not told with it, and all that it has no part in.
Test(pool, each_page_missing)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);
    static char whole[sizeof(struct rows)], line[256];

    snprintf(whole, sizeof(whole), "%s\n", rows_of(&found, "*"));
    ms_pool_free(found.pool);
    release_found(&found.windows);
    for (uint64_t page = 0; page < GONE / PAGE; page++) {
        uint64_t entry = UINT64_C(0x4000) + 8 * page, before;
        struct found_windows here;
        struct ms_pool *pool = NULL;

        memcpy(&before, windows.machine.bytes + entry, 8);
        put_number(&windows.machine, entry, 0, 8);
        here = find_windows(&windows, 0);
        if (ms_pool_create(here.modules, &pool, NULL) == MS_OK) {
            struct found_pool part = {.windows = here, .pool = pool};
            char *at = rows_of(&part, "*");

            for (char *end; *at; at = end + (*end == '\n')) {
                end = at + strcspn(at, "\n");
                snprintf(line, sizeof(line), "%.*s\n", (int)(end - at), at);
                cr_assert(strstr(whole, line) != NULL, "without page %" PRIx64 ": %s", page, line);
            }
            cr_assert(page == SMALL / PAGE || page == NT_DATA / PAGE ||
                          strstr(rows_of(&part, "Gla1"), "Gla1"),
                      "without page %" PRIx64, page);
            usage_text(&part, MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED);
        }
        ms_pool_free(pool);
        release_found(&here);
        put_number(&windows.machine, entry, before, 8);
    }
    free(windows.machine.bytes);
}

// == Segment heaps, other systems ==

Test(pool, segment_heap)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    put_number(&windows.machine, 0x8000 + 0x260, 19041, 4);
    poke_block(&windows, 0x180050, 0, 0x100, 3, "Segm");
    found = find_pool(&windows, NULL);
    cr_assert(has_pool_note(found.pool, "build 19041 keeps pool in segment heaps"));
    cr_assert(not(ms_pool_system(found.pool).has_chains));
    cr_assert(
        eq(str, row_at(&found, 0x180060), "block 180050+100 Segm paged guessed data 180060+f0"));
    cr_assert(
        eq(str, rows_of(&found, "Segm"), "block 180050+100 Segm paged guessed data 180060+f0"));
    cr_assert(
        eq(str, rows_of(&found, "*gm"), "block 180050+100 Segm paged guessed data 180060+f0"));
    cr_assert(eq(str, row_at(&found, 0x180150), "none"));
    release_pool(&found, &windows);
}

Test(pool, unknown_build)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    put_number(&windows.machine, 0x8000 + 0x260, 0, 4);
    found = find_pool(&windows, NULL);
    cr_assert(has_pool_note(found.pool, "the kernel's build is not known"));
    cr_assert(eq(str, row_at(&found, SMALL), "block 100000+100 Se   paged data 100010+f0"));
    release_pool(&found, &windows);
    windows = pool_machine();
    put_number(&windows.machine, 0x8000 + 0x260, 17700, 4);
    found = find_pool(&windows, NULL);
    cr_assert(has_pool_note(found.pool, "build 17700 is not known"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 2));
    release_pool(&found, &windows);
}

Test(pool, no_windows)
{
    struct windows windows = pool_machine();
    struct found_windows found;
    struct ms_pool *pool = NULL;
    struct ms_error error = {0};

    memset(windows.machine.bytes + MEMORY, 0, GONE);
    found = find_windows(&windows, 0);
    cr_assert(eq(int, ms_pool_create(found.modules, &pool, &error), MS_MISSING));
    cr_assert(strstr(error.text, "no Windows kernel") != NULL);
    release_found(&found);
    free(windows.machine.bytes);
}
