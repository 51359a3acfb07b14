// SPDX-License-Identifier: MIT
//
// Plans: what is to be scanned is what the ranges and the runs have in common, each byte once.

#include "base/extent.h"
#include "base/test_random.h"
#include "scan/naive.h"
#include "scan/plan.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(plan);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct planned {
    struct ms_scan_plan plan;
    struct ms_image *image;
};

static struct planned make_plan(const struct machine *machine, const struct known_query *query,
                                size_t chunk_bytes)
{
    struct planned planned = {.image = machine_open(machine, 0)};
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.ranges = query->ranges;
    options.n_ranges = query->n_ranges;
    options.from = query->from;
    cr_assert(eq(int,
                 ms_scan_plan_build(&planned.plan, ms_image_memory(planned.image), &options,
                                    chunk_bytes, NULL),
                 MS_OK));
    return planned;
}

static void release_plan(struct planned *planned)
{
    ms_scan_plan_release(&planned->plan);
    ms_image_close(planned->image);
}

// == What a plan must be ==

static bool stretch_allows(const struct ms_scan_plan *plan, const struct ms_scan_stretch *stretch,
                           uint64_t address, uint64_t length)
{
    if (address < stretch->start || address - stretch->start >= stretch->length ||
        length > stretch->length - (address - stretch->start))
        return false;
    for (size_t i = 0; i < stretch->n_pieces; i++) {
        const struct ms_range *piece = &plan->pieces.items[stretch->first_piece + i];

        if (address >= piece->first && ms_last(address, length) <= piece->last)
            return true;
    }
    return stretch->n_pieces == 0;
}

// How many stretches would report a match there.
static size_t count_allowing(const struct ms_scan_plan *plan, uint64_t address, uint64_t length)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->stretches.n; i++) {
        const struct ms_scan_stretch *stretch = &plan->stretches.items[i];

        n += stretch_allows(plan, stretch, address, length) &&
             address - stretch->start >= stretch->own_start;
    }
    return n;
}

// Whether a match there is to be reported, by the words of the contract.
static bool is_asked(const struct known_segments *segments, const struct known_query *query,
                     uint64_t address, uint64_t length)
{
    bool held = false, in_range = query->n_ranges == 0;

    for (size_t i = 0; i < segments->n; i++)
        held |= address >= segments->items[i].start &&
                ms_last(address, length) <=
                    ms_last(segments->items[i].start, segments->items[i].length);
    for (size_t i = 0; i < query->n_ranges; i++)
        in_range |=
            address >= query->ranges[i].first && ms_last(address, length) <= query->ranges[i].last;
    return held && in_range && address >= query->from;
}

static void expect_stretches(const char *name, const struct ms_scan_plan *plan,
                             const struct machine *machine, const struct known_query *query)
{
    static const uint64_t lengths[] = {1, 2, 5, 30, 200};
    struct known_segments segments = machine_segments(machine);

    for (size_t s = 0; s < segments.n; s++) {
        for (size_t i = 0; i < segments.items[s].length; i++) {
            uint64_t address = segments.items[s].start + i;

            for (size_t l = 0; l < COUNT(lengths); l++) {
                if (!ms_extent_valid(address, lengths[l]))
                    continue;
                cr_assert(count_allowing(plan, address, lengths[l]) ==
                              is_asked(&segments, query, address, lengths[l]),
                          "%s: %llu bytes at %#llx", name, (unsigned long long)lengths[l],
                          (unsigned long long)address);
            }
        }
    }
    known_segments_release(&segments);
}

// Units are of equal size but for the last one, and all of them together are all that is own.
static void expect_units(const char *name, const struct ms_scan_plan *plan, size_t chunk_bytes)
{
    size_t unit = 0;
    uint64_t filled = chunk_bytes;

    for (size_t i = 0; i < plan->stretches.n; i++) {
        for (uint64_t at = plan->stretches.items[i].own_start; at < plan->stretches.items[i].length;
             at++) {
            if (filled == chunk_bytes) {
                cr_assert(plan->units.items[unit].stretch == i &&
                              plan->units.items[unit].offset == at,
                          "%s: unit %zu", name, unit);
                unit++;
                filled = 0;
            }
            filled++;
        }
    }
    cr_assert(eq(sz, unit, plan->units.n - 1), "%s", name);
    cr_assert(eq(sz, plan->units.items[unit].stretch, plan->stretches.n), "%s", name);
}

static void expect_gaps(const char *name, const struct ms_scan_plan *plan,
                        const struct known_answer *answer)
{
    cr_assert(eq(sz, plan->gaps.n, answer->gaps.n), "%s", name);
    for (size_t i = 0; i < plan->gaps.n; i++) {
        cr_assert(eq(u64, plan->gaps.items[i].range.first, answer->gaps.items[i].range.first));
        cr_assert(eq(u64, plan->gaps.items[i].range.last, answer->gaps.items[i].range.last));
        cr_assert(eq(int, plan->gaps.items[i].reason, answer->gaps.items[i].reason));
    }
}

static void check_plan(const char *name, const struct machine *machine,
                       const struct known_query *query, size_t chunk_bytes)
{
    struct planned planned = make_plan(machine, query, chunk_bytes);
    const struct ms_coverage *coverage = &planned.plan.coverage;
    struct known_answer answer = naive_answer(machine, query);

    expect_stretches(name, &planned.plan, machine, query);
    expect_units(name, &planned.plan, chunk_bytes);
    expect_gaps(name, &planned.plan, &answer);
    cr_assert(eq(u64, planned.plan.own_bytes, answer.coverage.scanned), "%s", name);
    cr_assert(eq(u64, coverage->asked, answer.coverage.asked), "%s", name);
    cr_assert(eq(u64, coverage->unmapped, answer.coverage.unmapped), "%s", name);
    cr_assert(eq(u64, coverage->absent, answer.coverage.absent), "%s", name);
    known_answer_release(&answer);
    release_plan(&planned);
}

// == Cases ==

// 100..1ff, 200..2ff elsewhere in the file, 301..3ff absent from 380 on, and the top.
static void make_machine(struct machine *machine)
{
    machine_add(machine, 0x200, 0x100);
    machine_add(machine, 0x100, 0x100);
    machine_add(machine, 0x301, 0x7f);
    machine_add_absent(machine, 0x380, 0x80);
    machine_add(machine, UINT64_MAX - 0x4f, 0x50);
    machine_write_elf(machine);
}

static const struct plan_case {
    const char *name;
    struct ms_range ranges[5]; // last 0 ends the list
    uint64_t from;
} plan_cases[] = {
    {"everything", {{0}}, 0},
    {"from inside a run", {{0}}, 0x234},
    {"from inside a hole", {{0}}, 0x300},
    {"from behind all but the top", {{0}}, 0x1000},
    {"one range", {{.first = 0x180, .last = 0x27f}}, 0},
    {"one byte", {{.first = 0x1ff, .last = 0x1ff}}, 0},
    {"nothing is there", {{.first = 0x1000, .last = 0x1fff}}, 0},
    {"over holes and what is absent", {{.first = 0x2f0, .last = 0x4000}}, 0},
    {"the same twice", {{.first = 0x180, .last = 0x27f}, {.first = 0x180, .last = 0x27f}}, 0},
    {"overlapping", {{.first = 0x180, .last = 0x27f}, {.first = 0x240, .last = 0x2a0}}, 0},
    {"abutting", {{.first = 0x180, .last = 0x23f}, {.first = 0x240, .last = 0x2a0}}, 0},
    {"abutting, under a third",
     {{.first = 0x180, .last = 0x23f},
      {.first = 0x240, .last = 0x2a0},
      {.first = 0x230, .last = 0x250}},
     0},
    {"one in the other", {{.first = 0x180, .last = 0x2ff}, {.first = 0x240, .last = 0x2a0}}, 0},
    {"same first byte", {{.first = 0x180, .last = 0x1ff}, {.first = 0x180, .last = 0x2a0}}, 0},
    {"same once clipped", {{.first = 0, .last = 0x180}, {.first = 0x20, .last = 0x180}}, 0},
    {"same end once clipped",
     {{.first = 0x280, .last = 0x300}, {.first = 0x290, .last = 0x320}},
     0},
    {"the top", {{.first = UINT64_MAX - 0x60, .last = UINT64_MAX}}, 0},
    {"the last byte twice",
     {{.first = UINT64_MAX, .last = UINT64_MAX}, {.first = UINT64_MAX - 3, .last = UINT64_MAX}},
     0},
    {"from inside a range",
     {{.first = 0x180, .last = 0x27f}, {.first = 0x240, .last = 0x2a0}},
     0x250},
    {"from the last address", {{0}}, UINT64_MAX},
};

static size_t count_ranges(const struct ms_range *ranges)
{
    size_t n = 0;

    while (ranges[n].last != 0)
        n++;
    return n;
}

Test(plan, is_what_ranges_and_runs_have_in_common)
{
    static const size_t chunks[] = {1, 2, 100, 256, 4096};

    for (size_t i = 0; i < COUNT(plan_cases); i++) {
        const struct plan_case *one = &plan_cases[i];
        struct known_query query = {NULL, 0, one->ranges, count_ranges(one->ranges), one->from};
        struct machine machine = {0};

        make_machine(&machine);
        for (size_t c = 0; c < COUNT(chunks); c++)
            check_plan(one->name, &machine, &query, chunks[c]);
        machine_release(&machine);
    }
}

// 2^64 bytes cannot be counted: then one byte less was asked for, and the sum is right.
Test(plan, all_of_the_address_space)
{
    static const struct {
        const char *name;
        struct ms_range ranges[2];
        size_t n;
    } all[] = {
        {"one range", {{.first = 0, .last = UINT64_MAX}}, 1},
        {"two halves", {{.first = 0, .last = 0x1ff}, {.first = 0x200, .last = UINT64_MAX}}, 2},
    };

    for (size_t i = 0; i < COUNT(all); i++) {
        struct known_query query = {.ranges = all[i].ranges, .n_ranges = all[i].n};
        struct machine machine = {0};
        struct planned planned;
        const struct ms_coverage *coverage;

        make_machine(&machine);
        planned = make_plan(&machine, &query, 4096);
        coverage = &planned.plan.coverage;
        cr_assert(eq(u64, coverage->asked, UINT64_MAX), "%s", all[i].name);
        cr_assert(eq(u64, planned.plan.own_bytes, 0x2cf), "%s", all[i].name);
        cr_assert(eq(u64, coverage->unmapped + coverage->absent + 0x2cf, UINT64_MAX), "%s",
                  all[i].name);
        release_plan(&planned);
        machine_release(&machine);
    }
}

Test(plan, an_image_of_the_whole_address_space)
{
    struct known_query query = {0};
    struct machine machine = {0};
    struct planned planned;

    machine_add(&machine, 0, 0x10);
    machine_add_absent(&machine, 0x10, UINT64_MAX - 0xf);
    machine_write_elf(&machine);
    planned = make_plan(&machine, &query, 4096);
    cr_assert(eq(u64, planned.plan.coverage.asked, UINT64_MAX));
    cr_assert(eq(u64, planned.plan.coverage.absent, UINT64_MAX - 0x10));
    cr_assert(eq(u64, planned.plan.own_bytes, 0x10));
    release_plan(&planned);
    machine_release(&machine);
}

Test(plan, random_ranges_over_random_runs)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed, address = random_below(&random, 50);
        struct ms_range ranges[12];
        struct known_query query = {.ranges = ranges, .n_ranges = random_below(&random, 12)};
        struct machine machine = {0};
        char name[32];

        for (size_t i = 0; i < 6; i++) {
            size_t length = 1 + random_below(&random, 60);

            if (i > 0 && random_one_in(&random, 4))
                machine_add_absent(&machine, address, length);
            else
                machine_add(&machine, address, length);
            address += length + random_below(&random, 3) * random_below(&random, 20);
        }
        for (size_t i = 0; i < query.n_ranges; i++) {
            ranges[i] = (struct ms_range){.first = random_below(&random, (size_t)address)};
            ranges[i].last = ranges[i].first + random_below(&random, 60);
        }
        query.from = random_one_in(&random, 3) ? random_below(&random, (size_t)address) : 0;
        machine_write_elf(&machine);
        snprintf(name, sizeof(name), "seed %u", (unsigned)seed);
        check_plan(name, &machine, &query, 1 + random_below(&random, 50));
        machine_release(&machine);
    }
}
