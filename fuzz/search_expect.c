// SPDX-License-Identifier: MIT

#include "search_expect.h"

// == Folds ==

// Whether one segment, and one range of those that do not overlap, holds both.
static bool same_stretch(const struct situation *situation, uint64_t a, uint64_t b)
{
    for (size_t i = 0; i < situation->n_ranges; i++) {
        const struct ms_range *range = &situation->ranges[i];

        if ((a >= range->first && a <= range->last) != (b >= range->first && b <= range->last))
            return false;
    }
    for (size_t run = 0; run < situation->n_runs;) {
        struct segment segment = situation_segment(situation, &run);

        if (a - segment.start < segment.length)
            return b - segment.start < segment.length;
    }
    return false;
}

static bool ranges_overlap(const struct situation *situation)
{
    for (size_t i = 0; i < situation->n_ranges; i++) {
        for (size_t j = 0; j < i; j++) {
            if (situation->ranges[i].first <= situation->ranges[j].last &&
                situation->ranges[j].first <= situation->ranges[i].last)
                return true;
        }
    }
    return false;
}

// The number of matches, from the first on, that follow each other by one step.
static uint64_t count_row(const struct situation *situation, const struct matches *matches,
                          size_t first, bool *taken)
{
    const struct match *items = matches->all.items;
    uint32_t align = situation->patterns->all.items[items[first].pattern].align;
    uint64_t last = items[first].address, n = 1;

    for (size_t i = first + 1; i < matches->all.n && items[i].address - last <= align; i++) {
        if (items[i].pattern != items[first].pattern || items[i].address - last != align ||
            !same_stretch(situation, last, items[i].address))
            continue;
        last = items[i].address;
        n++;
        taken[i] = true;
    }
    return n;
}

static int compare_hits(const void *left, const void *right)
{
    const struct ms_hit *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

static void add_hit(struct expected *expected, struct ms_hit hit)
{
    if (!ms_vec_push(&expected->folds, hit))
        abort();
}

// Two matches are no fold, but two hits.
static void add_row(struct expected *expected, struct ms_hit row)
{
    if (row.repeat == 2) {
        row.repeat = 1;
        add_hit(expected, row);
        row.address += row.stride;
    }
    add_hit(expected, row);
}

static void fold(struct expected *expected, const struct situation *situation)
{
    const struct matches *matches = &expected->matches;
    bool *taken = calloc(matches->all.n + 1, sizeof(*taken));

    if (!taken)
        abort();
    for (size_t i = 0; i < matches->all.n; i++) {
        const struct match *match = &matches->all.items[i];
        struct ms_hit row = {
            .address = match->address,
            .stride = situation->patterns->all.items[match->pattern].align,
            .pattern = match->pattern,
            .length = match->length,
        };

        if (taken[i])
            continue;
        row.repeat = count_row(situation, matches, i, taken);
        add_row(expected, row);
    }
    if (expected->folds.n > 1)
        qsort(expected->folds.items, expected->folds.n, sizeof(struct ms_hit), compare_hits);
    free(taken);
}

// == Coverage ==

UNWATCHED static uint64_t count_held(const struct situation *situation)
{
    uint64_t n = 0;

    for (size_t i = 0; i < situation->n_runs; i++) {
        const struct run *run = &situation->runs[i];

        for (uint32_t at = 0; at < run->length; at++)
            n += run->start + at >= situation->from &&
                 situation_in_ranges(situation, run->start + at, 1);
    }
    return n;
}

static int compare_ranges(const void *left, const void *right)
{
    const struct ms_range *a = left, *b = right;

    return a->first < b->first ? -1 : a->first > b->first;
}

// The bytes of the ranges from `from` on, each once.
static uint64_t count_asked(const struct situation *situation)
{
    struct ms_range ranges[MAX_RANGES];
    uint64_t n = 0, next = situation->from;

    memcpy(ranges, situation->ranges, sizeof(ranges));
    qsort(ranges, situation->n_ranges, sizeof(ranges[0]), compare_ranges);
    for (size_t i = 0; i < situation->n_ranges; i++) {
        uint64_t first = ranges[i].first > next ? ranges[i].first : next;

        if (ranges[i].last < first)
            continue;
        n += ranges[i].last - first + 1;
        if (ranges[i].last == UINT64_MAX)
            break;
        next = ranges[i].last + 1;
    }
    return n;
}

static bool holds_any(const struct situation *situation, struct ms_range range)
{
    for (size_t i = 0; i < situation->n_runs; i++) {
        const struct run *run = &situation->runs[i];

        if (run->start <= range.last && run->start + (run->length - 1) >= range.first)
            return true;
    }
    return false;
}

void expected_gaps(const struct expected *expected, const struct situation *situation,
                   const struct ms_gap *gaps, size_t n)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < n; i++) {
        struct ms_range range = gaps[i].range;

        CHECK(gaps[i].reason == MS_GAP_UNMAPPED, "gap %zu: reason %d", i, (int)gaps[i].reason);
        CHECK(range.first <= range.last && range.first >= situation->from, "gap %zu", i);
        CHECK(i == 0 || range.first - 1 > gaps[i - 1].range.last, "gap %zu is part of another", i);
        CHECK(!holds_any(situation, range), "gap %zu: there is memory in it", i);
        CHECK(situation_in_ranges(situation, range.first, 1) &&
                  situation_in_ranges(situation, range.last, 1),
              "gap %zu was not asked for", i);
        bytes += range.last - range.first + 1;
    }
    CHECK(bytes == expected->coverage.unmapped, "%llu bytes of gaps, not %llu",
          (unsigned long long)bytes, (unsigned long long)expected->coverage.unmapped);
}

// == All ==

bool expected_make(struct expected *expected, const struct situation *situation, size_t most)
{
    struct ms_coverage *coverage = &expected->coverage;

    *expected = (struct expected){.folds_known = !ranges_overlap(situation)};
    if (!situation_find(situation, true, most, &expected->matches))
        return false;
    for (size_t i = 0; i < expected->matches.all.n; i++)
        expected->counts[expected->matches.all.items[i].pattern]++;
    coverage->scanned = count_held(situation);
    coverage->asked = situation->n_ranges > 0 ? count_asked(situation) : coverage->scanned;
    coverage->unmapped = coverage->asked - coverage->scanned;
    if (expected->folds_known)
        fold(expected, situation);
    return true;
}

void expected_release(struct expected *expected)
{
    matches_release(&expected->matches);
    free(expected->folds.items);
}
