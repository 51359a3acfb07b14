// SPDX-License-Identifier: MIT
//
// What readers fill: runs are checked, warnings are counted, texts are made printable.

#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(layout);

Test(layout, keeps_eight_warnings_of_a_kind_and_counts_the_rest)
{
    struct ms_layout layout = {0};

    for (unsigned i = 0; i < 20; i++) {
        cr_assert(eq(int, ms_layout_warn(&layout, NULL, "apples", "apple %u", i), MS_OK));
        if (i < 9)
            cr_assert(eq(int, ms_layout_warn(&layout, NULL, "pears", "pear %u", i), MS_OK));
    }
    cr_assert(eq(int, ms_layout_warn(&layout, NULL, "figs", "fig"), MS_OK));
    cr_assert(eq(int, ms_layout_finish(&layout, NULL), MS_OK));
    cr_assert(eq(sz, layout.warnings.n, 8 + 8 + 1 + 2));
    cr_assert(eq(str, layout.warnings.items[0], "apple 0"));
    cr_assert(eq(str, layout.warnings.items[1], "pear 0"));
    cr_assert(eq(str, layout.warnings.items[17], "12 more warnings about apples"));
    cr_assert(eq(str, layout.warnings.items[18], "1 more warnings about pears"));
    ms_layout_release(&layout);
}

Test(layout, makes_facts_and_warnings_printable)
{
    struct ms_layout layout = {0};

    cr_assert(
        eq(int, ms_layout_add_fact(&layout, NULL, "comment", "a%cb\n%s", 0x1b, "\xff~ "), MS_OK));
    cr_assert(eq(int, ms_layout_warn(&layout, NULL, "kind", "\t%s", "\x7f"), MS_OK));
    cr_assert(eq(str, layout.facts.items[0].text, "a.b..~ "));
    cr_assert(eq(str, layout.warnings.items[0], ".."));
    ms_layout_release(&layout);
    cr_assert(eq(sz, layout.facts.n, 0));
}

struct run_case {
    const char *name;
    struct ms_format_run run;
    const char *runs;    // afterwards
    const char *warning; // "": none
};

static const struct run_case run_cases[] = {
    {"sound", {0x1000, 0x2000, 0x40, 0x2000}, "1000+2000@40/2000", ""},
    {"no bytes stored", {0x1000, 0x2000, 0x40, 0}, "1000+2000@40/0", ""},
    {"more stored than described", {0x1000, 0x20, 0, 0x30}, "1000+20@0/20", ""},
    {"empty", {0x1000, 0, 0x40, 0}, "", "thing 7 is empty"},
    {"empty with bytes", {0x1000, 0, 0x40, 5}, "", "thing 7 is empty"},
    {"up to the top", {UINT64_MAX - 0xf, 0x10, 0, 0x10}, "fffffffffffffff0+10@0/10", ""},
    {"past the top", {UINT64_MAX - 0xf, 0x11, 0, 0x11}, "", "thing 7: 0x11 bytes from"},
    {"all but one byte", {0, UINT64_MAX, 0, 0}, "0+ffffffffffffffff@0/0", ""},
    {"far past the top", {1, UINT64_MAX, 0, 0}, "1+ffffffffffffffff@0/0", ""},
    {"wraps", {2, UINT64_MAX, 0, 0}, "", "pass the top of the address space"},
};

Test(layout, leaves_out_runs_that_are_empty_or_wrap)
{
    for (size_t i = 0; i < sizeof(run_cases) / sizeof(run_cases[0]); i++) {
        const struct run_case *c = &run_cases[i];
        struct ms_layout layout = {0};

        cr_assert(eq(int, ms_layout_add_run(&layout, c->run, "thing", 7, NULL), MS_OK));
        cr_assert(eq(str, (char *)runs_text(&layout), (char *)c->runs), "%s", c->name);
        cr_assert(eq(sz, layout.warnings.n, c->warning[0] != '\0'), "%s", c->name);
        cr_assert(c->warning[0] == '\0' || warned(&layout, c->warning), "%s: %s", c->name,
                  layout.warnings.items[0]);
        ms_layout_release(&layout);
    }
}

Test(layout, is_full_at_its_limit_and_says_so_once)
{
    struct ms_layout layout = {.max_runs = 3};

    for (uint64_t i = 0; i < 10; i++)
        ms_layout_add_run(&layout, (struct ms_format_run){i * 16, 1, 0, 0}, "thing", i, NULL);
    cr_assert(layout.full);
    cr_assert(eq(sz, layout.runs.n, 3));
    cr_assert(eq(sz, layout.warnings.n, 1));
    cr_assert(warned(&layout, "thing 3 and all behind it are left out"));
    ms_layout_release(&layout);
}
