// SPDX-License-Identifier: MIT
//
// Sums that would wrap, which is what extents are for.

#include "base/extent.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(extent);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX          UINT64_MAX

Test(extent, valid_ones_have_a_last_byte)
{
    static const struct {
        const char *name;
        uint64_t start, length;
        bool valid;
        uint64_t last;
    } rows[] = {
        {"empty", 0, 0, false, 0},
        {"empty at the top", MAX, 0, false, 0},
        {"one byte", 5, 1, true, 5},
        {"first byte", 0, 1, true, 0},
        {"last byte", MAX, 1, true, MAX},
        {"up to the top", MAX - 9, 10, true, MAX},
        {"one too many", MAX - 9, 11, false, 0},
        {"all but one", 0, MAX, true, MAX - 1},
        {"all but the first", 1, MAX, true, MAX},
        {"wraps far", MAX, MAX, false, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_assert(eq(int, ms_extent_valid(rows[i].start, rows[i].length), rows[i].valid), "%s",
                  rows[i].name);
        if (rows[i].valid)
            cr_assert(eq(u64, ms_last(rows[i].start, rows[i].length), rows[i].last), "%s",
                      rows[i].name);
    }
}

Test(extent, in_a_file)
{
    static const struct {
        const char *name;
        uint64_t start, length, size;
        bool inside;
    } rows[] = {
        {"nothing of nothing", 0, 0, 0, true},
        {"all", 0, 10, 10, true},
        {"nothing at the end", 10, 0, 10, true},
        {"nothing behind the end", 11, 0, 10, false},
        {"the last byte", 9, 1, 10, true},
        {"a byte too many", 9, 2, 10, false},
        {"a sum that wraps", 5, MAX, 10, false},
        {"a start that is far away", MAX, 1, 10, false},
        {"as large as can be", 0, MAX, MAX, true},
        {"as large as can be, and one more", 1, MAX, MAX, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        cr_assert(eq(int, ms_in_file(rows[i].start, rows[i].length, rows[i].size), rows[i].inside),
                  "%s", rows[i].name);
}

Test(extent, least_greatest_and_rounded)
{
    cr_assert(eq(u64, ms_min_u64(3, MAX), 3));
    cr_assert(eq(u64, ms_min_u64(MAX, 3), 3));
    cr_assert(eq(u64, ms_max_u64(3, MAX), MAX));
    cr_assert(eq(u64, ms_max_u64(4, 3), 4));
    cr_assert(eq(u64, ms_round_up(0, 4096), 0));
    cr_assert(eq(u64, ms_round_up(1, 4096), 4096));
    cr_assert(eq(u64, ms_round_up(4096, 4096), 4096));
    cr_assert(eq(u64, ms_round_up(4097, 4096), 8192));
    cr_assert(eq(u64, ms_round_up(7, 1), 7));
}
