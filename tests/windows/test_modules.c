// SPDX-License-Identifier: MIT
//
// Lists of modules, honest ones and others.

#include "windows/small_windows.h"

// Kernel, a driver with headers, one that is not in memory.
static struct windows three_modules(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x3000, ".text");
    add_module(&windows, DRIVERS, 0x3000, "disk.sys");
    add_module(&windows, GONE, 0x1000, "gone.sys");
    return windows;
}

#define THREE "nt 10000+10000 list\ndisk 80000+3000 list\ngone 1ff000+1000 list"

static void check(const struct windows *windows, unsigned flags, const char *expected,
                  const char *note)
{
    struct found_windows found = find_windows(windows, flags);

    cr_assert(eq(str, modules_text(found.modules), (char *)(uintptr_t)expected));
    if (note)
        cr_assert(has_note(found.modules, note), "%s", note);
    else
        cr_assert(eq(sz, ms_modules_n_notes(found.modules), 0), "%s",
                  ms_modules_note(found.modules, 0));
    release_found(&found);
    free(windows->machine.bytes);
}

Test(modules, list)
{
    struct windows windows = three_modules();

    check(&windows, 0, THREE, NULL);
}

Test(modules, empty_list_and_no_list)
{
    struct windows windows = windows_of(10);

    check(&windows, 0, "", NULL);
    windows = windows_of(10);
    poke(&windows, KDBG + 0x48, 0, 8);
    check(&windows, 0, "", "the module list was not found");
}

Test(modules, facts_of_header_and_entry)
{
    struct windows windows = three_modules();
    struct found_windows found = find_windows(&windows, 0);
    struct ms_module_info disk = ms_modules_info(found.modules, 1);
    struct ms_module_info gone = ms_modules_info(found.modules, 2);

    cr_assert(disk.has_header && disk.has_timestamp && disk.timestamp == 0x4ce78a09);
    cr_assert(disk.has_checksum && disk.checksum == 0x1234);
    cr_assert(eq(str, (char *)(uintptr_t)disk.image_name, "disk.sys"));
    cr_assert(disk.pages == 3 && disk.pages_present == 3 && disk.end == disk.base + 0x3000);
    cr_assert(gone.has_timestamp && !gone.has_header && gone.timestamp == 0x5f000000);
    cr_assert(gone.checksum == 0x5678 && gone.pages == 1 && gone.pages_present == 0);
    release_found(&found);
    free(windows.machine.bytes);
}

// Before Windows 10 the entry has a pointer there, or ends.
Test(modules, no_timestamp_of_old_entries)
{
    struct windows windows = three_modules();
    struct found_windows found;

    put_number(&windows.machine, 0x8000 + 0x26c, 6, 4);
    found = find_windows(&windows, 0);
    cr_assert(ms_modules_info(found.modules, 1).has_timestamp);
    cr_assert(eq(int, ms_modules_info(found.modules, 2).has_timestamp, false));
    release_found(&found);
    free(windows.machine.bytes);
}

// == Lists that lie ==

static const struct {
    const char *name;
    uint64_t at, value; // a link that is overwritten
    const char *expected, *note;
} links[] = {
    {"to nothing", ENTRIES + 0x100, 0, THREE, "from its end come 1 more"},
    {"to a page that is gone", ENTRIES, KERNEL + GONE, THREE, "from its end come 2 more"},
    {"to a program's memory", ENTRIES, 0x10000, THREE, "from its end come 2 more"},
    {"to itself", ENTRIES + 0x100, KERNEL + ENTRIES + 0x100, THREE, "leads back into itself"},
    {"to the first", ENTRIES + 0x100, KERNEL + ENTRIES, THREE, "leads back into itself"},
    {"past the end", ENTRIES, UINT64_MAX - 4, THREE, "breaks off"},
    {"of the head", LIST, KERNEL + GONE, THREE, "from its end come 3 more"},
};

Test(modules, links)
{
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct windows windows = three_modules();

        poke(&windows, links[i].at, links[i].value, 8);
        check(&windows, 0, links[i].expected, links[i].note);
    }
}

// Both ways are cut: what is between them is lost, which is said.
Test(modules, broken_from_both_ends)
{
    struct windows windows = three_modules();

    poke(&windows, ENTRIES, KERNEL + GONE, 8);
    poke(&windows, ENTRIES + 0x200 + 8, KERNEL + GONE + 0x10, 8);
    check(&windows, 0, "nt 10000+10000 list\ngone 1ff000+1000 list", "some may lack");
}

Test(modules, entry_that_is_none)
{
    struct windows windows = three_modules();

    poke(&windows, ENTRIES + 0x100 + 0x30, KERNEL + DRIVERS + 8, 8); // no start of a page
    check(&windows, 0, "nt 10000+10000 list\ngone 1ff000+1000 list", "breaks off");
    windows = three_modules();
    poke(&windows, ENTRIES + 0x100 + 0x30, 0x400000, 8); // a program's
    check(&windows, 0, "nt 10000+10000 list\ngone 1ff000+1000 list", "breaks off");
}

Test(modules, sizes_that_lie)
{
    static const uint32_t sizes[] = {0, UINT32_MAX, 0x10000001};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct windows windows = three_modules();

        poke(&windows, ENTRIES + 0x100 + 0x40, sizes[i], 4);
        poke(&windows, ENTRIES + 0x200 + 0x40, sizes[i], 4);
        check(&windows, 0, THREE, NULL);
    }
}

// A ring of as many entries as are taken, and more.
Test(modules, list_without_end)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    // Each address is an entry that leads 16 bytes further.
    for (uint64_t at = 0x40000; at < 0x1f0000; at += 16) {
        poke(&windows, at, KERNEL + at + 16, 8);
        poke(&windows, at + 8, KERNEL + 0x40000, 8);
    }
    poke(&windows, LIST, KERNEL + 0x40000, 8);
    found = find_windows(&windows, 0);
    cr_assert(ms_modules_count(found.modules) <= 8192);
    cr_assert(gt(sz, ms_modules_n_notes(found.modules), 0));
    release_found(&found);
    free(windows.machine.bytes);
}

// == Names ==

static const struct {
    const char *name;
    uint16_t units[8];
    const char *module, *image;
} names[] = {
    {"dashes", {'a', '-', 'b', '.', 's', 'y', 's'}, "a_b", "a-b.sys"},
    {"dots", {'a', '.', 'b', '.', 's'}, "a_b", "a.b.s"},
    {"no extension", {'a', 'b'}, "ab", "ab"},
    {"a folder", {'c', ':', '\\', 'x', '.', 's'}, "x", "c:\\x.s"},
    {"control characters", {'a', 7, 0x1b, 'b'}, "a__b", "a\a\033b"},
    {"a NUL",
     {'a', 0, 'b'},
     "a_b",
     "a\xef\xbf\xbd"
     "b"},
    {"half of a pair",
     {'a', 0xd800, 'b'},
     "a_b",
     "a\xef\xbf\xbd"
     "b"},
    {"the other half",
     {0xdc00, 'b'},
     "_b",
     "\xef\xbf\xbd"
     "b"},
    {"a pair", {0xd83d, 0xde00}, "_", "\xf0\x9f\x98\x80"},
    {"letters of Greek", {0x3b1, 0x3b2}, "__", "\xce\xb1\xce\xb2"},
    {"an extension alone", {'.', 's', 'y', 's'}, "_sys", ".sys"},
};

Test(modules, names)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct windows windows = three_modules();
        struct found_windows found;
        struct ms_module_info info;
        size_t n = 0;

        for (size_t c = 0; c < 8; c++) {
            poke(&windows, TEXTS + 0x1000 + 2 * c, names[i].units[c], 2);
            n = names[i].units[c] ? c + 1 : n;
        }
        poke_string(&windows, ENTRIES + 0x100 + 0x58, KERNEL + TEXTS + 0x1000, 2 * n);
        found = find_windows(&windows, 0);
        info = ms_modules_info(found.modules, 1);
        cr_assert(eq(str, (char *)(uintptr_t)info.name, (char *)(uintptr_t)names[i].module), "%s",
                  names[i].name);
        cr_assert(eq(str, (char *)(uintptr_t)info.image_name, (char *)(uintptr_t)names[i].image),
                  "%s", names[i].name);
        release_found(&found);
        free(windows.machine.bytes);
    }
}

Test(modules, names_of_64_kib_are_cut)
{
    struct windows windows = three_modules();
    struct found_windows found;

    for (uint64_t at = 0x100000; at < 0x110000; at += 2)
        poke(&windows, at, 'n', 2);
    poke_string(&windows, ENTRIES + 0x100 + 0x48, KERNEL + 0x100000, 0xfffe);
    poke_string(&windows, ENTRIES + 0x100 + 0x58, KERNEL + 0x100000, 0xfffe);
    found = find_windows(&windows, 0);
    cr_assert(has_note(found.modules, "too long, cut: 2"));
    cr_assert(eq(sz, strlen(ms_modules_info(found.modules, 1).name), 260));
    cr_assert(eq(sz, strlen(ms_modules_info(found.modules, 1).path), 1024));
    release_found(&found);
    free(windows.machine.bytes);
}

// A name that is not there comes from the path, else from what the linker wrote, else from the
// base.
Test(modules, names_that_are_gone)
{
    struct windows windows = three_modules();

    poke(&windows, ENTRIES + 0x100 + 0x60, KERNEL + GONE, 8);
    poke(&windows, ENTRIES + 0x200 + 0x60, KERNEL + GONE - 2, 8); // but for one letter
    check(&windows, 0,
          "nt 10000+10000 list\nimagefffff80000080000 80000+3000 list\n"
          "imagefffff800001ff000 1ff000+1000 list",
          "that are not in the image: 2");
    windows = three_modules();
    poke(&windows, ENTRIES + 0x100 + 0x60, KERNEL + GONE, 8);
    poke_string(&windows, ENTRIES + 0x100 + 0x48, KERNEL + TEXTS + 0x2000, 16); // of the third
    check(&windows, 0,
          "nt 10000+10000 list\ngone 80000+3000 list\n"
          "gone_fffff800001ff000 1ff000+1000 list",
          "that are not in the image: 1");
    windows = three_modules();
    poke(&windows, ENTRIES + 0x100 + 0x60, KERNEL + GONE, 8);
    poke(&windows, DRIVERS + 0x108, 0x2000, 4); // an export directory
    poke(&windows, DRIVERS + 0x10c, 0x28, 4);
    poke(&windows, DRIVERS + 0x200c, 0x2800, 4);
    poke_text(&windows, DRIVERS + 0x2800, "linked.sys");
    check(&windows, 0, "nt 10000+10000 list\nlinked 80000+3000 list\ngone 1ff000+1000 list",
          "that are not in the image: 1");
}

Test(modules, equal_names_carry_their_base)
{
    struct windows windows = three_modules();

    add_module(&windows, DRIVERS + 0x10000, 0x1000, "disk.sys");
    add_module(&windows, DRIVERS - 0x10000, 0x1000, "nt.sys");
    check(&windows, 0,
          "nt 10000+10000 list\nnt_fffff80000070000 70000+1000 list\ndisk 80000+3000 list\n"
          "disk_fffff80000090000 90000+1000 list\ngone 1ff000+1000 list",
          NULL);
}

// == What lies in memory ==

Test(modules, scan)
{
    struct windows windows = three_modules();

    poke_image(&windows, DRIVERS + 0x20000, 0x2000, ".text");
    poke_image(&windows, DRIVERS + 0x30008, 0x2000, ".text"); // not at the start of a page
    poke_image(&windows, DRIVERS + 0x40000, 0x2000, ".text");
    poke(&windows, DRIVERS + 0x40084, 0xaa64, 2); // for another processor
    check(&windows, MS_MODULES_SCAN,
          "nt 10000+10000 list scan\ndisk 80000+3000 list scan\n"
          "imagefffff800000a0000 a0000+2000 scan\ngone 1ff000+1000 list",
          NULL);
}

// A pool block with an entry; type and size as the block's header says.
static void poke_pool(struct windows *windows, uint64_t at, uint64_t base, unsigned size,
                      unsigned type)
{
    poke(windows, at, (uint64_t)type << 24 | (size / 16) << 16, 4);
    poke_text(windows, at + 4, "MmLd");
    poke(windows, at + 0x10, KERNEL + LIST, 8);
    poke(windows, at + 0x18, KERNEL + LIST, 8);
    poke(windows, at + 0x10 + 0x30, KERNEL + base, 8);
    poke(windows, at + 0x10 + 0x40, 0x5000, 4);
    poke_string(windows, at + 0x10 + 0x58, KERNEL + TEXTS + 0x1000, 8); // "disk"
}

Test(modules, pool)
{
    struct windows windows = three_modules();

    poke_pool(&windows, 0x60000, DRIVERS + 0x20000, 0xb0, 2);
    poke_pool(&windows, 0x61008, DRIVERS + 0x30000, 0xb0, 2); // at no block's address
    poke_pool(&windows, 0x62000, DRIVERS + 0x40000, 0x40, 2); // too small
    poke_pool(&windows, 0x63000, DRIVERS + 0x50000, 0xb0, 0); // free, and the module is gone
    poke_image(&windows, DRIVERS + 0x60000, 0x5000, ".text");
    poke_pool(&windows, 0x64000, DRIVERS + 0x60000, 0xb0, 0); // free, but there it is
    poke_pool(&windows, 0x65000, DRIVERS, 0xb0, 2);           // of one that is listed
    check(&windows, MS_MODULES_SCAN,
          "nt 10000+10000 list scan\ndisk 80000+3000 list scan pool\n"
          "disk_fffff800000a0000 a0000+5000 pool\ndisk_fffff800000e0000 e0000+5000 scan pool\n"
          "gone 1ff000+1000 list",
          NULL);
}

// == Unloaded drivers ==

Test(modules, unloaded)
{
    struct windows windows = three_modules();
    struct found_windows found;

    poke(&windows, UNLOADED, KERNEL + 0x70000, 8);
    poke(&windows, LAST_UNLOADED, 2, 4);
    for (uint64_t i = 0; i < 2; i++) {
        poke_string(&windows, 0x70000 + 0x28 * i, KERNEL + TEXTS + 0x1000 * (i + 1), 8);
        poke(&windows, 0x70000 + 0x28 * i + 0x10, KERNEL + 0x100000 + 0x1000 * i, 8);
        poke(&windows, 0x70000 + 0x28 * i + 0x18, KERNEL + 0x101000 + 0x1000 * i, 8);
        poke(&windows, 0x70000 + 0x28 * i + 0x20, 1000 + i, 8);
    }
    found = find_windows(&windows, 0);
    cr_assert(eq(sz, ms_modules_n_unloaded(found.modules), 2));
    cr_assert(ms_modules_unloaded(found.modules, 0).time == 1001, "the last one first");
    cr_assert(eq(str, (char *)(uintptr_t)ms_modules_unloaded(found.modules, 1).name, "disk"));
    cr_assert(ms_modules_unloaded(found.modules, 1).end == KERNEL + 0x101000);
    release_found(&found);

    poke(&windows, UNLOADED, KERNEL + GONE, 8);
    found = find_windows(&windows, 0);
    cr_assert(eq(sz, ms_modules_n_unloaded(found.modules), 0));
    cr_assert(has_note(found.modules, "unloaded drivers that are not in the image: up to 50"));
    release_found(&found);
    free(windows.machine.bytes);
}
