// SPDX-License-Identifier: MIT
//
// Each page of a small Windows machine is missing in turn: what is found then is some of what is
// found with all of them, and all of it that the page has no part in.

#include "windows/small_windows.h"

enum {
    GHOST = DRIVERS + 0x20000, // taken out of the list: an entry in pool
    HIDDEN = DRIVERS + 0x30000,
    POOL = 0x60000,
    N_PAGES = GONE / 0x1000,
    NAME_BYTES = 64,
};

static void poke_pool(struct windows *windows)
{
    poke(windows, POOL, 0x020b0000, 4);
    poke_text(windows, POOL + 4, "MmLd");
    poke(windows, POOL + 0x10, KERNEL + LIST, 8);
    poke(windows, POOL + 0x18, KERNEL + LIST, 8);
    poke(windows, POOL + 0x10 + 0x30, KERNEL + GHOST, 8);
    poke(windows, POOL + 0x10 + 0x40, 0x2000, 4);
    poke_string(windows, POOL + 0x10 + 0x58, KERNEL + POOL + 0x200, 10);
    for (uint64_t i = 0; i < 5; i++)
        poke(windows, POOL + 0x200 + 2 * i, (uint8_t) "ghost"[i], 2);
}

// Listed modules have their entries in one page, and each its name in one of its own.
static struct windows machine(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x3000, ".text");
    add_module(&windows, DRIVERS, 0x3000, "disk.sys");
    poke_image(&windows, DRIVERS + 0x10000, 0x2000, ".text");
    add_module(&windows, DRIVERS + 0x10000, 0x2000, "other.sys");
    poke_image(&windows, GHOST, 0x2000, ".text");
    poke_pool(&windows);
    poke_image(&windows, HIDDEN, 0x2000, ".text");
    return windows;
}

// Where a module's pages are, or what tells of it.
static bool is_part(uint64_t page, uint64_t first, uint64_t size)
{
    return page + 0x1000 > first && page < first + size;
}

// What a page tells of all of the listed modules.
static bool is_of_list(uint64_t page)
{
    return page == NT_DATA || page == ENTRIES;
}

struct known {
    struct ms_module_info info;
    char name[NAME_BYTES];
};

static size_t keep(const struct ms_modules *modules, struct known *known)
{
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        known[i].info = ms_modules_info(modules, i);
        snprintf(known[i].name, NAME_BYTES, "%s", known[i].info.name);
    }
    return ms_modules_count(modules);
}

static bool find(const struct ms_modules *modules, uint64_t base, struct ms_module_info *info_ret)
{
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        *info_ret = ms_modules_info(modules, i);
        if (info_ret->base == base)
            return true;
    }
    return false;
}

static void check_module(const struct known *known, const struct ms_modules *modules, uint64_t page)
{
    uint64_t offset = known->info.base - KERNEL;
    bool header_gone = page == offset, found;
    bool told_gone = is_of_list(page) || page == POOL;
    struct ms_module_info info;

    found = find(modules, known->info.base, &info);
    // A header finds it, or a list; one of them is enough.
    cr_assert(found || header_gone || told_gone, "%s without page %" PRIx64, known->name, page);
    if (!found)
        return;
    cr_assert(info.has_header == (known->info.has_header && !header_gone), "%s without %" PRIx64,
              known->name, page);
    if (!told_gone && !header_gone)
        cr_assert(info.size == known->info.size, "%s without %" PRIx64, known->name, page);
    cr_assert(info.pages_present ==
                  known->info.pages_present - is_part(page, offset, known->info.size),
              "%s without %" PRIx64 ": %" PRIu64, known->name, page, info.pages_present);
    if (!told_gone && !header_gone && page != POOL && !is_part(page, TEXTS, 0x4000))
        cr_assert(strcmp(info.name, known->name) == 0, "%s without %" PRIx64 " is %s", known->name,
                  page, info.name);
}

Test(modules_missing, each_page)
{
    struct windows windows = machine();
    struct found_windows found = find_windows(&windows, MS_MODULES_SCAN);
    struct known known[8];
    size_t n = keep(found.modules, known);

    cr_assert(eq(sz, n, 5));
    cr_assert(eq(str, modules_text(found.modules),
                 "nt 10000+10000 list scan\ndisk 80000+3000 list scan\n"
                 "other 90000+2000 list scan\nghost a0000+2000 scan pool\n"
                 "imagefffff800000b0000 b0000+2000 scan"));
    release_found(&found);
    for (uint64_t page = 0; page < N_PAGES; page++) {
        struct ms_module_info info;

        put64(&windows.machine, 0x4000, (unsigned)page, 0);
        found = find_windows(&windows, MS_MODULES_SCAN);
        for (size_t i = 0; i < n; i++)
            check_module(&known[i], found.modules, page * 0x1000);
        for (size_t i = 0; i < ms_modules_count(found.modules); i++) {
            bool known_base = false;

            info = ms_modules_info(found.modules, i);
            for (size_t k = 0; k < n; k++)
                known_base |= info.base == known[k].info.base;
            cr_assert(known_base, "%s without page %" PRIx64, info.name, page);
        }
        release_found(&found);
        put64(&windows.machine, 0x4000, (unsigned)page, (MEMORY + 0x1000 * page) | 0x63);
    }
    free(windows.machine.bytes);
}
