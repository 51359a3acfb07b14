// SPDX-License-Identifier: MIT
//
// Pool of a small machine with Windows 10 (17763): what each tag has.

#include "windows/found_pool.h"

TestSuite(pool_usage);

Test(pool_usage, of_each_tag)
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
    release_pool(&found, &windows);
}

Test(pool_usage, of_one_processor)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, KDBG + 0x218, KERNEL + PROCESSORS, 8);
    poke(&windows, PROCESSORS, KERNEL + 0x190000, 8);
    found = find_pool(&windows, NULL);
    usage_text(&found, MS_POOL_USAGE_TRACKER);
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 0));
    release_pool(&found, &windows);
    windows = pool_machine();
    poke(&windows, KDBG + 0x218, KERNEL + PROCESSORS, 8);
    poke(&windows, PROCESSORS + 8, KERNEL + 0x190000, 8);
    found = find_pool(&windows, NULL);
    usage_text(&found, MS_POOL_USAGE_TRACKER);
    usage_text(&found, MS_POOL_USAGE_TRACKER);
    cr_assert(eq(sz, ms_pool_n_notes(found.pool), 1), "said once");
    release_pool(&found, &windows);
}

// What lies behind a table whose size nothing tells is not taken for a part of it.
Test(pool_usage, without_size)
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
    release_pool(&found, &windows);
}

// A page of it that is gone does not end the table.
Test(pool_usage, without_a_page)
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
    release_pool(&found, &windows);
}

static int stop(void *user, const struct ms_progress *progress)
{
    (void)user;
    return progress->done_bytes > 0;
}

Test(pool_usage, stops)
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
    release_pool(&found, &windows);
}
