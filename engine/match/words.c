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

    return group->n_anchors == 1 && group->test.kind != MS_TEST_SET &&
           is_whole(pass, &group->anchors[0]);
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

    first += (size_t)(-(window->address + first) & (width - 1));
    if (end > window->length)
        end = window->length;
    if (first >= end)
        return true;
    pass->counters->bytes[MS_ENGINE_WORDS] += end - first;
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

const struct ms_engine_ops ms_engine_words = {
    .id = MS_ENGINE_WORDS,
    .build = build,
    .free = destroy,
    .scan = scan,
};
