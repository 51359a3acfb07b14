// SPDX-License-Identifier: MIT
//
// Seams, bits and groups of ranges: what the search of spaces keeps its books with.

#include "scan/bits.h"
#include "scan/ranges.h"
#include "scan/seams.h"

#include <criterion/criterion.h>
#include <string.h>

#define N_PAGES      100
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static unsigned random_below(uint64_t *state, unsigned n)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(*state >> 33) % n;
}

// == Seams ==

// Marks the seam as the search across seams does.
static void mark(struct ms_seams *seams, size_t before, size_t behind)
{
    size_t first, end;

    if (seams->next[before] == behind + 1) {
        ms_bits_set(seams->marked, before);
        return;
    }
    ms_seams_more(seams, before, &first, &end);
    for (size_t i = first; i < end; i++) {
        if (seams->more.items[i].behind == behind)
            ms_bits_set(seams->more_marked, i);
    }
}

static void check_seams(uint64_t seed, unsigned n_adds)
{
    static bool there[N_PAGES][N_PAGES], marked[N_PAGES][N_PAGES];
    struct ms_seams seams;
    size_t n = 0;

    memset(there, 0, sizeof(there));
    memset(marked, 0, sizeof(marked));
    cr_assert(ms_seams_init(&seams, N_PAGES, 3, NULL) == MS_OK);
    for (unsigned i = 0; i < n_adds; i++) {
        unsigned before = random_below(&seed, N_PAGES / 4), behind = random_below(&seed, N_PAGES);

        n += !there[before][behind];
        there[before][behind] = true;
        cr_assert(ms_seams_add(&seams, before, behind));
    }
    cr_assert(ms_seams_ready(&seams));
    cr_assert(seams.n == n, "%zu seams, not %zu", seams.n, n);
    for (unsigned before = 0; before < N_PAGES; before++) {
        for (unsigned behind = 0; behind < N_PAGES; behind++) {
            marked[before][behind] = there[before][behind] && random_below(&seed, 2);
            if (marked[before][behind])
                mark(&seams, before, behind);
        }
    }
    for (unsigned before = 0; before < N_PAGES; before++) {
        for (unsigned behind = 0; behind < N_PAGES; behind++)
            cr_assert(!there[before][behind] ||
                          ms_seams_is_marked(&seams, before, behind) == marked[before][behind],
                      "%u to %u", before, behind);
    }
    ms_seams_release(&seams);
}

Test(seams, each_pair_once)
{
    check_seams(1, 0);
    check_seams(2, 10);
    for (uint64_t seed = 3; seed < 40; seed++)
        check_seams(seed, 3000);
}

Test(seams, reach_is_a_power_of_two)
{
    static const size_t reaches[][2] = {{1, 32},  {3, 32},  {32, 32},
                                        {33, 64}, {63, 64}, {4095, 4096}};

    for (size_t i = 0; i < COUNT(reaches); i++) {
        struct ms_seams seams;

        cr_assert(ms_seams_init(&seams, 10, reaches[i][0], NULL) == MS_OK);
        cr_expect(seams.reach == reaches[i][1], "%zu: %zu", reaches[i][0], seams.reach);
        ms_seams_release(&seams);
    }
}

// == Bits ==

Test(seams, bits)
{
    enum { N = 300 };
    uint64_t seed = 7;

    for (unsigned round = 0; round < 200; round++) {
        ms_bits *bits = ms_bits_create(N);
        bool model[N + 1] = {false};
        size_t count = 0;

        for (unsigned i = 0; i < 4; i++) {
            unsigned first = random_below(&seed, N), end = first + random_below(&seed, N - first);

            ms_bits_set_range(bits, first, end);
            memset(model + first, true, end - first);
        }
        for (unsigned i = 0; i < N; i++)
            count += model[i];
        cr_assert(ms_bits_count(bits, N) == count, "%zu", count);
        for (unsigned from = 0; from < N; from++) {
            size_t set = from, clear = from;

            while (set < N && !model[set])
                set++;
            while (clear < N && model[clear])
                clear++;
            cr_assert(ms_bits_test(bits, from) == model[from], "%u", from);
            cr_assert(ms_bits_find(bits, from, N, true) == set, "%u", from);
            cr_assert(ms_bits_find(bits, from, N, false) == clear, "%u", from);
        }
        free((void *)bits);
    }
}

// == Ranges ==

#define MAX_GIVEN 4

static const struct {
    const char *name;
    enum ms_range_choice choice;
    struct ms_range given[MAX_GIVEN];
    size_t n;
    struct ms_range groups[MAX_GIVEN]; // first and last of each
    size_t n_groups;
} range_cases[] = {
    {"none: everything", MS_RANGES_VIRTUAL, {{0}}, 0, {{0, UINT64_MAX, false}}, 1},
    {"touching ones are not joined",
     MS_RANGES_ALL,
     {{0x10, 0x1f, false}, {0, 0xf, false}},
     2,
     {{0, 0xf, false}, {0x10, 0x1f, false}},
     2},
    {"overlapping ones are",
     MS_RANGES_ALL,
     {{0x10, 0x1f, false}, {0, 0x10, false}, {0x1f, 0x2f, false}},
     3,
     {{0, 0x2f, false}},
     1},
    {"one inside another adds nothing",
     MS_RANGES_ALL,
     {{0, UINT64_MAX, false}, {5, 6, false}},
     2,
     {{0, UINT64_MAX, false}},
     1},
    {"only physical ones",
     MS_RANGES_PHYSICAL,
     {{0, 7, true}, {5, 9, false}},
     2,
     {{0, 7, false}},
     1},
    {"only virtual ones, of which there are none", MS_RANGES_VIRTUAL, {{0, 7, true}}, 1, {{0}}, 0},
};

Test(seams, ranges)
{
    for (size_t i = 0; i < COUNT(range_cases); i++) {
        struct ms_ranges ranges;

        cr_assert(ms_ranges_build(&ranges, range_cases[i].given, range_cases[i].n,
                                  range_cases[i].choice));
        cr_assert(ranges.groups.n == range_cases[i].n_groups, "%s: %zu", range_cases[i].name,
                  ranges.groups.n);
        for (size_t g = 0; g < ranges.groups.n; g++)
            cr_expect(ranges.groups.items[g].first == range_cases[i].groups[g].first &&
                          ranges.groups.items[g].last == range_cases[i].groups[g].last,
                      "%s: group %zu", range_cases[i].name, g);
        ms_ranges_release(&ranges);
    }
}
