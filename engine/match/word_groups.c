// SPDX-License-Identifier: MIT

#include "match/word_groups.h"

#include "match/loose_costs.h"

#include <stdlib.h>
#include <string.h>

// Exact values that rule out fewer bits than one for each byte and this are common (zeros, ff,
// small numbers, blanks), and so many of them of one width get a pass of their own. Letters
// repeated are not: a second pass over memory takes longer than they do.
#define COMMON_BITS       4
#define MAX_COMMON_PASSES 4

static bool is_exact(const struct word_anchor *anchor)
{
    return anchor->element.kind == MS_ELEMENT_EXACT;
}

// By value, then number, so that equal values are neighbours.
static int compare_anchors(const void *left, const void *right)
{
    const struct word_anchor *a = left, *b = right;

    if (is_exact(a) != is_exact(b))
        return is_exact(a) ? -1 : 1;
    if (is_exact(a) && a->element.value != b->element.value)
        return a->element.value < b->element.value ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

static size_t count_values(const struct word_anchor *anchors, size_t n)
{
    size_t values = n > 0;

    for (size_t i = 1; i < n; i++)
        values += anchors[i].element.value != anchors[i - 1].element.value;
    return values;
}

// == A group ==

static void slot_insert(struct word_group *group, uint64_t value, struct anchor_slice slice)
{
    uint64_t mask = (UINT64_C(1) << (64 - group->slot_shift)) - 1;
    uint64_t i = value * UINT64_C(0x9e3779b97f4a7c15) >> group->slot_shift;

    while (group->slots[i].slice.first != group->slots[i].slice.end)
        i = (i + 1) & mask;
    group->slots[i] = (struct value_slot){value, slice};
}

static bool build_slots(struct word_group *group)
{
    size_t values = count_values(group->anchors, group->n_exact);
    uint32_t bits = 1, first = 0;

    if (values == 0)
        return true;
    while ((size_t)1 << bits < 2 * values)
        bits++;
    group->slots = calloc((size_t)1 << bits, sizeof(*group->slots));
    if (!group->slots)
        return false;
    group->slot_shift = 64 - bits;
    for (uint32_t i = 1; i <= group->n_exact; i++) {
        uint64_t value = group->anchors[first].element.value;

        if (i < group->n_exact && group->anchors[i].element.value == value)
            continue;
        slot_insert(group, value, (struct anchor_slice){first, i});
        first = i;
    }
    return true;
}

static bool build_loose(struct word_group *group)
{
    MS_VEC(uint32_t) indexes = {0};

    for (uint32_t top = 0; top < 256; top++) {
        group->loose_start[top] = (uint32_t)indexes.n;
        for (size_t i = group->n_exact; i < group->n_anchors; i++) {
            if (ms_element_may_have_top(&group->anchors[i].element, top) &&
                !ms_vec_push(&indexes, (uint32_t)i)) {
                free(indexes.items);
                return false;
            }
        }
    }
    group->loose_start[256] = (uint32_t)indexes.n;
    group->loose = indexes.items;
    return true;
}

static void group_release(struct word_group *group)
{
    free(group->tables);
    free(group->anchors);
    free(group->slots);
    free(group->loose);
}

// Makes a group of anchors that are sorted and of one width.
static enum ms_status group_build(struct word_group *group, const struct word_anchor *anchors,
                                  size_t n, const struct ms_kernel_costs *costs,
                                  struct ms_error *error)
{
    *group = (struct word_group){.n_anchors = n, .min_offset = UINT32_MAX};
    group->anchors = malloc(n * sizeof(*anchors));
    if (!group->anchors)
        return ms_fail_nomem(error);
    memcpy(group->anchors, anchors, n * sizeof(*anchors));
    for (size_t i = 0; i < n; i++) {
        uint32_t offset = anchors[i].element.offset;

        group->n_exact += is_exact(&anchors[i]);
        if (offset < group->min_offset)
            group->min_offset = offset;
        if (offset > group->max_offset)
            group->max_offset = offset;
    }
    if (ms_word_filter_choose(group->anchors, n, group->n_exact, costs, &group->test,
                              &group->tables, &group->compared) &&
        build_slots(group) && build_loose(group))
        return MS_OK;
    group_release(group);
    return ms_fail_nomem(error);
}

// == Sorting patterns into groups ==

struct width_list {
    MS_VEC(struct word_anchor) anchors;
    size_t n_exact;
};

// Lists of elements by log2 of their width, and those of 4 bytes at any address.
#define N_LISTS 5
#define SHIFTED 4

// Aligned elements that rule out less than this are worse than others at any address.
#define ENOUGH_BITS 12

// The list that a pattern is for, with its anchor's element.
static size_t choose_list(const struct ms_pattern *pattern, uint32_t max_width,
                          struct ms_element *element_ret)
{
    *element_ret = ms_anchor_element(pattern, max_width);
    if (!element_ret->whole && element_ret->bits < ENOUGH_BITS &&
        ms_anchor_shifted(pattern, element_ret))
        return SHIFTED;
    return ms_log2_width(element_ret->width);
}

// No filter takes many loose elements of 8 bytes, so then patterns are anchored in 4.
static bool too_many_wide(const struct width_list *wide)
{
    return wide->anchors.n - wide->n_exact > MS_MAX_LOOSE_PASSES;
}

static bool collect(const struct ms_engine_input *input, struct width_list lists[N_LISTS])
{
    uint32_t max_width = 8;

    for (size_t i = 0; i < input->n_mine; i++) {
        uint32_t number = input->mine[i];
        struct word_anchor anchor = {.pattern = number};
        struct width_list *list =
            &lists[choose_list(&input->patterns[number], max_width, &anchor.element)];

        if (!ms_vec_push(&list->anchors, anchor))
            return false;
        list->n_exact += is_exact(&anchor);
        if (max_width == 8 && too_many_wide(&lists[3])) {
            for (size_t width = 0; width < N_LISTS; width++)
                lists[width].anchors.n = lists[width].n_exact = 0;
            max_width = 4;
            i = (size_t)-1;
        }
    }
    return true;
}

typedef MS_VEC(struct word_group) group_vec;

static enum ms_status add_group(group_vec *groups, const struct word_anchor *anchors, size_t n,
                                const struct ms_kernel_costs *costs, struct ms_error *error)
{
    enum ms_status status;

    if (n == 0)
        return MS_OK;
    if (!ms_vec_reserve(groups, 1))
        return ms_fail_nomem(error);
    status = group_build(&groups->items[groups->n], anchors, n, costs, error);
    groups->n += status == MS_OK;
    return status;
}

// Common values, such as 0, that are all of their patterns: alone in a group, each match is known
// without a look-up. Moves them to the front of the exact anchors and returns their number.
static size_t part_common(struct word_anchor *anchors, size_t n_exact)
{
    size_t n = 0;

    for (size_t i = 0; i < n_exact && n < MAX_COMMON_PASSES && n_exact > 1; i++) {
        struct word_anchor anchor = anchors[i];

        if (!anchor.element.whole || anchor.element.bits >= anchor.element.width + COMMON_BITS)
            continue;
        memmove(&anchors[n + 1], &anchors[n], (i - n) * sizeof(anchor));
        anchors[n++] = anchor;
    }
    return n;
}

static enum ms_status add_each(group_vec *groups, const struct word_anchor *anchors, size_t n,
                               const struct ms_kernel_costs *costs, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < n && status == MS_OK; i++)
        status = add_group(groups, &anchors[i], 1, costs, error);
    return status;
}

static enum ms_status add_width(group_vec *groups, struct width_list *list,
                                const struct ms_kernel_costs *costs, struct ms_error *error)
{
    struct word_anchor *anchors = list->anchors.items;
    size_t n = list->anchors.n, n_exact = list->n_exact, n_common;
    enum ms_status status;

    if (n == 0)
        return MS_OK;
    qsort(anchors, n, sizeof(*anchors), compare_anchors);
    n_common = part_common(anchors, n_exact);
    status = add_each(groups, anchors, n_common, costs, error);
    anchors += n_common;
    n -= n_common;
    n_exact -= n_common;
    if (status != MS_OK)
        return status;
    if (n - n_exact > MS_MAX_LOOSE_PASSES)
        return add_group(groups, anchors, n, costs, error);
    status = add_group(groups, anchors, n_exact, costs, error);
    return status == MS_OK ? add_each(groups, anchors + n_exact, n - n_exact, costs, error)
                           : status;
}

enum ms_status ms_word_groups_build(const struct ms_engine_input *input,
                                    struct word_group **groups_ret, size_t *n_ret,
                                    struct ms_error *error)
{
    struct width_list lists[N_LISTS] = {0};
    group_vec groups = {0};
    enum ms_status status = MS_OK;

    if (!collect(input, lists))
        status = ms_fail_nomem(error);
    for (size_t list = 0; list < N_LISTS; list++) {
        size_t n_before = groups.n;

        if (status == MS_OK)
            status = add_width(&groups, &lists[list], &input->kernels->costs, error);
        for (size_t i = n_before; i < groups.n; i++)
            groups.items[i].shifted = list == SHIFTED;
        free(lists[list].anchors.items);
    }
    if (status != MS_OK) {
        ms_word_groups_free(groups.items, groups.n);
        return status;
    }
    // The vector may have moved the groups: tests point into allocations of their own, not into it.
    *groups_ret = groups.items;
    *n_ret = groups.n;
    return MS_OK;
}

void ms_word_groups_free(struct word_group *groups, size_t n)
{
    for (size_t i = 0; i < n; i++)
        group_release(&groups[i]);
    free(groups);
}

size_t ms_word_group_values(const struct word_group *group)
{
    return count_values(group->anchors, group->n_exact);
}
