// SPDX-License-Identifier: MIT
//
// Machines of 4 MiB that map one module hundreds of times: what is read and kept of them has
// bounds, and what is left out is told.

#include "base/failing_memory.h"
#include "windows/small_windows.h"

#include <memscan/imports.h>
#include <pthread.h>

enum {
    MANY = 200, // places at which the same memory is, 2 MiB apart
    STEP = 0x200000,
    COPY = 0x40000,     // the offset of that memory
    COPY_PAGES = 0x100, // of it; behind them is always the second one
    N_EXPORTS = 0x10000,
    EXPORTS = 0x2000, // RVAs
    ADDRESSES = 0x3000,
    // Physical addresses.
    DIRECTORY = 0x9000,
    TABLES = 0xa000, // one for each place
    FIRSTS =
        0x100000, // first pages, each for some places: of a page that is mapped more often than
    N_FIRSTS = 8, // MS_MAX_MAPPINGS only so many places are looked at
};

static const uint64_t copies = KERNEL + 0x40000000;

// Pages, each of which begins with what the copied memory does.
static struct windows copies_of_memory(void)
{
    struct windows windows = windows_of(10);
    struct small_machine *machine = &windows.machine;

    put64(machine, 0x2000, 1, DIRECTORY | 0x63);
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t table = TABLES + 0x1000 * i;

        put64(machine, DIRECTORY, (unsigned)i, table | 0x63);
        put64(machine, table, 0, (FIRSTS + 0x1000 * (i % N_FIRSTS)) | 0x63);
        for (unsigned k = 1; k < 512; k++)
            put64(machine, table, k,
                  (MEMORY + COPY + 0x1000 * (uint64_t)(k < COPY_PAGES ? k : 1)) | 0x63);
    }
    return windows;
}

static void copy_first_page(struct windows *windows)
{
    uint8_t *bytes = windows->machine.bytes;

    for (size_t i = 0; i < N_FIRSTS; i++)
        memcpy(bytes + FIRSTS + 0x1000 * i, bytes + MEMORY + COPY, 0x1000);
}

// A driver with as many exports as are read, all of them without names.
static void poke_exporter(struct windows *windows)
{
    poke_image(windows, COPY, STEP, ".text");
    poke(windows, COPY + 0x108, EXPORTS, 4);
    poke(windows, COPY + 0x10c, 0x28, 4);
    poke(windows, COPY + EXPORTS + 0xc, EXPORTS + 0x40, 4);
    poke_text(windows, COPY + EXPORTS + 0x40, "copy.sys");
    poke(windows, COPY + EXPORTS + 0x14, N_EXPORTS, 4);
    poke(windows, COPY + EXPORTS + 0x1c, ADDRESSES, 4);
    for (uint64_t i = 0; i < N_EXPORTS; i++)
        poke(windows, COPY + ADDRESSES + 4 * i, 0x4000 + i, 4);
    copy_first_page(windows);
}

static size_t n_symbols(const struct ms_modules *modules, size_t index)
{
    const struct ms_symbol *symbols = NULL;
    size_t n = 0;

    cr_assert(ms_modules_symbols(modules, index, &symbols, &n, NULL) == MS_OK);
    return n;
}

static size_t n_notes(const struct ms_modules *modules, const char *text)
{
    size_t n = 0;

    for (size_t i = 0; i < ms_modules_n_notes(modules); i++)
        n += strstr(ms_modules_note(modules, i), text) != NULL;
    return n;
}

static void check_whole_or_left_out(const struct ms_modules *modules)
{
    size_t n_whole = 0, n_copies = 0;

    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        if (ms_modules_info(modules, i).base < copies)
            continue;
        n_copies++;
        cr_assert(n_symbols(modules, i) == 0 || n_symbols(modules, i) == N_EXPORTS,
                  "module %zu has %zu", i, n_symbols(modules, i));
        n_whole += n_symbols(modules, i) > 0;
    }
    cr_assert(eq(sz, n_copies, MANY));
    cr_assert(ge(sz, n_whole, 1));
    cr_assert(le(sz, n_whole, 8)); // each takes more than 4 MiB
}

Test(module_quota, symbols)
{
    struct windows windows = copies_of_memory();
    struct found_windows found;
    struct ms_near near;

    poke_exporter(&windows);
    found = find_windows(&windows, MS_MODULES_SCAN);
    cr_assert(eq(sz, ms_modules_n_notes(found.modules), 0));
    check_whole_or_left_out(found.modules);
    cr_assert(eq(sz, n_notes(found.modules, "tables of copy"), 16));
    cr_assert(eq(sz, n_notes(found.modules, "tables of more modules are left out, too"), 1));
    cr_assert(eq(sz, ms_modules_n_notes(found.modules), 17), "once a module");
    // Such a module still is one.
    cr_assert(ms_modules_near(found.modules, copies + MANY * (uint64_t)STEP - 8, &near, NULL) ==
              MS_OK);
    cr_assert(eq(sz, near.module, ms_modules_count(found.modules) - 1));
    cr_assert(near.symbol == NULL && near.section[0] == '\0' && near.offset == STEP - 8);
    release_found(&found);
    free(windows.machine.bytes);
}

// Where memory lacks for the note that tells it, a module is not left out yet.
Test(module_quota, without_memory)
{
    struct windows windows = copies_of_memory();
    struct found_windows found;
    size_t n_failures = 0, i = 1;

    poke_exporter(&windows);
    found = find_windows(&windows, MS_MODULES_SCAN);
    while (n_symbols(found.modules, i) > 0)
        i++; // the first that is left out
    for (; i < ms_modules_count(found.modules); i++) {
        const struct ms_symbol *symbols;
        enum ms_status status;
        size_t n;

        fail_allocation(1 + (long)(i % 3), false);
        status = ms_modules_symbols(found.modules, i, &symbols, &n, NULL);
        fail_no_more();
        cr_assert(status == MS_OK || status == MS_NOMEM);
        n_failures += status == MS_NOMEM;
    }
    cr_assert(gt(sz, n_failures, 10));
    check_whole_or_left_out(found.modules);
    cr_assert(ge(sz, n_notes(found.modules, "tables of copy"), 2));
    cr_assert(le(sz, n_notes(found.modules, "tables of copy"), 16));
    cr_assert(eq(sz, n_notes(found.modules, "tables of more modules are left out, too"), 1));
    release_found(&found);
    free(windows.machine.bytes);
}

// A part of what is left out names the module, whatever the part.
Test(module_quota, sections_and_imports)
{
    struct windows windows = copies_of_memory();
    struct found_windows found;
    const struct ms_module_section *sections;
    const struct ms_import *imports;
    size_t last, n;

    poke_exporter(&windows);
    found = find_windows(&windows, MS_MODULES_SCAN);
    last = ms_modules_count(found.modules) - 1;
    cr_assert(ms_modules_sections(found.modules, last, &sections, &n, NULL) == MS_OK);
    cr_assert(eq(sz, n, 2));
    for (size_t i = 0; i < 20; i++)
        n_symbols(found.modules, last - 20 + i);
    cr_assert(ms_modules_sections(found.modules, last, &sections, &n, NULL) == MS_OK);
    cr_assert(eq(sz, n, 2), "what is there stays");
    last--;
    cr_assert(ms_modules_sections(found.modules, last, &sections, &n, NULL) == MS_OK);
    cr_assert(eq(sz, n, 0));
    cr_assert(ms_modules_imports(found.modules, last, &imports, &n, NULL) == MS_OK);
    cr_assert(eq(sz, n, 0));
    cr_assert(n_notes(found.modules, "tables of copy") > 0);
    release_found(&found);
    free(windows.machine.bytes);
}

static void *ask_all(void *user)
{
    const struct ms_modules *modules = user;

    for (size_t i = 0; i < 64 && i < ms_modules_count(modules); i++) {
        n_symbols(modules, i);
        for (size_t k = 0; k < ms_modules_n_notes(modules); k++)
            cr_assert(strlen(ms_modules_note(modules, k)) > 0);
    }
    return NULL;
}

Test(module_quota, threads)
{
    struct windows windows = copies_of_memory();
    struct found_windows found;
    pthread_t threads[3];

    poke_exporter(&windows);
    found = find_windows(&windows, MS_MODULES_SCAN);
    for (size_t i = 0; i < 3; i++)
        cr_assert(eq(int, pthread_create(&threads[i], NULL, ask_all, found.modules), 0));
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    check_whole_or_left_out(found.modules);
    cr_assert(eq(sz, ms_modules_n_notes(found.modules), 17));
    release_found(&found);
    free(windows.machine.bytes);
}

// Each listed module spans a lot of the copies, and nothing tells where its slots are.
Test(module_quota, words_that_are_looked_at)
{
    struct windows windows = copies_of_memory();
    struct found_windows found;
    size_t n_modules = 50, n;

    for (size_t i = 0; i < n_modules; i++) {
        uint64_t entry = add_module(&windows, 0, 0x1000000, "x.sys");

        poke(&windows, entry + 0x30, copies + i * STEP, 8);
    }
    found = find_windows(&windows, 0);
    cr_assert(eq(sz, ms_modules_n_notes(found.modules), 0));
    for (size_t i = 0; i < n_modules; i++) {
        const struct ms_import *imports;

        cr_assert(ms_modules_imports(found.modules, i, &imports, &n, NULL) == MS_OK);
        cr_assert(eq(sz, n, 0));
    }
    n = n_notes(found.modules, "tables of x");
    cr_assert(eq(sz, n, 16)); // after 16 modules that are looked through
    release_found(&found);
    free(windows.machine.bytes);
}

// Each page begins a module of one page.
Test(module_quota, modules)
{
    const uint64_t first = 0x20000, n = 480, times = 60; // of those pages
    struct windows windows = windows_of(10);
    struct found_windows found;

    put64(&windows.machine, 0x2000, 1, DIRECTORY | 0x63);
    for (unsigned i = 0; i < times; i++)
        put64(&windows.machine, DIRECTORY, i, TABLES | 0x63);
    for (unsigned i = 0; i < n; i++) {
        put64(&windows.machine, TABLES, i, (first + 0x1000 * (uint64_t)i) | 0x63);
        poke_image(&windows, first + 0x1000 * (uint64_t)i - MEMORY, 0x1000, ".text");
    }
    found = find_windows(&windows, MS_MODULES_SCAN);
    cr_assert(le(sz, ms_modules_count(found.modules), 6000));
    cr_assert(ge(sz, ms_modules_count(found.modules), 4000));
    cr_assert(has_note(found.modules, "places were not looked at"));
    cr_assert(has_note(found.modules, "hardly so many: 1"));
    release_found(&found);
    free(windows.machine.bytes);
}

// Headers of 40 KiB, which are read to tell that there is a module, and once more to describe it.
Test(module_quota, headers)
{
    const uint64_t first = 0x20000, n = 480, times = 10; // of those pages
    struct windows windows = windows_of(10);
    struct found_windows found;
    size_t n_without = 0;
    char note[80];

    put64(&windows.machine, 0x2000, 1, DIRECTORY | 0x63);
    for (unsigned i = 0; i < times; i++)
        put64(&windows.machine, DIRECTORY, i, TABLES | 0x63);
    for (unsigned i = 0; i < n; i++) {
        uint64_t at = first + 0x1000 * (uint64_t)i - MEMORY;

        put64(&windows.machine, TABLES, i, (MEMORY + at) | 0x63);
        poke_image(&windows, at, 0x10000, ".text");
        poke(&windows, at + 0x80 + 0x06, 1024, 2);
    }
    found = find_windows(&windows, MS_MODULES_SCAN);
    for (size_t i = 0; i < ms_modules_count(found.modules); i++)
        n_without += !ms_modules_info(found.modules, i).has_header;
    cr_assert(gt(sz, n_without, 1000));
    cr_assert(lt(sz, n_without, ms_modules_count(found.modules)));
    // Of one a part was read.
    snprintf(note, sizeof(note), "that the headers of %zu were not read", n_without + 1);
    cr_assert(has_note(found.modules, note), "%s", note);
    release_found(&found);
    free(windows.machine.bytes);
}

// One page of which MS_MAX_MAPPINGS places are looked at.
Test(module_quota, page_that_is_mapped_everywhere)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    put64(&windows.machine, 0x2000, 1, DIRECTORY | 0x63);
    put64(&windows.machine, DIRECTORY, 0, TABLES | 0x63);
    for (unsigned i = 0; i < 512; i++)
        put64(&windows.machine, TABLES, i, FIRSTS | 0x63);
    poke_image(&windows, (uint64_t)FIRSTS - MEMORY, 0x1000, ".text");
    found = find_windows(&windows, MS_MODULES_SCAN);
    cr_assert(eq(sz, ms_modules_count(found.modules), 1 + 64)); // and the kernel
    cr_assert(has_note(found.modules, "modules that 448 places were not looked at"));
    release_found(&found);
    free(windows.machine.bytes);
}

// Names of list entries that are as long as they may be.
Test(module_quota, paths)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    for (uint64_t at = 0x1c0000; at < 0x1c2000; at += 2)
        poke(&windows, at, 'p', 2);
    for (uint64_t at = 0x30000; at < 0x1b0000; at += 0xc0) {
        poke(&windows, at, KERNEL + at + 0xc0, 8);
        poke(&windows, at + 8, KERNEL + at - 0xc0, 8);
        poke(&windows, at + 0x30, KERNEL + (at & ~UINT64_C(0xfff)), 8);
        poke_string(&windows, at + 0x48, KERNEL + 0x1c0000, 0x800);
        poke_string(&windows, at + 0x58, KERNEL + 0x1c0000, 0x200);
    }
    poke(&windows, LIST, KERNEL + 0x30000, 8);
    found = find_windows(&windows, 0);
    cr_assert(has_note(found.modules, "hardly so many: "));
    cr_assert(ge(sz, ms_modules_count(found.modules), 0x20));
    release_found(&found);
    free(windows.machine.bytes);
}
