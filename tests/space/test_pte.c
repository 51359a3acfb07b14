// SPDX-License-Identifier: MIT
//
// Entries of each kind and mode, written as in memory: the lowest byte first.

#include "space/pte.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(pte);

enum how { HARDWARE, WINDOWS, PROTOTYPE_TARGET };

struct pte_case {
    const char *name;
    enum ms_paging paging;
    unsigned level;
    enum how how;
    const char *hex; // as many bytes as an entry has
    enum ms_pte_kind kind;
    const char *flags; // of what is mapped
    uint64_t value;    // physical address; of a prototype, the virtual one
};

#define TOP UINT64_C(0xfffffffff) // of the image's memory

// clang-format off
static const struct pte_case cases[] = {
    // x86: frame 12-31; 4 MiB pages with PSE-36 bits 20:13 as 39:32
    {"x86 nothing",          MS_PAGING_X86, 0, HARDWARE, "00000000", MS_PTE_NONE, "---", 0},
    {"x86 page",             MS_PAGING_X86, 0, HARDWARE, "67503412", MS_PTE_PAGE, "wxu", 0x12345000},
    {"x86 page, read-only",  MS_PAGING_X86, 0, HARDWARE, "01503412", MS_PTE_PAGE, "-x-", 0x12345000},
    {"x86 page, PAT",        MS_PAGING_X86, 0, HARDWARE, "e7503412", MS_PTE_PAGE, "wxu", 0x12345000},
    {"x86 table",            MS_PAGING_X86, 1, HARDWARE, "63503412", MS_PTE_TABLE, "wx-", 0x12345000},
    {"x86 4 MiB",            MS_PAGING_X86, 1, HARDWARE, "e3004012", MS_PTE_PAGE, "wx-", 0x12400000},
    {"x86 4 MiB, PAT",       MS_PAGING_X86, 1, HARDWARE, "e3104012", MS_PTE_PAGE, "wx-", 0x12400000},
    {"x86 4 MiB, PSE-36",    MS_PAGING_X86, 1, HARDWARE, "e3604012", MS_PTE_PAGE, "wx-", UINT64_C(0x312400000)},
    {"x86 not present",      MS_PAGING_X86, 0, HARDWARE, "80583412", MS_PTE_NONE, "---", 0},
    {"x86 transition",       MS_PAGING_X86, 0, WINDOWS, "80583412", MS_PTE_PAGE, "wxu", 0x12345000},
    {"x86 transition table", MS_PAGING_X86, 1, WINDOWS, "80583412", MS_PTE_TABLE, "wxu", 0x12345000},
    {"x86 prototype",        MS_PAGING_X86, 0, WINDOWS, "78343412", MS_PTE_PROTOTYPE, "wxu", 0x891a18f0},
    {"x86 prototype, next",  MS_PAGING_X86, 0, WINDOWS, "7a343412", MS_PTE_PROTOTYPE, "wxu", 0x891a18f4},
    {"x86 page file",        MS_PAGING_X86, 0, WINDOWS, "82503412", MS_PTE_PAGED_OUT, "wxu", 0},
    {"x86 demand-zero",      MS_PAGING_X86, 0, WINDOWS, "80000000", MS_PTE_PAGED_OUT, "wxu", 0},
    {"x86 zero",             MS_PAGING_X86, 0, WINDOWS, "00000000", MS_PTE_NONE, "---", 0},
    {"x86 table paged out",  MS_PAGING_X86, 1, WINDOWS, "82503412", MS_PTE_UNREADABLE, "wxu", 0},
    {"x86 table to be made", MS_PAGING_X86, 1, WINDOWS, "80000000", MS_PTE_NONE, "---", 0},

    // PAE: frame 12-51, NX; the four at the top have neither flags nor pages
    {"PAE page",             MS_PAGING_PAE, 0, HARDWARE, "6750341205000000", MS_PTE_PAGE, "wxu", UINT64_C(0x512345000)},
    {"PAE page, NX",         MS_PAGING_PAE, 0, HARDWARE, "6350341200000080", MS_PTE_PAGE, "w--", 0x12345000},
    {"PAE 2 MiB",            MS_PAGING_PAE, 1, HARDWARE, "e300201200000080", MS_PTE_PAGE, "w--", 0x12200000},
    {"PAE 2 MiB, PAT",       MS_PAGING_PAE, 1, HARDWARE, "e310201200000000", MS_PTE_PAGE, "wx-", 0x12200000},
    {"PAE top",              MS_PAGING_PAE, 2, HARDWARE, "0150341200000000", MS_PTE_TABLE, "wxu", 0x12345000},
    {"PAE top, bit 7",       MS_PAGING_PAE, 2, HARDWARE, "8150341200000000", MS_PTE_TABLE, "wxu", 0x12345000},
    {"PAE transition",       MS_PAGING_PAE, 0, WINDOWS, "8058341205000000", MS_PTE_PAGE, "w-u", UINT64_C(0x512345000)},
    {"PAE transition, high", MS_PAGING_PAE, 0, WINDOWS, "80583412c5ffffff", MS_PTE_PAGE, "w-u", UINT64_C(0x512345000)},
    {"PAE prototype",        MS_PAGING_PAE, 0, WINDOWS, "00040000f0341289", MS_PTE_PROTOTYPE, "wxu", 0x891234f0},
    {"PAE prototype, user",  MS_PAGING_PAE, 0, WINDOWS, "00040000f0341209", MS_PTE_PAGED_OUT, "wxu", 0},
    {"PAE page file",        MS_PAGING_PAE, 0, WINDOWS, "8010000034120000", MS_PTE_PAGED_OUT, "w-u", 0},
    {"PAE demand-zero",      MS_PAGING_PAE, 0, WINDOWS, "8000000000000000", MS_PTE_PAGED_OUT, "w-u", 0},

    // x64: frame 12-51, NX
    {"x64 page",             MS_PAGING_X64, 0, HARDWARE, "6750341205000000", MS_PTE_PAGE, "wxu", UINT64_C(0x512345000)},
    {"x64 page, all frames", MS_PAGING_X64, 0, HARDWARE, "01f0ffffffff0f00", MS_PTE_PAGE, "-x-", UINT64_C(0xffffffffff000)},
    {"x64 page, NX",         MS_PAGING_X64, 0, HARDWARE, "6350341200000080", MS_PTE_PAGE, "w--", 0x12345000},
    {"x64 page, ignored",    MS_PAGING_X64, 0, HARDWARE, "635034120000f07f", MS_PTE_PAGE, "wx-", 0x12345000},
    {"x64 page, PAT",        MS_PAGING_X64, 0, HARDWARE, "e350341200000000", MS_PTE_PAGE, "wx-", 0x12345000},
    {"x64 2 MiB",            MS_PAGING_X64, 1, HARDWARE, "e310201200000000", MS_PTE_PAGE, "wx-", 0x12200000},
    {"x64 1 GiB",            MS_PAGING_X64, 2, HARDWARE, "e310004003000080", MS_PTE_PAGE, "w--", UINT64_C(0x340000000)},
    {"x64 table",            MS_PAGING_X64, 1, HARDWARE, "6750341205000000", MS_PTE_TABLE, "wxu", UINT64_C(0x512345000)},
    {"x64 top, bit 7",       MS_PAGING_X64, 3, HARDWARE, "e750341205000000", MS_PTE_TABLE, "wxu", UINT64_C(0x512345000)},
    {"x64 not present",      MS_PAGING_X64, 0, HARDWARE, "8058341205000000", MS_PTE_NONE, "---", 0},
    {"x64 transition",       MS_PAGING_X64, 0, WINDOWS, "8058341205000000", MS_PTE_PAGE, "w-u", UINT64_C(0x512345000)},
    {"x64 transition, read", MS_PAGING_X64, 0, WINDOWS, "2058341205000000", MS_PTE_PAGE, "--u", UINT64_C(0x512345000)},
    {"x64 transition, code", MS_PAGING_X64, 0, WINDOWS, "6058341205000000", MS_PTE_PAGE, "-xu", UINT64_C(0x512345000)},
    {"x64 transition, copy", MS_PAGING_X64, 0, WINDOWS, "a058341205000000", MS_PTE_PAGE, "--u", UINT64_C(0x512345000)},
    {"x64 transition, all",  MS_PAGING_X64, 0, WINDOWS, "c058341205000000", MS_PTE_PAGE, "wxu", UINT64_C(0x512345000)},
    {"x64 transition, bit 45", MS_PAGING_X64, 0, WINDOWS, "8058341205200000", MS_PTE_PAGE, "w-u", UINT64_C(0x512345000)},
    {"x64 transition, unused", MS_PAGING_X64, 0, WINDOWS, "805834120500ffff", MS_PTE_PAGE, "w-u", UINT64_C(0x512345000)},
    {"x64 transition table", MS_PAGING_X64, 1, WINDOWS, "8058341205000000", MS_PTE_TABLE, "wxu", UINT64_C(0x512345000)},
    {"x64 prototype",        MS_PAGING_X64, 0, WINDOWS, "0004f0341289a0f8", MS_PTE_PROTOTYPE, "wxu", UINT64_C(0xfffff8a0891234f0)},
    {"x64 prototype by VAD", MS_PAGING_X64, 0, WINDOWS, "0004ffffffffffff", MS_PTE_PAGED_OUT, "wxu", 0},
    {"x64 page file",        MS_PAGING_X64, 0, WINDOWS, "8020000034120000", MS_PTE_PAGED_OUT, "w-u", 0},
    {"x64 page file, old",   MS_PAGING_X64, 0, WINDOWS, "2400000034120000", MS_PTE_PAGED_OUT, "--u", 0},
    {"x64 demand-zero",      MS_PAGING_X64, 0, WINDOWS, "8000000000000000", MS_PTE_PAGED_OUT, "w-u", 0},
    {"x64 zero",             MS_PAGING_X64, 0, WINDOWS, "0000000000000000", MS_PTE_NONE, "---", 0},
    {"x64 table paged out",  MS_PAGING_X64, 1, WINDOWS, "8020000034120000", MS_PTE_UNREADABLE, "wxu", 0},
    {"x64 target valid",     MS_PAGING_X64, 0, PROTOTYPE_TARGET, "2150341205000080", MS_PTE_PAGE, "--u", UINT64_C(0x512345000)},
    {"x64 target transition", MS_PAGING_X64, 0, PROTOTYPE_TARGET, "c058341205000000", MS_PTE_PAGE, "wxu", UINT64_C(0x512345000)},
    {"x64 target prototype", MS_PAGING_X64, 0, PROTOTYPE_TARGET, "0004f0341289a0f8", MS_PTE_PAGED_OUT, "wxu", 0},
    {"x64 target zero",      MS_PAGING_X64, 0, PROTOTYPE_TARGET, "0000000000000000", MS_PTE_PAGED_OUT, "wxu", 0},

    {"x64-5 top",            MS_PAGING_X64_5, 4, HARDWARE, "6750341205000000", MS_PTE_TABLE, "wxu", UINT64_C(0x512345000)},
    {"x64-5 1 GiB",          MS_PAGING_X64_5, 2, HARDWARE, "e300004003000000", MS_PTE_PAGE, "wx-", UINT64_C(0x340000000)},
    {"x64-5 512 GiB is none", MS_PAGING_X64_5, 3, HARDWARE, "e750341205000000", MS_PTE_TABLE, "wxu", UINT64_C(0x512345000)},
};
// clang-format on

static uint64_t entry_of(const char *hex)
{
    uint64_t entry = 0;
    unsigned byte;

    for (unsigned i = 0; sscanf(hex + 2 * (size_t)i, "%2x", &byte) == 1; i++)
        entry |= (uint64_t)byte << 8 * i;
    return entry;
}

static const char *flags_text(unsigned flags)
{
    static char text[4];

    snprintf(text, sizeof(text), "%s%s%s", flags & MS_PAGE_WRITABLE ? "w" : "-",
             flags & MS_PAGE_EXECUTABLE ? "x" : "-", flags & MS_PAGE_USER ? "u" : "-");
    return text;
}

Test(pte, is_what_it_says)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct pte_case *c = &cases[i];
        const struct ms_paging_mode *mode = ms_paging_mode(c->paging);
        const struct ms_pte_rules rules = {.windows = c->how != HARDWARE, .top = TOP};
        uint64_t entry = entry_of(c->hex);
        struct ms_pte pte = c->how == PROTOTYPE_TARGET
                                ? ms_pte_decode_prototype(mode, &rules, entry)
                                : ms_pte_decode(mode, c->level, &rules, entry);

        cr_expect(eq(sz, strlen(c->hex), 2 * mode->entry_bytes), "%s", c->name);
        cr_expect(eq(int, (int)pte.kind, (int)c->kind), "%s", c->name);
        if (c->kind == MS_PTE_NONE)
            continue;
        cr_expect(eq(str, (char *)flags_text(pte.flags), (char *)c->flags), "%s", c->name);
        cr_expect(eq(u64, c->kind == MS_PTE_PROTOTYPE ? pte.prototype : pte.physical, c->value),
                  "%s", c->name);
    }
}

// Bit 45 is a frame's where the image has memory there.
Test(pte, keeps_bit_45_of_memory_that_is_there)
{
    const struct ms_pte_rules rules = {.windows = true, .top = UINT64_C(0x3fffffffffff)};
    struct ms_pte pte =
        ms_pte_decode(ms_paging_mode(MS_PAGING_X64), 0, &rules, entry_of("8058341205200000"));

    cr_assert(eq(u64, pte.physical, UINT64_C(0x200512345000)));
}

// == Addresses ==

Test(paging, cuts_ranges_to_what_is_canonical)
{
    static const struct {
        enum ms_paging paging;
        uint64_t first, last;
        bool any;
        uint64_t linear_first, linear_last;
    } ranges[] = {
        {MS_PAGING_X64, 0, UINT64_MAX, true, 0, UINT64_C(0xffffffffffff)},
        {MS_PAGING_X64, UINT64_C(0x800000000000), UINT64_C(0xffff7fffffffffff), false, 0, 0},
        {MS_PAGING_X64, UINT64_C(0x7fffffffffff), UINT64_C(0x800000000000), true,
         UINT64_C(0x7fffffffffff), UINT64_C(0x7fffffffffff)},
        {MS_PAGING_X64, UINT64_C(0x900000000000), UINT64_MAX, true, UINT64_C(0x800000000000),
         UINT64_C(0xffffffffffff)},
        {MS_PAGING_X64, UINT64_C(0xfffff80000000000), UINT64_C(0xfffff80000000fff), true,
         UINT64_C(0xf80000000000), UINT64_C(0xf80000000fff)},
        {MS_PAGING_X64_5, UINT64_C(0x100000000000000), UINT64_C(0xff00000000000000), true,
         UINT64_C(0x100000000000000), UINT64_C(0x100000000000000)},
        {MS_PAGING_X64_5, UINT64_C(0xffff7fffffffffff), UINT64_MAX, true,
         UINT64_C(0x1ff7fffffffffff), UINT64_C(0x1ffffffffffffff)},
        {MS_PAGING_X86, 0, UINT64_MAX, true, 0, 0xffffffff},
        {MS_PAGING_X86, UINT64_C(0x100000000), UINT64_MAX, false, 0, 0},
        {MS_PAGING_PAE, 0xfffff000, UINT64_C(0x100000000), true, 0xfffff000, 0xffffffff},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        uint64_t first = 0, last = 0;
        bool any = ms_linear_range(ms_paging_mode(ranges[i].paging), ranges[i].first,
                                   ranges[i].last, &first, &last);

        cr_assert(eq(int, any, ranges[i].any), "range %zu", i);
        cr_assert(eq(u64, first, ranges[i].linear_first), "range %zu", i);
        cr_assert(eq(u64, last, ranges[i].linear_last), "range %zu", i);
    }
}

Test(paging, has_names)
{
    for (size_t i = 0; i < MS_N_PAGINGS; i++) {
        cr_assert(ms_paging_mode_by_name(ms_paging_name(i)) == ms_paging_mode((enum ms_paging)i));
        cr_assert(eq(int, (int)ms_paging_mode((enum ms_paging)i)->paging, (int)i));
    }
    cr_assert_null(ms_paging_name(MS_N_PAGINGS));
    cr_assert_null(ms_paging_mode_by_name("arm64"));
}
