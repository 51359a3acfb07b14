// SPDX-License-Identifier: MIT
//
// What tables map, in each mode: entries by hand, mappings as text.

#include "small_machine.h"
#include "space/space.h"

TestSuite(walk_tables);

#define KERNEL UINT64_C(0xfffff80000000000) // entry 1f0 of the topmost table

// x64: root at 1000, and below it one table each at 2000, 3000, 4000, for `index` of the root.
static struct small_machine x64_machine(size_t size, unsigned index)
{
    struct small_machine machine = machine_of(size);

    put64(&machine, 0x1000, index, 0x2067);
    put64(&machine, 0x2000, 0, 0x3067);
    put64(&machine, 0x3000, 0, 0x4067);
    return machine;
}

static void expect_mappings(const struct small_machine *machine, const char *paging,
                            const char *space, const char *expected)
{
    struct ms_image *image = open_machine(machine);
    struct ms_spaces *spaces = spaces_of(image, 0x1000, paging, space);

    cr_expect(eq(str, mappings_of(spaces, 0), (char *)expected));
    ms_spaces_free(spaces);
    ms_image_close(image);
}

// == Modes ==

Test(walk_tables, x64)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);

    put64(&machine, 0x4000, 0, 0x8063); // two in a row
    put64(&machine, 0x4000, 1, 0x9063);
    put64(&machine, 0x4000, 2, 0xb063);                              // not behind the last
    put64(&machine, 0x4000, 4, 0xc001);                              // read-only
    put64(&machine, 0x4000, 5, UINT64_C(0x800000000000d063));        // not to be executed
    put64(&machine, 0x4000, 511, 0xe067);                            // for programs
    put64(&machine, 0x3000, 1, 0x63 | 0x80 | 0x200000);              // 2 MiB, not in the image
    put64(&machine, 0x2000, 1, 0x63 | 0x80 | UINT64_C(0x140000000)); // 1 GiB
    expect_mappings(&machine, "x64", "kernel",
                    "fffff80000000000-fffff80000001fff wx- present 8000\n"
                    "fffff80000002000-fffff80000002fff wx- present b000\n"
                    "fffff80000004000-fffff80000004fff -x- present c000\n"
                    "fffff80000005000-fffff80000005fff w-- present d000\n"
                    "fffff800001ff000-fffff800001fffff wxu present e000\n"
                    "fffff80000200000-fffff800003fffff wx- absent 200000\n"
                    "fffff80040000000-fffff8007fffffff wx- absent 140000000");
    free(machine.bytes);
}

Test(walk_tables, x64_with_five_levels)
{
    struct small_machine machine = machine_of(0x10000);

    put64(&machine, 0x1000, 0x1ff, 0x6067);
    put64(&machine, 0x6000, 0x1f0, 0x2067);
    put64(&machine, 0x2000, 0, 0x3067);
    put64(&machine, 0x3000, 0, 0x4067);
    put64(&machine, 0x4000, 3, 0x8063);
    put64(&machine, 0x1000, 0x100, 0x6067);
    put64(&machine, 0x1000, 0x0ff, 0x6067);
    expect_mappings(&machine, "x64-5", "root:1000",
                    "fff80000003000-fff80000003fff wx- present 8000\n"
                    "ff00f80000003000-ff00f80000003fff wx- present 8000\n"
                    "fffff80000003000-fffff80000003fff wx- present 8000");
    expect_mappings(&machine, "x64-5", "kernel",
                    "ff00f80000003000-ff00f80000003fff wx- present 8000\n"
                    "fffff80000003000-fffff80000003fff wx- present 8000");
    free(machine.bytes);
}

Test(walk_tables, pae)
{
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces;

    // The topmost four entries lie anywhere, at a multiple of 32 bytes.
    put64(&machine, 0x1000 + 0x60, 2, 0x3001);
    put64(&machine, 0x1000 + 0x60, 3, 0x5001);
    put64(&machine, 0x3000, 0, 0x4063);
    put64(&machine, 0x4000, 0, 0x8063);
    put64(&machine, 0x4000, 1, UINT64_C(0x8000000000009063));
    put64(&machine, 0x5000, 511, 0x4063);
    put64(&machine, 0x4000, 511, 0xa063);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1060 | 0x18, "pae", "kernel");
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"80000000-80000fff wx- present 8000\n"
                         "80001000-80001fff w-- present 9000\n"
                         "801ff000-801fffff wx- present a000\n"
                         "ffe00000-ffe00fff wx- present 8000\n"
                         "ffe01000-ffe01fff w-- present 9000\n"
                         "fffff000-ffffffff wx- present a000"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(walk_tables, x86)
{
    struct small_machine machine = machine_of(0x10000);

    put32(&machine, 0x1000, 0x200, 0x4063);
    put32(&machine, 0x1000, 0x3ff, 0x4063);
    put32(&machine, 0x1000, 0x001, 0x4067);
    put32(&machine, 0x1000, 0x300, 0x004000e3); // 4 MiB
    put32(&machine, 0x4000, 0, 0x8067);
    put32(&machine, 0x4000, 1023, 0x9065);
    expect_mappings(&machine, "x86", "root:1000",
                    "400000-400fff wxu present 8000\n"
                    "7ff000-7fffff -xu present 9000\n"
                    "80000000-80000fff wx- present 8000\n"
                    "803ff000-803fffff -x- present 9000\n"
                    "c0000000-c03fffff wx- absent 400000\n"
                    "ffc00000-ffc00fff wx- present 8000\n"
                    "fffff000-ffffffff -x- present 9000");
    free(machine.bytes);
}

// Above, what an entry forbids is forbidden below.
Test(walk_tables, combines_flags)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);

    put64(&machine, 0x4000, 0, 0x8067);
    put64(&machine, 0x3000, 1, 0x4065);                       // read-only
    put64(&machine, 0x2000, 1, UINT64_C(0x8000000000003067)); // not to be executed
    put64(&machine, 0x1000, 0x1f1, 0x2063);                   // not for programs
    expect_mappings(&machine, "x64", "kernel",
                    "fffff80000000000-fffff80000000fff wxu present 8000\n"
                    "fffff80000200000-fffff80000200fff -xu present 8000\n"
                    "fffff80040000000-fffff80040000fff w-u present 8000\n"
                    "fffff80040200000-fffff80040200fff --u present 8000\n"
                    "fffff88000000000-fffff88000000fff wx- present 8000\n"
                    "fffff88000200000-fffff88000200fff -x- present 8000\n"
                    "fffff88040000000-fffff88040000fff w-- present 8000\n"
                    "fffff88040200000-fffff88040200fff --- present 8000");
    free(machine.bytes);
}

// == Joining and cutting ==

Test(walk_tables, joins_across_tables)
{
    struct small_machine machine = x64_machine(0x402000, 0x1f0);

    put64(&machine, 0x4000, 511, 0x1ff063);
    put64(&machine, 0x3000, 1, 0x2000e3);
    put64(&machine, 0x3000, 2, 0x5063);
    put64(&machine, 0x5000, 0, 0x400063);
    put64(&machine, 0x5000, 1, 0x401063);
    expect_mappings(&machine, "x64", "kernel",
                    "fffff800001ff000-fffff80000401fff wx- present 1ff000");
    free(machine.bytes);
}

// The last page of the lower half and the first of the upper one are no neighbours.
Test(walk_tables, does_not_join_the_halves)
{
    struct small_machine machine = x64_machine(0x10000, 0xff);

    put64(&machine, 0x1000, 0x100, 0x5067);
    put64(&machine, 0x2000, 511, 0x3067);
    put64(&machine, 0x3000, 511, 0x4067);
    put64(&machine, 0x4000, 511, 0x8067);
    put64(&machine, 0x5000, 0, 0x6067);
    put64(&machine, 0x6000, 0, 0x7067);
    put64(&machine, 0x7000, 0, 0x9067);
    put64(&machine, 0x2000, 0, 0);
    put64(&machine, 0x3000, 0, 0);
    expect_mappings(&machine, "x64", "root:1000",
                    "7ffffffff000-7fffffffffff wxu present 8000\n"
                    "ffff800000000000-ffff800000000fff wxu present 9000");
    free(machine.bytes);
}

Test(walk_tables, does_not_join_missing_tables_of_the_halves)
{
    struct small_machine machine = machine_of(0x2000);

    put64(&machine, 0x1000, 0xff, 0x9067);
    put64(&machine, 0x1000, 0x100, 0x9067);
    expect_mappings(&machine, "x64", "root:1000",
                    "7f8000000000-7fffffffffff wxu unreadable\n"
                    "ffff800000000000-ffff807fffffffff wxu unreadable");
    free(machine.bytes);
}

// What lies behind the last frame that an entry can name is not the first one.
Test(walk_tables, does_not_join_the_last_frame_and_the_first)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);

    put64(&machine, 0x4000, 0, UINT64_C(0x000fffffffffe063));
    put64(&machine, 0x4000, 1, UINT64_C(0x000ffffffffff063));
    put64(&machine, 0x4000, 2, 0x63);
    expect_mappings(&machine, "x64", "kernel",
                    "fffff80000000000-fffff80000001fff wx- absent fffffffffe000\n"
                    "fffff80000002000-fffff80000002fff wx- present 0");
    free(machine.bytes);
}

Test(walk_tables, reaches_the_top_of_the_address_space)
{
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_mapping_info mapping;

    put64(&machine, 0x1000, 511, 0x2067);
    put64(&machine, 0x2000, 511, 0x3067);
    put64(&machine, 0x3000, 511, 0x4067);
    put64(&machine, 0x4000, 511, 0x8067);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffffffffffff000-ffffffffffffffff wxu present 8000"));
    cr_assert(ms_spaces_translate(spaces, 0, UINT64_MAX, &mapping));
    cr_assert(eq(u64, mapping.first, UINT64_C(0xfffffffffffff000)));
    cr_assert(eq(u64, mapping.last, UINT64_MAX));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// A raw file may end within a page, and a large page may lie in the file in part.
Test(walk_tables, cuts_where_the_image_ends)
{
    struct small_machine machine = x64_machine(0x8123, 0x1f0);

    put64(&machine, 0x4000, 0, 0x7063);
    put64(&machine, 0x4000, 1, 0x8063);
    put64(&machine, 0x4000, 2, 0x9063);
    put64(&machine, 0x3000, 1, 0xe3);
    expect_mappings(&machine, "x64", "kernel",
                    "fffff80000000000-fffff80000001122 wx- present 7000\n"
                    "fffff80000001123-fffff80000002fff wx- absent 8123\n"
                    "fffff80000200000-fffff80000208122 wx- present 0\n"
                    "fffff80000208123-fffff800003fffff wx- absent 8123");
    free(machine.bytes);
}

// A LiME image of the machine's pages [0, 8), and of `length` bytes from 8 * 4096 + `gap` on.
static struct ms_image *open_with_gap(const struct small_machine *machine, uint64_t gap,
                                      size_t length)
{
    struct small_machine file = machine_of(0x8000 + 64 + length);
    struct ms_image *image;
    uint64_t second = 0x8000 + gap;

    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = i ? 0x8000 + 32 : 0;

        put_text(&file, at, "EMiL");
        put_number(&file, at + 4, 1, 4);
        put_number(&file, at + 8, i ? second : 0, 8);
        put_number(&file, at + 16, i ? second + length - 1 : 0x7fff, 8);
    }
    memcpy(file.bytes + 32, machine->bytes, 0x8000);
    memcpy(file.bytes + 0x8000 + 64, machine->bytes + second, length);
    image = open_bytes(file.bytes, file.size, NULL);
    free(file.bytes);
    return image;
}

Test(walk_tables, cuts_at_runs_byte_for_byte)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x4000, 0, 0x8063);
    put64(&machine, 0x4000, 1, 0x9063);
    put64(&machine, 0x4000, 2, 0x7063);
    put64(&machine, 0x4000, 3, 0x8063);
    image = open_with_gap(&machine, 0x10, 0x1020);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffff80000000000-fffff8000000000f wx- absent 8000\n"
                         "fffff80000000010-fffff8000000102f wx- present 8010\n"
                         "fffff80000001030-fffff80000001fff wx- absent 9030\n"
                         "fffff80000002000-fffff80000002fff wx- present 7000\n"
                         "fffff80000003000-fffff8000000300f wx- absent 8000\n"
                         "fffff80000003010-fffff80000003fff wx- present 8010"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Runs that touch in memory, but not in the file, are one.
Test(walk_tables, joins_runs_that_touch)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x4000, 0, 0x7063);
    put64(&machine, 0x4000, 1, 0x8063);
    image = open_with_gap(&machine, 0, 0x1000);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_assert(eq(sz, ms_image_n_runs(image), 2));
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffff80000000000-fffff80000001fff wx- present 7000"));
    cr_assert(ms_spaces_add(spaces, "physical", NULL) == MS_OK);
    cr_expect(eq(str, mappings_of(spaces, 0), (char *)"0-8fff --- present 0"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// == Ranges ==

Test(walk_tables, clips_to_a_range)
{
    static const struct {
        uint64_t first, last;
        const char *expected;
    } ranges[] = {
        {KERNEL, KERNEL, "fffff80000000000-fffff80000000000 wx- present 8000"},
        {KERNEL + 0x1001, KERNEL + 0x11fe, "fffff80000001001-fffff800000011fe wx- present 9001"},
        {KERNEL + 0x1fff, KERNEL + 0x2000,
         "fffff80000001fff-fffff80000001fff wx- present 9fff\n"
         "fffff80000002000-fffff80000002000 wx- present c000"},
        {KERNEL + 0x3000, KERNEL + 0x1fffff, ""},
        {KERNEL + 0x200123, KERNEL + 0x200124,
         "fffff80000200123-fffff80000200124 wx- absent 200123"},
        {0, KERNEL + 0xfff, "fffff80000000000-fffff80000000fff wx- present 8000"},
        {KERNEL + 0x40000000, UINT64_MAX, ""},
        {0, 0, ""},
        {UINT64_C(0x800000000000), UINT64_C(0x900000000000), ""},
    };
    struct small_machine machine = x64_machine(0x10000, 0x1f0);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x4000, 0, 0x8063);
    put64(&machine, 0x4000, 1, 0x9063);
    put64(&machine, 0x4000, 2, 0xc063);
    put64(&machine, 0x3000, 1, 0x2000e3);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "root:1000");
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        cr_expect(eq(str, mappings_in(spaces, 0, ranges[i].first, ranges[i].last),
                     (char *)ranges[i].expected),
                  "range %zu", i);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(walk_tables, looks_one_address_up)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_mapping_info mapping;

    put64(&machine, 0x4000, 0, 0x8063);
    put64(&machine, 0x4000, 1, 0x9063);
    put64(&machine, 0x3000, 1, 0x2000e3);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_assert(ms_spaces_translate(spaces, 0, KERNEL + 0x1234, &mapping));
    cr_assert(eq(u64, mapping.first, KERNEL + 0x1000)); // cut to a page
    cr_assert(eq(u64, mapping.last, KERNEL + 0x1fff));
    cr_assert(eq(u64, mapping.physical, 0x9000));
    cr_assert(ms_spaces_translate(spaces, 0, KERNEL + 0x3ffabc, &mapping));
    cr_assert(eq(u64, mapping.first, KERNEL + 0x3ff000));
    cr_assert(eq(int, (int)mapping.state, MS_MAPPED_ABSENT));
    cr_assert(eq(u64, mapping.physical, 0x3ff000));
    cr_assert(not(ms_spaces_translate(spaces, 0, KERNEL + 0x2000, &mapping)));
    cr_assert(not(ms_spaces_translate(spaces, 0, KERNEL & 0xffffffffffff, &mapping)));
    cr_assert(not(ms_spaces_translate(spaces, 0, 0x1000, &mapping)));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(walk_tables, reads_across_scattered_pages_and_holes)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);
    uint8_t bytes[0x2010];
    bool present[0x2010];
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x4000, 0, 0x9063);
    put64(&machine, 0x4000, 1, 0x8063);
    memset(machine.bytes + 0x8000, 'b', 0x1000);
    memset(machine.bytes + 0x9000, 'a', 0x1000);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    memset(bytes, 'x', sizeof(bytes));
    memset(present, true, sizeof(present));
    cr_assert(eq(sz, ms_spaces_read(spaces, 0, KERNEL - 8, bytes, present, sizeof(bytes)), 0x2000));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bool there = i >= 8 && i < 0x2008;

        cr_assert(eq(int, present[i], there), "byte %zu", i);
        cr_assert(eq(chr, (char)bytes[i], !there ? 0 : i < 0x1008 ? 'a' : 'b'), "byte %zu", i);
    }
    cr_assert(eq(sz, ms_spaces_read(spaces, 0, UINT64_MAX, bytes, present, 2), 0));
    cr_assert(eq(sz, ms_spaces_read(spaces, 0, KERNEL, bytes, present, 0), 0));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// == Tables that are not there ==

Test(walk_tables, says_what_it_cannot_read)
{
    struct small_machine machine = x64_machine(0x5ff8, 0x1f0);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x4000, 0, 0x1063);
    put64(&machine, 0x3000, 1, 0x20063); // a table that is not there
    put64(&machine, 0x3000, 2, 0x5063);  // one that lacks its last entry
    put64(&machine, 0x5000, 1, 0x2063);
    put64(&machine, 0x1000, 0x1f1, UINT64_C(0x8000000000030061));
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffff80000000000-fffff80000000fff wx- present 1000\n"
                         "fffff80000200000-fffff800003fffff wx- unreadable\n"
                         "fffff80000401000-fffff80000401fff wx- present 2000\n"
                         "fffff800005ff000-fffff800005fffff wx- unreadable\n"
                         "fffff88000000000-fffff8ffffffffff --- unreadable"));
    cr_expect(space_warned(spaces, "the table at 0x20000 is not in the image: "
                                   "0xfffff80000200000 to 0xfffff800003fffff cannot be read"));
    cr_expect(space_warned(spaces, "the table at 0x5000 is only partly in the image"));
    cr_expect(eq(sz, ms_spaces_n_warnings(spaces), 3));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(walk_tables, reads_nothing_of_a_root_that_is_not_there)
{
    struct small_machine machine = machine_of(0x1000);

    expect_mappings(&machine, "x64", "root:100000",
                    "0-7fffffffffff wxu unreadable\n"
                    "ffff800000000000-ffffffffffffffff wxu unreadable");
    expect_mappings(&machine, "x86", "root:100000", "0-ffffffff wxu unreadable");
    free(machine.bytes);
}

// == Windows ==

static void put_software_entries(struct small_machine *machine)
{
    put64(machine, 0x4000, 0, 0x8880);                       // transition, read and write
    put64(machine, 0x4000, 1, 0x80);                         // demand-zero
    put64(machine, 0x4000, 2, UINT64_C(0x0000123400000080)); // in a page file
    put64(machine, 0x4000, 3, UINT64_C(0xf800000050000400)); // prototype at KERNEL + 5000
    put64(machine, 0x4000, 4, UINT64_C(0xf800000050080400)); // ... + 5008
    put64(machine, 0x4000, 5, 0xa063);                       // a page of prototypes
    put64(machine, 0x4000, 6, UINT64_C(0xf800000060000400)); // prototype where nothing is
    put64(machine, 0x4000, 8, UINT64_C(0xf800000050100400)); // prototype of a prototype
    put64(machine, 0xa000, 0, UINT64_C(0x800000000000b021)); // valid
    put64(machine, 0xa000, 1, 0xc8c0);                       // transition, all
    put64(machine, 0xa000, 2, UINT64_C(0xf800000050000400));
    put64(machine, 0x3000, 1, 0x5880);                       // a table in transition
    put64(machine, 0x3000, 2, UINT64_C(0x0000123400000080)); // a table in a page file
    put64(machine, 0x5000, 0, 0xd063);
}

Test(walk_tables, follows_software_entries_of_windows)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);

    put_software_entries(&machine);
    put64(&machine, 0x1000, 0x1ef, 0x6063); // KUSER_SHARED_DATA makes it Windows
    put64(&machine, 0x6000, 0, 0x7063);
    put64(&machine, 0x7000, 0, 0xf063);
    put64(&machine, 0xf000, 0, 0xe001);
    put_shared_data(&machine, 0xe000);
    expect_mappings(&machine, "x64", "kernel",
                    "fffff78000000000-fffff78000000fff -x- present e000\n"
                    "fffff80000000000-fffff80000000fff w-u present 8000\n"
                    "fffff80000001000-fffff80000002fff w-u paged-out\n"
                    "fffff80000003000-fffff80000003fff --u present b000\n"
                    "fffff80000004000-fffff80000004fff wxu present c000\n"
                    "fffff80000005000-fffff80000005fff wx- present a000\n"
                    "fffff80000006000-fffff80000006fff wxu paged-out\n"
                    "fffff80000008000-fffff80000008fff wxu paged-out\n"
                    "fffff80000200000-fffff80000200fff wx- present d000\n"
                    "fffff80000400000-fffff800005fffff wxu unreadable");
    free(machine.bytes);
}

// The same entries in a machine that nothing shows to be Windows map nothing.
Test(walk_tables, does_not_follow_them_elsewhere)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);

    put_software_entries(&machine);
    expect_mappings(&machine, "x64", "kernel",
                    "fffff80000005000-fffff80000005fff wx- present a000");
    free(machine.bytes);
}

// == Cursors ==

// Two cursors at once, and each used up.
Test(walk_tables, cursors_do_not_disturb_each_other)
{
    struct small_machine machine = x64_machine(0x10000, 0x1f0);
    const struct ms_range all = {.first = 0, .last = UINT64_MAX};
    struct ms_mapping_cursor a, b;
    struct ms_mapping_info of_a, of_b;
    struct ms_image *image;
    struct ms_spaces *spaces;

    for (unsigned i = 0; i < 512; i++)
        put64(&machine, 0x4000, i, 0x1063 + 0x1000 * (uint64_t)(i * 7 % 13));
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    ms_mapping_cursor_start(&a, spaces, 0, &all);
    for (unsigned i = 0; i < 512; i++) {
        cr_assert(ms_mapping_cursor_next(&a, &of_a));
        ms_mapping_cursor_start(&b, spaces, 0, &all);
        for (unsigned k = 0; k <= i; k++)
            cr_assert(ms_mapping_cursor_next(&b, &of_b));
        cr_assert(eq(u64, of_a.first, KERNEL + 0x1000 * (uint64_t)i));
        cr_assert(eq(u64, of_a.first, of_b.first));
        cr_assert(eq(u64, of_a.physical, of_b.physical));
        cr_assert(eq(u64, of_a.physical, 0x1000 + 0x1000 * (uint64_t)(i * 7 % 13)));
    }
    cr_assert(not(ms_mapping_cursor_next(&a, &of_a)));
    cr_assert(not(ms_mapping_cursor_next(&a, &of_a)));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}
