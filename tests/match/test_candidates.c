// SPDX-License-Identifier: MIT
//
// Candidates: each match has one inside it, as near to its start and as short as is promised.

#include "match/candidates.h"
#include "match/pattern_part.h"
#include "windows.h"

#include <criterion/criterion.h>
#include <inttypes.h>

static const struct model_profile profile = {
    .name = "candidates",
    .kinds = "bwdqaux",
    .max_patterns = 8,
    .max_length = 200,
    .max_memory = 8000,
    .exact_percent = 60,
    .periodic_percent = 15,
    .aligned_percent = 50,
    .uniform_percent = 5,
};

#define N_CASES 600
#define PAGE    4096

// What a candidate has before the page boundary in it, and behind; 0 where it lies in one page.
static uint64_t reach_of(uint64_t address, uint64_t length)
{
    uint64_t last = address + (length - 1);
    uint64_t before = (address | (PAGE - 1)) - address + 1, behind = last % PAGE + 1;

    if ((address | (PAGE - 1)) == (last | (PAGE - 1)))
        return 0;
    return before > behind ? before : behind;
}

static bool serves(const struct ms_candidates *candidates, const struct found *candidate,
                   const struct found *match)
{
    return candidate->pattern == match->pattern && candidate->address >= match->address &&
           candidate->address - match->address <= candidates->back &&
           candidate->address + candidate->length <= match->address + match->length &&
           reach_of(candidate->address, candidate->length) <= candidates->reach;
}

static void expect_served(const struct ms_candidates *candidates, const found_vec *found,
                          const struct found *match, uint64_t seed)
{
    for (size_t i = 0; i < found->n; i++) {
        if (serves(candidates, &found->items[i], match))
            return;
    }
    cr_assert_fail("seed %" PRIu64 ": pattern %u at 0x%" PRIx64 " has no candidate", seed,
                   match->pattern, match->address);
}

// The matcher of the candidates is `matcher` itself, or theirs, which the runner takes over.
static struct ms_matcher *take_matcher(struct ms_candidates *candidates, struct ms_matcher *matcher)
{
    struct ms_matcher *own = candidates->own;

    candidates->own = NULL;
    return own ? own : matcher;
}

static void check_case(const struct model_case *model, uint64_t seed)
{
    struct ms_patterns *patterns = model_case_set(model);
    struct ms_matcher *matcher = matcher_for(patterns, 0, NULL);
    struct stretch stretch = {model->memory, model->length, model->address, NULL, 0};
    found_vec matches = model_find(model, &stretch);
    struct ms_candidates candidates;
    struct ms_matcher *taken;
    struct runner runner;

    cr_assert(ms_candidates_create(matcher, &candidates, NULL) == MS_OK, "seed %" PRIu64, seed);
    taken = take_matcher(&candidates, matcher);
    runner = runner_create(taken, model->length);
    runner_scan(&runner, &stretch, 0, model->length, "candidates");
    for (size_t i = 0; i < matches.n; i++)
        expect_served(&candidates, &runner.found, &matches.items[i], seed);
    runner_release(&runner);
    ms_candidates_release(&candidates);
    if (taken != matcher)
        ms_matcher_free(matcher);
    free(matches.items);
    ms_patterns_free(patterns);
}

Test(candidates, each_match_has_one)
{
    for (uint64_t seed = 0; seed < seeded_cases(N_CASES); seed++) {
        struct model_case model;

        model_case_random(&model, &profile, seed);
        if (model.length > 0)
            check_case(&model, seed);
        model_case_release(&model);
    }
}

// == Regexes ==

#ifdef MS_HAVE_HYPERSCAN

static const char *const regexes[] = {
    "[ab]{3,}",  "a[bc]{2,}c?", "ab+",          "ab*c{1,3}",     "(ab|c)+",   "a(b+c)?",
    "a.{2,9}b+", "a[^a]{2,}",   "(?i)AB{2,5}",  "a(a|bc){2,}b?", "[ab]+c",    "b(ab?){3,}",
    "a{2,4}b?",  "c.*a",        "(a|b+c)b{2,}", "ab(c{2,}|a)+?", "[bc]{2}a+?"};

static void check_regex(const char *text, uint64_t seed)
{
    struct seeded random = {seed};
    uint8_t bytes[600];
    struct stretch stretch = {bytes, sizeof(bytes), seeded_below(&random, 1u << 20), NULL, 0};
    struct ms_patterns *patterns = model_set_of(MS_REGEX, text, 0);
    struct ms_matcher *matcher = matcher_for(patterns, 0, NULL);
    struct ms_candidates candidates;
    struct runner whole, ends;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)("abcABx"[seeded_below(&random, 3 + seed % 4)]);
    cr_assert(ms_candidates_create(matcher, &candidates, NULL) == MS_OK, "%s", text);
    whole = runner_create(matcher, sizeof(bytes));
    runner_scan(&whole, &stretch, 0, sizeof(bytes), text);
    ends = runner_create(take_matcher(&candidates, matcher), sizeof(bytes));
    runner_scan(&ends, &stretch, 0, sizeof(bytes), text);
    for (size_t i = 0; i < whole.found.n; i++)
        expect_served(&candidates, &ends.found, &whole.found.items[i], seed);
    cr_assert(candidates.own == NULL && ends.matcher != matcher, "%s: finds its own ends", text);
    runner_release(&whole);
    runner_release(&ends);
    ms_candidates_release(&candidates);
    ms_patterns_free(patterns);
}

Test(candidates, each_match_of_a_regex_has_one)
{
    for (size_t i = 0; i < sizeof(regexes) / sizeof(regexes[0]); i++) {
        for (uint64_t seed = 0; seed < 60; seed++)
            check_regex(regexes[i], seed);
    }
}

static void expect_classes(const char *lines[], size_t n_lines, size_t n_seams, size_t n_classes,
                           size_t near, size_t far)
{
    struct ms_patterns *patterns = model_set_of(MS_REGEX, lines[0], 0);
    struct ms_candidates candidates;
    struct ms_matcher *matcher;

    for (size_t i = 1; i < n_lines; i++) {
        struct ms_pattern_options options = {0};

        cr_assert(ms_patterns_add(patterns, MS_REGEX, lines[i], strlen(lines[i]), &options, NULL) ==
                  MS_OK);
    }
    matcher = matcher_for(patterns, 0, NULL);
    cr_assert(ms_candidates_create(matcher, &candidates, NULL) == MS_OK);
    cr_assert(ms_candidates_divide(&candidates, matcher, n_seams, NULL) == MS_OK);
    cr_expect(candidates.n_classes == n_classes, "%zu classes", candidates.n_classes);
    cr_expect(candidates.classes[0].reach == near, "near: %zu", candidates.classes[0].reach);
    if (n_classes > 1)
        cr_expect(candidates.classes[1].reach == far, "far: %zu", candidates.classes[1].reach);
    ms_candidates_release(&candidates);
    ms_matcher_free(matcher);
    ms_patterns_free(patterns);
}

Test(candidates, far_reaches_are_a_class)
{
    const char *mixed[] = {"ab{2,40}c", "a.*b", "a[bc]{5,}"}, *far[] = {"a.*b", "b.{300,}c"};

    expect_classes(mixed, 3, 100000, 2, 41, MS_MAX_REGEX_MATCH - 1);
    expect_classes(mixed, 3, 10, 1, MS_MAX_REGEX_MATCH - 1, 0); // not worth the while
    expect_classes(far, 2, 100000, 1, MS_MAX_REGEX_MATCH - 1, 0);
}

#endif

// == What is promised of sets ==

static const struct {
    const char *name;
    enum ms_pattern_kind kind;
    const char *text;
    uint32_t align;
    size_t reach;
} reaches[] = {
    {"an aligned value needs no seam", MS_DWORD, "78090043", 0, 0},
    {"... nor one aligned wider", MS_DWORD, "78090043", 16, 0},
    {"a sequence does", MS_DWORD, "78090043 02000000", 0, 7},
    {"... unless aligned as wide as it is long", MS_DWORD, "78090043 02000000", 8, 0},
    {"an unaligned value does", MS_DWORD, "78090043", 1, 3},
    {"a byte does not", MS_BYTE, "43", 0, 0},
    {"a text does", MS_ASCII, "Reff", 0, 3},
};

Test(candidates, reach_across_pages)
{
    for (size_t i = 0; i < sizeof(reaches) / sizeof(reaches[0]); i++) {
        struct ms_patterns *patterns =
            model_set_of(reaches[i].kind, reaches[i].text, reaches[i].align);
        struct ms_matcher *matcher = matcher_for(patterns, 0, NULL);
        struct ms_candidates candidates;

        cr_assert(ms_candidates_create(matcher, &candidates, NULL) == MS_OK);
        cr_expect(candidates.reach == reaches[i].reach, "%s: %zu", reaches[i].name,
                  candidates.reach);
        cr_expect(candidates.back == 0, "%s: %zu", reaches[i].name, candidates.back);
        cr_expect(candidates.matcher == matcher, "%s", reaches[i].name);
        ms_candidates_release(&candidates);
        ms_matcher_free(matcher);
        ms_patterns_free(patterns);
    }
}

// == Parts of patterns ==

static void check_parts(const struct ms_pattern *pattern, const uint8_t *memory,
                        struct seeded *random, uint64_t seed)
{
    uint32_t offset = (uint32_t)seeded_below(random, pattern->length);
    uint32_t length = 1 + (uint32_t)seeded_below(random, pattern->length - offset);
    bool whole = offset == 0 && length == pattern->length;
    bool matches = ms_pattern_matches(pattern, memory);
    bool partly = ms_pattern_part_matches(pattern, offset, length, memory + offset);
    struct ms_pattern part;

    cr_assert(ms_pattern_part(&part, pattern, offset, length), "memory");
    cr_assert(ms_pattern_matches(&part, memory + offset) == partly,
              "seed %" PRIu64 ": the part [%u, +%u) and the comparison differ", seed, offset,
              length);
    cr_assert(partly || !matches, "seed %" PRIu64 ": the part [%u, +%u) loses a match", seed,
              offset, length);
    cr_assert(!whole || partly == matches, "seed %" PRIu64 ": the whole is no part", seed);
    ms_pattern_release(&part);
}

Test(candidates, parts_match_where_patterns_do)
{
    for (uint64_t seed = 0; seed < seeded_cases(N_CASES); seed++) {
        struct model_case model;
        struct ms_patterns *patterns;

        model_case_random(&model, &profile, seed);
        patterns = model_case_set(&model);
        for (size_t i = 0; i < patterns->all.n; i++) {
            const struct ms_pattern *pattern = &patterns->all.items[i];

            for (size_t at = 0; at + pattern->length <= model.length; at += 7)
                check_parts(pattern, model.memory + at, &model.random, seed);
        }
        ms_patterns_free(patterns);
        model_case_release(&model);
    }
}
