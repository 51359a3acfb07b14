// SPDX-License-Identifier: MIT
//
// Physical memory out of runs: thousands of random layouts against a map of single bytes, which
// follows the contract and nothing else, and the cases that random ones seldom meet.

#include "../format/golden.h"
#include "base/extent.h"
#include "image/memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(memory);

#define WINDOW 96 // addresses that random layouts use

// == The model ==

enum state { HOLE = 3, NEVER_HELD = 2, CUT_SHORT = 1, HELD = 0 };

struct model_byte {
    enum state state;
    uint64_t offset; // if HELD
};

struct model {
    struct model_byte bytes[WINDOW];
    uint64_t n_cut;
    bool conflict; // a byte is held at two places of the file
};

static struct model_byte byte_of_run(const struct ms_format_run *run, uint64_t i,
                                     uint64_t file_size)
{
    if (i >= run->stored)
        return (struct model_byte){NEVER_HELD, 0};
    if (run->offset + i >= file_size)
        return (struct model_byte){CUT_SHORT, 0};
    return (struct model_byte){HELD, run->offset + i};
}

static struct model make_model(const struct ms_layout *layout, uint64_t base, uint64_t file_size)
{
    struct model model = {0};

    for (uint64_t a = 0; a < WINDOW; a++) {
        struct model_byte *best = &model.bytes[a];

        best->state = HOLE;
        for (size_t r = 0; r < layout->runs.n; r++) {
            const struct ms_format_run *run = &layout->runs.items[r];
            struct model_byte byte;

            if (base + a < run->start || base + a - run->start >= run->length)
                continue;
            byte = byte_of_run(run, base + a - run->start, file_size);
            if (byte.state == HELD && best->state == HELD && byte.offset != best->offset)
                model.conflict = true;
            if (byte.state < best->state)
                *best = byte;
        }
        model.n_cut += best->state == CUT_SHORT;
    }
    return model;
}

// == Comparison ==

static struct model_byte byte_of_memory(const struct ms_memory *memory, uint64_t address)
{
    size_t i = ms_memory_find(memory, address);
    const struct ms_run *run = &memory->runs.items[i];

    if (i == memory->runs.n || run->start > address)
        return (struct model_byte){HOLE, 0};
    if (run->presence == MS_ABSENT)
        return (struct model_byte){NEVER_HELD, 0};
    return (struct model_byte){HELD, run->offset + (address - run->start)};
}

// Runs ascend, do not overlap, and none could be joined to the next.
static void expect_order(const struct ms_memory *memory, const char *name)
{
    for (size_t i = 0; i < memory->runs.n; i++) {
        const struct ms_run *run = &memory->runs.items[i], *next = run + 1;
        uint64_t last = ms_last(run->start, run->length);

        cr_assert(ms_extent_valid(run->start, run->length), "%s: run %zu", name, i);
        cr_assert(run->presence == MS_PRESENT || run->offset == 0, "%s: run %zu", name, i);
        if (i + 1 == memory->runs.n)
            break;
        cr_assert(last < next->start, "%s: run %zu", name, i);
        cr_assert(next->start != last + 1 || next->presence != run->presence ||
                      (run->presence == MS_PRESENT && next->offset != run->offset + run->length),
                  "%s: run %zu could be joined to the next", name, i);
    }
}

static void expect_model(const struct ms_memory *memory, const struct ms_layout *layout,
                         uint64_t base, uint64_t file_size, const char *name)
{
    struct model model = make_model(layout, base, file_size);
    char cut[64];

    for (uint64_t a = 0; a < WINDOW; a++) {
        struct model_byte byte = byte_of_memory(memory, base + a);
        struct model_byte expected = model.bytes[a];

        if (expected.state == CUT_SHORT)
            expected.state = NEVER_HELD;
        cr_assert(eq(int, (int)byte.state, (int)expected.state), "%s: byte %d", name, (int)a);
        cr_assert(eq(u64, byte.offset, expected.offset), "%s: byte %d", name, (int)a);
    }
    snprintf(cut, sizeof(cut), "ends early: %d bytes", (int)model.n_cut);
    cr_assert(eq(int, warned(layout, cut), model.n_cut > 0), "%s", name);
    cr_assert(eq(int, warned(layout, "ends early"), model.n_cut > 0), "%s", name);
    cr_assert(eq(int, warned(layout, "both hold memory"), model.conflict), "%s", name);
}

static uint64_t below(uint64_t n)
{
    return (uint64_t)rand() % n;
}

static struct ms_format_run random_run(uint64_t base)
{
    uint64_t at = below(WINDOW);
    struct ms_format_run run = {.start = base + at, .length = 1 + below(WINDOW - at)};

    if (below(2))
        run.length = 1 + run.length / 8;
    run.stored = below(3) ? run.length : below(run.length + 1);
    // Half of the time where another run may agree, so that bytes of the file are met twice.
    run.offset = below(2) ? at + 16 * below(2) : below(2 * WINDOW);
    return run;
}

Test(memory, agrees_with_a_map_of_bytes)
{
    static const uint64_t bases[] = {0, 0x7ffffffffffffff0, UINT64_MAX - (WINDOW - 1)};

    srand(7);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t base = bases[i % 3], file_size = below(3 * WINDOW);
        struct ms_layout layout = {0};
        struct ms_memory memory = {0};
        size_t n = 1 + (size_t)below(12);
        char name[32];

        snprintf(name, sizeof(name), "layout %u", i);
        for (size_t r = 0; r < n; r++)
            ms_layout_add_run(&layout, random_run(base), "run", r, NULL);
        cr_assert(eq(int, ms_memory_build(&memory, &layout, file_size, NULL), MS_OK));
        expect_order(&memory, name);
        expect_model(&memory, &layout, base, file_size, name);
        ms_memory_release(&memory);
        ms_layout_release(&layout);
    }
}

// == Cases ==

struct build_case {
    const char *name;
    struct ms_format_run runs[4]; // a length of 0 ends the list
    uint64_t file_size;
    const char *text;    // "start+length@offset" or "start+length absent", hex
    const char *warning; // "": none
};

#define K   0x1000u
#define TOP (UINT64_MAX - 0xfff)

static const struct build_case build_cases[] = {
    {"one", {{K, K, 0, K}}, K, "1000+1000@0", ""},
    {"unsorted", {{2 * K, K, 0, K}, {0, K, K, K}}, 2 * K, "0+1000@1000, 2000+1000@0", ""},
    {"joined", {{0, K, K, K}, {K, K, 2 * K, K}}, 3 * K, "0+2000@1000", ""},
    {"abut in memory only", {{0, K, K, K}, {K, K, 0, K}}, 2 * K, "0+1000@1000, 1000+1000@0", ""},
    {"abut in the file only",
     {{0, K, 0, K}, {2 * K, K, K, K}},
     2 * K,
     "0+1000@0, 2000+1000@1000",
     ""},
    {"never held", {{0, 2 * K, 0, K}}, K, "0+1000@0, 1000+1000 absent", ""},
    {"absent ones join", {{0, K, 0, 0}, {K, K, 0, 0}}, K, "0+2000 absent", ""},
    {"cut short",
     {{0, 2 * K, 0, 2 * K}},
     K + 1,
     "0+1001@0, 1001+fff absent",
     "ends early: 4095 bytes"},
    {"cut short and never held join",
     {{0, 3 * K, 0, 2 * K}},
     K,
     "0+1000@0, 1000+2000 absent",
     "ends early: 4096 bytes"},
    {"wholly past the end", {{0, K, 2 * K, K}}, K, "0+1000 absent", "ends early: 4096 bytes"},
    {"at an offset that wraps", {{0, K, UINT64_MAX, K}}, K, "0+1000 absent", "ends early"},
    {"the first wins",
     {{0, 2 * K, 0, 2 * K}, {K, 2 * K, 4 * K, 2 * K}},
     6 * K,
     "0+2000@0, 2000+1000@5000",
     "runs 0 and 1 both hold memory at 0x1000: the first, at offset "
     "0x1000"},
    {"the first wins, above",
     {{K, 2 * K, 4 * K, 2 * K}, {0, 2 * K, 0, 2 * K}},
     6 * K,
     "0+1000@0, 1000+2000@4000",
     "runs 0 and 1 both hold memory at 0x1000: the first, at offset "
     "0x4000"},
    {"one inside another",
     {{K, K, 0, K}, {0, 3 * K, K, 3 * K}},
     4 * K,
     "0+1000@1000, 1000+1000@0, 2000+1000@3000",
     "runs 0 and 1"},
    {"the same bytes twice", {{0, 2 * K, 0, 2 * K}, {K, 2 * K, K, 2 * K}}, 3 * K, "0+3000@0", ""},
    {"held wins over absent",
     {{0, 2 * K, 0, 0}, {K, 2 * K, 0, 2 * K}},
     2 * K,
     "0+1000 absent, 1000+2000@0",
     ""},
    {"held wins over cut", {{0, K, 8 * K, K}, {0, K, 0, K}}, K, "0+1000@0", ""},
    {"the last byte", {{UINT64_MAX, 1, 5, 1}}, 6, "ffffffffffffffff+1@5", ""},
    {"the last pages",
     {{TOP, K, 0, K}, {TOP - K, K, K, K}},
     2 * K,
     "ffffffffffffe000+1000@1000, fffffffffffff000+1000@0",
     ""},
    {"all of memory",
     {{0, UINT64_MAX, 0, K}, {UINT64_MAX, 1, 0, 0}},
     K,
     "0+1000@0, 1000+fffffffffffff000 absent",
     ""},
    {"all of memory, absent",
     {{0, UINT64_MAX, 0, 0}, {UINT64_MAX, 1, 0, 0}},
     K,
     "0+ffffffffffffffff absent, ffffffffffffffff+1 absent",
     ""},
};

static const char *memory_text(const struct ms_memory *memory)
{
    static char text[1024];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < memory->runs.n && used < sizeof(text) - 80; i++) {
        const struct ms_run *run = &memory->runs.items[i];

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llx+%llx", i ? ", " : "",
                                 (unsigned long long)run->start, (unsigned long long)run->length);
        used += (size_t)snprintf(text + used, sizeof(text) - used,
                                 run->presence == MS_ABSENT ? " absent" : "@%llx",
                                 (unsigned long long)run->offset);
    }
    return text;
}

Test(memory, builds)
{
    for (size_t i = 0; i < sizeof(build_cases) / sizeof(build_cases[0]); i++) {
        const struct build_case *c = &build_cases[i];
        struct ms_layout layout = {0};
        struct ms_memory memory = {0};

        for (size_t r = 0; r < 4 && c->runs[r].length; r++)
            ms_layout_add_run(&layout, c->runs[r], "run", r, NULL);
        cr_assert(eq(int, ms_memory_build(&memory, &layout, c->file_size, NULL), MS_OK));
        cr_expect(eq(str, (char *)memory_text(&memory), (char *)c->text), "%s", c->name);
        cr_expect(c->warning[0] ? warned(&layout, c->warning) : layout.warnings.n == 0, "%s: %s",
                  c->name, layout.warnings.n ? layout.warnings.items[0] : "no warning");
        ms_memory_release(&memory);
        ms_layout_release(&layout);
    }
}

Test(memory, is_empty_without_runs)
{
    struct ms_layout layout = {0};
    struct ms_memory memory = {0};

    cr_assert(eq(int, ms_memory_build(&memory, &layout, 4096, NULL), MS_OK));
    cr_assert(eq(sz, memory.runs.n, 0));
    cr_assert(eq(sz, ms_memory_find(&memory, 0), 0));
    ms_memory_release(&memory);
    ms_layout_release(&layout);
}

// Runs in one another, in the order that makes a naive resolution quadratic: each would cut
// all those before it. The time limit is generous for n log n, and far below n squared.
Test(memory, resolves_nested_runs_quickly, .timeout = 20)
{
    const uint64_t n = 300000;
    struct ms_layout layout = {0};
    struct ms_memory memory = {0};

    for (uint64_t i = n; i-- > 0;)
        ms_layout_add_run(&layout, (struct ms_format_run){n - i, 2 * i + 1, i, 2 * i + 1}, "run", i,
                          NULL);
    cr_assert(eq(int, ms_memory_build(&memory, &layout, 4 * n, NULL), MS_OK));
    cr_assert(eq(sz, memory.runs.n, 1));
    ms_memory_release(&memory);
    ms_layout_release(&layout);

    for (uint64_t i = 0; i < n; i++)
        ms_layout_add_run(&layout, (struct ms_format_run){n - i, 2 * i + 1, 0, 2 * i + 1}, "run", i,
                          NULL);
    cr_assert(eq(int, ms_memory_build(&memory, &layout, 4 * n, NULL), MS_OK));
    cr_assert(eq(sz, memory.runs.n, 2 * n - 1));
    cr_assert(eq(sz, layout.warnings.n, 8));
    cr_assert(eq(int, ms_layout_finish(&layout, NULL), MS_OK));
    cr_assert(warned(&layout, "299991 more warnings about overlapping runs"));
    ms_memory_release(&memory);
    ms_layout_release(&layout);
}

Test(memory, finds_the_run_at_or_above_an_address)
{
    static const struct {
        uint64_t address;
        size_t index;
    } cases[] = {{0, 0},      {0xfff, 0},          {0x1000, 0},    {0x1fff, 0},
                 {0x2000, 1}, {0x2fff, 1},         {0x3000, 1},    {0x3fff, 1},
                 {0x4000, 2}, {UINT64_MAX - 1, 2}, {UINT64_MAX, 2}};
    struct ms_layout layout = {0};
    struct ms_memory memory = {0};

    ms_layout_add_run(&layout, (struct ms_format_run){0x1000, K, 0, K}, "run", 0, NULL);
    ms_layout_add_run(&layout, (struct ms_format_run){0x3000, K, K, K}, "run", 1, NULL);
    ms_layout_add_run(&layout, (struct ms_format_run){UINT64_MAX, 1, 0, 0}, "run", 2, NULL);
    cr_assert(eq(int, ms_memory_build(&memory, &layout, 2 * K, NULL), MS_OK));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect(eq(sz, ms_memory_find(&memory, cases[i].address), cases[i].index), "case %zu", i);
    ms_memory_release(&memory);
    ms_layout_release(&layout);
}
