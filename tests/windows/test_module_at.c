// SPDX-License-Identifier: MIT
//
// From addresses to modules and symbols, and patterns of names.

#include "windows/image_tables.h"

// A look-up by trying each module, for any layout: listed ones first, then the one that begins
// last.
static size_t naive_at(const struct ms_modules *modules, uint64_t address)
{
    size_t best = MS_NO_MODULE;

    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        struct ms_module_info info = ms_modules_info(modules, i);

        if (address >= info.base && address < info.end)
            best = i;
    }
    return best;
}

Test(module_at, overlapping)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    add_module(&windows, DRIVERS, 0x10000, "outer.sys");
    add_module(&windows, DRIVERS + 0x2000, 0x2000, "inner.sys");
    add_module(&windows, DRIVERS + 0x3000, 0x3000, "crossing.sys");
    add_module(&windows, DRIVERS + 0x8000, 0x8000, "ends_with_it.sys");
    add_module(&windows, DRIVERS + 0x10000, 0x1000, "abuts.sys");
    add_module(&windows, DRIVERS + 0x9000, 0x20000, "longer.sys");
    found = find_windows(&windows, 0);
    for (uint64_t at = 0; at < 0x200000; at += 0x800)
        cr_assert(
            eq(sz, ms_modules_at(found.modules, KERNEL + at), naive_at(found.modules, KERNEL + at)),
            "%" PRIx64, at);
    cr_assert(ms_modules_at(found.modules, 0) == MS_NO_MODULE);
    cr_assert(ms_modules_at(found.modules, UINT64_MAX) == MS_NO_MODULE);
    release_found(&found);
    free(windows.machine.bytes);
}

Test(module_at, listed_modules_win)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_near near;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x8000, ".text");
    poke_image(&windows, DRIVERS + 0x4000, 0x1000, ".text"); // in its data
    add_module(&windows, DRIVERS, 0x8000, "outer.sys");
    found = find_windows(&windows, MS_MODULES_SCAN);
    cr_assert(eq(sz, ms_modules_count(found.modules), 3));
    cr_assert(eq(sz, ms_modules_at(found.modules, KERNEL + DRIVERS + 0x4010), 1));
    cr_assert(ms_modules_near(found.modules, KERNEL + DRIVERS + 0x1010, &near, NULL) == MS_OK);
    cr_assert(near.module == 1 && near.offset == 0x1010 && !near.symbol && !near.next);
    cr_assert(eq(str, near.section, ".text"));
    release_found(&found);
    free(windows.machine.bytes);
}

// Three exports: two at one address, one by ordinal alone.
static void poke_exports(struct windows *windows)
{
    const uint64_t table = DRIVERS + 0x2000;

    poke_export(windows, DRIVERS, 0x2000, 0, "Alpha", 0x1100);
    poke_export(windows, DRIVERS, 0x2000, 1, "Beta", 0x1100);
    poke(windows, table + 0x10, 7, 4); // ordinal base
    poke(windows, table + 0x14, 3, 4);
    poke(windows, table + 0x48, 0x1200, 4);
}

static const struct {
    uint64_t offset;
    const char *symbol, *next; // NULL: none
    size_t n_same;
} places[] = {
    {0x10ff, NULL, "Alpha", 0},       {0x1100, "Alpha", "Ordinal9", 2},
    {0x11ff, "Alpha", "Ordinal9", 2}, {0x1200, "Ordinal9", NULL, 1},
    {0x2fff, "Ordinal9", NULL, 1},
};

static bool is_symbol(const struct ms_symbol *symbol, const char *name)
{
    if (!symbol || !name)
        return !symbol && !name;
    return symbol->length == strlen(name) && memcmp(symbol->name, name, symbol->length) == 0;
}

Test(module_at, nearest_symbols)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x3000, ".text");
    poke_exports(&windows);
    add_module(&windows, DRIVERS, 0x3000, "disk.sys");
    found = find_windows(&windows, 0);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct ms_near near;

        cr_assert(ms_modules_near(found.modules, KERNEL + DRIVERS + places[i].offset, &near,
                                  NULL) == MS_OK);
        cr_assert(is_symbol(near.symbol, places[i].symbol), "%zu", i);
        cr_assert(is_symbol(near.next, places[i].next), "%zu", i);
        cr_assert(eq(sz, near.n_same, places[i].n_same), "%zu", i);
        cr_assert(near.same_function == MS_FUNCTION_UNKNOWN, "%zu", i);
    }
    release_found(&found);
    free(windows.machine.bytes);
}

static const struct {
    const char *pattern, *name;
    bool fits;
} matches[] = {
    {"nt", "nt", true},
    {"NT", "nt", true},
    {"nt", "ntfs", false},
    {"nt*", "ntfs", true},
    {"*", "", true},
    {"", "", true},
    {"", "x", false},
    {"?", "", false},
    {"n?s", "ntfs", false},
    {"n??s", "ntfs", true},
    {"*fs", "ntfs", true},
    {"*t*s*", "ntfs", true},
    {"a*b*c", "aXbXbXc", true},
    {"a*b*c", "aXbXbX", false},
    {"[m-o]tfs", "ntfs", true},
    {"[a-c]tfs", "ntfs", false},
    {"[]x]", "]", true},
    {"[", "[", true},
    {"[ab", "[ab", true},
    {"**", "x", true},
    {"dump_*", "DUMP_disk", true},
};

Test(module_at, patterns_of_names)
{
    for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
        cr_assert(ms_name_matches(matches[i].pattern, matches[i].name, strlen(matches[i].name)) ==
                      matches[i].fits,
                  "%s, %s", matches[i].pattern, matches[i].name);
}
