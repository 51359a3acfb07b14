// SPDX-License-Identifier: MIT
//
// ELF cores of machines: hand-written ones of 64 and 32 bits with notes of QEMU, VirtualBox and
// Linux, cores that are something else, and what can go wrong.

#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(elf);

// == 64 bits ==

// As QEMU writes it: a PT_NOTE and two PT_LOADs, of which the second has bytes that are not stored.
static const struct piece_of_file golden64_pieces[] = {
    {0x00, "7F 45 4C 46"},             // magic
    {0x04, "02 01 01 00"},             // 64-bit, little-endian, version 1
    {0x10, "04 00"},                   // e_type: core
    {0x12, "3E 00"},                   // e_machine: x86-64
    {0x14, "01 00 00 00"},             // e_version
    {0x20, "40 00 00 00 00 00 00 00"}, // e_phoff
    {0x34, "40 00"},                   // e_ehsize
    {0x36, "38 00"},                   // e_phentsize
    {0x38, "03 00"},                   // e_phnum

    {0x40, "04 00 00 00"},             // p_type: PT_NOTE
    {0x48, "00 01 00 00 00 00 00 00"}, // p_offset 100
    {0x60, "38 02 00 00 00 00 00 00"}, // p_filesz 238
    {0x68, "38 02 00 00 00 00 00 00"}, // p_memsz

    {0x78, "01 00 00 00"},             // p_type: PT_LOAD
    {0x80, "00 04 00 00 00 00 00 00"}, // p_offset 400
    {0x88, "00 00 00 80 FF FF FF FF"}, // p_vaddr
    {0x90, "00 00 00 00 00 00 00 00"}, // p_paddr 0
    {0x98, "00 01 00 00 00 00 00 00"}, // p_filesz 100
    {0xa0, "00 01 00 00 00 00 00 00"}, // p_memsz 100

    {0xb0, "01 00 00 00"},             // p_type: PT_LOAD
    {0xb8, "00 05 00 00 00 00 00 00"}, // p_offset 500
    {0xc0, "00 00 00 00 00 80 FF FF"}, // p_vaddr
    {0xc8, "00 00 00 00 01 00 00 00"}, // p_paddr 100000000
    {0xd0, "80 00 00 00 00 00 00 00"}, // p_filesz 80
    {0xd8, "00 02 00 00 00 00 00 00"}, // p_memsz 200

    {0x100, "05 00 00 00 04 00 00 00 01 00 00 00"}, // namesz, descsz, NT_PRSTATUS
    {0x10c, "43 4F 52 45 00 00 00 00"},             // "CORE", padded
    {0x114, "00 00 00 00"},
    {0x118, "05 00 00 00 B0 01 00 00 00 00 00 00"},             // namesz, descsz 1B0, type 0
    {0x124, "51 45 4D 55 00 00 00 00"},                         // "QEMU", padded
    {0x12c, "01 00 00 00 B0 01 00 00"},                         // QEMUCPUState: version, size
    {0x12c + 0x1a0, "00 E0 05 37 00 00 00 00"},                 // cr3 3705E000
    {0x2dc, "0B 00 00 00 43 00 00 00 00 00 00 00"},             // namesz, descsz 43, type 0
    {0x2e8, "56 4D 43 4F 52 45 49 4E 46 4F 00 00"},             // "VMCOREINFO", padded
    {0x2f4, "4F 53 52 45 4C 45 41 53 45 3D 36 2E 31 2E 30 0A"}, // OSRELEASE=6.1.0
    {0x304, "50 41 47 45 53 49 5A 45 3D 34 30 39 36 0A"},       // PAGESIZE=4096
    {0x312, "4B 45 52 4E 45 4C 4F 46 46 53 45 54 3D 31 66 0A"}, // KERNELOFFSET=1f
    {0x322, "53 59 4D 42 4F 4C 28 61 29 3D 31 0A"},             // SYMBOL(a)=1
    {0x32e, "42 55 49 4C 44 2D 49 44 3D"},                      // BUILD-ID=, and no newline
    {0, NULL},
};

static struct file_bytes make_golden64(void)
{
    struct file_bytes file = filled(0x580, "\0\0\0\0");

    put_pieces(&file, golden64_pieces);
    return file;
}

#define RUN64_1 "0+100@400/100"
#define RUN64_2 "100000000+200@500/80"
#define RUNS64  RUN64_1 " " RUN64_2

struct fact_case {
    const char *name;
    const char *text; // "": no such fact
};

static const struct fact_case golden64_facts[] = {
    {"processors", "1"},   {"page_table_root", "0x3705e000"}, {"os_release", "6.1.0"},
    {"page_size", "4096"}, {"kernel_offset", "1f"},           {"build_id", ""},
};

static void expect_facts(const struct ms_layout *layout, const struct fact_case *facts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_expect(eq(str, (char *)fact(layout, facts[i].name), (char *)facts[i].text), "%s",
                  facts[i].name);
}

Test(elf, reads_a_core_of_64_bits)
{
    struct file_bytes file = make_golden64();
    struct reading reading = read_bytes(file.bytes, file.n, NULL);

    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)reading.ops->name, "elf64"));
    cr_assert(eq(str, (char *)runs_text(&reading.layout), RUNS64));
    cr_assert(eq(str, (char *)reading.layout.machine, "x86_64"));
    cr_assert(eq(uint, reading.layout.address_bits, 64));
    cr_assert(eq(sz, reading.layout.warnings.n, 0), "%s", reading.layout.warnings.items[0]);
    expect_facts(&reading.layout, golden64_facts, 6);
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

#define ONES "FF FF FF FF FF FF FF FF"

static const struct damage damages64[] = {
    {"sound", 0, NULL, 0, MS_OK, "", RUNS64},
    {"version byte 0, as VirtualBox has it", 6, "00", 0, MS_OK, "", RUNS64},
    {"big-endian", 5, "02", 0, MS_UNSUPPORTED, "big-endian", NULL},
    {"no byte order", 5, "00", 0, MS_MALFORMED, "byte order 0", NULL},
    {"32-bit class", 4, "01", 0, MS_MALFORMED, "", NULL},
    {"a program", 0x10, "02 00", 0, MS_UNSUPPORTED, "e_type is 2", NULL},
    {"machine of 32 bits", 0x12, "03", 0, MS_OK, "", RUNS64},
    {"unknown machine", 0x12, "F3", 0, MS_OK, "", RUNS64},
    {"no entries", 0x38, "00", 0, MS_MALFORMED, "no program headers", NULL},
    {"small entries", 0x36, "20", 0, MS_MALFORMED, "has 32 bytes (e_phentsize), not 56", NULL},
    {"large entries", 0x36, "40", 0, MS_MALFORMED, "has 64 bytes", NULL},
    {"table past the file", 0x20, "80 05", 0, MS_MALFORMED, "do not fit", NULL},
    {"table ends past the file", 0x38, "19", 0, MS_MALFORMED, "25 program headers", NULL},
    {"table far past the file", 0x20, ONES, 0, MS_MALFORMED, "do not fit", NULL},
    {"XNUM without sections", 0x38, "FF FF", 0, MS_MALFORMED, "no section header 0", NULL},
    {"no loads", 0x78, "06 00 00 00 00", 0, MS_OK, "", RUN64_2},
    {"a load without memory", 0xa0, "00 00", 0, MS_OK, "program header 1 is empty", RUN64_2},
    {"a load without bytes", 0x98, "00 00", 0, MS_OK, "", "0+100@400/0 " RUN64_2},
    {"more bytes than memory", 0x98, "00 02", 0, MS_OK, "", RUNS64},
    {"a load that wraps", 0xc8, "FF FF FF FF FF FF FF 00 FF", 0, MS_OK, "", NULL},
    {"a load that passes the top", 0xc8, "01 FE FF FF FF FF FF FF", 0, MS_OK,
     "program header 2: 0x200 bytes", RUN64_1},
    {"a load up to the top", 0xc8, "00 FE FF FF FF FF FF FF", 0, MS_OK, "",
     RUN64_1 " fffffffffffffe00+200@500/80"},
    {"a load without a physical address", 0x90, ONES, 0, MS_OK,
     "program header 1 has no physical address", RUN64_2},
    {"a load of all memory", 0xd8, ONES, 0, MS_OK, "program header 2", RUN64_1},
    {"a load past the file", 0xb8, ONES, 0, MS_OK, "",
     RUN64_1 " 100000000+200@ffffffffffffffff/80"},
    {"a second load at 0", 0xc8, "00 00 00 00 00", 0, MS_UNSUPPORTED, "the core of a process",
     NULL},
    {"auxiliary vector, one load at 0", 0x108, "06", 0, MS_OK, "", RUNS64},
    {"notes past the file", 0x48, "00 00 00 00 01", 0, MS_OK, "notes at offset 0x100000000",
     RUNS64},
    {"notes longer than the file", 0x67, "7F", 0, MS_OK, "only 0x480 can be read", RUNS64},
    {"a name past the notes", 0x100, "FF FF FF FF", 0, MS_OK, "broken 568 bytes", RUNS64},
    {"a name that wraps when padded", 0x100, "FD FF FF FF", 0, MS_OK, "broken 568", RUNS64},
    {"a descriptor past the notes", 0x104, "FF FF FF FF", 0, MS_OK, "broken 568", RUNS64},
    {"a descriptor one too long", 0x2e0, "45", 0, MS_OK, "broken 92 bytes", RUNS64},
    {"a QEMU note of another version", 0x12c, "02", 0, MS_OK, "QEMU note of CPU 0", RUNS64},
    {"a short QEMU note", 0x11c, "AC", 0, MS_OK, "the QEMU note of CPU 0 has 428 bytes", RUNS64},
    {"notes cut in a header", 0x60, "E0 01", 0, MS_OK, "broken 4 bytes", RUNS64},
    {"cut in the header", 0, NULL, 0x3f, MS_MALFORMED, "the ELF header", NULL},
    {"cut in the table", 0, NULL, 0xe7, MS_MALFORMED, "do not fit", NULL},
    {"cut behind the table", 0, NULL, 0xe8, MS_OK, "only 0x0 can be read", RUNS64},
};

static void expect_damages(const struct file_bytes *golden, const char *format,
                           const struct damage *damages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct reading reading = read_damaged(golden, &damages[i], format);
        const char *what = wrong(&reading, &damages[i]);

        cr_expect(what == NULL, "%s", what);
        ms_layout_release(&reading.layout);
    }
}

Test(elf, survives_damage_to_a_core_of_64_bits)
{
    struct file_bytes golden = make_golden64();

    expect_damages(&golden, "elf64", damages64, sizeof(damages64) / sizeof(damages64[0]));
    read_prefixes(&golden, golden.n, "elf64");
    free(golden.bytes);
}

Test(elf, knows_machines_by_number)
{
    static const struct {
        const char *hex;
        const char *machine; // NULL: unknown
        unsigned bits;
    } cases[] = {
        {"3E 00", "x86_64", 64}, {"03 00", "x86", 32}, {"B7 00", "arm64", 64},
        {"28 00", "arm", 32},    {"F3 00", NULL, 64},
    };
    struct file_bytes golden = make_golden64();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct damage damage = {"", 0x12, cases[i].hex, 0, MS_OK, "", NULL};
        struct reading reading = read_damaged(&golden, &damage, NULL);

        if (cases[i].machine)
            cr_expect(eq(str, (char *)reading.layout.machine, (char *)cases[i].machine));
        else
            cr_expect(eq(ptr, (void *)reading.layout.machine, NULL));
        cr_expect(eq(uint, reading.layout.address_bits, cases[i].bits), "%s", cases[i].hex);
        ms_layout_release(&reading.layout);
    }
    free(golden.bytes);
}

// == What is no memory of a machine ==

// A core of a process has all its loads at 0; one alone is told by the auxiliary vector.
Test(elf, refuses_cores_of_processes)
{
    struct file_bytes golden = make_golden64();
    struct damage aux = {"one load, auxiliary vector", 0x108, "06", 0, MS_UNSUPPORTED,
                         "the core of a process",      NULL};
    struct damage none = {"one load, none", 0, NULL, 0, MS_OK, "", RUN64_1};
    struct damage unphysical = {
        "-1 throughout", 0x90, ONES, 0, MS_UNSUPPORTED, "p_paddr is -1 throughout", NULL};
    struct damage no_loads = {
        "no loads", 0x78, "06", 0, MS_MALFORMED, "no program header describes memory", NULL};

    put_hex(&golden, 0xb0, "06");
    expect_damages(&golden, "elf64", &aux, 1);
    expect_damages(&golden, "elf64", &none, 1);
    expect_damages(&golden, "elf64", &unphysical, 1);
    expect_damages(&golden, "elf64", &no_loads, 1);
    free(golden.bytes);
}

// Cores of virtual memory may map page 0 more than once: other addresses show that they are real.
Test(elf, takes_several_loads_at_0_among_others)
{
    struct file_bytes golden = make_golden64();
    struct reading reading;

    put_hex(&golden, 0x40, "01 00 00 00");
    reading = read_bytes(golden.bytes, golden.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)runs_text(&reading.layout), "0+238@100/238 " RUNS64));
    ms_layout_release(&reading.layout);
    free(golden.bytes);
}

// == More than e_phnum can say ==

Test(elf, finds_the_number_of_entries_in_section_header_0)
{
    size_t n = 70000, shoff = 0x40 + 56 * n;
    struct file_bytes file = filled(shoff + 64, "\0\0\0\0");
    struct reading reading;

    put_pieces(&file, (const struct piece_of_file[]){{0x00, "7F 45 4C 46 02 01 01"},
                                                     {0x10, "04 00 3E 00"},
                                                     {0x20, "40"},
                                                     {0x36, "38 00 FF FF"},
                                                     {0, NULL}});
    put_number(&file, 0x28, shoff, 8);
    put_number(&file, shoff + 0x2c, n, 4);
    for (size_t i = 0; i < n; i++) {
        put_number(&file, 0x40 + 56 * i, 1, 4);
        put_number(&file, 0x40 + 56 * i + 0x18, i * 0x1000, 8);
        put_number(&file, 0x40 + 56 * i + 0x28, 0x1000, 8);
    }
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(sz, reading.layout.runs.n, n));
    cr_assert(eq(u64, reading.layout.runs.items[n - 1].start, (n - 1) * 0x1000));
    ms_layout_release(&reading.layout);

    put_number(&file, shoff + 0x2c, UINT32_MAX, 4);
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_MALFORMED));
    cr_assert(contains(reading.error.text, "4294967295 program headers"), "%s", reading.error.text);
    ms_layout_release(&reading.layout);

    put_number(&file, 0x28, UINT64_MAX - 1, 8);
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_MALFORMED));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// == VirtualBox ==

// Its notes do not count the NUL of their names, and are padded to 8.
static const struct piece_of_file vbox_notes[] = {
    {0x100, "06 00 00 00 18 00 00 00 00 0B 00 00"}, // namesz 6, descsz 18, type B00
    {0x10c, "56 42 43 4F 52 45 00 00"},             // "VBCORE", padded
    {0x114, "DE C0 1A C0"},                         // magic C01AC0DE
    {0x118, "06 00 01 00"},                         // format version 00010006
    {0x11c, "18 00 00 00"},                         // size of this
    {0x120, "12 00 01 07 01 00 00 00"},             // VirtualBox 7.1.18, revision
    {0x128, "02 00 00 00"},                         // CPUs
    {0x12c, "05 00 00 00 40 01 00 00 01 0B 00 00"}, // namesz 5, descsz 140, type B01
    {0x138, "56 42 43 50 55 00 00 00"},             // "VBCPU", padded
    {0x140 + 0x130, "00 D0 1A 00 00 00 00 00"},     // cr3 1AD000
    {0x280, "05 00 00 00 20 00 00 00 01 0B 00 00"}, // a second CPU whose note is short
    {0x28c, "56 42 43 50 55 00 00 00"},
    {0, NULL},
};

Test(elf, reads_notes_of_virtualbox)
{
    static const struct fact_case facts[] = {
        {"producer", "VirtualBox 7.1.18"}, {"processors", "2"}, {"page_table_root", "0x1ad000"}};
    static const struct fact_case old[] = {{"processors", "2"}, {"page_table_root", ""}};
    struct file_bytes file = make_golden64();
    struct reading reading;

    memset(file.bytes + 0x100, 0, 0x240);
    put_pieces(&file, vbox_notes);
    put_number(&file, 0x60, 0x280 + 0x14 + 0x20 - 0x100, 8);
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    expect_facts(&reading.layout, facts, 3);
    cr_assert(eq(sz, reading.layout.warnings.n, 1));
    cr_assert(warned(&reading.layout, "the VirtualBox note of CPU 1 has 32 bytes"));
    ms_layout_release(&reading.layout);

    put_hex(&file, 0x118, "00"); // the old format: other offsets
    reading = read_bytes(file.bytes, file.n, NULL);
    expect_facts(&reading.layout, old, 2);
    ms_layout_release(&reading.layout);

    put_hex(&file, 0x114, "00"); // another magic
    reading = read_bytes(file.bytes, file.n, NULL);
    expect_facts(&reading.layout, old, 2);
    cr_assert(warned(&reading.layout, "another magic"));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// == Several CPUs, and notes that never end ==

Test(elf, lists_each_page_table_root_once)
{
    struct file_bytes file = filled(0x400 + 12 * (20 + 0x1b8), "\0\0\0\0");
    struct reading reading;

    put_pieces(&file, golden64_pieces);
    put_number(&file, 0x48, 0x400, 8);
    put_number(&file, 0x60, 12 * (20 + 0x1b8), 8);
    for (size_t i = 0; i < 12; i++) {
        size_t at = 0x400 + i * (20 + 0x1b8);

        put_hex(&file, at, "05000000 B8010000 00000000 51454D55 00000000 01000000 B8010000");
        put_number(&file, at + 20 + 0x1a0, 0x1000 * (i < 2 ? 1 : i), 8);
    }
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)fact(&reading.layout, "processors"), "12"));
    cr_assert(eq(str, (char *)fact(&reading.layout, "page_table_root"),
                 "0x1000 0x2000 0x3000 0x4000 0x5000 0x6000 0x7000 0x8000"));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// A name that is there, whose padding is not.
Test(elf, survives_notes_that_end_in_padding)
{
    struct file_bytes file = make_golden64();
    struct reading reading;

    put_number(&file, 0x60, 12 + 5, 8);
    put_number(&file, 0x104, 0, 4);
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(warned(&reading.layout, "the notes are broken 17 bytes before their end"));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// 3,000 PT_NOTEs that all describe the same 16,380 bytes of empty notes, which are as they should
// be: no more than 16 MiB are looked at, and that is said.
Test(elf, bounds_the_notes_that_it_reads)
{
    const size_t n = 3000, notes = 0x40 + 56 * (n + 1), n_bytes = 16380;
    struct file_bytes file = filled(notes + n_bytes, "\0\0\0\0");
    struct reading reading;

    put_pieces(&file, (const struct piece_of_file[]){{0x00, "7F 45 4C 46 02 01 01"},
                                                     {0x10, "04 00 3E 00"},
                                                     {0x20, "40"},
                                                     {0x36, "38 00"},
                                                     {0, NULL}});
    put_number(&file, 0x38, n + 1, 2);
    for (size_t i = 0; i < n; i++) {
        put_number(&file, 0x40 + 56 * i, 4, 4);
        put_number(&file, 0x40 + 56 * i + 0x08, notes, 8);
        put_number(&file, 0x40 + 56 * i + 0x20, n_bytes, 8);
    }
    put_number(&file, 0x40 + 56 * n, 1, 4);
    put_number(&file, 0x40 + 56 * n + 0x18, 0x1000, 8);
    put_number(&file, 0x40 + 56 * n + 0x28, 0x1000, 8);
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)runs_text(&reading.layout), "1000+1000@0/0"));
    cr_assert(warned(&reading.layout, "only 0x0 can be read"));
    cr_assert(warned(&reading.layout, "1969 more warnings about notes"));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// == 32 bits ==

static const struct piece_of_file golden32_pieces[] = {
    {0x00, "7F 45 4C 46"}, // magic
    {0x04, "01 01 01 00"}, // 32-bit, little-endian, version 1
    {0x10, "04 00"},       // e_type: core
    {0x12, "03 00"},       // e_machine: i386
    {0x14, "01 00 00 00"}, // e_version
    {0x1c, "34 00 00 00"}, // e_phoff
    {0x28, "34 00"},       // e_ehsize
    {0x2a, "20 00"},       // e_phentsize
    {0x2c, "03 00"},       // e_phnum

    {0x34, "01 00 00 00"}, // p_type: PT_LOAD
    {0x38, "A0 00 00 00"}, // p_offset A0
    {0x3c, "00 00 00 C0"}, // p_vaddr
    {0x40, "00 00 10 00"}, // p_paddr 100000
    {0x44, "10 00 00 00"}, // p_filesz 10
    {0x48, "10 00 00 00"}, // p_memsz 10

    {0x54, "01 00 00 00"}, // p_type: PT_LOAD
    {0x58, "B0 00 00 00"}, // p_offset B0
    {0x60, "F0 FF FF FF"}, // p_paddr FFFFFFF0
    {0x64, "08 00 00 00"}, // p_filesz 8
    {0x68, "20 00 00 00"}, // p_memsz 20: past 4 GiB, which p_paddr cannot say but memory can

    {0x74, "01 00 00 00"}, // p_type: PT_LOAD
    {0x80, "FF FF FF FF"}, // p_paddr -1: not physical
    {0x88, "10 00 00 00"}, // p_memsz 10
    {0, NULL},
};

Test(elf, reads_a_core_of_32_bits)
{
    static const struct damage damages[] = {
        {"sound", 0, NULL, 0, MS_OK, "program header 2 has no physical address",
         "100000+10@a0/10 fffffff0+20@b0/8"},
        {"large entries", 0x2a, "38", 0, MS_MALFORMED, "has 56 bytes (e_phentsize), not 32", NULL},
        {"XNUM without sections", 0x2c, "FF FF", 0, MS_MALFORMED, "section header", NULL},
        {"cut in the header", 0, NULL, 0x33, MS_MALFORMED, "the ELF header", NULL},
        {"64-bit class", 4, "02", 0, MS_MALFORMED, "the file's class is 2, not 1", NULL},
    };
    struct file_bytes file = filled(0xb8, "\0\0\0\0");
    struct reading reading;

    put_pieces(&file, golden32_pieces);
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)reading.ops->name, "elf32"));
    cr_assert(eq(str, (char *)reading.layout.machine, "x86"));
    cr_assert(eq(uint, reading.layout.address_bits, 32));
    expect_damages(&file, "elf32", damages, sizeof(damages) / sizeof(damages[0]));
    read_prefixes(&file, file.n, "elf32");
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// == Samples ==

Test(elf, samples_of_process_cores)
{
    static const char *const names[] = {"lldb_linux-x86_64.core", "lldb_linux-i386.core"};
    char path[512];

    if (!sample_path(names[0], path))
        cr_skip_test(NO_SAMPLES);
    for (size_t i = 0; i < 2; i++) {
        const struct ms_format_ops *ops = NULL;
        struct ms_source *source = NULL;
        struct ms_layout layout = {0};
        struct ms_error error = {0};
        struct ms_head head;

        cr_assert(sample_path(names[i], path), "%s", names[i]);
        cr_assert(eq(int, ms_source_open(path, false, &source, NULL), MS_OK));
        cr_assert(eq(int, ms_format_choose(source, NULL, &head, &ops, NULL), MS_OK));
        cr_assert(eq(int, ops->read(source, &head, &layout, &error), MS_UNSUPPORTED));
        cr_assert(contains(error.text, "the core of a process"), "%s", error.text);
        ms_layout_release(&layout);
        ms_source_close(source);
    }
}
