// SPDX-License-Identifier: MIT
//
// Whole searches through the public interface, against the naive search of known memory, in every
// way there is to run them: the answer must be the same, byte for byte.

#include "base/bytes.h"
#include "scan/ways.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(search, .timeout = 300);

#define BYTES(text)  (const uint8_t *)(text)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// == Patterns ==

static const struct known_pattern slop[] = {
    {.kind = MS_DWORD,
     .text = "78090043",
     .step = 4,
     .length = 4,
     .bytes = BYTES("\x43\0\x09\x78")},
};

// One of each kind and shape that does not flood.
static const struct known_pattern mixed[] = {
    {.kind = MS_DWORD,
     .text = "78090043",
     .step = 4,
     .length = 4,
     .bytes = BYTES("\x43\0\x09\x78")},
    {.kind = MS_DWORD,
     .text = "78090043",
     .align = 1,
     .step = 1,
     .length = 4,
     .bytes = BYTES("\x43\0\x09\x78")},
    {.kind = MS_WORD,
     .text = "7809 4142",
     .step = 2,
     .length = 4,
     .bytes = BYTES("\x09\x78\x42\x41")},
    {.kind = MS_QWORD,
     .text = "4142434478090043",
     .step = 8,
     .length = 8,
     .bytes = BYTES("\x43\0\x09\x78"
                    "DCBA")},
    {.kind = MS_BYTE,
     .text = "7?",
     .step = 1,
     .length = 1,
     .bytes = BYTES("\x70"),
     .mask = BYTES("\xf0")},
    {.kind = MS_DWORD,
     .text = "78090000..7809ffff",
     .step = 4,
     .length = 4,
     .range_width = 4,
     .lo = 0x78090000,
     .hi = 0x7809ffff},
    {.kind = MS_HEX,
     .text = "43 00 ?9 78 44 43",
     .step = 1,
     .length = 6,
     .bytes = BYTES("\x43\0\x09\x78"
                    "DC"),
     .mask = BYTES("\xff\xff\x0f\xff\xff\xff")},
    {.kind = MS_ASCII, .text = "DCBA", .step = 1, .length = 4, .bytes = BYTES("DCBA")},
    {.kind = MS_ASCII,
     .text = "dcba",
     .ignore_case = true,
     .align = 16,
     .step = 16,
     .length = 4,
     .bytes = BYTES("DCBA"),
     .mask = BYTES("\xdf\xdf\xdf\xdf")},
    {.kind = MS_UTF16, .text = "DC", .step = 1, .length = 4, .bytes = BYTES("D\0C\0")},
};

// Where memory is uniform, these match everywhere.
static const struct known_pattern floods[] = {
    {.kind = MS_DWORD, .text = "00000000", .step = 4, .length = 4, .bytes = BYTES("\0\0\0\0")},
    {.kind = MS_DWORD,
     .text = "00000000",
     .align = 4096,
     .step = 4096,
     .length = 4,
     .bytes = BYTES("\0\0\0\0")},
    {.kind = MS_BYTE, .text = "00", .step = 1, .length = 1, .bytes = BYTES("\0")},
    {.kind = MS_HEX,
     .text = "00 00 00 00 00 41",
     .step = 1,
     .length = 6,
     .bytes = BYTES("\0\0\0\0\0\x41")},
    {.kind = MS_QWORD,
     .text = "4142414241424142",
     .step = 8,
     .length = 8,
     .bytes = BYTES("BABABABA")},
    {.kind = MS_ASCII, .text = "QQQ", .step = 1, .length = 3, .bytes = BYTES("QQQ")},
    {.kind = MS_QWORD,
     .text = "0..1000",
     .align = 1,
     .step = 1,
     .length = 8,
     .range_width = 8,
     .lo = 0,
     .hi = 0x1000},
};

// == Regexes, and what they mean ==

static bool is_all(const uint8_t *bytes, size_t n, uint8_t byte)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != byte)
            return false;
    }
    return true;
}

static bool whole_as_b(const uint8_t *bytes, size_t n)
{
    return n >= 2 && n <= 13 && is_all(bytes, n - 1, 'A') && bytes[n - 1] == 'B';
}

static bool whole_abc(const uint8_t *bytes, size_t n)
{
    return (n == 3 && memcmp(bytes, "ABC", 3) == 0) || (n == 2 && memcmp(bytes, "AC", 2) == 0);
}

static bool whole_gap(const uint8_t *bytes, size_t n)
{
    return n >= 2 && n <= 8 && bytes[0] == 'C' && bytes[n - 1] == 0xff;
}

static bool whole_zeros(const uint8_t *bytes, size_t n)
{
    return n >= 2 && n <= 21 && bytes[0] == 'B' && is_all(bytes + 1, n - 1, 0);
}

static bool whole_pair(const uint8_t *bytes, size_t n)
{
    return n == 2 && bytes[0] == 0 && (bytes[1] | 0x20) == 'b';
}

static const struct known_pattern regexes[] = {
    {.kind = MS_REGEX, .text = "A{1,12}B", .step = 1, .whole = whole_as_b},
    {.kind = MS_REGEX, .text = "AB?C", .step = 1, .whole = whole_abc},
    {.kind = MS_REGEX, .text = "C.{0,6}\\xff", .step = 1, .whole = whole_gap},
    {.kind = MS_REGEX, .text = "B\\x00{1,20}", .step = 1, .whole = whole_zeros},
    {.kind = MS_REGEX, .text = "\\x00b", .ignore_case = true, .step = 1, .whole = whole_pair},
};

// == Machines ==

#define PLANTED                                                                                    \
    "\x43\0\x09\x78"                                                                               \
    "DCBA"                                                                                         \
    "D\0C\0"
#define PLANTED_BYTES 12

// Plants end at every distance from the place, as far as they fit.
static void plant_across(uint8_t *bytes, size_t length, size_t place, size_t distance)
{
    size_t start = place - distance;

    if (distance <= place && start + PLANTED_BYTES <= length)
        memcpy(bytes + start, PLANTED, PLANTED_BYTES);
}

// The same in one piece and in runs: a third of 4,096-byte borders is crossed in each way.
static void fill_planted(uint8_t *bytes, size_t length)
{
    uint64_t random = 1;

    random_fill(&random, bytes, length);
    for (size_t place = 4096; place < length; place += 4096)
        plant_across(bytes, length, place, place / 4096 % PLANTED_BYTES);
    for (size_t place = 5000; place < length; place += 5000)
        plant_across(bytes, length, place, place / 5000 % PLANTED_BYTES);
}

// Copies known bytes to runs that abut, whose order in the file is not that of memory.
static void add_shuffled(struct machine *machine, uint64_t start, const uint8_t *bytes,
                         const size_t *lengths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = (i * 3 + 1) % n, at = 0;

        for (size_t j = 0; j < k; j++)
            at += lengths[j];
        memcpy(machine_add(machine, start + at, lengths[k]), bytes + at, lengths[k]);
    }
}

static void make_raw(struct machine *machine)
{
    fill_planted(machine_add(machine, 0, 70001), 70001);
    machine_write_raw(machine);
}

// Four runs that abut in memory but nowhere in the file, each border inside a plant; a hole of one
// byte; and a run that ends inside a plant.
static void make_seams(struct machine *machine)
{
    static const size_t lengths[] = {4093, 9345, 4096, 5011};
    static uint8_t bytes[4093 + 9345 + 4096 + 5011];
    size_t border = 0;

    fill_planted(bytes, sizeof(bytes));
    for (size_t i = 0; i + 1 < COUNT(lengths); i++) {
        border += lengths[i];
        plant_across(bytes, sizeof(bytes), border, 2 + 2 * i);
    }
    add_shuffled(machine, 0x100000, bytes, lengths, COUNT(lengths));
    memcpy(bytes, PLANTED, PLANTED_BYTES);
    memcpy(machine_add(machine, 0x100000 + sizeof(bytes) + 1, 5000), bytes, 5000);
    memcpy(machine_add(machine, 0x200000, 6), PLANTED, 6);
    memcpy(machine_add(machine, 0x200007, 5000), &PLANTED[6], 6);
}

static void make_seams_lime(struct machine *machine)
{
    make_seams(machine);
    machine_write_lime(machine);
}

static void make_seams_elf(struct machine *machine)
{
    make_seams(machine);
    machine_add_absent(machine, 0x200006, 1);
    machine_add_absent(machine, 0x300000, 0x1234);
    machine_write_elf(machine);
}

// Runs of a few bytes: many in one chunk, each shorter than some pattern.
static void make_crumbs(struct machine *machine)
{
    uint64_t address = 0x7000;

    for (size_t i = 0; i < 20; i++) {
        size_t length = 3 + i;
        uint8_t *bytes = machine_add(machine, address, length);

        memcpy(bytes, PLANTED, length < PLANTED_BYTES ? length : PLANTED_BYTES);
        address += length + i % 3;
    }
    machine_write_lime(machine);
}

// The last bytes of the address space.
static void make_top(struct machine *machine)
{
    uint8_t *bytes = machine_add(machine, UINT64_MAX - 299, 300);

    memcpy(bytes + 300 - PLANTED_BYTES, PLANTED, PLANTED_BYTES);
    memcpy(bytes + 300 - 8, PLANTED, 8);
    memcpy(bytes + 100, PLANTED, PLANTED_BYTES);
    memcpy(machine_add(machine, 0, 50) + 0, PLANTED, PLANTED_BYTES);
    machine_write_elf(machine);
}

static void make_flood(struct machine *machine)
{
    uint8_t *bytes = machine_add(machine, 0x10000, 30000);

    memset(bytes + 20000, 'Q', 5000);
    for (size_t i = 25000; i < 27000; i++)
        bytes[i] = (uint8_t)('A' + (i & 1));
    bytes[9000] = 'A';
    machine_add(machine, 0x10000 + 30000, 9000);
    machine_add(machine, 0x10000 + 39001, 5000);
    machine_write_lime(machine);
}

static void make_small_flood(struct machine *machine)
{
    machine_add(machine, 0x1001, 300);
    memset(machine_add(machine, 0x1001 + 300, 100), 'Q', 100);
    machine_add(machine, 0x2000, 200)[77] = 'A';
    machine_write_lime(machine);
}

#ifdef MS_HAVE_HYPERSCAN
static void make_letters(struct machine *machine)
{
    uint64_t random = 7;

    for (size_t i = 0; i < 6; i++)
        random_fill(&random, machine_add(machine, 0x1000 + i * 100 + i / 3, 100), 100);
    machine_write_lime(machine);
}

static void make_more_letters(struct machine *machine)
{
    uint64_t random = 8;

    for (size_t i = 0; i < 5; i++)
        random_fill(&random, machine_add(machine, 0x1000 + i * 9000 + i / 4, 9000), 9000);
    machine_write_lime(machine);
}
#endif

// == Cases ==

static const struct ms_range seam_ranges[] = {
    {.first = 0x100ffa, .last = 0x101000},   // overlap: a match may lie in either, and counts once
    {.first = 0x100ffd, .last = 0x102000},   //
    {.first = 0x100ffd, .last = 0x102000},   // twice the same
    {.first = 0x102001, .last = 0x103000},   // abuts: nothing crosses
    {.first = 0x102801, .last = 0x102900},   // inside another
    {.first = 0x104000, .last = 0x200003},   // over a hole
    {.first = 0x250000, .last = 0x2fffff},   // in a hole
    {.first = 0x2ffff0, .last = UINT64_MAX}, // to the top
};

static const struct ms_range crumb_ranges[] = {
    {.first = 0x7000, .last = 0x7003}, {.first = 0x7002, .last = 0x7007},
    {.first = 0x7008, .last = 0x7040}, {.first = 0x7030, .last = 0x7060},
    {.first = 0x7064, .last = 0x7064}, {.first = 0x6000, .last = 0x6fff},
};

static const struct ms_range top_ranges[] = {
    {.first = UINT64_MAX - 7, .last = UINT64_MAX},
    {.first = UINT64_MAX - 11, .last = UINT64_MAX - 1},
    {.first = 4, .last = 11},
    {.first = 0, .last = 3},
};

#ifdef MS_HAVE_HYPERSCAN
static const struct ms_range letter_ranges[] = {
    {.first = 0x1005, .last = 0x1029}, {.first = 0x1020, .last = 0x1044},
    {.first = 0x1030, .last = 0x1060}, {.first = 0x1061, .last = 0x10a0},
    {.first = 0x10c0, .last = 0x1150}, {.first = 0x1100, .last = 0x1101},
};
#endif

static const struct search_case {
    const char *name;
    void (*make)(struct machine *machine);
    const struct known_pattern *patterns;
    size_t n_patterns;
    const struct ms_range *ranges;
    size_t n_ranges;
    uint64_t from;
    bool tiny;
} cases[] = {
    {"raw", make_raw, mixed, COUNT(mixed), NULL, 0, 0, false},
    {"seams", make_seams_lime, mixed, COUNT(mixed), NULL, 0, 0, false},
    {"one pattern", make_seams_lime, slop, COUNT(slop), NULL, 0, 0, false},
    {"seams in ranges", make_seams_elf, mixed, COUNT(mixed), seam_ranges, COUNT(seam_ranges), 0,
     false},
    {"from", make_seams_elf, mixed, COUNT(mixed), NULL, 0, 0x100ffc, false},
    {"from, in ranges", make_seams_elf, mixed, COUNT(mixed), seam_ranges, COUNT(seam_ranges),
     0x100fff, false},
    {"from behind all", make_crumbs, mixed, COUNT(mixed), NULL, 0, UINT64_MAX, true},
    {"crumbs", make_crumbs, mixed, COUNT(mixed), NULL, 0, 0, true},
    {"crumbs in ranges", make_crumbs, mixed, COUNT(mixed), crumb_ranges, COUNT(crumb_ranges), 0,
     true},
    {"top", make_top, mixed, COUNT(mixed), NULL, 0, 0, true},
    {"top in ranges", make_top, mixed, COUNT(mixed), top_ranges, COUNT(top_ranges), 0, true},
    {"flood", make_flood, floods, COUNT(floods), NULL, 0, 0, false},
    {"small flood", make_small_flood, floods, COUNT(floods), NULL, 0, 0, true},
#ifdef MS_HAVE_HYPERSCAN
    {"regexes", make_letters, regexes, COUNT(regexes), NULL, 0, 0, true},
    {"regexes in ranges", make_letters, regexes, COUNT(regexes), letter_ranges,
     COUNT(letter_ranges), 0, true},
    {"regexes from", make_letters, regexes, COUNT(regexes), NULL, 0, 0x1033, true},
    {"more regexes", make_more_letters, regexes, COUNT(regexes), NULL, 0, 0, false},
#endif
};

Test(search, every_way_gives_the_naive_answer)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct search_case *one = &cases[i];
        struct known_query query = {one->patterns, one->n_patterns, one->ranges, one->n_ranges,
                                    one->from};
        struct machine machine = {0};

        one->make(&machine);
        check_all_ways(one->name, &machine, &query, one->tiny);
        machine_release(&machine);
    }
}

// The cases above are no proof if they find nothing.
Test(search, cases_have_hits_on_both_sides_of_what_they_are_about)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct search_case *one = &cases[i];
        struct known_query query = {one->patterns, one->n_patterns, one->ranges, one->n_ranges,
                                    one->from};
        struct known_query all = {one->patterns, one->n_patterns, NULL, 0, 0};
        struct machine machine = {0};
        struct known_answer asked, everything;

        one->make(&machine);
        asked = naive_answer(&machine, &query);
        everything = naive_answer(&machine, &all);
        cr_assert(one->from == UINT64_MAX || asked.hits.n > 1, "%s: %zu hits", one->name,
                  asked.hits.n);
        if (one->n_ranges > 0 || one->from > 0)
            cr_assert(asked.hits.n < everything.hits.n, "%s", one->name);
        known_answer_release(&asked);
        known_answer_release(&everything);
        machine_release(&machine);
    }
}

// == The longest literals ==

#define LONG_BYTES MS_MAX_LITERAL

static struct known_pattern long_literal(char *text, uint8_t *bytes)
{
    uint64_t random = 3;

    for (size_t i = 0; i < LONG_BYTES; i++) {
        bytes[i] = (uint8_t)random_u64(&random);
        sprintf(text + 2 * i, "%02x", bytes[i]);
    }
    return (struct known_pattern){
        .kind = MS_HEX, .text = text, .step = 1, .length = LONG_BYTES, .bytes = bytes};
}

// Three matches across runs, the last one up to the segment's last byte; one that lacks a byte
// before a hole, and one that differs in its last byte.
Test(search, literals_of_the_greatest_length)
{
    static char text[2 * LONG_BYTES + 1];
    static uint8_t bytes[LONG_BYTES], memory[4 * LONG_BYTES + 100];
    static const size_t lengths[] = {1000, LONG_BYTES, LONG_BYTES + 7, 2 * LONG_BYTES - 907};
    struct known_pattern pattern = long_literal(text, bytes);
    struct known_query query = {.patterns = &pattern, .n_patterns = 1};
    struct machine machine = {0};

    memcpy(memory + 33, bytes, LONG_BYTES);
    memcpy(memory + 33 + LONG_BYTES, bytes, LONG_BYTES);
    memcpy(memory + 50 + 2 * LONG_BYTES, bytes, LONG_BYTES - 1);
    memcpy(memory + sizeof(memory) - LONG_BYTES, bytes, LONG_BYTES);
    add_shuffled(&machine, 0x1000, memory, lengths, COUNT(lengths));
    memcpy(machine_add(&machine, 0x1000000, LONG_BYTES - 1), bytes, LONG_BYTES - 1);
    machine_write_lime(&machine);
    check_all_ways("long literal", &machine, &query, false);
    machine_release(&machine);
}

// == Alignment ==

// Asked-for alignment counts from address 0, not from where a run or a range begins.
Test(search, alignment_is_of_addresses)
{
    for (uint32_t align = 1; align <= MS_MAX_ALIGN; align *= 2) {
        struct known_pattern patterns[] = {
            {.kind = MS_DWORD,
             .text = "41414141",
             .align = align,
             .step = align,
             .length = 4,
             .bytes = BYTES("AAAA")},
            {.kind = MS_ASCII,
             .text = "AA",
             .align = align,
             .step = align,
             .length = 2,
             .bytes = BYTES("AA")},
            {.kind = MS_HEX,
             .text = "41 ?1 41",
             .align = align,
             .step = align,
             .length = 3,
             .bytes = BYTES("AAA"),
             .mask = BYTES("\xff\x0f\xff")},
        };
        static const struct ms_range ranges[] = {{.first = 0x1003, .last = 0x3ffd}};
        struct known_query query = {patterns, COUNT(patterns), ranges, COUNT(ranges), 0};
        struct machine machine = {0};
        uint64_t random = align;

        memset(machine_add(&machine, 0xffd, 0x2005), 'A', 0x2005);
        memset(machine_add(&machine, 0x3002, 0x2000), 'A', 0x2000);
        machine_write_lime(&machine);
        check_some_ways("alignment", &machine, &query, &random, 12);
        machine_release(&machine);
    }
}

// == Random machines ==

#ifdef FEW_WAYS
#define N_MACHINES 30
#elif defined(FEW_CASES)
#define N_MACHINES 75
#else
#define N_MACHINES 300
#endif
#define MAX_RANDOM_PATTERNS 6
#define MAX_RANDOM_BYTES    12

struct random_pattern {
    char text[8 * MAX_RANDOM_BYTES];
    uint8_t bytes[MAX_RANDOM_BYTES];
    uint8_t mask[MAX_RANDOM_BYTES];
};

static void draw_bytes(uint64_t *random, struct random_pattern *drawn, size_t length)
{
    random_fill(random, drawn->bytes, length);
    memset(drawn->mask, 0xff, length);
    for (size_t i = 0; i < length; i++) {
        if (random_one_in(random, 6))
            drawn->mask[i] = random_one_in(random, 2) ? 0x0f : random_one_in(random, 2) ? 0xf0 : 0;
    }
}

static char *append_byte(char *out, uint8_t byte, uint8_t mask)
{
    *out++ = mask & 0xf0 ? "0123456789abcdef"[byte >> 4] : '?';
    *out++ = mask & 0x0f ? "0123456789abcdef"[byte & 15] : '?';
    return out;
}

// Elements of `size` bytes, the highest byte of each first.
static void write_elements(struct random_pattern *drawn, size_t size, size_t n)
{
    char *out = drawn->text;

    for (size_t e = 0; e < n; e++) {
        for (size_t i = size; i-- > 0;)
            out = append_byte(out, drawn->bytes[e * size + i], drawn->mask[e * size + i]);
        *out++ = ' ';
    }
    out[-1] = '\0';
}

static struct known_pattern draw_fixed(uint64_t *random, struct random_pattern *drawn)
{
    static const struct {
        enum ms_pattern_kind kind;
        uint32_t size, step;
    } kinds[] = {
        {MS_BYTE, 1, 1}, {MS_WORD, 2, 2}, {MS_DWORD, 4, 4}, {MS_QWORD, 8, 8}, {MS_HEX, 1, 1},
    };
    size_t kind = random_below(random, COUNT(kinds));
    uint32_t size = kinds[kind].size;
    size_t n = 1 + random_below(random, MAX_RANDOM_BYTES / size);
    uint32_t align = random_one_in(random, 3) ? 1u << random_below(random, 6) : 0;

    draw_bytes(random, drawn, n * size);
    write_elements(drawn, size, n);
    return (struct known_pattern){
        .kind = kinds[kind].kind,
        .text = drawn->text,
        .align = align,
        .step = align ? align : kinds[kind].step,
        .length = (uint32_t)(n * size),
        .bytes = drawn->bytes,
        .mask = drawn->mask,
    };
}

static struct known_pattern draw_pattern(uint64_t *random, struct random_pattern *drawn,
                                         bool with_regexes)
{
    static const struct known_pattern range = {.kind = MS_WORD,
                                               .text = "4100..42ff",
                                               .step = 2,
                                               .length = 2,
                                               .range_width = 2,
                                               .lo = 0x4100,
                                               .hi = 0x42ff};

    if (with_regexes && random_one_in(random, 3))
        return regexes[random_below(random, COUNT(regexes))];
    return random_one_in(random, 6) ? range : draw_fixed(random, drawn);
}

static void shuffle_runs(uint64_t *random, struct machine *machine)
{
    for (size_t i = machine->n; i > 1; i--) {
        size_t k = random_below(random, i);
        struct known_run kept = machine->runs[k];

        machine->runs[k] = machine->runs[i - 1];
        machine->runs[i - 1] = kept;
    }
}

static void draw_machine(uint64_t *random, struct machine *machine)
{
    uint64_t address = random_one_in(random, 8) ? UINT64_MAX - 3000 : random_below(random, 5000);
    size_t n = 1 + random_below(random, 8);
    bool elf = random_one_in(random, 2);

    // Twelve bits of room: at the top of the address space there is no more.
    for (size_t i = 0; i < n; i++) {
        size_t length = 1 + random_below(random, i == 0 ? 900 : 250);

        if (elf && i > 0 && random_one_in(random, 5))
            machine_add_absent(machine, address, length);
        else
            random_fill(random, machine_add(machine, address, length), length);
        address += length + (random_one_in(random, 2) ? 0 : random_below(random, 20));
    }
    shuffle_runs(random, machine);
    if (elf)
        machine_write_elf(machine);
    else
        machine_write_lime(machine);
}

static size_t draw_ranges(uint64_t *random, const struct machine *machine, struct ms_range *ranges)
{
    size_t n = random_one_in(random, 2) ? 0 : 1 + random_below(random, 8);

    for (size_t i = 0; i < n; i++) {
        const struct known_run *run = &machine->runs[random_below(random, machine->n)];
        uint64_t first = run->start + random_below(random, run->length);
        uint64_t length = 1 + random_below(random, 400);

        if (i > 0 && random_one_in(random, 4) && ranges[i - 1].last < UINT64_MAX)
            first = ranges[i - 1].last + 1;
        ranges[i] = (struct ms_range){.first = first, .last = UINT64_MAX};
        if (length - 1 < UINT64_MAX - first)
            ranges[i].last = first + length - 1;
    }
    return n;
}

static void search_random_machine(uint64_t seed, bool with_regexes)
{
    uint64_t random = seed;
    struct random_pattern drawn[MAX_RANDOM_PATTERNS];
    struct known_pattern patterns[MAX_RANDOM_PATTERNS];
    struct ms_range ranges[8];
    struct machine machine = {0};
    struct known_query query = {.patterns = patterns, .ranges = ranges};
    char name[64];

    draw_machine(&random, &machine);
    query.n_patterns = 1 + random_below(&random, MAX_RANDOM_PATTERNS);
    for (size_t i = 0; i < query.n_patterns; i++)
        patterns[i] = draw_pattern(&random, &drawn[i], with_regexes);
    query.n_ranges = draw_ranges(&random, &machine, ranges);
    if (random_one_in(&random, 4))
        query.from = machine.runs[0].start + random_below(&random, machine.runs[0].length);
    snprintf(name, sizeof(name), "random machine, seed %llu", (unsigned long long)seed);
    check_some_ways(name, &machine, &query, &random, with_regexes ? 4 : 6);
    machine_release(&machine);
}

Test(search, random_machines)
{
    for (uint64_t seed = 1; seed <= N_MACHINES; seed++)
        search_random_machine(seed, false);
}

#ifdef MS_HAVE_HYPERSCAN
Test(search, random_machines_and_regexes)
{
    for (uint64_t seed = 1000; seed < 1000 + N_MACHINES / 3; seed++)
        search_random_machine(seed, true);
}
#endif
