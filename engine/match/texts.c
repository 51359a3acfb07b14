// SPDX-License-Identifier: MIT
//
// The texts engine: a SIMD kernel looks for two bytes of each pattern, those that are least often
// met together, at any address; where both are, the whole pattern is verified. For few patterns
// that is faster than Hyperscan: nothing but loads and comparisons, and no call for each chunk that
// has to be prepared. It can take every pattern but regexes.

#include "match/byte_pairs.h"
#include "match/matcher.h"

#include <stdlib.h>
#include <string.h>

struct member {
    uint32_t pattern;
    uint32_t offset; // of its pair's first byte
};

// So many patterns as a kernel looks for at once.
struct group {
    struct ms_test test;
    struct member members[MS_FEW_VALUES]; // by pair
    uint32_t min_offset;
    uint32_t max_offset;
};

struct texts {
    const struct ms_pattern *patterns;
    const struct ms_kernels *kernels;
    size_t n_groups;
    struct group groups[];
};

// One group's search of one window.
struct pass {
    const struct texts *texts;
    const struct group *group;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_search_counters *counters;
};

static void add(struct group *group, const struct ms_pattern *pattern, uint32_t number)
{
    struct ms_pattern_pair chosen = ms_pair_choose(pattern);
    uint32_t i = group->test.n_pairs++;

    group->test.pairs[i] = chosen.pair;
    group->members[i] = (struct member){number, chosen.offset};
    if (i == 0 || chosen.offset < group->min_offset)
        group->min_offset = chosen.offset;
    if (chosen.offset > group->max_offset)
        group->max_offset = chosen.offset;
}

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    size_t n_groups = (input->n_mine + MS_FEW_VALUES - 1) / MS_FEW_VALUES;
    struct texts *texts = calloc(1, sizeof(*texts) + n_groups * sizeof(texts->groups[0]));

    if (!texts)
        return ms_fail_nomem(error);
    texts->patterns = input->patterns;
    texts->kernels = input->kernels;
    texts->n_groups = n_groups;
    for (size_t i = 0; i < input->n_mine; i++) {
        struct group *group = &texts->groups[i / MS_FEW_VALUES];

        group->test.kind = MS_TEST_PAIRS;
        group->test.width = 1;
        add(group, &input->patterns[input->mine[i]], input->mine[i]);
    }
    *engine_ret = texts;
    return MS_OK;
}

// A pair's first byte at `at` may be this member's: is its pattern around it?
static bool verify(const struct pass *pass, const struct member *member, size_t at)
{
    const struct ms_window *window = pass->window;
    const struct ms_pattern *pattern = &pass->texts->patterns[member->pattern];
    size_t start = at - member->offset;

    pass->counters->candidates[MS_ENGINE_TEXTS]++;
    if (at < member->offset || start < window->own_start || start >= window->own_end ||
        pattern->length > window->length - start ||
        ((window->address + start) & (pattern->align - 1)) != 0 ||
        !ms_pattern_matches(pattern, window->bytes + start))
        return true;
    pass->counters->matches[MS_ENGINE_TEXTS]++;
    return ms_emit(pass->sink, window, member->pattern, window->address + start, pattern->length, 1,
                   pattern->align);
}

// Places at which a pair is: of which patterns is not told, but its first byte tells most.
static bool try_mask(const struct pass *pass, uint64_t mask, size_t block)
{
    const struct ms_test *test = &pass->group->test;

    for (; mask; mask &= mask - 1) {
        size_t at = block + (size_t)__builtin_ctzll(mask);
        uint8_t byte = pass->window->bytes[at];

        for (uint32_t i = 0; i < test->n_pairs; i++) {
            if ((byte & test->pairs[i].mask[0]) == test->pairs[i].value[0] &&
                !verify(pass, &pass->group->members[i], at))
                return false;
        }
    }
    return true;
}

// Places [first, end), one block of them or less, at which the kernel would read past the window.
static bool scan_tail(const struct pass *pass, ms_next_block_fn *next, size_t first, size_t end)
{
    uint8_t copy[MS_BLOCK_ELEMENTS + MS_PAIR_REACH] = {0};
    size_t n = pass->window->length - first;
    uint64_t mask = 0;

    memcpy(copy, pass->window->bytes + first, n < sizeof(copy) ? n : sizeof(copy));
    if (next(&pass->group->test, copy, 0, 1, &mask) != 0)
        return true;
    if (end - first < MS_BLOCK_ELEMENTS)
        mask &= (UINT64_C(1) << (end - first)) - 1;
    return try_mask(pass, mask, first);
}

// Searches for pairs whose first bytes are at [first, end).
static bool scan_places(const struct pass *pass, size_t first, size_t end)
{
    const struct ms_test *test = &pass->group->test;
    ms_next_block_fn *next = pass->texts->kernels->next[MS_TEST_PAIRS][0];
    size_t reach = ms_test_reach(test), length = pass->window->length;
    size_t readable = length - first > reach ? length - first - reach : 0;
    size_t n_blocks = (end - first < readable ? end - first : readable) / MS_BLOCK_ELEMENTS;
    const uint8_t *bytes = pass->window->bytes + first;
    uint64_t mask = 0;

    for (size_t block = next(test, bytes, 0, n_blocks, &mask); block < n_blocks;
         block = next(test, bytes, block + 1, n_blocks, &mask)) {
        if (!try_mask(pass, mask, first + block * MS_BLOCK_ELEMENTS))
            return false;
    }
    for (first += n_blocks * MS_BLOCK_ELEMENTS; first < end; first += MS_BLOCK_ELEMENTS) {
        if (!scan_tail(pass, next, first, end))
            return false;
    }
    return true;
}

// Pairs of matches that start in [own_start, own_end) begin in [own_start + min_offset, own_end +
// max_offset).
static bool scan_group(const struct pass *pass)
{
    const struct ms_window *window = pass->window;
    size_t first = window->own_start + pass->group->min_offset;
    size_t end = window->own_end + pass->group->max_offset;

    if (end > window->length)
        end = window->length;
    if (first >= end)
        return true;
    pass->counters->bytes[MS_ENGINE_TEXTS] += window->own_end - window->own_start;
    return scan_places(pass, first, end);
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    const struct texts *texts = engine;

    (void)error;
    for (size_t i = 0; i < texts->n_groups; i++) {
        struct pass pass = {
            .texts = texts,
            .group = &texts->groups[i],
            .window = window,
            .sink = sink,
            .counters = &scratch->counters,
        };

        if (!scan_group(&pass))
            return MS_STOPPED;
    }
    return MS_OK;
}

static void explain(const void *engine, ms_explain_pass_fn *pass, void *user)
{
    const struct texts *texts = engine;

    for (size_t i = 0; i < texts->n_groups; i++) {
        const struct group *group = &texts->groups[i];
        struct ms_explained_pass row = {
            .engine = MS_ENGINE_TEXTS,
            .method = ms_explain_test(MS_TEST_PAIRS),
            .reason = "of each, two bytes that are seldom met together",
            .candidates = MS_EXPLAIN_GIB * ms_explain_share(&group->test, 0),
        };

        for (uint32_t member = 0; member < group->test.n_pairs; member++)
            ms_explain_anchor(&row, group->members[member].pattern, group->members[member].offset,
                              group->test.pairs[member].distance > 0 ? 2 : 1);
        pass(user, &row);
    }
}

const struct ms_engine_ops ms_engine_texts = {
    .id = MS_ENGINE_TEXTS,
    .build = build,
    .free = free,
    .scan = scan,
    .explain = explain,
};
