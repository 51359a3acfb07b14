// SPDX-License-Identifier: MIT
//
// Whose the places of a value are.

#include "windows/special_machine.h"

struct subject {
    struct windows windows;
    struct found_windows found;
    struct ms_special_case *special;
    uint64_t n_unowned;
};

static struct subject subject_of(void)
{
    struct subject subject = {.windows = special_windows()};

    add_special(&subject.windows, 0, "FMsl");
    add_special(&subject.windows, 1, "FMsl");
    add_special(&subject.windows, 2, "Abc ");
    return subject;
}

// "kind module section tag hits@first", one a line; addresses of the kernel's memory as offsets.
static char *owners_text(struct subject *subject, uint32_t value)
{
    static char text[65536];
    struct ms_error error = {0};
    size_t used = 0;

    subject->found = find_windows(&subject->windows, 0);
    cr_assert(ms_special_case_create(&subject->special, &error) == MS_OK);
    cr_assert(ms_special_case_add(subject->special, subject->found.modules, NULL, &error) == MS_OK);
    cr_assert(ms_special_case_find(subject->special, value, NULL, &error) == MS_OK, "%s",
              error.text);
    text[0] = '\0';
    for (size_t i = 0; i < ms_special_case_n_owners(subject->special); i++) {
        struct ms_special_owner owner = ms_special_case_owner(subject->special, i);
        const char *module = owner.module == MS_NO_MODULE
                                 ? "-"
                                 : ms_modules_info(subject->found.modules, owner.module).name;

        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%s %s %s %.4s %" PRIu64 "@%" PRIx64,
            used ? "\n" : "", ms_special_owner_kind_name(owner.kind), module,
            owner.section[0] ? owner.section : "-", owner.tag ? (const char *)&owner.tag : "-",
            owner.n_hits, owner.first - KERNEL);
    }
    subject->n_unowned = ms_special_case_n_unowned(subject->special);
    ms_special_case_free(subject->special);
    release_found(&subject->found);
    free(subject->windows.machine.bytes);
    return text;
}

Test(special_find, owners)
{
    struct subject subject = subject_of();
    struct windows *windows = &subject.windows;

    for (unsigned i = 0; i < 5; i++) // in a row, which is five
        poke(windows, DRIVERS + 0x1100 + 4 * i, 0x78090043, 4);
    poke(windows, DRIVERS + 0x1202, 0x78090043, 4); // not at a multiple of 4
    poke(windows, DRIVERS + 0x400, 0x78090043, 4);  // behind its headers
    poke(windows, NT_DATA + 0xf00, 0x78090043, 4);
    poke(windows, 0x60000, 0x78090043, 4);
    spoil(windows, 0, 0, 0x78090043);
    spoil(windows, 1, 0, 0x78090043);
    spoil(windows, 1, 1, 0x78090043);
    special_put(special_page_bytes(windows, 2), 0xf10, 0x78090043, 4); // in its data
    cr_assert(eq(str, owners_text(&subject, 0x78090043),
                 "module driver_x .rdata - 5@81100\n"
                 "module nt .data - 1@18f00\n"
                 "module driver_x - - 1@80400\n"
                 "special pool - - FMsl 3@8000001800\n"
                 "special pool - - Abc  1@8000005f10\n"
                 "other - - - 1@60000"));
    cr_assert(eq(u64, subject.n_unowned, 0));
}

Test(special_find, nowhere)
{
    struct subject subject = subject_of();

    cr_assert(eq(str, owners_text(&subject, 0x78090043), ""));
}

// A block of Windows 10's pool, in a page that blocks fill.
Test(special_find, pool)
{
    struct subject subject = subject_of();
    struct windows *windows = &subject.windows;
    const uint64_t page = 0x60000;

    poke(windows, page, 0x03100000, 4); // paged, in use, 0x100 bytes
    poke_text(windows, page + 4, "DrvX");
    poke(windows, page + 0x100, 0x02f00010, 4); // nonpaged, in use, 0xf00 bytes
    poke_text(windows, page + 0x104, "Othr");
    poke(windows, page + 0x40, 0x78090043, 4);
    poke(windows, page + 0x80, 0x78090043, 4);
    poke(windows, page + 0x800, 0x78090043, 4);
    cr_assert(eq(str, owners_text(&subject, 0x78090043),
                 "pool - - DrvX 2@60040\n"
                 "pool - - Othr 1@60800"));
}

// Of so many owners the first 512 are told.
Test(special_find, many_owners)
{
    enum { BLOCKS = 640, BLOCK = 0x20, PAGE = 0x1000 };
    struct subject subject = subject_of();
    size_t n_lines = 1;

    for (uint64_t i = 0; i < BLOCKS; i++) {
        uint64_t at = 0x60000 + BLOCK * i;

        poke(&subject.windows, at, 0x02020000 + (at % PAGE > 0 ? 2 : 0), 4);
        poke(&subject.windows, at + 4, 0x41414141 + i % 26 + (i / 26 << 8), 4);
        poke(&subject.windows, at + 0x10, 0x78090043, 4);
    }
    for (const char *c = owners_text(&subject, 0x78090043); *c; c++)
        n_lines += *c == '\n';
    cr_assert(eq(sz, n_lines, 512));
    cr_assert(eq(u64, subject.n_unowned, BLOCKS - 512));
}
