// SPDX-License-Identifier: MIT

#include "scan/ranges.h"

#include <stdlib.h>

static int compare_ranges(const void *left, const void *right)
{
    const struct ms_range *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return a->last > b->last ? -1 : a->last < b->last;
}

static bool is_chosen(const struct ms_range *range, enum ms_range_choice choice)
{
    return choice == MS_RANGES_ALL || range->physical == (choice == MS_RANGES_PHYSICAL);
}

// The chosen ranges in ascending order without those that lie in another: then both ends ascend.
static bool sort_pieces(struct ms_ranges *ranges, const struct ms_range *given, size_t n,
                        enum ms_range_choice choice)
{
    size_t n_chosen = 0, kept = 0;
    struct ms_range *items;

    if (!ms_vec_reserve(&ranges->pieces, n))
        return false;
    items = ranges->pieces.items;
    for (size_t i = 0; i < n; i++) {
        if (is_chosen(&given[i], choice))
            items[n_chosen++] = given[i];
    }
    if (n_chosen > 1)
        qsort(items, n_chosen, sizeof(*items), compare_ranges);
    for (size_t i = 0; i < n_chosen; i++) {
        if (kept == 0 || items[i].last > items[kept - 1].last)
            items[kept++] = items[i];
    }
    ranges->pieces.n = kept;
    return true;
}

static bool group_pieces(struct ms_ranges *ranges)
{
    const struct ms_range *items = ranges->pieces.items;

    for (size_t first = 0, end; first < ranges->pieces.n; first = end) {
        struct ms_range_group group = {items[first].first, items[first].last, first, 1};

        for (end = first + 1; end < ranges->pieces.n && items[end].first <= group.last; end++) {
            group.last = items[end].last;
            group.n_pieces++;
        }
        if (!ms_vec_push(&ranges->groups, group))
            return false;
    }
    return true;
}

bool ms_ranges_build(struct ms_ranges *ranges, const struct ms_range *given, size_t n,
                     enum ms_range_choice choice)
{
    static const struct ms_range everything = {.first = 0, .last = UINT64_MAX};

    *ranges = (struct ms_ranges){0};
    if (n == 0)
        return sort_pieces(ranges, &everything, 1, MS_RANGES_ALL) && group_pieces(ranges);
    return sort_pieces(ranges, given, n, choice) && group_pieces(ranges);
}

void ms_ranges_release(struct ms_ranges *ranges)
{
    free(ranges->pieces.items);
    free(ranges->groups.items);
}
