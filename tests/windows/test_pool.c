// SPDX-License-Identifier: MIT
//
// Pool of a small machine with Windows 10 (17763): its tables, whose an address is, blocks by their
// tag, and what each tag has.

#include "windows/isf_file.h"
#include "windows/pool_machine.h"

TestSuite(pool);

struct found_pool {
    struct found_windows windows;
    struct ms_symbols *symbols;
    struct ms_pool *pool;
};

static struct found_pool find_pool(const struct windows *windows, const char *isf)
{
    struct found_pool found = {.symbols = isf ? open_isf(isf) : NULL};
    struct ms_modules_options options = {.symbols = &found.symbols, .n_symbols = isf != NULL};
    struct ms_error error = {0};

    found.windows = find_windows_with(windows, &options);
    cr_assert(ms_pool_create(found.windows.modules, &found.pool, &error) == MS_OK, "%s",
              error.text);
    return found;
}

static void release(struct found_pool *found, struct windows *windows)
{
    ms_pool_free(found->pool);
    release_found(&found->windows);
    ms_symbols_free(found->symbols);
    free(windows->machine.bytes);
}

static bool has_pool_note(const struct ms_pool *pool, const char *text)
{
    for (size_t i = 0; i < ms_pool_n_notes(pool); i++) {
        if (strstr(ms_pool_note(pool, i), text))
            return true;
    }
    return false;
}

// == Texts of rows ==

struct rows {
    char text[8192];
    size_t used;
    size_t n_left; // rows until the caller wants no more
};

static int add_row(void *user, const struct ms_pool_info *info)
{
    struct rows *rows = user;

    rows->used += (size_t)snprintf(
        rows->text + rows->used, sizeof(rows->text) - rows->used, "%s%s %" PRIx64 "+%" PRIx64,
        rows->used ? "\n" : "", ms_pool_form_name(info->form), info->address - KERNEL, info->size);
    if (info->form != MS_POOL_DAMAGED)
        rows->used +=
            (size_t)snprintf(rows->text + rows->used, sizeof(rows->text) - rows->used,
                             " %.4s %s%s%s%s data %" PRIx64 "+%" PRIx64, (const char *)&info->tag,
                             info->is_session ? "session " : "", ms_pool_kind_name(info->kind),
                             info->allocated ? "" : " free", info->guessed ? " guessed" : "",
                             info->data - KERNEL, info->data_size);
    return rows->n_left > 0 && --rows->n_left == 0;
}

static char *at(const struct found_pool *found, uint64_t offset)
{
    static struct rows rows;
    struct ms_pool_info info;

    rows = (struct rows){.text = "none"};
    if (ms_pool_at(found->pool, KERNEL + offset, &info))
        add_row(&rows, &info);
    return rows.text;
}

static char *find(const struct found_pool *found, const char *pattern)
{
    static struct rows rows;
    const struct ms_pool_pass pass = {.block = add_row, .user = &rows};
    struct ms_error error = {0};

    rows = (struct rows){0};
    cr_assert(ms_pool_find(found->pool, pattern, &pass, &error) == MS_OK, "%s", error.text);
    return rows.text;
}

// == Whose an address is ==

Test(pool, at)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);

    for (int twice = 0; twice < 2; twice++) { // from the page as it is kept, too
        cr_assert(eq(str, at(&found, SMALL + 0xff), "block 100000+100 Se   paged data 100010+f0"));
        cr_assert(
            eq(str, at(&found, SMALL + 0x100), "block 100100+800 Abcd nonpaged data 100110+7f0"));
        cr_assert(eq(str, at(&found, SMALL + 0x91f),
                     "block 100900+20 Gla1 session paged data 100910+10"));
        cr_assert(
            eq(str, at(&found, SMALL + 0xfff), "block 100920+6e0 Se   paged free data 100930+6d0"));
    }
    cr_assert(
        eq(str, at(&found, SMALL + PAGE + 0x33), "block 101020+20 Abcd nonpaged data 101030+10"));
    cr_assert(eq(str, at(&found, SMALL + PAGE + 0x7f), "damaged 101040+40"));
    cr_assert(eq(str, at(&found, BIG), "big 110000+2800 Bigg paged data 110000+2800"));
    cr_assert(eq(str, at(&found, BIG + 0x27ff), "big 110000+2800 Bigg paged data 110000+2800"));
    cr_assert(eq(str, at(&found, BIG + 0x2800), "none"), "behind it");
    cr_assert(eq(str, at(&found, 0x1f0800), "big 1f0000+1000 Abcd nonpaged data 1f0000+1000"));
    cr_assert(eq(str, at(&found, BIG + 0x4000), "none"), "freed");
    cr_assert(
        eq(str, at(&found, SPECIAL + 0x500), "special 120000+1000 FMsl paged data 120f00+100"));
    cr_assert(eq(str, at(&found, SPECIAL - PAGE), "none"), "not there");
    cr_assert(eq(str, at(&found, NT_IMAGE + 0x10), "none"), "a module");
    cr_assert(eq(str, at(&found, 0x180000), "none"), "zeros");
    cr_assert(eq(str, at(&found, (uint64_t)0 - KERNEL), "none"), "user's half");
    release(&found, &windows);
}

Test(pool, module_is_no_pool)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    memcpy(windows.machine.bytes + MEMORY + NT_IMAGE + 0x2000,
           windows.machine.bytes + MEMORY + SMALL, PAGE);
    found = find_pool(&windows, NULL);
    cr_assert(eq(str, at(&found, NT_IMAGE + 0x2010), "none"));
    cr_assert(eq(str, find(&found, "Gla1"), "block 100900+20 Gla1 session paged data 100910+10"));
    cr_assert(eq(str, find(&found, "Gl*"), "block 100900+20 Gla1 session paged data 100910+10"));
    cr_assert(eq(str, find(&found, "*1"), "block 100900+20 Gla1 session paged data 100910+10"));
    release(&found, &windows);
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
    release(&found, &windows);
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
    release(&found, &windows);

    windows = pool_machine();
    poke(&windows, KDBG + 0x1b8, 0, 8);
    found = find_pool(&windows, NULL);
    system = ms_pool_system(found.pool);
    cr_assert(eq(u64, system.trackers, KERNEL + TRACK_TABLE));
    cr_assert(eq(str, (char *)(uintptr_t)system.tracker_origin, "search of nt"));
    release(&found, &windows);
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
    cr_assert(eq(str, at(&found, BIG), "none"));
    release(&found, &windows);
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
    cr_assert(eq(str, find(&found, "Abcd"), (char *)(uintptr_t)all_abcd), "a search");
    cr_assert(eq(str, find(&found, "Ab?d"), (char *)(uintptr_t)all_abcd));
    cr_assert(eq(str, find(&found, "A*"), (char *)(uintptr_t)all_abcd), "all pages");
    cr_assert(eq(str, find(&found, "*c*"), (char *)(uintptr_t)all_abcd));
    cr_assert(eq(str, find(&found, "FMsl"), "special 120000+1000 FMsl paged data 120f00+100"));
    cr_assert(eq(str, find(&found, "*l"), "special 120000+1000 FMsl paged data 120f00+100"));
    cr_assert(eq(str, find(&found, "Se"),
                 "block 100000+100 Se   paged data 100010+f0\n"
                 "block 100920+6e0 Se   paged free data 100930+6d0"));
    cr_assert(eq(str, find(&found, "None"), ""));
    cr_assert(eq(str, find(&found, "Non*"), ""));
    release(&found, &windows);
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
        cr_assert(eq(str, find(&found, patterns[i]),
                     "big f0000+2000 Gla1 session paged data f0000+2000\n"
                     "big ff000+1000 Gla1 nonpaged data ff000+1000\n"
                     "block 100900+20 Gla1 session paged data 100910+10\n"
                     "big 102000+1000 Gla1 nonpaged data 102000+1000"));
    release(&found, &windows);
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
    release(&found, &windows);
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
    release(&found, &windows);
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
        cr_assert(eq(str, find(&found, patterns[i]),
                     "block 100900+20 Gla1 session paged data 100910+10\n"
                     "block 170900+20 Gla1 session paged data 170910+10"));
    cr_assert(ms_pool_usage_create(found.pool, MS_POOL_USAGE_COUNTED, NULL, &usage, NULL) == MS_OK);
    cr_assert(eq(u64, ms_pool_usage_work(usage).repeated_pages, 1));
    cr_assert(eq(u64, ms_pool_usage_row(usage, 3)->session_allocs, 1));
    ms_pool_usage_free(usage);
    release(&found, &windows);
}

// == What each tag has ==

static char *usage_text(const struct found_pool *found, unsigned flags)
{
    static char text[4096];
    struct ms_pool_usage *usage;
    size_t used = 0;

    text[0] = '\0';
    cr_assert(ms_pool_usage_create(found->pool, flags, NULL, &usage, NULL) == MS_OK);
    for (size_t i = 0; i < ms_pool_usage_count(usage); i++) {
        const struct ms_pool_usage_row *row = ms_pool_usage_row(usage, i);

        used += (size_t)snprintf(
            text + used, sizeof(text) - used,
            "%s%.4s %s%" PRIu64 " %" PRIx64 ", %" PRIu64 " %" PRIx64 "; %" PRIu64 " %" PRIx64
            ", %" PRIu64 " %" PRIx64 "; %" PRIu64 " %" PRIu64,
            i ? "\n" : "", (const char *)&row->tag, row->has_tracker ? "" : "-",
            row->tracker.nonpaged_allocs, row->tracker.nonpaged_bytes, row->tracker.paged_allocs,
            row->tracker.paged_bytes, row->counted.nonpaged_allocs, row->counted.nonpaged_bytes,
            row->counted.paged_allocs, row->counted.paged_bytes, row->session_allocs,
            row->special_allocs);
    }
    ms_pool_usage_free(usage);
    return text;
}

Test(pool, usage)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);

    cr_assert(eq(str, usage_text(&found, MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED),
                 "Abcd 3 840, 0 0; 4 1840, 0 0; 0 0\n"
                 "Bigg 0 0, 1 2800; 0 0, 1 2800; 0 0\n"
                 "FMsl -0 0, 0 0; 0 0, 0 0; 0 1\n"
                 "Gla1 -0 0, 0 0; 0 0, 0 0; 1 0\n"
                 "Gone 0 0, 0 0; 0 0, 0 0; 0 0\n"
                 "Se   0 0, 1 100; 0 0, 1 100; 0 0\n"
                 "Thre 1 500, 0 0; 0 0, 0 0; 0 0\n"
                 "Wxyz -0 0, 0 0; 1 80, 0 0; 0 0"));
    cr_assert(has_pool_note(found.pool, "those of one table"));
    cr_assert(eq(str, usage_text(&found, MS_POOL_USAGE_TRACKER),
                 "Abcd 3 840, 0 0; 0 0, 0 0; 0 0\n"
                 "Bigg 0 0, 1 2800; 0 0, 0 0; 0 0\n"
                 "Gone 0 0, 0 0; 0 0, 0 0; 0 0\n"
                 "Se   0 0, 1 100; 0 0, 0 0; 0 0\n"
                 "Thre 1 500, 0 0; 0 0, 0 0; 0 0"));
    release(&found, &windows);
}

Test(pool, usage_of_one_processor)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, KDBG + 0x218, KERNEL + PROCESSORS, 8);
    poke(&windows, PROCESSORS, KERNEL + 0x190000, 8);
    found = find_pool(&windows, NULL);
    usage_text(&found, MS_POOL_USAGE_TRACKER);
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 0));
    release(&found, &windows);
    windows = pool_machine();
    poke(&windows, KDBG + 0x218, KERNEL + PROCESSORS, 8);
    poke(&windows, PROCESSORS + 8, KERNEL + 0x190000, 8);
    found = find_pool(&windows, NULL);
    usage_text(&found, MS_POOL_USAGE_TRACKER);
    usage_text(&found, MS_POOL_USAGE_TRACKER);
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 1), "said once");
    release(&found, &windows);
}

// What lies behind a table whose size nothing tells is not taken for a part of it.
Test(pool, usage_without_size)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    for (unsigned i = 0; i < 4 * PAGE / 8; i++)
        poke(&windows, TRACK_TABLE + PAGE + 8 * (uint64_t)i, KERNEL + 0x41414141 + i, 8);
    found = find_pool(&windows, NULL);
    cr_assert(eq(str, usage_text(&found, MS_POOL_USAGE_TRACKER),
                 "Abcd 3 840, 0 0; 0 0, 0 0; 0 0\n"
                 "Bigg 0 0, 1 2800; 0 0, 0 0; 0 0\n"
                 "Gone 0 0, 0 0; 0 0, 0 0; 0 0\n"
                 "Se   0 0, 1 100; 0 0, 0 0; 0 0"));
    release(&found, &windows);
}

// A page of it that is gone does not end the table.
Test(pool, usage_without_a_page)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke_tracker(&windows, TRACK_TABLE, 200, "Far ", (uint64_t[]){0, 0, 0, 0x20, 1, 0});
    unmap(&windows, TRACK_TABLE + PAGE);
    found = find_pool(&windows, NULL);
    cr_assert(eq(str, usage_text(&found, MS_POOL_USAGE_TRACKER),
                 "Abcd 3 840, 0 0; 0 0, 0 0; 0 0\n"
                 "Bigg 0 0, 1 2800; 0 0, 0 0; 0 0\n"
                 "Far  0 0, 1 20; 0 0, 0 0; 0 0\n"
                 "Gone 0 0, 0 0; 0 0, 0 0; 0 0\n"
                 "Se   0 0, 1 100; 0 0, 0 0; 0 0"));
    cr_assert(has_pool_note(found.pool, "that are not in the image: 74"));
    release(&found, &windows);
}

// Without any one page nothing is told that is not told with it, and all that it has no part in.
Test(pool, each_page_missing)
{
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);
    static char whole[8192], line[256];

    snprintf(whole, sizeof(whole), "%s\n", find(&found, "*"));
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
            char *at = find(&part, "*");

            for (char *end; *at; at = end + (*end == '\n')) {
                end = at + strcspn(at, "\n");
                snprintf(line, sizeof(line), "%.*s\n", (int)(end - at), at);
                cr_assert(strstr(whole, line) != NULL, "without page %" PRIx64 ": %s", page, line);
            }
            cr_assert(page == SMALL / PAGE || page == NT_DATA / PAGE ||
                          strstr(find(&part, "Gla1"), "Gla1"),
                      "without page %" PRIx64, page);
            usage_text(&part, MS_POOL_USAGE_TRACKER | MS_POOL_USAGE_COUNTED);
        }
        ms_pool_free(pool);
        release_found(&here);
        put_number(&windows.machine, entry, before, 8);
    }
    free(windows.machine.bytes);
}

static int stop(void *user, const struct ms_progress *progress)
{
    (void)user;
    return progress->done_bytes > 0;
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
    cr_assert(eq(str, at(&found, 0x180060), "block 180050+100 Segm paged guessed data 180060+f0"));
    cr_assert(eq(str, find(&found, "Segm"), "block 180050+100 Segm paged guessed data 180060+f0"));
    cr_assert(eq(str, find(&found, "*gm"), "block 180050+100 Segm paged guessed data 180060+f0"));
    cr_assert(eq(str, at(&found, 0x180150), "none"));
    release(&found, &windows);
}

Test(pool, unknown_build)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    put_number(&windows.machine, 0x8000 + 0x260, 0, 4);
    found = find_pool(&windows, NULL);
    cr_assert(has_pool_note(found.pool, "the kernel's build is not known"));
    cr_assert(eq(str, at(&found, SMALL), "block 100000+100 Se   paged data 100010+f0"));
    release(&found, &windows);
    windows = pool_machine();
    put_number(&windows.machine, 0x8000 + 0x260, 17700, 4);
    found = find_pool(&windows, NULL);
    cr_assert(has_pool_note(found.pool, "build 17700 is not known"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 2));
    release(&found, &windows);
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

Test(pool, usage_stops)
{
    const struct ms_pool_pass pass = {.progress = stop};
    struct windows windows = pool_machine();
    struct found_pool found = find_pool(&windows, NULL);
    struct ms_pool_usage *usage = NULL;
    enum ms_status status =
        ms_pool_usage_create(found.pool, MS_POOL_USAGE_COUNTED, &pass, &usage, NULL);

    cr_assert(eq(int, (int)status, MS_STOPPED));
    cr_assert(eq(ptr, usage, NULL));
    cr_assert(eq(int, ms_pool_find(found.pool, "*", &pass, NULL), MS_STOPPED));
    release(&found, &windows);
}

// == With a symbol file ==

#ifdef MS_HAVE_JANSSON

#define SYMBOLS                                                                                    \
    "{\"PoolBigPageTable\":{\"address\":34560},\"PoolBigPageTableSize\":{\"address\":34568},"      \
    "\"PoolTrackTableSize\":{\"address\":34584},\"ExPoolTagTables\":{\"address\":34592}}"

Test(pool, tables_by_symbols)
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
    release(&found, &windows);

    windows = pool_machine();
    poke(&windows, BIG_SIZE, 98, 8); // does not reach the second
    poke_big(&windows, 12, KERNEL + 0x120, "Abcd", 0, 0x1000);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 1));
    cr_assert(has_pool_note(found.pool, "make no sense: 1"));
    release(&found, &windows);
}

// A size that cannot be costs no memory, and little time.
Test(pool, size_that_lies)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, BIG_SIZE, UINT64_MAX, 8);
    poke(&windows, TRACK_SIZE, UINT64_MAX / 2, 8);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(has_pool_note(found.pool, "are not in the image"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 2));
    release(&found, &windows);
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
Test(pool, unknown_build_by_symbols)
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
        release(&found, &windows);
    }
}

// Entries that are read with a wrong size are no totals of tags.
Test(pool, usage_by_wrong_symbols)
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
            release(&found, &windows);
        }
    }
}

// Tags that no one has used, and what the counters of one processor make of those of another, are
// nothing wrong.
Test(pool, usage_of_unused_tags)
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
    release(&found, &windows);
}

// One processor frees what another has allocated: only their sum means something.
Test(pool, usage_of_processors)
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
    release(&found, &windows);
}

#else

Test(pool, symbols)
{
    cr_skip("this memscan was built without jansson");
}

#endif
