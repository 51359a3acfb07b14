// SPDX-License-Identifier: MIT
//
// Raw images: all of the file from address 0 on.

#include "format/formats.h"
#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(raw);

struct size_case {
    const char *name;
    size_t n;
    const char *runs;
    bool warns;
};

static const struct size_case size_cases[] = {
    {"one byte", 1, "0+1@0/1", true},
    {"page less one", 4095, "0+fff@0/fff", true},
    {"page", 4096, "0+1000@0/1000", false},
    {"page and one", 4097, "0+1001@0/1001", true},
    {"three pages", 12288, "0+3000@0/3000", false},
};

Test(raw, takes_any_size_and_says_when_it_is_odd)
{
    for (size_t i = 0; i < sizeof(size_cases) / sizeof(size_cases[0]); i++) {
        const struct size_case *c = &size_cases[i];
        struct file_bytes file = filled(c->n, "abcd");
        struct reading reading = read_bytes(file.bytes, file.n, NULL);

        cr_assert(eq(int, reading.status, MS_OK), "%s", c->name);
        cr_assert(eq(str, (char *)reading.ops->name, "raw"), "%s", c->name);
        cr_assert(eq(str, (char *)runs_text(&reading.layout), (char *)c->runs), "%s", c->name);
        cr_assert(eq(sz, reading.layout.warnings.n, c->warns), "%s", c->name);
        cr_assert(eq(ptr, (void *)reading.layout.machine, NULL), "%s", c->name);
        ms_layout_release(&reading.layout);
        free(file.bytes);
    }
}

// A hole takes nothing out of the file: what lies behind it in memory follows in the file.
Test(raw, leaves_out_a_hole)
{
    static const struct {
        struct ms_range hole;
        const char *runs;
    } cases[] = {
        {{.first = 0x1000, .last = 0x8fff}, "0+1000@0/1000 9000+2000@1000/2000"},
        {{.first = 0x3000, .last = 0x8fff}, "0+3000@0/3000"},
        {{.first = 0, .last = 0xffff}, "10000+3000@0/3000"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file_bytes file = filled(0x3000, "abcd");
        struct ms_source *source = source_of(file.bytes, file.n);
        struct ms_layout layout = {.hole = &cases[i].hole};

        cr_assert(eq(int, ms_format_raw.read(source, NULL, &layout, NULL), MS_OK));
        cr_expect(eq(str, (char *)runs_text(&layout), (char *)cases[i].runs), "case %zu", i);
        ms_layout_release(&layout);
        ms_source_close(source);
        free(file.bytes);
    }
}

Test(raw, refuses_an_empty_file)
{
    struct reading reading = read_bytes((const uint8_t *)"", 0, NULL);

    cr_assert(eq(int, reading.status, MS_MALFORMED));
    cr_assert(eq(str, reading.error.text, "the file is empty"));
    ms_layout_release(&reading.layout);
}
