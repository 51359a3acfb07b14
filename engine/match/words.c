// SPDX-License-Identifier: MIT
//
// The words engine: SIMD kernels over elements of 1, 2, 4 or 8 bytes at their natural alignment.
// Each pattern is anchored in one of its elements; a kernel finds elements that may be anchors, and
// here they are led back to their patterns and verified. It can take every pattern but regexes.

#include "match/word_groups.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

struct words {
    const struct ms_pattern *patterns;
    const struct ms_kernels *kernels;
    struct word_group *groups;
    size_t n_groups;
};

// One group's search of one window.
struct pass {
    const struct words *words;
    const struct word_group *group;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_search_counters *counters;
    bool direct; // an element that passes is a match, without further question
};

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct words *words = calloc(1, sizeof(*words));
    enum ms_status status;

    if (!words)
        return ms_fail_nomem(error);
    words->patterns = input->patterns;
    words->kernels = input->kernels;
    status = ms_word_groups_build(input, &words->groups, &words->n_groups, error);
    if (status != MS_OK) {
        free(words);
        return status;
    }
    *engine_ret = words;
    return MS_OK;
}

static void destroy(void *engine)
{
    struct words *words = engine;

    if (!words)
        return;
    ms_word_groups_free(words->groups, words->n_groups);
    free(words);
}

// Whether the element is all that the anchor's pattern has, at no coarser an alignment.
static bool is_whole(const struct pass *pass, const struct word_anchor *anchor)
{
    return anchor->element.whole &&
           pass->words->patterns[anchor->pattern].align == anchor->element.width;
}

static bool is_direct(const struct pass *pass)
{
    const struct word_group *group = pass->group;

    // The test of a single anchor is exact.
    return group->n_anchors == 1 && is_whole(pass, &group->anchors[0]);
}

static bool emit(const struct pass *pass, uint32_t pattern, size_t start, uint64_t count)
{
    const struct ms_pattern *found = &pass->words->patterns[pattern];

    pass->counters->matches[MS_ENGINE_WORDS] += count;
    return ms_emit(pass->sink, pass->window, pattern, pass->window->address + start, found->length,
                   count, found->align);
}

// The element at `at` may be this anchor: is its pattern around it?
static bool verify(const struct pass *pass, const struct word_anchor *anchor, size_t at)
{
    const struct ms_window *window = pass->window;
    const struct ms_pattern *pattern = &pass->words->patterns[anchor->pattern];
    size_t start = at - anchor->element.offset;

    pass->counters->candidates[MS_ENGINE_WORDS]++;
    if (at < anchor->element.offset || start < window->own_start || start >= window->own_end ||
        pattern->length > window->length - start ||
        ((window->address + start) & (pattern->align - 1)) != 0 ||
        !ms_pattern_matches(pattern, window->bytes + start))
        return true;
    return emit(pass, anchor->pattern, start, 1);
}

static bool try_value(const struct pass *pass, uint64_t value, size_t at)
{
    const struct word_group *group = pass->group;
    struct anchor_slice slice = ms_word_group_exact(group, value);

    for (uint32_t i = slice.first; i < slice.end; i++) {
        if (!verify(pass, &group->anchors[i], at))
            return false;
    }
    slice = ms_word_group_loose(group, value);
    for (uint32_t i = slice.first; i < slice.end; i++) {
        if (!verify(pass, &group->anchors[group->loose[i]], at))
            return false;
    }
    return true;
}

// An anchor of a block of 64 equal elements: all its places at once, where they need no looking at.
static bool try_equal_anchor(const struct pass *pass, const struct word_anchor *anchor, size_t at)
{
    uint32_t width = pass->group->test.width;

    if (is_whole(pass, anchor) && at >= pass->window->own_start &&
        at + (size_t)MS_BLOCK_ELEMENTS * width <= pass->window->own_end) {
        if (!ms_pattern_matches(&pass->words->patterns[anchor->pattern], pass->window->bytes + at))
            return true;
        return emit(pass, anchor->pattern, at, MS_BLOCK_ELEMENTS);
    }
    for (size_t i = 0; i < MS_BLOCK_ELEMENTS; i++) {
        if (!verify(pass, anchor, at + i * width))
            return false;
    }
    return true;
}

// A block in which all elements are equal, as memory is full of: one look-up serves all.
static bool try_equal_block(const struct pass *pass, size_t at)
{
    const struct word_group *group = pass->group;
    uint64_t value = ms_le(pass->window->bytes + at, group->test.width);
    struct anchor_slice slice = ms_word_group_exact(group, value);

    for (uint32_t i = slice.first; i < slice.end; i++) {
        if (!try_equal_anchor(pass, &group->anchors[i], at))
            return false;
    }
    slice = ms_word_group_loose(group, value);
    for (uint32_t i = slice.first; i < slice.end; i++) {
        if (!try_equal_anchor(pass, &group->anchors[group->loose[i]], at))
            return false;
    }
    return true;
}

// Matches without verification: each stretch of set bits is one emission.
static bool emit_mask(const struct pass *pass, uint64_t mask, size_t at)
{
    uint32_t width = pass->group->test.width;
    uint32_t pattern = pass->group->anchors[0].pattern;

    while (mask) {
        uint32_t first, count = ms_take_ones(&mask, &first);

        if (!emit(pass, pattern, at + (size_t)first * width, count))
            return false;
    }
    return true;
}

static bool try_mask(const struct pass *pass, uint64_t mask, size_t at)
{
    uint32_t width = pass->group->test.width;
    const uint8_t *bytes = pass->window->bytes + at;
    size_t rest = (size_t)(MS_BLOCK_ELEMENTS - 1) * width;

    if (pass->direct)
        return emit_mask(pass, mask, at);
    if (mask == UINT64_MAX && memcmp(bytes, bytes + width, rest) == 0)
        return try_equal_block(pass, at);
    for (; mask; mask &= mask - 1) {
        size_t i = (size_t)__builtin_ctzll(mask) * width;

        if (!try_value(pass, ms_le(bytes + i, width), at + i))
            return false;
    }
    return true;
}

// The elements that are left behind the last whole block, in a block of their own.
static bool scan_tail(const struct pass *pass, ms_next_block_fn *next, size_t at, size_t n_elements)
{
    uint8_t block[MS_BLOCK_ELEMENTS * 8] = {0};
    uint32_t width = pass->group->test.width;
    uint64_t mask;

    if (n_elements == 0)
        return true;
    memcpy(block, pass->window->bytes + at, n_elements * width);
    if (next(&pass->group->test, block, 0, 1, &mask) != 0)
        return true;
    mask &= (UINT64_C(1) << n_elements) - 1;
    return try_mask(pass, mask, at);
}

// Searches the elements of [first, end), the first being at a multiple of the width.
static bool scan_elements(const struct pass *pass, size_t first, size_t end)
{
    const struct ms_test *test = &pass->group->test;
    ms_next_block_fn *next = pass->words->kernels->next[test->kind][ms_log2_width(test->width)];
    const size_t block_bytes = (size_t)MS_BLOCK_ELEMENTS * test->width;
    const size_t n_elements = (end - first) / test->width;
    const size_t n_blocks = n_elements / MS_BLOCK_ELEMENTS;
    const uint8_t *bytes = pass->window->bytes + first;
    uint64_t mask = 0;

    for (size_t block = next(test, bytes, 0, n_blocks, &mask); block < n_blocks;
         block = next(test, bytes, block + 1, n_blocks, &mask)) {
        if (!try_mask(pass, mask, first + block * block_bytes))
            return false;
    }
    return scan_tail(pass, next, first + n_blocks * block_bytes, n_elements % MS_BLOCK_ELEMENTS);
}

// == Elements at any address ==
//
// They are at multiples of 4 from four places on. The four searches go tile by tile, so that memory
// is read once, and what they find is taken in the order of addresses.

#define SHIFTS     4
#define TILE_BYTES ((size_t)16 * 1024)

struct shift {
    size_t at; // where its first element begins
    size_t n_elements;
    size_t block;
    uint64_t mask; // elements of the block that are left to be tried; 0: the search is over
};

static size_t shift_position(const struct shift *shift)
{
    return shift->at +
           4 * (shift->block * MS_BLOCK_ELEMENTS + (size_t)__builtin_ctzll(shift->mask));
}

// Finds the next block, from `block` on, in which elements pass.
static void shift_search(const struct pass *pass, struct shift *shift, size_t block)
{
    const struct ms_test *test = &pass->group->test;
    ms_next_block_fn *next = pass->words->kernels->next[test->kind][2];
    const uint8_t *bytes = pass->window->bytes + shift->at;
    size_t n_blocks = shift->n_elements / MS_BLOCK_ELEMENTS;
    size_t n_left = shift->n_elements % MS_BLOCK_ELEMENTS;
    uint8_t copy[4 * MS_BLOCK_ELEMENTS] = {0};

    shift->mask = 0;
    shift->block = block < n_blocks ? next(test, bytes, block, n_blocks, &shift->mask) : block;
    if (shift->block != n_blocks || n_left == 0)
        return;
    memcpy(copy, bytes + n_blocks * sizeof(copy), 4 * n_left);
    if (next(test, copy, 0, 1, &shift->mask) == 0)
        shift->mask &= (UINT64_C(1) << n_left) - 1;
    else
        shift->mask = 0;
}

// Tries all elements of the shifts that pass.
static bool try_shifts(const struct pass *pass, struct shift shifts[SHIFTS])
{
    for (;;) {
        struct shift *first = NULL;
        size_t at;

        for (size_t i = 0; i < SHIFTS; i++) {
            if (shifts[i].mask && (!first || shift_position(&shifts[i]) < shift_position(first)))
                first = &shifts[i];
        }
        if (!first)
            return true;
        at = shift_position(first);
        if (!try_value(pass, ms_le(pass->window->bytes + at, 4), at))
            return false;
        first->mask &= first->mask - 1;
        if (first->mask == 0)
            shift_search(pass, first, first->block + 1);
    }
}

// Searches for elements that lie in [first, end), at any address.
static bool scan_shifted(const struct pass *pass, size_t first, size_t end)
{
    for (size_t tile = first; tile + 4 <= end; tile += TILE_BYTES) {
        // The last address, and one, at which elements of the tile begin.
        size_t tile_end = end - 3 - tile < TILE_BYTES ? end - 3 : tile + TILE_BYTES;
        struct shift shifts[SHIFTS] = {0};

        for (size_t i = 0; i < SHIFTS; i++) {
            shifts[i].at = tile + i;
            if (tile + i < tile_end)
                shifts[i].n_elements = (tile_end - tile - i + 3) / 4;
            shift_search(pass, &shifts[i], 0);
        }
        if (!try_shifts(pass, shifts))
            return false;
    }
    return true;
}

// == Windows ==

// Anchors of matches that start in [own_start, own_end) lie in [own_start + min_offset,
// own_end + max_offset + width).
static bool scan_group(struct pass *pass)
{
    const struct ms_window *window = pass->window;
    const struct word_group *group = pass->group;
    uint32_t width = group->test.width;
    size_t first = window->own_start + group->min_offset;
    // own_end is one past the last start, and an element that begins there would be one too many.
    size_t end = window->own_end - 1 + group->max_offset + width;

    if (!group->shifted)
        first += (size_t)(-(window->address + first) & (width - 1));
    if (end > window->length)
        end = window->length;
    if (first >= end)
        return true;
    pass->counters->bytes[MS_ENGINE_WORDS] += end - first;
    if (group->shifted)
        return scan_shifted(pass, first, end);
    pass->direct = is_direct(pass);
    return scan_elements(pass, first, end);
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    const struct words *words = engine;

    (void)error;
    for (size_t i = 0; i < words->n_groups; i++) {
        struct pass pass = {
            .words = words,
            .group = &words->groups[i],
            .window = window,
            .sink = sink,
            .counters = &scratch->counters,
        };

        if (!scan_group(&pass))
            return MS_STOPPED;
    }
    return MS_OK;
}

// == Explaining ==

static const char *why_test(enum ms_test_kind kind)
{
    static const char *const reasons[MS_N_TESTS] = {
        [MS_TEST_EQUAL] = "one value",
        [MS_TEST_FEW] = "so few values are compared one by one",
        [MS_TEST_MASKED] = "a mask of its own",
        [MS_TEST_RANGE] = "a range of its own",
        [MS_TEST_NIBBLE_PAIRS] = "expected to cost least",
        [MS_TEST_NIBBLES] = "expected to cost least",
        [MS_TEST_WIDE_NIBBLES] = "expected to cost least",
        [MS_TEST_HASHED] = "values: one look-up, however many there are",
        [MS_TEST_SIEVED] = "expected to cost least",
        [MS_TEST_SET] = "masks and ranges share a filter by halves of the value",
    };

    return reasons[kind];
}

static size_t table_bytes(const struct ms_test *test)
{
    switch (test->kind) {
    case MS_TEST_NIBBLE_PAIRS:
    case MS_TEST_NIBBLES:
    case MS_TEST_WIDE_NIBBLES:
        return sizeof(*test->nibbles);
    case MS_TEST_HASHED:
        return sizeof(test->hashed->map[0]) << (32 - test->hashed->shift);
    case MS_TEST_SIEVED:
        return sizeof(test->hashed->sieve) +
               (sizeof(test->hashed->map[0]) << (32 - test->hashed->shift));
    case MS_TEST_SET:
        return sizeof(test->set->map);
    default:
        return 0;
    }
}

static void explain_group(const struct word_group *group, ms_explain_pass_fn *pass, void *user)
{
    const struct ms_test *test = &group->test;
    struct ms_explained_pass row = {
        .engine = MS_ENGINE_WORDS,
        .method = ms_explain_test(test->kind),
        .reason = why_test(test->kind),
        .candidates =
            MS_EXPLAIN_GIB / test->width * ms_explain_share(test, ms_word_group_values(group)),
        .table_bytes = table_bytes(test),
        .n_costs = group->compared.n,
    };

    memcpy(row.costs, group->compared.tests, sizeof(row.costs));
    for (size_t i = 0; i < group->n_anchors; i++)
        ms_explain_anchor(&row, group->anchors[i].pattern, group->anchors[i].element.offset,
                          test->width);
    pass(user, &row);
}

static void explain(const void *engine, ms_explain_pass_fn *pass, void *user)
{
    const struct words *words = engine;

    for (size_t i = 0; i < words->n_groups; i++)
        explain_group(&words->groups[i], pass, user);
}

const struct ms_engine_ops ms_engine_words = {
    .id = MS_ENGINE_WORDS,
    .build = build,
    .free = destroy,
    .scan = scan,
    .explain = explain,
};
