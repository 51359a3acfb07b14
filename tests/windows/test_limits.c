// SPDX-License-Identifier: MIT
//
// More of everything than a real system has: what is left out is told, and what is not stays.

#include "windows/driver_machine.h"
#include "windows/found_pool.h"
#include "windows/small_processes.h"

TestSuite(limits);

// == Modules ==

// Entries of a list that lie over each other; all tell the same base.
Test(limits, list_of_modules)
{
    enum { FIRST = 0x100000, STEP = 0x40, N = 8200 };
    struct windows windows = windows_of(10);
    struct found_windows found;

    for (uint64_t at = FIRST, i = 0; i < N; i++, at += STEP) {
        poke(&windows, at, KERNEL + at + STEP, 8);
        poke(&windows, at + 8, KERNEL + (i ? at - STEP : LIST), 8);
        poke(&windows, at + 0x30, KERNEL + DRIVERS, 8);
    }
    poke(&windows, FIRST + (N - 1) * STEP, KERNEL + LIST, 8);
    poke(&windows, LIST, KERNEL + FIRST, 8);
    poke(&windows, LIST + 8, KERNEL + FIRST + (N - 1) * STEP, 8);
    found = find_windows(&windows, 0);
    cr_assert(has_note(found.modules, "the module list has more than 8192 entries: the rest is "
                                      "left out"));
    cr_assert(eq(sz, ms_modules_count(found.modules), 1));
    release_found(&found);
    free(windows.machine.bytes);
}

// == Drivers ==

Test(limits, no_kernel)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_drivers *drivers = NULL;
    struct ms_error error = {0};

    poke(&windows, NT_IMAGE, 0, 2);
    poke(&windows, KDBG + 0x10, 0, 4);
    found = find_windows(&windows, 0);
    cr_assert(eq(int, ms_drivers_create(found.modules, NULL, &drivers, &error), MS_MISSING));
    cr_assert(eq(str, error.text, "there is no Windows kernel, so no driver objects"));
    cr_assert(eq(ptr, drivers, NULL));
    release_found(&found);
    free(windows.machine.bytes);
}

static void fill(struct windows *windows, uint64_t first, uint64_t end, const char *tag)
{
    for (uint64_t at = first; at < end; at += 4)
        poke(windows, at, tag_of(tag), 4);
}

// The tag of drivers all over the memory hides none that a directory has.
Test(limits, tags_of_drivers)
{
    struct driver_machine machine = two_drivers();
    struct found_drivers found;

    fill(&machine.windows, 0x140000, 0x1f0000, "Driv");
    found = find_drivers(&machine, MS_DRIVERS_SCAN);
    cr_assert(eq(sz, ms_drivers_count(found.drivers), 2));
    cr_assert(drivers_note(found.drivers, "so much of the memory has the tag Driv that"));
    release_drivers(&machine, &found);
}

// Objects that lie over each other, 20 bytes apart, in one chain.
Test(limits, drivers)
{
    enum { FIRST = 0x140000, STEP = 0x20, N = 4200 };
    struct driver_machine machine = two_drivers();
    struct windows *windows = &machine.windows;
    struct found_drivers found;

    for (uint64_t at = FIRST, i = 0; i < N; i++, at += STEP)
        poke(windows, at, 4 | 0x150 << 16, 4);
    for (uint64_t i = 0; i < N; i++) {
        uint64_t entry = FIRST + STEP * i + 0x10;

        poke(windows, entry, i + 1 < N ? KERNEL + entry + STEP : 0, 8);
        poke(windows, entry + 8, KERNEL + FIRST + STEP * i, 8);
    }
    poke(windows, DRIVER_TABLE, KERNEL + FIRST + 0x10, 8);
    found = find_drivers(&machine, 0);
    cr_assert(eq(sz, ms_drivers_count(found.drivers), 4096));
    cr_assert(drivers_note(found.drivers,
                           "there are more than 4096 driver objects: the rest is left out"));
    release_drivers(&machine, &found);
}

// == Processes ==

// Entries that are no processes, but of the list.
Test(limits, list_of_processes)
{
    enum { FIRST = 0x100000, N = 0x4000 };
    struct windows windows = windows_with_processes(&fields_19041);
    struct found_processes found;
    uint64_t last = process_at(&fields_19041, 2) + fields_19041.links;

    for (uint64_t i = 0; i < N; i++) {
        uint64_t at = FIRST + 0x10 * i;

        poke(&windows, at, KERNEL + (i + 1 < N ? at + 0x10 : (uint64_t)PROCESS_HEAD), 8);
        poke(&windows, at + 8, KERNEL + (i ? at - 0x10 : last), 8);
    }
    poke(&windows, last, KERNEL + FIRST, 8);
    poke(&windows, PROCESS_HEAD + 8, KERNEL + FIRST + 0x10 * (N - 1), 8);
    found = find_processes_with(&windows, NULL, 0);
    cr_assert(eq(str, processes_text(found.processes),
                 "4 System list\n388 smss.exe list\n680 lsass.exe list"));
    cr_assert(has_process_note(found.processes, "the list of processes has more than 16384 "
                                                "entries: the rest is left out"));
    release_processes(&found);
    free(windows.machine.bytes);
}

// A page of tags is there more often than a search tells one by one.
Test(limits, tags_of_processes)
{
    struct windows windows = windows_with_processes(&fields_19041);
    struct found_processes found;

    fill(&windows, 0x100000, 0x101000, "Proc");
    for (unsigned i = 0x101; i < 0x101 + MS_MAX_MAPPINGS; i++)
        put64(&windows.machine, 0x4000, i, (MEMORY + 0x100000) | 0x63);
    found = find_processes_with(&windows, NULL, MS_PROCESSES_SCAN);
    cr_assert(eq(str, processes_text(found.processes),
                 "4 System list pool\n388 smss.exe list pool\n680 lsass.exe list pool"));
    cr_assert(has_process_note(found.processes, "so much of the memory looks like processes that "
                                                "1024 places were not looked at"));
    release_processes(&found);
    free(windows.machine.bytes);
}

// == Pool ==

// As many tags as blocks of 16 bytes, in pages that are whole.
Test(limits, tags_of_pool)
{
    enum { FIRST = 0xb0000, END = 0x1c0000 };
    struct windows windows = windows_of(10);
    struct found_pool found;
    struct ms_pool_usage *usage;
    uint32_t n = 0;

    put_number(&windows.machine, 0x8000 + 0x260, BUILD, 4);
    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    for (uint64_t at = FIRST; at < END; at += 0x10, n++) {
        poke(&windows, at, at % PAGE ? 1 : 0, 2);
        poke(&windows, at + 2, 1 | 2 << 8, 2);
        poke(&windows, at + 4,
             0x61616161 + (n & 15) + ((n >> 4 & 15) << 8) + ((n >> 8 & 15) << 16) +
                 ((n >> 12) << 24),
             4);
    }
    found = find_pool(&windows, NULL);
    cr_assert(ms_pool_usage_create(found.pool, MS_POOL_USAGE_COUNTED, NULL, &usage, NULL) == MS_OK);
    cr_assert(eq(sz, ms_pool_usage_count(usage), 0x10000));
    cr_assert(eq(u64, ms_pool_usage_work(usage).untold_blocks, n - 0x10000));
    cr_assert(has_pool_note(found.pool, "there are more than 65536 pool tags: 4096 blocks and 0 "
                                        "entries of tables with others are left out"));
    ms_pool_usage_free(usage);
    release_pool(&found, &windows);
}

#ifdef MS_HAVE_JANSSON

// RVAs, in decimal: NT_DATA is 8000.
#define SYMBOLS                                                                                    \
    "{\"PoolBigPageTable\":{\"address\":34560},\"PoolBigPageTableSize\":{\"address\":34568},"      \
    "\"PoolTrackTableSize\":{\"address\":34584}}"

// A table of three pages, again and again: more entries than are kept.
Test(limits, big_allocations)
{
    enum { PLACE = 0x40000000, DIRECTORY = 0x9000, TABLES = 0xa000, N = 0x100000 };
    struct windows windows = pool_machine();
    struct small_machine *machine = &windows.machine;
    struct found_pool found;

    put64(machine, 0x2000, PLACE >> 30, DIRECTORY | 0x63);
    for (unsigned i = 0; i * 512 * PAGE < (N + 0x1000) * BIG_ENTRY; i++)
        put64(machine, DIRECTORY, i, (TABLES + 0x1000 * (i % 3)) | 0x63);
    for (unsigned i = 0; i < 3 * 512; i++)
        put64(machine, TABLES, i, (MEMORY + BIG_TABLE + (uint64_t)PAGE * (i % 3)) | 0x63);
    for (unsigned i = 0; i < 512; i++)
        poke_big(&windows, i, KERNEL + PAGE * (uint64_t)i, "Many", 0, PAGE);
    poke(&windows, BIG_VARIABLE, KERNEL + PLACE, 8);
    poke(&windows, BIG_SIZE, N + 100, 8);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(eq(sz, ms_pool_system(found.pool).n_big, 512));
    cr_assert(has_pool_note(found.pool,
                            "entries of the table of big pool allocations that are left "
                            "out because there are too many: 100"));
    release_pool(&found, &windows);
}

// A table that has more entries than are read.
Test(limits, table_of_tags)
{
    struct windows windows = pool_machine();
    struct found_pool found;

    poke(&windows, TRACK_SIZE, 0x400000 + 7, 8);
    found = find_pool(&windows, ISF(SYMBOLS, "{}"));
    cr_assert(strncmp(usage_text(&found, MS_POOL_USAGE_TRACKER), "Abcd 3 840, ", 12) == 0);
    cr_assert(has_pool_note(found.pool, "entries of tables of pool tags that are left out because "
                                        "there are too many: 7"));
    release_pool(&found, &windows);
}

#endif
