// SPDX-License-Identifier: MIT
//
// Windows crash dumps: hand-written headers over the filler that Windows writes, full and with a
// bitmap, 32 and 64 bits, and what can go wrong in each.

#include "format/crashdump.h"
#include "golden.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <time.h>

TestSuite(crashdump);

#define PAGE 0x1000u

// == 64 bits, full ==

// Two runs that are not sorted: pages 100 and 101, then page 1. DumpType 1.
static const struct piece_of_file full64_pieces[] = {
    {0x000, "50 41 47 45"},             // Signature "PAGE"
    {0x004, "44 55 36 34"},             // ValidDump "DU64"
    {0x008, "0F 00 00 00"},             // MajorVersion: free build
    {0x00c, "61 4A 00 00"},             // MinorVersion: build 19041
    {0x010, "02 D0 1A 00 00 00 00 00"}, // DirectoryTableBase 1AD002
    {0x018, "00 00 00 00 00 EC FF FF"}, // PfnDataBase
    {0x020, "90 A3 62 7C 04 F8 FF FF"}, // PsLoadedModuleList
    {0x028, "00 E2 61 7C 04 F8 FF FF"}, // PsActiveProcessHead
    {0x030, "64 86 00 00"},             // MachineImageType: AMD64
    {0x034, "10 00 00 00"},             // NumberProcessors
    {0x038, "7E 00 00 10"},             // BugCheckCode 1000007E, padding behind it
    {0x040, "05 00 00 C0 FF FF FF FF"}, // BugCheckParameter1
    {0x048, "4C 33 58 8B 04 F8 FF FF"},
    {0x050, "E8 1E 89 29 04 85 FF FF"},
    {0x058, "20 17 89 29 04 85 FF FF"},  // BugCheckParameter4
    {0x080, "20 0B 60 7C 04 F8 FF FF"},  // KdDebuggerDataBlock
    {0x088, "02 00 00 00"},              // NumberOfRuns, padding behind it
    {0x090, "03 00 00 00 00 00 00 00"},  // NumberOfPages
    {0x098, "00 01 00 00 00 00 00 00"},  // Run[0].BasePage 100
    {0x0a0, "02 00 00 00 00 00 00 00"},  // Run[0].PageCount 2
    {0x0a8, "01 00 00 00 00 00 00 00"},  // Run[1].BasePage 1
    {0x0b0, "01 00 00 00 00 00 00 00"},  // Run[1].PageCount 1
    {0xf98, "01 00 00 00"},              // DumpType: full
    {0xfa0, "00 50 00 00 00 00 00 00"},  // RequiredDumpSpace
    {0xfa8, "00 00 AE 58 8C 8F D6 01"},  // SystemTime: 2020-09-20T20:26:40Z
    {0xfb0, "6E 69 67 68 74 6C 79 00"},  // Comment: "nightly"
    {0x1030, "80 6E 87 74 01 00 00 00"}, // SystemUpTime: 625 s
    {0x1040, "03 00 00 00"},             // ProductType: server
    {0, NULL},
};

static struct file_bytes make_full64(void)
{
    struct file_bytes file = filled(0x2000 + 3 * PAGE, "PAGE");

    put_pieces(&file, full64_pieces);
    return file;
}

#define FULL64_RUNS "100000+2000@2000/2000 1000+1000@4000/1000"

struct fact_case {
    const char *name;
    const char *text; // "": no such fact
};

static const struct fact_case full64_facts[] = {
    {"dump_type", "full (0x1)"},
    {"system", "Windows build 19041, free"},
    {"product_type", "server"},
    {"machine_type", "0x8664"},
    {"processors", "16"},
    {"pae", ""},
    {"bugcheck", "0x1000007e (0xffffffffc0000005, 0xfffff8048b58334c, 0xffff850429891ee8, "
                 "0xffff850429891720)"},
    {"system_time", "2020-09-20T20:26:40Z"},
    {"uptime", "0 days 0:10:25.000"},
    {"page_table_root", "0x1ad002"},
    {"PsLoadedModuleList", "0xfffff8047c62a390"},
    {"PsActiveProcessHead", "0xfffff8047c61e200"},
    {"KdDebuggerDataBlock", "0xfffff8047c600b20"},
    {"PfnDataBase", "0xffffec0000000000"},
    {"comment", "nightly"},
};

static void expect_facts(const struct ms_layout *layout, const struct fact_case *facts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cr_expect(eq(str, (char *)fact(layout, facts[i].name), (char *)facts[i].text), "%s",
                  facts[i].name);
}

Test(crashdump, reads_a_full_dump_of_64_bits)
{
    struct file_bytes file = make_full64();
    struct reading reading = read_bytes(file.bytes, file.n, NULL);

    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)reading.ops->name, "crashdump64"));
    cr_assert(eq(str, (char *)runs_text(&reading.layout), FULL64_RUNS));
    cr_assert(eq(str, (char *)reading.layout.machine, "x86_64"));
    cr_assert(eq(uint, reading.layout.address_bits, 64));
    cr_assert(eq(sz, reading.layout.warnings.n, 0));
    expect_facts(&reading.layout, full64_facts, sizeof(full64_facts) / sizeof(full64_facts[0]));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

#define UNSET "50 41 47 45"

static const struct damage full64_damages[] = {
    {"sound", 0, NULL, 0, MS_OK, "", FULL64_RUNS},
    {"cut behind the header", 0, NULL, 0x2000, MS_OK, "", FULL64_RUNS},
    {"cut in the header", 0, NULL, 0x1fff, MS_MALFORMED, "the header", NULL},
    {"no runs", 0x88, "00", 0, MS_MALFORMED, "counts 0 memory runs, where 1 to 43", NULL},
    {"44 runs", 0x88, "2C", 0, MS_MALFORMED, "counts 44 memory runs", NULL},
    {"runs not filled in", 0x88, UNSET, 0, MS_MALFORMED, "never filled in", NULL},
    {"four billion runs", 0x88, "FF FF FF FF", 0, MS_MALFORMED, "4294967295 memory runs", NULL},
    {"page count differs", 0x90, "04", 0, MS_OK, "counts 4 pages, but its runs have 3",
     FULL64_RUNS},
    {"page count not filled in", 0x90, UNSET UNSET, 0, MS_OK, "", FULL64_RUNS},
    {"an empty run", 0xa0, "00", 0, MS_OK, "run 0 is empty", "1000+1000@2000/1000"},
    {"a run beyond physical memory", 0x9d, "01", 0, MS_OK, "run 0 begins at page 0x10000000100",
     "1000+1000@4000/1000"},
    {"base times page size wraps", 0x98, "01 00 00 00 00 00 10 00", 0, MS_OK, "run 0 begins at",
     "1000+1000@4000/1000"},
    {"a count beyond physical memory", 0xb5, "01", 0, MS_OK,
     "run 1 has 0x10000000001 pages: it and all behind it", "100000+2000@2000/2000"},
    {"count times page size wraps", 0xb0, "01 00 00 00 00 00 10 00", 0, MS_OK, "run 1 has",
     "100000+2000@2000/2000"},
    {"all counts absurd", 0xa0, "FF FF FF FF FF FF FF FF", 0, MS_OK, "run 0 has", ""},
    {"a count far past the file", 0xa0, "00 00 00 00 FF", 0, MS_OK, "counts 3 pages",
     "100000+ff00000000000@2000/ff00000000000 1000+1000@ff00000002000/1000"},
    {"unset type, good runs", 0xf98, UNSET, 0, MS_OK, "", FULL64_RUNS},
    {"type 0, good runs", 0xf98, "00", 0, MS_OK, "", FULL64_RUNS},
    {"type -1, good runs", 0xf98, "FF FF FF FF", 0, MS_OK, "", FULL64_RUNS},
    {"header only", 0xf98, "03", 0, MS_UNSUPPORTED, "a header-only dump (DumpType 3)", NULL},
    {"summary", 0xf98, "02", 0, MS_UNSUPPORTED, "a summary dump (DumpType 2)", NULL},
    {"triage", 0xf98, "04", 0, MS_UNSUPPORTED,
     "a triage dump (DumpType 4): it holds no physical pages", NULL},
    {"RDMP kernel", 0xf98, "08", 0, MS_UNSUPPORTED, "(DumpType 8)", NULL},
    {"RDMP kernel and user", 0xf98, "09", 0, MS_UNSUPPORTED, "(DumpType 9)", NULL},
    {"RDMP complete", 0xf98, "0A", 0, MS_UNSUPPORTED, "(DumpType a)", NULL},
    {"type 11", 0xf98, "0B", 0, MS_UNSUPPORTED, "DumpType is 0xb, which is not known", NULL},
    {"bitmap type without a bitmap", 0xf98, "05", 0, MS_MALFORMED, "no bitmap", NULL},
    {"automatic type without a bitmap", 0xf98, "07", 0, MS_UNSUPPORTED, "automatic", NULL},
};

static void expect_damages(const struct file_bytes *golden, const char *format,
                           const struct damage *damages, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct reading reading = read_damaged(golden, &damages[i], NULL);
        const char *what = wrong(&reading, &damages[i]);

        cr_expect(what == NULL, "%s", what);
        cr_expect(eq(str, (char *)reading.ops->name, (char *)format), "%s", damages[i].name);
        ms_layout_release(&reading.layout);
    }
}

#define EXPECT_DAMAGES(golden, format, damages)                                                    \
    expect_damages(golden, format, damages, sizeof(damages) / sizeof((damages)[0]))

Test(crashdump, survives_damage_to_a_full_dump)
{
    struct file_bytes golden = make_full64();

    EXPECT_DAMAGES(&golden, "crashdump64", full64_damages);
    free(golden.bytes);
}

// What says nothing must at least be in order: an unset type with bad runs is no full dump.
Test(crashdump, believes_an_unset_type_only_with_good_runs)
{
    static const struct damage damages[] = {
        {"not filled in", 0x88, UNSET, 0, MS_MALFORMED, "never filled in", NULL},
        {"an empty run", 0xa0, "00", 0, MS_MALFORMED, "run 0 (page 0x100, 0x0 pages)", NULL},
        {"too high", 0x9d, "01", 0, MS_MALFORMED, "DumpType says nothing, and run 0", NULL},
        {"too long", 0xb5, "01", 0, MS_MALFORMED, "DumpType says nothing, and run 1", NULL},
        {"another sum", 0x90, "04", 0, MS_MALFORMED, "differs from that of the runs, 3", NULL},
    };
    struct file_bytes golden = make_full64();

    put_hex(&golden, 0xf98, UNSET);
    EXPECT_DAMAGES(&golden, "crashdump64", damages);
    free(golden.bytes);
}

Test(crashdump, takes_as_many_runs_as_the_field_has_room_for)
{
    struct file_bytes file = make_full64();
    struct reading reading;

    put_number(&file, 0x88, 43, 4);
    for (size_t i = 0; i < 43; i++) {
        put_number(&file, 0x98 + 16 * i, 2 * i, 8);
        put_number(&file, 0xa0 + 16 * i, 1, 8);
    }
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK));
    cr_assert(eq(sz, reading.layout.runs.n, 43));
    cr_assert(eq(u64, reading.layout.runs.items[42].start, 84 * PAGE));
    cr_assert(eq(u64, reading.layout.runs.items[42].offset, 0x2000 + 42 * PAGE));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// Each fact's field, put back to the filler, takes the fact away, and no other.
Test(crashdump, leaves_out_facts_that_were_never_written)
{
    static const size_t offsets[] = {0x0c, 0x10, 0x18,  0x20,  0x28,   0x30,  0x34,
                                     0x38, 0x80, 0xfa8, 0xfb0, 0x1030, 0x1040};
    struct file_bytes golden = make_full64();

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        bool wide = offsets[i] < 0x30 ? offsets[i] != 0x0c
                                      : offsets[i] != 0x30 && offsets[i] != 0x34 &&
                                            offsets[i] != 0x38 && offsets[i] != 0x1040;
        struct damage damage = {"", offsets[i], wide ? UNSET UNSET : UNSET, 0, MS_OK, "", NULL};
        struct reading reading = read_damaged(&golden, &damage, NULL);

        cr_expect(eq(int, reading.status, MS_OK));
        cr_expect(eq(sz, reading.layout.facts.n, 13), "at 0x%zx", offsets[i]);
        ms_layout_release(&reading.layout);
    }
    free(golden.bytes);
}

Test(crashdump, tells_which_bugcheck_parameters_are_not_set)
{
    static const struct damage damage = {"", 0x48, UNSET UNSET, 0, MS_OK, "", NULL};
    struct file_bytes golden = make_full64();
    struct reading reading = read_damaged(&golden, &damage, NULL);

    cr_assert(eq(str, (char *)fact(&reading.layout, "bugcheck"),
                 "0x1000007e (0xffffffffc0000005, not set, 0xffff850429891ee8, "
                 "0xffff850429891720)"));
    ms_layout_release(&reading.layout);
    free(golden.bytes);
}

Test(crashdump, quotes_a_comment_only_if_it_is_text)
{
    static const struct fact_case comments[] = {
        {"00", ""}, {"61 00", "a"}, {"61 1B 00", ""}, {"C3 A4 00", ""}, {"50 41 47 45 00", "PAGE"},
    };
    struct file_bytes golden = make_full64();

    for (size_t i = 0; i < sizeof(comments) / sizeof(comments[0]); i++) {
        struct damage damage = {"", 0xfb0, comments[i].name, 0, MS_OK, "", NULL};
        struct reading reading = read_damaged(&golden, &damage, NULL);

        cr_expect(eq(str, (char *)fact(&reading.layout, "comment"), (char *)comments[i].text));
        ms_layout_release(&reading.layout);
    }
    free(golden.bytes);
}

Test(crashdump, survives_any_prefix)
{
    struct file_bytes golden = make_full64();

    read_prefixes(&golden, 0x2040, "crashdump64");
    free(golden.bytes);
}

// == Times ==

static const char *time_fact(uint64_t ticks)
{
    static char text[64];
    struct file_bytes file = make_full64();
    struct reading reading;

    put_number(&file, 0xfa8, ticks, 8);
    reading = read_bytes(file.bytes, file.n, NULL);
    snprintf(text, sizeof(text), "%s", fact(&reading.layout, "system_time"));
    ms_layout_release(&reading.layout);
    free(file.bytes);
    return text;
}

struct time_case {
    const char *name;
    uint64_t ticks;
    const char *text;
};

static const struct time_case time_cases[] = {
    {"none", 0, ""},
    {"first tick", 1, "1601-01-01T00:00:00Z"},
    {"end of the first day", UINT64_C(863999999999), "1601-01-01T23:59:59Z"},
    {"the Unix epoch", UINT64_C(116444736000000000), "1970-01-01T00:00:00Z"},
    {"leap day of 2000", UINT64_C(125963423990000000), "2000-02-29T23:59:59Z"},
    {"the day after", UINT64_C(125963424000000000), "2000-03-01T00:00:00Z"},
    {"the last of four digits", UINT64_C(2650467743990000000), "9999-12-31T23:59:59Z"},
    {"the first of five", UINT64_C(2650467744000000000), "+10000-01-01T00:00:00Z"},
    {"all ones", UINT64_MAX, "+60056-05-28T05:36:10Z"},
};

Test(crashdump, writes_any_time_as_iso_8601)
{
    for (size_t i = 0; i < sizeof(time_cases) / sizeof(time_cases[0]); i++)
        cr_expect(eq(str, (char *)time_fact(time_cases[i].ticks), (char *)time_cases[i].text), "%s",
                  time_cases[i].name);
}

// The C library's calendar is the oracle, about every 45 days from 1601 to 2400.
Test(crashdump, agrees_with_the_c_library_on_dates)
{
    for (int64_t t = INT64_C(-11644473599); t < INT64_C(13569465600); t += 3888017) {
        time_t seconds = (time_t)t;
        struct tm tm;
        char text[64];

        gmtime_r(&seconds, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
        cr_assert(
            eq(str, (char *)time_fact((uint64_t)(t + INT64_C(11644473600)) * 10000000), text));
    }
}

// == 32 bits ==

// A PAE machine with memory above 4 GiB: pages 2 and 3, page 100000.
static const struct piece_of_file full32_pieces[] = {
    {0x000, "50 41 47 45"}, // Signature "PAGE"
    {0x004, "44 55 4D 50"}, // ValidDump "DUMP"
    {0x008, "0C 00 00 00"}, // MajorVersion: checked build
    {0x00c, "28 0A 00 00"}, // MinorVersion: build 2600
    {0x010, "20 03 7A 00"}, // DirectoryTableBase 7A0320
    {0x014, "00 00 B0 81"}, // PfnDataBase
    {0x018, "A0 D7 55 80"}, // PsLoadedModuleList
    {0x01c, "58 57 56 80"}, // PsActiveProcessHead
    {0x020, "4C 01 00 00"}, // MachineImageType: i386
    {0x024, "02 00 00 00"}, // NumberProcessors
    {0x028, "C5 00 00 00"}, // BugCheckCode C5
    {0x02c, "04 00 00 00"}, // BugCheckParameter1
    {0x030, "02 00 00 00"},
    {0x034, "01 00 00 00"},
    {0x038, "11 22 54 80"},             // BugCheckParameter4
    {0x05c, "01"},                      // PaeEnabled
    {0x060, "E0 CA 54 80"},             // KdDebuggerDataBlock
    {0x064, "02 00 00 00"},             // NumberOfRuns
    {0x068, "03 00 00 00"},             // NumberOfPages
    {0x06c, "02 00 00 00"},             // Run[0].BasePage
    {0x070, "02 00 00 00"},             // Run[0].PageCount
    {0x074, "00 00 10 00"},             // Run[1].BasePage 100000
    {0x078, "01 00 00 00"},             // Run[1].PageCount
    {0x820, "68 69 00"},                // Comment: "hi"
    {0xf88, "01 00 00 00"},             // DumpType: full
    {0xf94, "01 00 00 00"},             // ProductType: workstation
    {0xfb8, "C0 7B A4 C9 00 00 00 00"}, // SystemUpTime: 338.3 s
    {0xfc0, "00 80 3E D5 DE B1 9D 01"}, // SystemTime: 1970-01-01T00:00:00Z
    {0, NULL},
};

static const struct fact_case full32_facts[] = {
    {"dump_type", "full (0x1)"},
    {"system", "Windows build 2600, checked"},
    {"product_type", "workstation"},
    {"machine_type", "0x14c"},
    {"processors", "2"},
    {"pae", "yes"},
    {"bugcheck", "0x000000c5 (0x00000004, 0x00000002, 0x00000001, 0x80542211)"},
    {"system_time", "1970-01-01T00:00:00Z"},
    {"uptime", "0 days 0:05:38.300"},
    {"page_table_root", "0x7a0320"},
    {"PsLoadedModuleList", "0x8055d7a0"},
    {"PsActiveProcessHead", "0x80565758"},
    {"KdDebuggerDataBlock", "0x8054cae0"},
    {"PfnDataBase", "0x81b00000"},
    {"comment", "hi"},
};

static struct file_bytes make_full32(void)
{
    struct file_bytes file = filled(0x1000 + 3 * PAGE, "PAGE");

    put_pieces(&file, full32_pieces);
    return file;
}

#define FULL32_RUNS "2000+2000@1000/2000 100000000+1000@3000/1000"

Test(crashdump, reads_a_full_dump_of_32_bits)
{
    static const struct damage damages[] = {
        {"sound", 0, NULL, 0, MS_OK, "", FULL32_RUNS},
        {"cut behind the header", 0, NULL, 0x1000, MS_OK, "", FULL32_RUNS},
        {"cut in the header", 0, NULL, 0xfff, MS_MALFORMED, "the header", NULL},
        {"87 runs", 0x64, "57", 0, MS_MALFORMED, "counts 87 memory runs, where 1 to 86", NULL},
        {"the longest run", 0x70, "FF FF FF FF", 0, MS_OK, "counts 3 pages",
         "2000+ffffffff000@1000/ffffffff000 100000000+1000@100000000000/1000"},
        {"unset type", 0xf88, UNSET, 0, MS_OK, "", FULL32_RUNS},
        {"triage", 0xf88, "04", 0, MS_UNSUPPORTED, "triage", NULL},
        {"bitmap without one", 0xf88, "06", 0, MS_MALFORMED, "at offset 0x1000", NULL},
    };
    struct file_bytes file = make_full32();
    struct reading reading = read_bytes(file.bytes, file.n, NULL);

    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)reading.layout.machine, "x86"));
    cr_assert(eq(uint, reading.layout.address_bits, 32));
    expect_facts(&reading.layout, full32_facts, sizeof(full32_facts) / sizeof(full32_facts[0]));
    EXPECT_DAMAGES(&file, "crashdump32", damages);
    read_prefixes(&file, 0x1040, "crashdump32");
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// == Bitmaps ==

// 19 pages told by 3 bytes: pages 1, 2, 3, 8, 9, 15 to 18; the bits behind the last are garbage.
static void put_bitmap(struct file_bytes *file, size_t start, const char *signature)
{
    const struct piece_of_file pieces[] = {
        {start + 0x00, signature},                 // "FDMP" or "SDMP"
        {start + 0x04, "44 55 4D 50"},             // ValidDump "DUMP"
        {start + 0x20, "00 30 00 00 00 00 00 00"}, // FirstPage 3000
        {start + 0x28, "09 00 00 00 00 00 00 00"}, // TotalPresentPages
        {start + 0x30, "13 00 00 00 00 00 00 00"}, // Pages: bits of the bitmap
        {start + 0x38, "0E 83 FF"},                // Bitmap, lowest bit first
        {0, NULL},
    };

    put_pieces(file, pieces);
}

static struct file_bytes make_bitmap64(void)
{
    static const struct piece_of_file pieces[] = {
        {0x000, "50 41 47 45 44 55 36 34"},
        {0x030, "64 86 00 00"},
        {0xf98, "05 00 00 00"},
        {0, NULL},
    };
    struct file_bytes file = filled(0x3000 + 9 * PAGE, "PAGE");

    put_pieces(&file, pieces);
    put_bitmap(&file, 0x2000, "46 44 4D 50");
    return file;
}

#define BITMAP_RUNS "1000+3000@3000/3000 8000+2000@6000/2000 f000+4000@8000/4000"

static const struct damage bitmap_damages[] = {
    {"sound", 0, NULL, 0, MS_OK, "", BITMAP_RUNS},
    {"kernel", 0xf98, "06", 0, MS_OK, "", BITMAP_RUNS},
    {"automatic", 0xf98, "07", 0, MS_OK, "", BITMAP_RUNS},
    {"signature SDMP", 0x2000, "53", 0, MS_OK, "", BITMAP_RUNS},
    {"another signature", 0x2000, "47", 0, MS_MALFORMED, "no bitmap (SDMP or FDMP)", NULL},
    {"another second signature", 0x2004, "47", 0, MS_MALFORMED, "no bitmap", NULL},
    {"first page not aligned", 0x2020, "10", 0, MS_MALFORMED, "offset 0x3010", NULL},
    {"first page in the bitmap", 0x2021, "20", 0, MS_MALFORMED, "bitmap ends at 0x203b", NULL},
    {"first page past any file", 0x2027, "80", 0, MS_MALFORMED, "cannot lie", NULL},
    {"first page past this file", 0x2023, "7F", 0, MS_OK, "",
     "1000+3000@7f003000/3000 8000+2000@7f006000/2000 f000+4000@7f008000/4000"},
    {"fewer pages told", 0x2028, "08", 0, MS_OK, "counts 8 pages, but the bitmap has 9",
     BITMAP_RUNS},
    {"more pages told", 0x202f, "80", 0, MS_OK, "but the bitmap has 9", BITMAP_RUNS},
    {"no bits", 0x2030, "00", 0, MS_OK, "but the bitmap has 0", ""},
    {"one bit", 0x2030, "01", 0, MS_OK, "but the bitmap has 0", ""},
    {"whole bytes", 0x2030, "10", 0, MS_OK, "but the bitmap has 6",
     "1000+3000@3000/3000 8000+2000@6000/2000 f000+1000@8000/1000"},
    {"bits past the file", 0x2032, "7F", 0, MS_MALFORMED, "does not fit in the file", NULL},
    {"bits past physical memory", 0x2037, "80", 0, MS_MALFORMED, "does not fit", NULL},
    {"bits that wrap when rounded", 0x2030, "FF FF FF FF FF FF FF FF", 0, MS_MALFORMED,
     "0xffffffffffffffff pages does not fit", NULL},
    {"cut in the bitmap's header", 0, NULL, 0x2037, MS_MALFORMED, "the bitmap's header", NULL},
    {"cut in the bitmap", 0, NULL, 0x203a, MS_MALFORMED, "does not fit", NULL},
    {"cut behind the bitmap", 0, NULL, 0x203b, MS_OK, "", BITMAP_RUNS},
};

Test(crashdump, reads_bitmaps_of_64_bits)
{
    struct file_bytes golden = make_bitmap64();

    EXPECT_DAMAGES(&golden, "crashdump64", bitmap_damages);
    read_prefixes(&golden, 0x2080, "crashdump64");
    free(golden.bytes);
}

Test(crashdump, reads_bitmaps_of_32_bits)
{
    struct file_bytes file = filled(0x3000 + 9 * PAGE, "PAGE");
    struct reading reading;

    put_hex(&file, 0, "50 41 47 45 44 55 4D 50");
    put_hex(&file, 0xf88, "06 00 00 00");
    put_bitmap(&file, 0x1000, "53 44 4D 50");
    reading = read_bytes(file.bytes, file.n, NULL);
    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)runs_text(&reading.layout), BITMAP_RUNS));
    cr_assert(eq(sz, reading.layout.warnings.n, 0));
    ms_layout_release(&reading.layout);
    free(file.bytes);
}

// Compares runs with the bits one by one.
static void expect_bits(const struct ms_layout *layout, const uint8_t *bits, size_t n_bits,
                        uint64_t first_page)
{
    uint64_t n_before = 0;
    size_t run = 0;

    for (size_t i = 0; i < n_bits; i++) {
        const struct ms_format_run *r = run < layout->runs.n ? &layout->runs.items[run] : NULL;
        bool set = bits[i / 8] >> i % 8 & 1;

        if (r && r->start / PAGE + r->length / PAGE == i)
            r = ++run < layout->runs.n ? &layout->runs.items[run] : NULL;
        cr_assert(eq(int, r &&i >= r->start / PAGE, set), "page %zu", i);
        if (set)
            cr_assert(eq(u64, r->offset + (i * PAGE - r->start), first_page + n_before * PAGE),
                      "page %zu", i);
        n_before += set;
    }
}

// Bitmaps of several pieces, with bits set singly, in long runs, and throughout.
Test(crashdump, agrees_with_single_bits)
{
    static const size_t sizes[] = {1, 63, 64, 65, 1000, 131072, 131073, 400001};

    srand(1);
    for (size_t i = 0; i < 3 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t n_bits = sizes[i / 3], n_bytes = (n_bits + 7) / 8;
        struct file_bytes file = filled(0x2038 + n_bytes + 3, "PAGE");
        uint64_t first_page = (0x2038 + n_bytes + PAGE - 1) / PAGE * PAGE;
        struct reading reading;

        put_hex(&file, 0, "50 41 47 45 44 55 36 34");
        put_hex(&file, 0xf98, "05 00 00 00");
        put_bitmap(&file, 0x2000, "46 44 4D 50");
        put_number(&file, 0x2020, first_page, 8);
        put_number(&file, 0x2030, n_bits, 8);
        for (size_t k = 0; k < n_bytes; k++)
            file.bytes[0x2038 + k] = (uint8_t)(i % 3 == 0   ? rand()
                                               : i % 3 == 1 ? (k / 40 % 2 ? 0xff : 0)
                                                            : 0xff);
        reading = read_bytes(file.bytes, file.n, NULL);
        cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
        expect_bits(&reading.layout, file.bytes + 0x2038, n_bits, first_page);
        ms_layout_release(&reading.layout);
        free(file.bytes);
    }
}

// == Samples ==

static struct reading read_sample(const char *name)
{
    struct reading reading = {0};
    struct ms_source *source = NULL;
    struct ms_head head;
    char path[512];

    if (!sample_path(name, path))
        cr_skip_test(NO_SAMPLES);
    cr_assert(eq(int, ms_source_open(path, false, &source, NULL), MS_OK));
    cr_assert(eq(int, ms_format_choose(source, NULL, &head, &reading.ops, NULL), MS_OK));
    reading.status = reading.ops->read(source, &head, &reading.layout, &reading.error);
    ms_source_close(source);
    return reading;
}

Test(crashdump, sample_of_a_live_dump)
{
    static const struct fact_case facts[] = {
        {"dump_type", "full (0x1)"},
        {"system", "Windows build 19045, free"},
        {"processors", "4"},
        {"page_table_root", "0x1ad002"},
        {"product_type", "workstation"},
        {"comment", ""},
        {"system_time", "2024-10-12T12:57:59Z"},
    };
    struct reading reading = read_sample("imhex_dmp64.hexpat.bin");

    cr_assert(eq(int, reading.status, MS_OK), "%s", reading.error.text);
    cr_assert(eq(str, (char *)runs_text(&reading.layout),
                 "2000+9e000@2000/9e000 100000+251000@a0000/251000 "
                 "3d8000+d7df000@2f1000/d7df000 dbb8000+1fb7000@dad0000/1fb7000 "
                 "fbff000+70401000@fa87000/70401000"));
    cr_assert(eq(sz, reading.layout.warnings.n, 0));
    expect_facts(&reading.layout, facts, sizeof(facts) / sizeof(facts[0]));
    ms_layout_release(&reading.layout);
}

Test(crashdump, sample_of_a_triage_dump)
{
    struct reading reading = read_sample("rizin_triage_x64.dmp");

    cr_assert(eq(int, reading.status, MS_UNSUPPORTED));
    cr_assert(contains(reading.error.text, "triage"), "%s", reading.error.text);
    ms_layout_release(&reading.layout);
}
