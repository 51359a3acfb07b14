// SPDX-License-Identifier: MIT

#include "match/word_groups.h"

#include <stdlib.h>
#include <string.h>

// Loose patterns of one width that get a pass of their own each; more share a set.
#define MAX_LOOSE_PASSES 4

// Exact values of one width that rule out fewer bits than this are common, and so many of them get
// a pass of their own.
#define COMMON_BITS       12
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

// == Sets ==

static void set_bit(uint32_t *map, uint64_t half)
{
    map[half >> 5] |= UINT32_C(1) << (half & 31);
}

// All halves that equal `value` under `mask`: value plus each subset of the bits that are free.
static void add_masked(uint32_t *map, uint32_t value, uint32_t mask, uint32_t top)
{
    uint32_t free_bits = ~mask & top, subset = 0;

    do {
        set_bit(map, value | subset);
        subset = (subset - free_bits) & free_bits;
    } while (subset);
}

static void add_span(uint32_t *map, uint64_t first, uint64_t last)
{
    for (uint64_t half = first; half <= last; half++)
        set_bit(map, half);
}

static bool element_passes(const struct ms_element *element, uint64_t value)
{
    if (element->kind == MS_ELEMENT_RANGE)
        return value >= element->value && value <= element->last;
    return (value & element->mask) == element->value;
}

static void add_to_map(uint32_t *map, const struct ms_element *element, uint32_t shift)
{
    uint32_t top = element->width == 1 ? 0xff : 0xffff;
    uint64_t lo = element->value >> shift, hi = element->last >> shift;

    if (element->kind != MS_ELEMENT_RANGE)
        add_masked(map, (uint32_t)lo & top, (uint32_t)(element->mask >> shift) & top, top);
    else if (element->value >> shift >> 16 == element->last >> shift >> 16)
        add_span(map, lo & top, hi & top);
    else
        add_span(map, 0, top);
}

// How often a half is expected to pass: its share of all halves, but zero is everywhere.
static uint32_t map_weight(const uint32_t *map)
{
    uint32_t weight = map[0] & 1 ? 16384 : 0;

    for (size_t i = 0; i < 65536 / 32; i++)
        weight += (uint32_t)__builtin_popcount(map[i]);
    return weight;
}

static struct ms_element_set *build_set(const struct word_anchor *anchors, size_t n)
{
    struct ms_element_set *set = calloc(1, sizeof(*set));
    uint32_t width = anchors[0].element.width;

    if (!set)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        add_to_map(set->map[0], &anchors[i].element, 0);
        if (width == 4)
            add_to_map(set->map[1], &anchors[i].element, 16);
        set->has_zero |= element_passes(&anchors[i].element, 0);
    }
    set->shift[1] = 16;
    if (width == 4 && map_weight(set->map[1]) < map_weight(set->map[0])) {
        for (size_t i = 0; i < 65536 / 32; i++) {
            uint32_t low = set->map[0][i];
            set->map[0][i] = set->map[1][i];
            set->map[1][i] = low;
        }
        set->shift[0] = 16;
        set->shift[1] = 0;
    }
    return set;
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

// Whether a value with this top byte can pass a loose element.
static bool may_have_top(const struct ms_element *element, uint32_t top)
{
    uint32_t shift = 8 * (element->width - 1);

    if (element->kind == MS_ELEMENT_RANGE)
        return top >= element->value >> shift && top <= element->last >> shift;
    return (top & element->mask >> shift) == element->value >> shift;
}

static bool build_loose(struct word_group *group)
{
    MS_VEC(uint32_t) indexes = {0};

    for (uint32_t top = 0; top < 256; top++) {
        group->loose_start[top] = (uint32_t)indexes.n;
        for (size_t i = group->n_exact; i < group->n_anchors; i++) {
            if (may_have_top(&group->anchors[i].element, top) &&
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

static void choose_few_test(struct word_group *group, size_t values)
{
    struct ms_test *test = &group->test;
    size_t n = 0;

    test->kind = values == 1   ? MS_TEST_EQUAL
                 : values <= 4 ? MS_TEST_FEW4
                 : values <= 8 ? MS_TEST_FEW8
                               : MS_TEST_FEW16;
    for (size_t i = 0; i < group->n_exact; i++) {
        uint64_t value = group->anchors[i].element.value;

        if (n == 0 || test->values[n - 1] != value)
            test->values[n++] = value;
    }
    for (size_t i = n; i < MS_FEW_VALUES; i++)
        test->values[i] = test->values[0];
}

static void choose_loose_test(struct word_group *group)
{
    const struct ms_element *element = &group->anchors[0].element;

    group->test.kind = element->kind == MS_ELEMENT_RANGE ? MS_TEST_RANGE : MS_TEST_MASKED;
    group->test.values[0] = element->value;
    group->test.mask = element->mask;
    group->test.span = element->last - element->value;
}

static bool choose_test(struct word_group *group)
{
    size_t values = count_values(group->anchors, group->n_exact);

    group->test.width = group->anchors[0].element.width;
    if (group->n_exact == 0 && group->n_anchors == 1) {
        choose_loose_test(group);
        return true;
    }
    if (group->n_exact == group->n_anchors && values <= MS_FEW_VALUES) {
        choose_few_test(group, values);
        return true;
    }
    group->set = build_set(group->anchors, group->n_anchors);
    group->test.kind = MS_TEST_SET;
    group->test.set = group->set;
    return group->set != NULL;
}

static void group_release(struct word_group *group)
{
    free(group->set);
    free(group->anchors);
    free(group->slots);
    free(group->loose);
}

// Makes a group of anchors that are sorted and of one width.
static enum ms_status group_build(struct word_group *group, const struct word_anchor *anchors,
                                  size_t n, struct ms_error *error)
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
    if (choose_test(group) && build_slots(group) && build_loose(group))
        return MS_OK;
    group_release(group);
    return ms_fail_nomem(error);
}

// == Sorting patterns into groups ==

struct width_list {
    MS_VEC(struct word_anchor) anchors;
    size_t n_exact;
};

// Wide sets do not exist, so what there is too much of at 8 bytes is anchored in 4.
static bool too_many_wide(const struct width_list *wide)
{
    return wide->n_exact > MS_FEW_VALUES || wide->anchors.n - wide->n_exact > MAX_LOOSE_PASSES;
}

static bool collect(const struct ms_engine_input *input, struct width_list lists[4])
{
    uint32_t max_width = 8;

    for (size_t i = 0; i < input->n_mine; i++) {
        uint32_t number = input->mine[i];
        struct word_anchor anchor = {
            .pattern = number,
            .element = ms_anchor_element(&input->patterns[number], max_width),
        };
        struct width_list *list = &lists[ms_log2_width(anchor.element.width)];

        if (!ms_vec_push(&list->anchors, anchor))
            return false;
        list->n_exact += is_exact(&anchor);
        if (max_width == 8 && too_many_wide(&lists[3])) {
            for (size_t width = 0; width < 4; width++)
                lists[width].anchors.n = lists[width].n_exact = 0;
            max_width = 4;
            i = (size_t)-1;
        }
    }
    return true;
}

typedef MS_VEC(struct word_group) group_vec;

static enum ms_status add_group(group_vec *groups, const struct word_anchor *anchors, size_t n,
                                struct ms_error *error)
{
    enum ms_status status;

    if (n == 0)
        return MS_OK;
    if (!ms_vec_reserve(groups, 1))
        return ms_fail_nomem(error);
    status = group_build(&groups->items[groups->n], anchors, n, error);
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

        if (!anchor.element.whole || anchor.element.bits >= COMMON_BITS)
            continue;
        memmove(&anchors[n + 1], &anchors[n], (i - n) * sizeof(anchor));
        anchors[n++] = anchor;
    }
    return n;
}

static enum ms_status add_each(group_vec *groups, const struct word_anchor *anchors, size_t n,
                               struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < n && status == MS_OK; i++)
        status = add_group(groups, &anchors[i], 1, error);
    return status;
}

static enum ms_status add_width(group_vec *groups, struct width_list *list, struct ms_error *error)
{
    struct word_anchor *anchors = list->anchors.items;
    size_t n = list->anchors.n, n_exact = list->n_exact, n_common;
    enum ms_status status;

    if (n == 0)
        return MS_OK;
    qsort(anchors, n, sizeof(*anchors), compare_anchors);
    n_common = part_common(anchors, n_exact);
    status = add_each(groups, anchors, n_common, error);
    anchors += n_common;
    n -= n_common;
    n_exact -= n_common;
    if (status != MS_OK)
        return status;
    if (n - n_exact > MAX_LOOSE_PASSES)
        return add_group(groups, anchors, n, error);
    status = add_group(groups, anchors, n_exact, error);
    return status == MS_OK ? add_each(groups, anchors + n_exact, n - n_exact, error) : status;
}

enum ms_status ms_word_groups_build(const struct ms_engine_input *input,
                                    struct word_group **groups_ret, size_t *n_ret,
                                    struct ms_error *error)
{
    struct width_list lists[4] = {0};
    group_vec groups = {0};
    enum ms_status status = MS_OK;

    if (!collect(input, lists))
        status = ms_fail_nomem(error);
    for (size_t width = 0; width < 4; width++) {
        if (status == MS_OK)
            status = add_width(&groups, &lists[width], error);
        free(lists[width].anchors.items);
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
