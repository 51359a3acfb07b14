// SPDX-License-Identifier: MIT
//
// Where sections are: as ms_modules_near() says of every byte.

#include "windows/small_windows.h"

#define SECTIONS (DRIVERS + 0x80 + 0x108)

struct placed {
    const char *name;
    uint32_t rva, size, flags;
};

static void poke_sections(struct windows *windows, const struct placed *sections, size_t n)
{
    poke(windows, DRIVERS + 0x80 + 0x06, n, 2);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = SECTIONS + 0x28 * (uint64_t)i;

        for (size_t k = 0; k < 8; k++)
            poke(windows, at + k, 0, 1);
        poke_text(windows, at, sections[i].name);
        poke(windows, at + 0x08, sections[i].size, 4);
        poke(windows, at + 0x0c, sections[i].rva, 4);
        poke(windows, at + 0x24, sections[i].flags, 4);
    }
}

// "NAME START END FLAGS", offsets in the module; checks each byte by the way.
static const char *sections_text(const struct found_windows *found, size_t module)
{
    static char text[2048];
    struct ms_module_info info = ms_modules_info(found->modules, module);
    const struct ms_module_section *sections;
    size_t n, used = 0, at = 0;

    cr_assert(ms_modules_sections(found->modules, module, &sections, &n, NULL) == MS_OK);
    text[0] = '\0';
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %x %x %u\n",
                                 sections[i].name, (unsigned)(sections[i].start - info.base),
                                 (unsigned)(sections[i].end - info.base), sections[i].flags);
    for (uint64_t address = info.base; address < info.end; address += 0x80) {
        struct ms_near near;
        const char *name = "";

        while (at < n && sections[at].end <= address)
            at++;
        if (at < n && sections[at].start <= address)
            name = sections[at].name;
        cr_assert(ms_modules_near(found->modules, address, &near, NULL) == MS_OK);
        cr_assert(eq(str, near.section, (char *)(uintptr_t)name), "%" PRIx64, address);
    }
    return text;
}

static bool is_same_place(const struct found_windows *found, uint64_t a, uint64_t b)
{
    struct ms_near near_a, near_b;

    cr_assert(ms_modules_near(found->modules, a, &near_a, NULL) == MS_OK);
    cr_assert(ms_modules_near(found->modules, b, &near_b, NULL) == MS_OK);
    return near_a.module == near_b.module && strcmp(near_a.section, near_b.section) == 0;
}

// From below a module to above it: ms_modules_section_last() names the last address that is of the
// same module and section as all of those before it.
static void check_lasts(const struct found_windows *found, size_t module)
{
    struct ms_module_info info = ms_modules_info(found->modules, module);
    uint64_t last = info.base - 0x100 - 1, next;

    for (uint64_t address = info.base - 0x100; address < info.end + 0x100; address += 0x40) {
        cr_assert(ms_modules_section_last(found->modules, address, &next, NULL) == MS_OK);
        if (address <= last) {
            cr_assert(eq(u64, next, last), "%" PRIx64, address);
            cr_assert(is_same_place(found, address, last), "%" PRIx64, address);
            continue;
        }
        cr_assert(address == last + 1 && next >= address, "%" PRIx64, address);
        cr_assert(last + 1 == info.base - 0x100 || !is_same_place(found, last, address), "%" PRIx64,
                  address);
        last = next;
    }
    cr_assert(last >= info.end + 0xff);
}

static void check_sections(uint32_t module_size, const struct placed *sections, size_t n,
                           const char *expected)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x8000, ".text");
    poke_sections(&windows, sections, n);
    add_module(&windows, DRIVERS, module_size, "disk.sys");
    found = find_windows(&windows, 0);
    cr_assert(eq(str, (char *)(uintptr_t)sections_text(&found, 1), (char *)(uintptr_t)expected));
    check_lasts(&found, 1);
    release_found(&found);
    free(windows.machine.bytes);
}

Test(module_sections, placed)
{
    const struct placed sections[] = {
        {".text", 0x1000, 0x1234, 0x60000020},
        {"PAGE\nLK\x7f", 0x3000, 0x1000, 0x60000020},
        {"12345678", 0x5000, 1, 0xc0000040},
        {"empty", 0x7000, 0, 0xc0000040},
    };

    check_sections(0x8000, sections, 4,
                   ".text 1000 3000 2\nPAGE?LK? 3000 4000 2\n12345678 5000 6000 1\n");
}

Test(module_sections, overlapping)
{
    const struct placed sections[] = {
        {"outer", 0x1000, 0x5000, 0x60000020},
        {"inner", 0x2000, 0x1000, 0xe0000020},
        {"twin", 0x2000, 0x800, 0x40000040},
    };

    check_sections(0x8000, sections, 3, "outer 1000 2000 2\ntwin 2000 3000 0\nouter 3000 6000 2\n");
}

// The one that begins last is told, of two that begin together the last one; what begins in it and
// is empty, or ends there, does not divide it.
Test(module_sections, not_divided)
{
    const struct placed sections[] = {
        {"under", 0x1000, 0x4000, 0x60000020},
        {"below", 0x2000, 0x2000, 0x60000020},
        {"above", 0x2000, 0x3000, 0xc0000040},
    };

    check_sections(0x8000, sections, 3, "under 1000 2000 2\nabove 2000 5000 1\n");
}

// What the header says ends with the image, and what the list says with the module.
Test(module_sections, past_the_end)
{
    const struct placed sections[] = {
        {".text", 0x1000, 0xffffffff, 0x60000020},
        {".data", 0x9000, 0x1000, 0xc0000040},
        {".last", 0xffffffff, 0xffffffff, 0xc0000040},
    };

    check_sections(0x8000, sections, 3, ".text 1000 8000 2\n");
    check_sections(0x2800, sections, 3, ".text 1000 2800 2\n");
    check_sections(0x800, sections, 3, "");
    check_sections(0xc000, sections, 3, ".text 1000 8000 2\n");
}

Test(module_sections, without_headers)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    const struct ms_module_section *sections, *again;
    size_t n;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    add_module(&windows, DRIVERS, 0x8000, "disk.sys");
    found = find_windows(&windows, 0);
    cr_assert(ms_modules_sections(found.modules, 1, &sections, &n, NULL) == MS_OK && n == 0);
    cr_assert(ms_modules_sections(found.modules, 0, &sections, &n, NULL) == MS_OK && n == 2);
    cr_assert(ms_modules_sections(found.modules, 0, &again, &n, NULL) == MS_OK);
    cr_assert(again == sections);
    check_lasts(&found, 0);
    check_lasts(&found, 1);
    release_found(&found);
    free(windows.machine.bytes);
}
