// SPDX-License-Identifier: MIT
//
// What the image holds: stretches, bytes and the numbers of pages.

#include "space/present.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(present);

static struct ms_run runs[] = {
    {0x1000, 0x2000, 0x0000, MS_PRESENT}, // pages 0 and 1, with the next
    {0x3000, 0x0800, 0x8000, MS_PRESENT}, // page 2, a part of it
    {0x3800, 0x0100, 0x0000, MS_ABSENT},
    {0x3900, 0x0100, 0x9000, MS_PRESENT},                       // page 2, another part
    {0x3f00, 0x0200, 0xa000, MS_PRESENT},                       // page 2 again, and page 3
    {UINT64_C(0xfffffffffffff000), 0x1000, 0xb000, MS_PRESENT}, // page 4
};

static struct ms_present build(void)
{
    const struct ms_memory memory = {.runs = {runs, sizeof(runs) / sizeof(runs[0]), 0}};
    struct ms_present present = {0};

    cr_assert(ms_present_build(&present, &memory));
    return present;
}

Test(present, joins_what_touches)
{
    struct ms_present present = build();

    cr_assert(eq(sz, present.stretches.n, 4));
    cr_assert(eq(u64, present.stretches.items[0].last, 0x37ff));
    cr_assert(eq(u64, present.bytes, 0x3b00));
    cr_assert(eq(u64, present.n_pages, 5));
    ms_present_release(&present);
}

Test(present, numbers_each_page_once)
{
    static const struct {
        uint64_t address, number;
    } pages[] = {{0x1000, 0}, {0x2fff, 1}, {0x3000, 2}, {0x37ff, 2},
                 {0x3900, 2}, {0x3fff, 2}, {0x4000, 3}, {UINT64_MAX, 4}};
    struct ms_present present = build();

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        cr_assert(eq(u64, ms_present_number(&present, pages[i].address), pages[i].number), "%zu",
                  i);
        cr_assert(
            eq(u64, ms_present_address(&present, pages[i].number), pages[i].address & ~0xfffull),
            "%zu", i);
    }
    ms_present_release(&present);
}

Test(present, counts_bytes)
{
    static const struct {
        uint64_t first, last, bytes;
    } ranges[] = {{0, UINT64_MAX, 0x3b00},    {0, 0xfff, 0},       {0x1000, 0x1000, 1},
                  {0x37ff, 0x3900, 2},        {0x3800, 0x38ff, 0}, {0x4100, UINT64_MAX, 0x1000},
                  {UINT64_MAX, UINT64_MAX, 1}};
    struct ms_present present = build();

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        cr_assert(
            eq(u64, ms_present_bytes(&present, ranges[i].first, ranges[i].last), ranges[i].bytes),
            "range %zu", i);
    ms_present_release(&present);
}

// Whatever the hint.
Test(present, finds_the_stretch_at_or_above_an_address)
{
    static const struct {
        uint64_t address;
        size_t index;
    } cases[] = {{0, 0},      {0x37ff, 0}, {0x3800, 1},    {0x39ff, 1},
                 {0x3a00, 2}, {0x4100, 3}, {UINT64_MAX, 3}};
    struct ms_present present = build(), nothing = {0};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t hint = 0; hint < 6; hint++)
            cr_assert(eq(sz, ms_present_find(&present, cases[i].address, hint), cases[i].index));
    }
    cr_assert(eq(sz, ms_present_find(&nothing, 5, 0), 0));
    cr_assert(eq(u64, ms_present_bytes(&nothing, 0, 5), 0));
    ms_present_release(&present);
}
