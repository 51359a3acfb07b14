// SPDX-License-Identifier: MIT

#include "windows.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// == The sink ==

struct collector {
    struct ms_sink sink;
    struct runner *runner;
    const struct ms_window *window;
    const char *context;
    uint64_t *next; // of each pattern: the least offset in the window that its next match may have
    bool refused;
};

static void check_match(const struct collector *collector, uint32_t pattern, uint64_t offset,
                        uint32_t length)
{
    const struct ms_window *window = collector->window;

    cr_assert(offset >= window->own_start && offset < window->own_end,
              "%s: pattern %u starts at %" PRIu64 ", not in [%zu, %zu)", collector->context,
              pattern, offset, window->own_start, window->own_end);
    cr_assert(length > 0 && length <= window->length - offset,
              "%s: pattern %u at %" PRIu64 " has %u bytes, the window %zu", collector->context,
              pattern, offset, length, window->length);
    cr_assert(offset >= collector->next[pattern], "%s: pattern %u at %" PRIu64 " after %" PRIu64,
              collector->context, pattern, offset, collector->next[pattern] - 1);
    collector->next[pattern] = offset + 1;
}

static bool take(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                 uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    struct collector *collector = (struct collector *)sink; // its first member
    struct runner *runner = collector->runner;
    uint32_t align = ms_matcher_align(runner->matcher, pattern);

    cr_assert(!collector->refused, "%s: called after it refused", collector->context);
    if (runner->calls++ >= runner->refuse_from) {
        collector->refused = true;
        return false;
    }
    cr_assert(count > 0 && (count == 1 || stride > 0) && address % align == 0 &&
                  stride % align == 0,
              "%s: %" PRIu64 " matches at %" PRIx64 " in steps of %u, aligned to %u",
              collector->context, count, address, stride, align);
    for (uint64_t i = 0; i < count; i++, address += stride) {
        struct found found = {address, pattern, length};

        check_match(collector, pattern, address - window->address, length);
        if (ms_window_allows(window, address, length))
            cr_assert(ms_vec_push(&runner->found, found), "no memory");
    }
    return true;
}

// == The runner ==

struct runner runner_create(struct ms_matcher *matcher, size_t most)
{
    struct runner runner = {.matcher = matcher, .refuse_from = UINT64_MAX};
    struct ms_error error = {0};

    runner.memory = guarded_create(most + MS_SLACK_BYTES);
    cr_assert(ms_scratch_create(matcher, &runner.scratch, &error) == MS_OK, "%s", error.text);
    return runner;
}

void runner_release(struct runner *runner)
{
    ms_scratch_free(runner->scratch);
    ms_matcher_free(runner->matcher);
    guarded_release(&runner->memory);
    free(runner->found.items);
}

void runner_reset(struct runner *runner)
{
    runner->found.n = 0;
    runner->calls = 0;
    memset(&runner->scratch->counters, 0, sizeof(runner->scratch->counters));
}

enum ms_status runner_scan(struct runner *runner, const struct stretch *stretch, size_t own_start,
                           size_t own_end, const char *context)
{
    struct ms_margins margins = ms_matcher_margins(runner->matcher);
    size_t before = margins.before < own_start ? margins.before : own_start;
    size_t after = stretch->length - own_end;
    // Only Hyperscan may read behind the window; what it finds there would be seen.
    size_t slack =
        ms_matcher_n_patterns(runner->matcher, MS_ENGINE_HYPERSCAN) > 0 ? MS_SLACK_BYTES : 0;
    struct ms_window window = {
        .length = before + own_end - own_start + (after < margins.after ? after : margins.after),
        .address = stretch->address + own_start - before,
        .own_start = before,
        .own_end = before + own_end - own_start,
        .pieces = stretch->pieces,
        .n_pieces = stretch->n_pieces,
    };
    struct collector collector = {{take}, runner, &window, context, NULL, false};
    struct ms_error error = {0};
    enum ms_status status;

    window.bytes = memcpy(runner->memory.end - slack - window.length,
                          stretch->bytes + own_start - before, window.length);
    memcpy(runner->memory.end - slack, window.bytes, slack < window.length ? slack : window.length);
    collector.next = calloc(ms_matcher_count(runner->matcher), sizeof(*collector.next));
    cr_assert(collector.next, "no memory");
    status = ms_matcher_scan(runner->matcher, runner->scratch, &window, &collector.sink, &error);
    free(collector.next);
    cr_assert(status == MS_OK || status == MS_STOPPED, "%s: %s", context, error.text);
    cr_assert((status == MS_STOPPED) == collector.refused, "%s: status %d", context, status);
    return status;
}

void runner_scan_cut(struct runner *runner, const struct stretch *stretch, const size_t *cuts,
                     size_t n_cuts, const char *context)
{
    size_t start = 0;

    for (size_t i = 0; i <= n_cuts; i++) {
        size_t end = i < n_cuts ? cuts[i] : stretch->length;

        if (end > start)
            runner_scan(runner, stretch, start, end, context);
        start = end;
    }
}

// == Comparing ==

static int compare_found(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->pattern != b->pattern)
        return a->pattern < b->pattern ? -1 : 1;
    return a->length < b->length ? -1 : a->length > b->length;
}

static void describe(const found_vec *found, size_t i, char *text, size_t bytes)
{
    const struct found *match = i < found->n ? &found->items[i] : NULL;

    if (match)
        snprintf(text, bytes, "%" PRIx64 ", pattern %u, %u bytes", match->address, match->pattern,
                 match->length);
    else
        snprintf(text, bytes, "no more");
}

void found_expect(found_vec *found, const found_vec *expected, const char *context)
{
    size_t least = found->n < expected->n ? found->n : expected->n, i = 0;
    char got[80], wanted[80];

    if (found->n > 1)
        qsort(found->items, found->n, sizeof(*found->items), compare_found);
    while (i < least && compare_found(&found->items[i], &expected->items[i]) == 0)
        i++;
    describe(found, i, got, sizeof(got));
    describe(expected, i, wanted, sizeof(wanted));
    cr_assert(i == found->n && i == expected->n, "%s: match %zu is %s; expected %s (%zu and %zu)",
              context, i, got, wanted, found->n, expected->n);
}

static int compare_sizes(const void *left, const void *right)
{
    const size_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

// Anywhere; some of them equal, some at the very ends.
static size_t random_cuts(struct seeded *random, size_t length, size_t *cuts, uint32_t most)
{
    size_t n = seeded_between(random, 1, most);

    for (size_t i = 0; i < n; i++)
        cuts[i] = seeded_u64(random) % (length + 1);
    qsort(cuts, n, sizeof(*cuts), compare_sizes);
    return n;
}

#define MOST_CUTS 24

void runner_expect(struct runner *runner, const struct stretch *stretch, struct seeded *random,
                   const found_vec *expected, const char *context)
{
    size_t cuts[MOST_CUTS], n_cuts;
    char text[256];

    runner_reset(runner);
    runner_scan(runner, stretch, 0, stretch->length, context);
    found_expect(&runner->found, expected, context);
    for (uint32_t most = 2; most <= MOST_CUTS; most += MOST_CUTS - 2) {
        n_cuts = random_cuts(random, stretch->length, cuts, most);
        snprintf(text, sizeof(text), "%s, %zu cuts, the first at %zu", context, n_cuts, cuts[0]);
        runner_reset(runner);
        runner_scan_cut(runner, stretch, cuts, n_cuts, text);
        found_expect(&runner->found, expected, text);
    }
}

// == The model ==

static bool in_a_piece(const struct stretch *stretch, size_t offset, uint32_t length)
{
    uint64_t first = stretch->address + offset, last = first + length - 1;

    for (size_t i = 0; i < stretch->n_pieces; i++) {
        if (first >= stretch->pieces[i].first && last <= stretch->pieces[i].last)
            return true;
    }
    return stretch->n_pieces == 0;
}

found_vec model_find(const struct model_case *model, const struct stretch *stretch)
{
    found_vec found = {0};

    for (size_t offset = 0; offset < stretch->length; offset++) {
        for (size_t i = 0; i < model->patterns.n; i++) {
            const struct model_pattern *pattern = &model->patterns.items[i];
            struct found match = {stretch->address + offset, (uint32_t)i, pattern->length};

            if (match.address % pattern->align == 0 &&
                offset + pattern->length <= stretch->length &&
                in_a_piece(stretch, offset, pattern->length) &&
                model_matches(pattern, stretch->bytes + offset))
                cr_assert(ms_vec_push(&found, match), "no memory");
        }
    }
    return found;
}

void random_pieces(struct seeded *random, struct stretch *stretch, struct ms_range *pieces,
                   size_t most)
{
    uint32_t end = (uint32_t)stretch->length - 1;
    uint32_t first = 0, last = seeded_between(random, 0, end);
    size_t n = 0;

    for (;;) {
        pieces[n++] = (struct ms_range){
            .first = stretch->address + first,
            .last = stretch->address + last,
        };
        // What overlaps the piece and begins behind its beginning needs a second byte of it.
        if (n == most || last == end || first == last)
            break;
        first = seeded_between(random, first + 1, last);
        last = seeded_between(random, last + 1, end);
    }
    stretch->length = last + 1;
    stretch->pieces = pieces;
    stretch->n_pieces = n;
}

// == Random cases ==

struct ms_matcher *matcher_for(const struct ms_patterns *patterns, unsigned engine_mask,
                               const char *simd)
{
    struct ms_matcher_options options = {.simd = simd, .engine_mask = engine_mask};
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {0};

    cr_assert(ms_matcher_create(patterns, &options, &matcher, &error) == MS_OK, "%s", error.text);
    return matcher;
}

// That an engine has searched, and no other: else the test would prove nothing of it.
static void expect_engine_ran(const struct runner *runner, unsigned mask, const char *context)
{
    for (unsigned engine = 0; engine < MS_N_ENGINES; engine++) {
        if (mask && !(mask & ENGINE_BIT(engine)))
            cr_assert(runner->scratch->counters.bytes[engine] == 0 &&
                          ms_matcher_n_patterns(runner->matcher, (enum ms_engine)engine) == 0,
                      "%s: the engine %s ran", context, ms_engine_name((enum ms_engine)engine));
        if (mask == ENGINE_BIT(engine))
            cr_assert(ms_matcher_n_patterns(runner->matcher, (enum ms_engine)engine) ==
                          ms_matcher_count(runner->matcher),
                      "%s: the engine %s did not get all", context,
                      ms_engine_name((enum ms_engine)engine));
    }
}

static void check_matcher(struct model_case *model, const struct ms_patterns *patterns,
                          const struct stretch *stretch, const found_vec *expected, unsigned mask,
                          const char *simd, uint64_t seed)
{
    struct runner runner = runner_create(matcher_for(patterns, mask, simd), stretch->length);
    char context[160];

    snprintf(context, sizeof(context), "%s, seed %" PRIu64 ", engines %x, %s, %zu pieces",
             model->profile->name, seed, mask, simd, stretch->n_pieces);
    cr_assert_str_eq(ms_matcher_simd(runner.matcher), simd);
    runner_expect(&runner, stretch, &model->random, expected, context);
    expect_engine_ran(&runner, mask, context);
    runner_release(&runner);
}

#define MOST_PIECES 6

static void check_case(const struct model_profile *profile, unsigned mask, uint64_t seed)
{
    struct ms_range pieces[MOST_PIECES];
    struct model_case model;
    struct ms_patterns *patterns;
    struct stretch stretch;
    found_vec expected;

    model_case_random(&model, profile, seed);
    patterns = model_case_set(&model);
    stretch = (struct stretch){model.memory, model.length, model.address, NULL, 0};
    if (seeded_percent(&model.random, 25))
        random_pieces(&model.random, &stretch, pieces, MOST_PIECES);
    expected = model_find(&model, &stretch);
    for (size_t i = 0; ms_simd_name(i); i++) {
        if (ms_simd_usable(i))
            check_matcher(&model, patterns, &stretch, &expected, mask, ms_simd_name(i), seed);
    }
    check_matcher(&model, patterns, &stretch, &expected, ENGINE_BIT(MS_ENGINE_SCALAR), "scalar",
                  seed);
    free(expected.items);
    ms_patterns_free(patterns);
    model_case_release(&model);
}

void check_random_cases(const struct model_profile *profile, unsigned engine_mask, uint64_t seed,
                        size_t n_cases)
{
    for (size_t i = 0; i < seeded_cases(n_cases); i++)
        check_case(profile, engine_mask, seed + i);
}

static void cut_everywhere(const struct model_profile *profile, unsigned mask, uint64_t seed)
{
    struct model_case model;
    struct ms_patterns *patterns;
    struct stretch stretch;
    struct runner runner;
    found_vec expected;
    char context[160];

    model_case_random(&model, profile, seed);
    patterns = model_case_set(&model);
    stretch = (struct stretch){model.memory, model.length, model.address, NULL, 0};
    expected = model_find(&model, &stretch);
    runner = runner_create(matcher_for(patterns, mask, NULL), stretch.length);
    for (size_t cut = 0; cut < stretch.length; cut++) {
        snprintf(context, sizeof(context), "%s, seed %" PRIu64 ", cut at %zu of %zu", profile->name,
                 seed, cut, stretch.length);
        runner_reset(&runner);
        runner_scan_cut(&runner, &stretch, &cut, 1, context);
        found_expect(&runner.found, &expected, context);
    }
    runner_release(&runner);
    free(expected.items);
    ms_patterns_free(patterns);
    model_case_release(&model);
}

void check_every_cut(const struct model_profile *profile, unsigned engine_mask, uint64_t seed,
                     size_t n_cases)
{
    struct model_profile small = *profile;

    small.max_memory = 700;
    for (size_t i = 0; i < seeded_cases(n_cases); i++)
        cut_everywhere(&small, engine_mask, seed + i);
}

// == Written cases ==

static void run_literal_case(const struct literal_case *test, const struct ms_patterns *patterns,
                             unsigned mask, const char *simd)
{
    struct stretch stretch = {(const uint8_t *)test->memory, test->length, 0x7000, NULL, 0};
    struct runner runner = runner_create(matcher_for(patterns, mask, simd), test->length);
    struct seeded random = {test->length};
    found_vec expected = {0};

    for (size_t i = 0; i < test->n_offsets; i++) {
        struct found match = {stretch.address + test->offsets[i], 0,
                              ms_patterns_info(patterns, 0).length};

        cr_assert(ms_vec_push(&expected, match), "no memory");
    }
    runner_expect(&runner, &stretch, &random, &expected, test->name);
    expect_engine_ran(&runner, mask, test->name);
    free(expected.items);
    runner_release(&runner);
}

void check_literal_case(const struct literal_case *test, unsigned engine_mask)
{
    struct ms_pattern_options options = {.align = test->align};
    struct ms_patterns *patterns = NULL;
    struct ms_error error = {0};

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    cr_assert(ms_patterns_add(patterns, test->kind, test->text, strlen(test->text), &options,
                              &error) == MS_OK,
              "%s: %s", test->name, error.text);
    for (size_t i = 0; ms_simd_name(i); i++) {
        if (ms_simd_usable(i))
            run_literal_case(test, patterns, engine_mask, ms_simd_name(i));
    }
    run_literal_case(test, patterns, ENGINE_BIT(MS_ENGINE_SCALAR), "scalar");
    ms_patterns_free(patterns);
}
