// SPDX-License-Identifier: MIT
//
// Records, and the collector that makes them of an engine's matches.

#include "scan/observe.h"
#include "scan/record.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(record);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct known_pattern patterns[] = {
    {.kind = MS_BYTE, .text = "00"},
    {.kind = MS_DWORD, .text = "00"},
    {.kind = MS_BYTE, .text = "01"},
};

struct collected {
    struct ms_collector collector;
    struct ms_matcher *matcher;
    atomic_uchar muted[COUNT(patterns)];
    ms_record_vec records;
    struct ms_window window;
};

static void init(struct collected *all, bool count_only)
{
    struct way way = {.simd = "scalar"};

    *all = (struct collected){.matcher = make_matcher(patterns, COUNT(patterns), &way)};
    cr_assert(eq(int,
                 ms_collector_init(&all->collector, all->matcher, all->muted, count_only, NULL),
                 MS_OK));
    all->collector.records = &all->records;
    all->collector.limit = SIZE_MAX;
}

static void release(struct collected *all)
{
    ms_collector_release(&all->collector);
    ms_matcher_free(all->matcher);
    free(all->records.items);
}

static bool emit(struct collected *all, uint32_t pattern, uint64_t address, uint32_t length,
                 uint64_t count, uint32_t stride)
{
    return ms_emit(&all->collector.sink, &all->window, pattern, address, length, count, stride);
}

static void expect_record(const struct collected *all, size_t index, struct ms_record expected)
{
    const struct ms_record *record = &all->records.items[index];

    cr_assert(lt(sz, index, all->records.n));
    cr_assert(eq(u64, record->address, expected.address), "record %zu", index);
    cr_assert(eq(u64, record->count, expected.count), "record %zu", index);
    cr_assert(eq(u32, record->pattern, expected.pattern), "record %zu", index);
    cr_assert(eq(u32, record->length, expected.length), "record %zu", index);
    cr_assert(eq(sz, record->stretch, expected.stretch), "record %zu", index);
}

// == Order ==

Test(record, sorts_by_address_then_pattern)
{
    static const struct ms_record unsorted[] = {
        {.address = 7, .pattern = 1, .count = 1, .length = 1},
        {.address = UINT64_MAX, .pattern = 0, .count = 1, .length = 1},
        {.address = 7, .pattern = 0, .count = 9, .length = 1},
        {.address = 0, .pattern = 5, .count = 1, .length = 1},
    };
    static const size_t order[] = {3, 2, 0, 1};
    ms_record_vec records = {0};

    for (size_t i = 0; i < COUNT(unsorted); i++)
        KEEP(&records, unsorted[i]);
    ms_records_sort(&records);
    for (size_t i = 0; i < COUNT(order); i++)
        cr_assert(zero(int, ms_record_compare(&records.items[i], &unsorted[order[i]])));
    ms_records_sort(&records);
    cr_assert(lt(int, ms_record_compare(&records.items[0], &records.items[1]), 0));
    cr_assert(gt(int, ms_record_compare(&records.items[2], &records.items[1]), 0));
    free(records.items);
    ms_records_sort(&(ms_record_vec){0});
}

// == Collecting ==

Test(record, matches_one_step_apart_are_one_record)
{
    struct collected all;

    init(&all, false);
    cr_assert(emit(&all, 1, 0x100, 4, 1, 4));
    cr_assert(emit(&all, 0, 0x101, 1, 1, 1));
    cr_assert(emit(&all, 1, 0x104, 4, 5, 4));
    cr_assert(emit(&all, 0, 0x103, 1, 1, 1)); // a step was left out
    cr_assert(emit(&all, 1, 0x118, 5, 1, 4)); // another length
    all.collector.stretch = 1;
    cr_assert(emit(&all, 1, 0x11c, 5, 1, 4)); // another stretch
    cr_assert(eq(sz, all.records.n, 5));
    expect_record(&all, 0, (struct ms_record){0x100, 6, 1, 4, 0});
    expect_record(&all, 1, (struct ms_record){0x101, 1, 0, 1, 0});
    expect_record(&all, 2, (struct ms_record){0x103, 1, 0, 1, 0});
    expect_record(&all, 3, (struct ms_record){0x118, 1, 1, 5, 0});
    expect_record(&all, 4, (struct ms_record){0x11c, 1, 1, 5, 1});
    release(&all);
}

Test(record, wider_strides_are_taken_apart)
{
    struct collected all;

    init(&all, false);
    cr_assert(emit(&all, 0, 0x100, 1, 3, 2));
    cr_assert(eq(sz, all.records.n, 3));
    expect_record(&all, 2, (struct ms_record){0x104, 1, 0, 1, 0});
    release(&all);
}

Test(record, pieces_of_a_stretch_each_hold_their_matches_whole)
{
    static const struct ms_range pieces[] = {{.first = 0x100, .last = 0x107},
                                             {.first = 0x106, .last = 0x10b}};
    struct collected all;

    init(&all, false);
    all.window.pieces = pieces;
    all.window.n_pieces = COUNT(pieces);
    cr_assert(emit(&all, 1, 0x100, 4, 3, 4));
    cr_assert(emit(&all, 0, 0x101, 4, 6, 1)); // 105..108 is in neither
    cr_assert(eq(sz, all.records.n, 3));
    expect_record(&all, 0, (struct ms_record){0x100, 3, 1, 4, 0});
    expect_record(&all, 1, (struct ms_record){0x101, 4, 0, 4, 0});
    expect_record(&all, 2, (struct ms_record){0x106, 1, 0, 4, 0});
    release(&all);
}

Test(record, what_is_only_counted_takes_one_record_a_pattern)
{
    struct collected all;

    init(&all, true);
    for (uint64_t address = 0; address < 1000; address += 10) {
        cr_assert(emit(&all, 0, address, 1, 3, 1));
        cr_assert(emit(&all, 2, address, 1, 1, 1));
    }
    cr_assert(eq(sz, all.records.n, 2));
    expect_record(&all, 0, (struct ms_record){.count = 300, .pattern = 0});
    expect_record(&all, 1, (struct ms_record){.count = 100, .pattern = 2});
    release(&all);
}

Test(record, a_pattern_may_be_muted_at_any_time)
{
    struct collected all;

    init(&all, false);
    cr_assert(emit(&all, 0, 0x100, 1, 2, 1));
    atomic_store(&all.muted[0], 1);
    cr_assert(emit(&all, 0, 0x102, 1, 2, 1));
    cr_assert(emit(&all, 2, 0x102, 1, 1, 1));
    cr_assert(emit(&all, 0, 0x200, 1, 1, 1));
    cr_assert(eq(sz, all.records.n, 3));
    expect_record(&all, 0, (struct ms_record){0x100, 2, 0, 1, 0});
    expect_record(&all, 1, (struct ms_record){.count = 3});
    expect_record(&all, 2, (struct ms_record){0x102, 1, 2, 1, 0});
    release(&all);
}

// A limit leaves no room for a record, but room for a match that lengthens one.
Test(record, without_room_says_so)
{
    struct collected all;

    init(&all, false);
    all.collector.limit = 2;
    cr_assert(emit(&all, 0, 0x100, 1, 1, 1));
    cr_assert(emit(&all, 2, 0x100, 1, 1, 1));
    cr_assert(emit(&all, 0, 0x101, 1, 1, 1));
    cr_assert(not(emit(&all, 0, 0x103, 1, 1, 1)));
    cr_assert(eq(sz, all.records.n, 2));
    cr_assert(not(all.collector.failed));
    release(&all);
}

// Records of an earlier unit are gone: what it left in memory must not be lengthened.
Test(record, units_are_apart)
{
    struct collected all;

    init(&all, false);
    cr_assert(emit(&all, 2, 0x0ff, 1, 1, 1));
    cr_assert(emit(&all, 0, 0x100, 1, 1, 1));
    all.records.n = 0;
    cr_assert(emit(&all, 0, 0x101, 1, 1, 1));
    cr_assert(emit(&all, 2, 0x101, 1, 1, 1));
    cr_assert(emit(&all, 0, 0x102, 1, 1, 1));
    cr_assert(eq(sz, all.records.n, 2));
    expect_record(&all, 0, (struct ms_record){0x101, 2, 0, 1, 0});
    expect_record(&all, 1, (struct ms_record){0x101, 1, 2, 1, 0});
    release(&all);
}
