// SPDX-License-Identifier: MIT
//
// LiME v1: a hand-written file of two ranges with a gap between them, and what can go wrong in it.

#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(lime);

static const struct piece_of_file golden_pieces[] = {
    {0x00, "45 4D 69 4C"},             // magic
    {0x04, "01 00 00 00"},             // version
    {0x08, "00 10 00 00 00 00 00 00"}, // first address 1000
    {0x10, "0F 10 00 00 00 00 00 00"}, // last address 100F, inclusive: 16 bytes
    {0x18, "00 00 00 00 00 00 00 00"}, // reserved
    {0x20, "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F"},
    {0x30, "45 4D 69 4C 01 00 00 00"}, // the second range's header
    {0x38, "00 00 00 00 01 00 00 00"}, // first address 100000000
    {0x40, "17 00 00 00 01 00 00 00"}, // last address 100000017: 24 bytes
    {0x48, "00 00 00 00 00 00 00 00"},
    {0x50, "F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 FA FB FC FD FE FF 10 11 12 13 14 15 16 17"},
    {0, NULL},
};

static struct file_bytes make_golden(void)
{
    struct file_bytes file = filled(0x68, "\0\0\0\0");

    put_pieces(&file, golden_pieces);
    return file;
}

#define RUN_1 "1000+10@20/10"
#define RUN_2 "100000000+18@50/18"
#define BOTH  RUN_1 " " RUN_2

// The limits of `length` in each range stand where the layout is told, not where the file ends.
static const struct damage damages[] = {
    {"sound", 0, NULL, 0, MS_OK, "", BOTH},
    {"version 2", 4, "02", 0, MS_UNSUPPORTED, "version 2", NULL},
    {"reserved bytes set", 0x18, "01", 0, MS_OK, "", BOTH},
    {"one byte", 0x10, "00 10", 0, MS_OK, "no range header at offset 0x21", "1000+1@20/1"},
    {"last below first", 0x10, "FF 0F", 0, MS_MALFORMED, "from 0x1000 to 0xfff", NULL},
    {"all of the address space", 8, "00 00 00 00 00 00 00 00 FF FF FF FF FF FF FF FF", 0,
     MS_MALFORMED, "from 0x0 to 0xffffffffffffffff", NULL},
    {"up to the top", 8, "F0 FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF", 0, MS_OK, "",
     "fffffffffffffff0+10@20/10 " RUN_2},
    {"length past the file", 0x10, "FF FF FF FF FF FF FF 7F", 0, MS_OK, "",
     "1000+7ffffffffffff000@20/7ffffffffffff000"},
    {"length wraps the offset", 0x10, "FF FF FF FF FF FF FF FF", 0, MS_OK, "",
     "1000+fffffffffffff000@20/fffffffffffff000"},
    {"length wraps the offset to the first header", 8,
     "00 00 00 00 00 00 00 00 DF FF FF FF FF FF FF FF", 0, MS_OK, "",
     "0+ffffffffffffffe0@20/ffffffffffffffe0"},
    {"second magic", 0x30, "00", 0, MS_OK,
     "no range header at offset 0x30: the last 56 bytes of the file are left out", RUN_1},
    {"second is compressed", 0x30, "41 56 4D 4C 02", 0, MS_OK, "no range header", RUN_1},
    {"second version", 0x34, "03", 0, MS_OK, "is of version 3, not 1", RUN_1},
    {"second last below first", 0x44, "00", 0, MS_OK, "from 0x100000000 to 0x17", RUN_1},
    {"cut in the second header", 0, NULL, 0x4f, MS_OK, "a range header at offset 0x30", RUN_1},
    {"cut behind the second header", 0, NULL, 0x50, MS_OK, "", BOTH},
    {"cut in the second range", 0, NULL, 0x60, MS_OK, "", BOTH},
    {"cut behind the first range", 0, NULL, 0x30, MS_OK, "", RUN_1},
    {"cut in the first header", 0, NULL, 0x1f, MS_MALFORMED, "a range header", NULL},
};

Test(lime, reads_the_golden_and_survives_damage)
{
    struct file_bytes golden = make_golden();

    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct reading reading = read_damaged(&golden, &damages[i], NULL);
        const char *what = wrong(&reading, &damages[i]);

        cr_expect(what == NULL, "%s", what);
        cr_expect(eq(str, (char *)reading.ops->name, "lime"), "%s", damages[i].name);
        ms_layout_release(&reading.layout);
    }
    free(golden.bytes);
}

Test(lime, survives_any_prefix)
{
    struct file_bytes golden = make_golden();

    read_prefixes(&golden, golden.n, "lime");
    free(golden.bytes);
}

Test(lime, fails_where_it_is_forced_on_something_else)
{
    struct reading reading =
        read_bytes((const uint8_t *)"no LiME image, but long enough for one.", 39, "lime");

    cr_assert(eq(int, reading.status, MS_MALFORMED));
    cr_assert(eq(str, reading.error.text, "no range header at offset 0x0"));
    ms_layout_release(&reading.layout);
}

// One-byte ranges are the most runs that a file can describe.
Test(lime, stops_at_the_limit_of_runs)
{
    struct file_bytes file = filled(33 * 120000, "\0\0\0\0");
    struct reading reading;

    for (size_t i = 0; i < 120000; i++) {
        put_hex(&file, 33 * i, "45 4D 69 4C 01");
        put_number(&file, 33 * i + 8, 2 * i, 8);
        put_number(&file, 33 * i + 16, 2 * i, 8);
    }
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK));
    cr_assert(eq(sz, reading.layout.runs.n, 100000));
    cr_assert(warned(&reading.layout, "range 100000 and all behind it are left out"));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}
