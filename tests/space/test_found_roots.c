// SPDX-License-Identifier: MIT
//
// Roots that memory itself shows, in images that nothing is told of.

#include "found_root.h"

TestSuite(found_roots, .timeout = 60);

#define SHARED UINT64_C(0xfffff78000000000) // KUSER_SHARED_DATA
#define ENTRY  UINT64_C(0xfffff80000401230) // of the kernel

// Windows on x64: KUSER_SHARED_DATA at 40000, and the kernel's entry point.
static void make_windows(struct small_machine *machine, uint64_t root)
{
    map_x64(machine, root, 0x30000, SHARED, 0x40000);
    map_x64(machine, root, 0x34000, ENTRY, 0x41000);
    put_shared_data(machine, 0x40000);
}

static void expect_machine(const struct small_machine *machine, const char *expected,
                           const char *name)
{
    expect_roots(open_machine(machine), expected, name);
}

// == x64 ==

static void make_stub(struct small_machine *machine, uint64_t page, uint64_t root)
{
    put64(machine, page, 0, UINT64_C(0x00000001000612e9));
    put64(machine, page, 14, ENTRY);
    put64(machine, page, 20, root);
}

Test(found_roots, low_stub)
{
    struct small_machine machine = machine_of(0x200000);

    make_windows(&machine, 0x1ad000);
    expect_machine(&machine, "", "no stub");
    make_stub(&machine, 0x13000, 0x1ad000);
    expect_machine(&machine, "1ad000 x64 low stub at 0x13000", "stub");
    put_number(&machine, 0x40264, 0, 4);
    expect_machine(&machine,
                   "1ad000 x64 low stub at 0x13000 (KUSER_SHARED_DATA is not where Windows has it, "
                   "so not-present entries are not followed)",
                   "no KUSER_SHARED_DATA");
    put64(&machine, 0x13000, 14, ENTRY + 0x1000);
    expect_machine(&machine, "", "the entry point is not mapped");
    put64(&machine, 0x13000, 14, ENTRY | 1);
    expect_machine(&machine, "", "an odd entry point");
    free(machine.bytes);
}

Test(found_roots, self_referring_table)
{
    static const struct {
        const char *name;
        uint64_t root;
        unsigned index;
        const char *expected;
    } cases[] = {
        {"old index", 0x187000, 0x1ed, "187000 x64 self-referring table at 0x187000"},
        {"random index", 0x1ad000, 0x112, "1ad000 x64 self-referring table at 0x1ad000"},
        {"elsewhere", 0x123000, 0x1fe, "123000 x64 self-referring table at 0x123000"},
        {"user half", 0x1ad000, 0x0ff, ""},
        {"the last", 0x1ad000, 0x1ff, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct small_machine machine = machine_of(0x200000);

        make_windows(&machine, cases[i].root);
        put64(&machine, cases[i].root, cases[i].index, cases[i].root | 0x63);
        expect_machine(&machine, cases[i].expected, cases[i].name);
        put_number(&machine, 0x4026c, 77, 4);
        expect_machine(&machine, "", "an absurd version");
        free(machine.bytes);
    }
}

// Of a mapped file that became shorter after it was opened, the rest is looked through by reading:
// what lies in front of the lost part is told, and once.
Test(found_roots, mapped_file_that_shrank)
{
    const struct ms_open_options options = {.flags = MS_OPEN_MAP, .format = "raw"};
    struct small_machine machine = machine_of(0x200000);
    struct memory_file file;
    struct ms_image *image = NULL;

    make_windows(&machine, 0x123000);
    put64(&machine, 0x123000, 0x1fe, 0x123063);
    file = memory_file_make(machine.bytes, machine.size);
    cr_assert(ms_image_open(file.path, &options, &image, NULL) == MS_OK);
    memory_file_resize(&file, 0x125000);
    expect_roots(image, "123000 x64 self-referring table at 0x123000", "in front of the end");
    cr_assert(ms_image_open(file.path, &options, &image, NULL) == MS_OK);
    memory_file_resize(&file, 0x123000);
    expect_roots(image, "", "behind the end");
    memory_file_close(&file);
    free(machine.bytes);
}

Test(found_roots, a_second_self_reference_is_none)
{
    struct small_machine machine = machine_of(0x200000);

    make_windows(&machine, 0x1ad000);
    put64(&machine, 0x1ad000, 0x112, 0x1ad063);
    put64(&machine, 0x1ad000, 0x113, 0x1ad063);
    expect_machine(&machine, "", "two");
    free(machine.bytes);
}

// Of several, that in the place of the first process comes first.
Test(found_roots, runners_up)
{
    struct small_machine machine = machine_of(0x200000);

    make_windows(&machine, 0x1ad000);
    put64(&machine, 0x1ad000, 0x112, 0x1ad063);
    memcpy(machine.bytes + 0x60000, machine.bytes + 0x1ad000, 0x1000);
    put64(&machine, 0x60000, 0x112, 0x60063);
    expect_machine(
        &machine,
        "1ad000 x64 self-referring table at 0x1ad000\n"
        "60000 x64 self-referring table at 0x60000 (passes the same checks as the first)",
        "two processes");
    make_stub(&machine, 0x13000, 0x60000);
    expect_machine(&machine,
                   "60000 x64 low stub at 0x13000\n"
                   "1ad000 x64 self-referring table at 0x1ad000 (passes the same checks as the "
                   "first)",
                   "a stub");
    free(machine.bytes);
}

Test(found_roots, self_referring_table_of_five_levels)
{
    struct small_machine machine = machine_of(0x200000);

    make_windows(&machine, 0x180000);
    put64(&machine, 0x1ad000, 0x1ff, 0x180063);
    put64(&machine, 0x1ad000, 0x112, 0x1ad063);
    expect_machine(&machine, "1ad000 x64-5 self-referring table at 0x1ad000", "x64-5");
    free(machine.bytes);
}

// == 32 bits: KUSER_SHARED_DATA at ffdf0000 ==

Test(found_roots, pae)
{
    struct small_machine machine = machine_of(0x200000);

    for (unsigned i = 0; i < 4; i++) {
        put64(&machine, 0x185000, i, 0x186001 + 0x1000 * (uint64_t)i);
        put64(&machine, 0x189000, i, 0x186063 + 0x1000 * (uint64_t)i);
    }
    put64(&machine, 0x189000, 0xffdf0000 >> 21 & 511, 0x30063);
    put64(&machine, 0x30000, 0xffdf0000 >> 12 & 511, 0x40063);
    expect_machine(&machine, "", "no KUSER_SHARED_DATA");
    put_shared_data(&machine, 0x40000);
    expect_machine(&machine, "185000 pae self-referring table at 0x185000",
                   "as the loader made it");
    put64(&machine, 0x185000, 100, 1);
    put64(&machine, 0x185000, 1, 0x50001);
    expect_machine(&machine, "185000 pae self-referring table at 0x189000", "later");
    free(machine.bytes);
}

Test(found_roots, x86)
{
    struct small_machine machine = machine_of(0x200000);

    put32(&machine, 0x39000, 0x300, 0x39063);
    put32(&machine, 0x39000, 0xffdf0000 >> 22, 0x30063);
    put32(&machine, 0x30000, 0xffdf0000 >> 12 & 1023, 0x40063);
    expect_machine(&machine, "", "no KUSER_SHARED_DATA");
    put_shared_data(&machine, 0x40000);
    expect_machine(&machine, "39000 x86 self-referring table at 0x39000", "x86");
    free(machine.bytes);
}

// == Linux ==

#define TEXT   0x600000u // physical
#define BANNER 0x91ffe0u
#define TABLE  0xa10000u

static struct small_machine linux_machine(void)
{
    struct small_machine machine = machine_of(0x1000000);
    static const uint8_t start[] = {0x48, 0x8d, 0x25, 0x51, 0x3f, 0xa0, 0x01};

    memcpy(machine.bytes + TEXT, start, sizeof(start));
    put_text(&machine, BANNER, "Linux version 6.1.0 (somebody@somewhere)");
    put64(&machine, TABLE, 511, 0xa11067);
    put64(&machine, 0xa11000, 510, 0xa12063);
    put64(&machine, TABLE, 273, 0xa13067);
    for (unsigned i = 0; i < 8; i++) {
        put64(&machine, 0xa12000, 0x11d + i, (TEXT + 0x200000 * (uint64_t)i) | 0x1e3);
        put64(&machine, 0xa13000, i, 0xa14067);
    }
    for (unsigned i = 0; i < 8; i++)
        put64(&machine, 0xa14000, i, 0x200000 * (uint64_t)i | 0x1e3);
    return machine;
}

Test(found_roots, linux_kernel)
{
    struct small_machine machine = linux_machine();

    expect_machine(&machine, "a10000 x64 Linux kernel at 0x600000", "as it is");
    put64(&machine, 0xa12000, 0x11d + 1, 0x400000 | 0x1e3);
    expect_machine(&machine, "", "the banner is mapped elsewhere");
    put64(&machine, 0xa12000, 0x11d + 1, 0x800000 | 0x1e3);
    put_number(&machine, BANNER, 'l', 1);
    expect_machine(&machine, "", "no banner");
    put_number(&machine, BANNER, 'L', 1);
    put_number(&machine, TEXT, 0, 1);
    expect_machine(&machine, "", "no kernel's first instruction");
    free(machine.bytes);
}

Test(found_roots, linux_kernel_with_five_levels)
{
    struct small_machine machine = linux_machine();

    memcpy(machine.bytes + 0xa20000, machine.bytes + TABLE, 0x1000);
    memset(machine.bytes + TABLE, 0, 0x1000);
    put64(&machine, 0xa20000, 273, 0); // below it there is the kernel's image alone
    put64(&machine, TABLE, 511, 0xa20067);
    for (unsigned i = 0; i < 4; i++)
        put64(&machine, TABLE, 273 + i, 0xa13067);
    expect_machine(&machine, "a10000 x64-5 Linux kernel at 0x600000", "x64-5");
    free(machine.bytes);
}

// Linux is looked for only where Windows is not found.
Test(found_roots, linux_beside_windows)
{
    struct small_machine machine = linux_machine();

    make_windows(&machine, 0x1ad000);
    make_stub(&machine, 0x13000, 0x1ad000);
    expect_machine(&machine, "1ad000 x64 low stub at 0x13000", "Windows");
    put_number(&machine, 0x40264, 0, 4);
    expect_machine(&machine,
                   "1ad000 x64 low stub at 0x13000 (KUSER_SHARED_DATA is not where Windows has it, "
                   "so not-present entries are not followed)\n"
                   "a10000 x64 Linux kernel at 0x600000 (passes the same checks as the first)",
                   "perhaps Windows");
    free(machine.bytes);
}

// == A hole that the file leaves out ==

#define GIB      UINT64_C(0x40000000)
#define FILE_END (2 * GIB)

// A file of 2 GiB. Windows' tables lie at its start and in its second half, which is memory from
// `above` on; or there are none there.
static struct ms_image *open_cut(uint64_t above, bool has_tables)
{
    struct memory_file file = {.fd = memfd_create("memscan-test", MFD_CLOEXEC)};
    struct small_machine low = machine_of(0x200000), high = machine_of(0x40000);
    struct ms_image *image = NULL;

    make_windows(&low, 0x1ad000);
    put64(&low, 0x1ad000, 0x112, 0x1ad063);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t table = 0x1000 * (uint64_t)i;

        put64(&low, 0x35000, 16 + i, above | table | 0x63); // a directory of the kernel
        put64(&high, table, i, has_tables ? above | 0x20063 : 0);
        put64(&high, table, 100, has_tables ? 0x41063 : 0);
    }
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    memory_file_write(&file, 0, low.bytes, low.size);
    memory_file_write(&file, GIB, high.bytes, high.size);
    memory_file_resize(&file, FILE_END);
    cr_assert(ms_image_open(file.path, &(struct ms_open_options){.format = "raw"}, &image, NULL) ==
              MS_OK);
    memory_file_close(&file);
    free(low.bytes);
    free(high.bytes);
    return image;
}

Test(found_roots, tables_that_fit_need_no_hole)
{
    struct ms_image *image = open_cut(GIB, true);
    struct ms_spaces *spaces = spaces_found(image);
    struct ms_range hole;

    cr_expect(eq(str, roots_text(spaces), (char *)"1ad000 x64 self-referring table at 0x1ad000"));
    cr_assert(not(ms_spaces_hole(spaces, &hole)));
    ms_spaces_free(spaces);
    ms_image_close(image);
}

Test(found_roots, a_hole_that_makes_the_tables_fit)
{
    struct ms_image *image = open_cut(4 * GIB, true);
    struct ms_spaces *spaces = spaces_found(image);
    struct ms_range hole = {0};

    cr_expect(eq(str, roots_text(spaces), (char *)"1ad000 x64 self-referring table at 0x1ad000"));
    cr_assert(ms_spaces_hole(spaces, &hole));
    cr_assert(eq(u64, hole.first, GIB));
    cr_assert(eq(u64, hole.last, 4 * GIB - 1));
    ms_spaces_free(spaces);
    ms_image_close(image);
}

// Tables that are missing wherever a hole is put are just missing.
Test(found_roots, a_hole_that_does_not_help_is_none)
{
    struct ms_image *image = open_cut(4 * GIB, false);
    struct ms_spaces *spaces = spaces_found(image);
    struct ms_range hole = {0};

    cr_expect(eq(str, roots_text(spaces), (char *)"1ad000 x64 self-referring table at 0x1ad000"));
    cr_assert(not(ms_spaces_hole(spaces, &hole)));
    ms_spaces_free(spaces);
    ms_image_close(image);
}

// == Nothing ==

Test(found_roots, images_without_tables_have_none)
{
    uint64_t seed = 5;

    for (unsigned kind = 0; kind < 4; kind++) {
        struct small_machine machine = machine_of(0x1400000);

        for (size_t at = 0; at < machine.size; at += 8) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            if (kind == 1) // present entries
                put_number(&machine, at, (seed >> 33 & 0x1fff) << 12 | 0x63, 8);
            else if (kind == 2) // every page points to itself, everywhere
                put_number(&machine, at, (at & ~(size_t)0xfff) | 0x63, 8);
            else if (kind == 3) // every page points to itself, once
                put_number(&machine, at, at % 0x1000 == 0xf68 ? (at & ~(size_t)0xfff) | 0x63 : 0,
                           8);
            else
                put_number(&machine, at, seed, 8);
        }
        expect_machine(&machine, "", kind ? "made up" : "random");
        free(machine.bytes);
    }
}
