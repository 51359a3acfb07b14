// SPDX-License-Identifier: MIT
//
// Tables as somebody makes them who wants a program to loop, to fill memory, or to count forever.
// Time limits are generous for what is bounded, and far below what is not.

#include "small_machine.h"
#include "space/spaces.h"

TestSuite(hostile_tables, .timeout = 60);

#define K UINT64_C(1024)

static uint64_t all_bytes(struct space_bytes sum)
{
    return sum.bytes[0] + sum.bytes[1] + sum.bytes[2] + sum.bytes[3];
}

// Fills a table with one entry.
static void fill_table(struct small_machine *machine, uint64_t table, uint64_t entry)
{
    for (unsigned i = 0; i < 512; i++)
        put64(machine, table, i, entry);
}

// == Self-references ==

// As Windows has it: the topmost table is a table of each level in turn, and a page at last.
Test(hostile_tables, one_self_reference_maps_the_tables)
{
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces;

    put64(&machine, 0x1000, 0x1ed, 0x1063);
    put64(&machine, 0x1000, 0x1f0, 0x2063);
    put64(&machine, 0x2000, 0, 0x3063);
    put64(&machine, 0x3000, 0, 0x4063);
    put64(&machine, 0x4000, 0, 0x8063);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_expect(eq(str, mappings_of(spaces, 0),
                 (char *)"fffff6fb7dbed000-fffff6fb7dbedfff wx- present 1000\n"
                         "fffff6fb7dbf0000-fffff6fb7dbf0fff wx- present 2000\n"
                         "fffff6fb7e000000-fffff6fb7e000fff wx- present 3000\n"
                         "fffff6fc00000000-fffff6fc00000fff wx- present 4000\n"
                         "fffff80000000000-fffff80000000fff wx- present 8000"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Every entry of a table points to the table: 2^36 pages, of which 256 times the image are kept.
Test(hostile_tables, a_table_of_nothing_but_itself)
{
    struct small_machine machine = machine_of(0x10000);
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct space_bytes sum;

    fill_table(&machine, 0x1000, 0x1067);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "root:1000");
    sum = bytes_of(spaces, 0);
    cr_assert(le(u64, sum.bytes[MS_MAPPED_PRESENT], 256 * 64 * K));
    cr_assert(eq(u64, all_bytes(sum), UINT64_C(1) << 48));
    cr_assert(gt(u64, sum.bytes[MS_MAPPED_UNREADABLE], 0));
    cr_assert(space_warned(spaces, "maps the image's memory more often than is followed: 0x"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

Test(hostile_tables, loops_in_each_mode)
{
    for (size_t i = 0; i < MS_N_PAGINGS; i++) {
        struct small_machine machine = machine_of(0x10000);
        struct ms_image *image;
        struct ms_spaces *spaces;

        for (unsigned at = 0; at < 0x10000; at += 8)
            put_number(&machine, at, UINT64_C(0x0000206700003067) & (i ? 0xffffffff : UINT64_MAX),
                       8);
        image = open_machine(&machine);
        spaces = spaces_of(image, 0x1000, ms_paging_name(i), "root:1000");
        cr_assert(le(u64, bytes_of(spaces, 0).bytes[MS_MAPPED_PRESENT], 256 * 64 * K), "%s",
                  ms_paging_name(i));
        ms_spaces_free(spaces);
        ms_image_close(image);
        free(machine.bytes);
    }
}

// == Shared tables ==

// Honest: one page table under all 512 entries of a directory.
Test(hostile_tables, one_table_under_512_entries)
{
    struct small_machine machine = machine_of(0x400000);
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct space_bytes sum;

    put64(&machine, 0x1000, 0x1f0, 0x2063);
    put64(&machine, 0x2000, 0, 0x3063);
    fill_table(&machine, 0x3000, 0x4063);
    for (unsigned i = 0; i < 16; i++)
        put64(&machine, 0x4000, 3 * i, 0x8063 + 0x1000 * (uint64_t)(i * 5 % 16));
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    sum = bytes_of(spaces, 0);
    cr_assert(eq(u64, sum.bytes[MS_MAPPED_PRESENT], 512 * 16 * 4 * K));
    cr_assert(eq(u64, sum.n_mappings, 512 * 16));
    cr_assert(eq(sz, ms_spaces_n_warnings(spaces), 0));
    cr_assert(eq(sz, spaces->tables.tables.n, 5)); // four, and the root of the space
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Below the root, each level has two tables, and the entries alternate between those of the next:
// 512^4 paths to one page.
static struct small_machine alternating_machine(size_t size, uint64_t page)
{
    struct small_machine machine = machine_of(size);

    for (uint64_t table = 0x1000; table < 0x8000; table += 0x1000) {
        uint64_t next = (table & ~UINT64_C(0x1000)) + 0x2000;

        for (unsigned i = 0; i < 512; i++)
            put64(&machine, table, i, (table >= 0x6000 ? page : next + 0x1000 * (i % 2)) | 0x67);
    }
    return machine;
}

Test(hostile_tables, exponentially_many_paths)
{
    struct small_machine machine = alternating_machine(0x100000, 0x9000);
    struct ms_image *image = open_machine(&machine);
    struct ms_spaces *spaces = spaces_of(image, 0x1000, "x64", "root:1000");
    struct space_bytes sum = bytes_of(spaces, 0);

    cr_assert(le(u64, sum.bytes[MS_MAPPED_PRESENT], 256 * K * K));
    cr_assert(eq(u64, all_bytes(sum), UINT64_C(1) << 48));
    cr_assert(le(u64, sum.n_mappings, 70000));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Pages that the image does not hold, in an order that joins nothing: no memory, but many steps.
Test(hostile_tables, exponentially_many_absent_pages)
{
    struct small_machine machine = alternating_machine(0x100000, 0);
    struct ms_image *image;
    struct ms_spaces *spaces;

    for (uint64_t table = 0x6000; table < 0x8000; table += 0x1000) {
        for (unsigned i = 0; i < 512; i++)
            put64(&machine, table, i, 0x10000067 + 0x2000 * (uint64_t)i);
    }
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "root:1000");
    cr_assert(le(u64, bytes_of(spaces, 0).n_mappings, 70000));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Tables that map nothing at the end of exponentially many paths are as if they were not there.
Test(hostile_tables, exponentially_many_paths_to_nothing)
{
    struct small_machine machine = alternating_machine(0x10000, 0);
    struct ms_image *image;
    struct ms_spaces *spaces;

    memset(machine.bytes + 0x6000, 0, 0x2000);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "root:1000");
    cr_assert(eq(str, mappings_of(spaces, 0), (char *)""));
    cr_assert(eq(u32, spaces->tables.tables.items[spaces->list.items[0].table].n_extents, 0));
    cr_assert(eq(sz, ms_spaces_n_warnings(spaces), 0));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// The honest part of a space stays when something else in it maps too much.
Test(hostile_tables, leaves_out_no_more_than_it_must)
{
    struct small_machine machine = alternating_machine(0x100000, 0x9000);
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_mapping_info mapping;

    memset(machine.bytes + 0x1000, 0, 0x1000);
    put64(&machine, 0x1000, 0x1f0, 0x3063); // hostile
    put64(&machine, 0x1000, 0x1ff, 0xa063); // the kernel, with something hostile beside it
    put64(&machine, 0xa000, 0x1fe, 0xb063);
    put64(&machine, 0xa000, 0x100, 0x5063);
    put64(&machine, 0xa000, 0x101, 0x5063);
    put64(&machine, 0xb000, 0, 0xc063);
    put64(&machine, 0xc000, 0, 0xd063);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_assert(ms_spaces_translate(spaces, 0, UINT64_C(0xffffffff80000000), &mapping));
    cr_assert(eq(int, (int)mapping.state, MS_MAPPED_PRESENT));
    cr_assert(eq(u64, mapping.physical, 0xd000));
    cr_assert(ms_spaces_translate(spaces, 0, UINT64_C(0xfffff80000000000), &mapping));
    cr_assert(eq(int, (int)mapping.state, MS_MAPPED_UNREADABLE));
    cr_assert(space_warned(spaces, "the table at 0x3000 maps the image's memory more often than is "
                                   "followed: 0xfffff80000000000 to 0xfffff87fffffffff cannot be "
                                   "read"));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// What weighs too much may be made of nothing but what is left out already: missing tables, in an
// order that joins nothing.
Test(hostile_tables, missing_tables_that_are_too_many)
{
    struct small_machine machine = machine_of(0x3000);
    struct ms_image *image;
    struct ms_spaces *spaces;

    for (unsigned i = 0; i < 512; i++)
        put64(&machine, 0x2000, i, 0x10000065 | (i % 2) << 1);
    put64(&machine, 0x1000, 0x1f0, 0x2063);
    put64(&machine, 0x1000, 0x1f2, 0x2063);
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "kernel");
    cr_assert(eq(u64, bytes_of(spaces, 0).n_mappings, 513));
    cr_assert(eq(u64, all_bytes(bytes_of(spaces, 0)), UINT64_C(2) << 39));
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// A space may map the image exactly 256 times.
Test(hostile_tables, maps_256_times_but_no_more)
{
    for (unsigned n_times = 256; n_times <= 257; n_times++) {
        struct small_machine machine = machine_of(0x200000);
        struct ms_image *image;
        struct ms_spaces *spaces;
        struct space_bytes sum;

        put64(&machine, 0x1000, 0x1f0, 0x2063);
        put64(&machine, 0x2000, 0, 0x3063);
        for (unsigned i = 0; i < n_times; i++)
            put64(&machine, 0x3000, i, 0xe3);
        image = open_machine(&machine);
        spaces = spaces_of(image, 0x1000, "x64", "kernel");
        sum = bytes_of(spaces, 0);
        cr_assert(eq(int, ms_spaces_n_warnings(spaces) > 0, n_times > 256));
        if (n_times == 256)
            cr_assert(eq(u64, sum.bytes[MS_MAPPED_PRESENT], 256 * 0x200000));
        cr_assert(eq(u64, all_bytes(sum) % 0x200000, 0));
        ms_spaces_free(spaces);
        ms_image_close(image);
        free(machine.bytes);
    }
}

// == Tables everywhere ==

// Every page of the image is a table whose entries join to nothing: the memory they take is
// bounded.
Test(hostile_tables, an_image_of_nothing_but_tables)
{
    const size_t n_pages = 20000; // 8 bytes an entry: more than the bound allows
    struct small_machine machine = machine_of(n_pages * 4096);
    struct ms_image *image;
    struct ms_spaces *spaces;
    uint64_t seed = 1;

    for (size_t at = 0; at < machine.size; at += 8) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        put_number(&machine, at, (seed >> 33) % n_pages * 4096 | 0x67, 8);
    }
    image = open_machine(&machine);
    spaces = spaces_of(image, 0x1000, "x64", "root:1000");
    cr_assert(le(u64, spaces->tables.cost * 8, 32 * K * K + machine.size / 32));
    cr_assert(space_warned(spaces, "is one too many for an image of this size"));
    bytes_of(spaces, 0);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(machine.bytes);
}

// Random bytes as tables, in each mode: mappings ascend and stay in the address space, and those
// that are present are in the image.
struct order {
    const struct ms_present *present;
    uint64_t next;
    bool any;
};

static int check_order(void *user, const struct ms_mapping_info *mapping)
{
    struct order *order = user;

    cr_assert(le(u64, mapping->first, mapping->last));
    cr_assert(not(order->any && mapping->first < order->next));
    order->any = true;
    order->next = mapping->last + 1;
    if (mapping->state == MS_MAPPED_PRESENT)
        cr_assert(eq(u64,
                     ms_present_bytes(order->present, mapping->physical,
                                      mapping->physical + (mapping->last - mapping->first)),
                     mapping->last - mapping->first + 1));
    return 0;
}

Test(hostile_tables, random_bytes_keep_the_order)
{
    uint64_t seed = 42;

    for (unsigned round = 0; round < 200; round++) {
        struct small_machine machine = machine_of(0x10000 + round);
        const struct ms_range all = {.first = 0, .last = UINT64_MAX};
        const char *paging = ms_paging_name(round % MS_N_PAGINGS);
        struct ms_image *image;
        struct ms_spaces *spaces;
        struct order order;

        for (size_t at = 0; at + 4 <= machine.size; at += 4) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            put_number(&machine, at, seed >> 32 & 0x1ffff, at % 8 ? 2 : 4);
        }
        image = open_machine(&machine);
        spaces = spaces_of(image, 0x1000, paging, "root:1000");
        order = (struct order){.present = &spaces->present};
        ms_spaces_visit(spaces, 0, &all, check_order, &order);
        ms_spaces_free(spaces);
        ms_image_close(image);
        free(machine.bytes);
    }
}
