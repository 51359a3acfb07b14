// SPDX-License-Identifier: MIT

#include "match/explain.h"

#include "match/candidates.h"
#include "match/planner.h"

#include <math.h>
#include <stdlib.h>

// == For engines ==

void ms_explain_pattern(struct ms_explained_patterns *patterns, uint32_t number)
{
    size_t i = patterns->n_listed;

    patterns->n++;
    if (i == MS_EXPLAINED_PATTERNS && patterns->listed[i - 1] < number)
        return;
    if (i < MS_EXPLAINED_PATTERNS)
        patterns->n_listed++;
    else
        i--;
    for (; i > 0 && patterns->listed[i - 1] > number; i--)
        patterns->listed[i] = patterns->listed[i - 1];
    patterns->listed[i] = number;
}

void ms_explain_anchor(struct ms_explained_pass *pass, uint32_t number, uint32_t offset,
                       uint32_t bytes)
{
    bool first = pass->patterns.n == 0;

    ms_explain_pattern(&pass->patterns, number);
    if (first || offset < pass->min_offset)
        pass->min_offset = offset;
    if (offset > pass->max_offset)
        pass->max_offset = offset;
    if (first || bytes < pass->min_bytes)
        pass->min_bytes = bytes;
    if (bytes > pass->max_bytes)
        pass->max_bytes = bytes;
}

void ms_explain_database(struct ms_explained_pass *pass, const char *name, size_t bytes)
{
    pass->databases[pass->n_databases++] = (struct ms_explained_database){name, bytes};
}

const char *ms_explain_test(enum ms_test_kind kind)
{
    static const char *const names[MS_N_TESTS] = {
        [MS_TEST_EQUAL] = "equal",
        [MS_TEST_FEW] = "few",
        [MS_TEST_MASKED] = "masked",
        [MS_TEST_RANGE] = "range",
        [MS_TEST_NIBBLE_PAIRS] = "nibble-pairs",
        [MS_TEST_NIBBLES] = "nibbles",
        [MS_TEST_WIDE_NIBBLES] = "wide-nibbles",
        [MS_TEST_HASHED] = "hashed",
        [MS_TEST_SIEVED] = "sieved",
        [MS_TEST_SET] = "set",
        [MS_TEST_PERIOD] = "period",
        [MS_TEST_PAIRS] = "pairs",
    };

    return names[kind];
}

// Of a million values that look random.
static double sampled_share(const struct ms_test *test)
{
    const uint32_t n = 1u << 20;
    uint64_t state = 1;
    uint32_t passed = 0;

    for (uint32_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        // The lower bits of such a generator are not random.
        uint64_t value = (state >> 32) * UINT64_C(0x9e3779b97f4a7c15);

        passed += ms_test_passes(test, value >> (64 - 8 * test->width));
    }
    return (double)passed / n;
}

static double pairs_share(const struct ms_test *test)
{
    double share = 0;

    for (uint32_t i = 0; i < test->n_pairs; i++) {
        const struct ms_byte_pair *pair = &test->pairs[i];
        int bits = __builtin_popcount(pair->mask[0]);

        if (pair->distance > 0)
            bits += __builtin_popcount(pair->mask[1]);
        share += ldexp(1, -bits);
    }
    return share;
}

double ms_explain_share(const struct ms_test *test, size_t n_values)
{
    int bits = 8 * (int)test->width;
    double least = ldexp((double)n_values, -bits), sampled;

    switch (test->kind) {
    case MS_TEST_EQUAL:
    case MS_TEST_FEW:
        return least;
    case MS_TEST_MASKED:
        return ldexp(1, -__builtin_popcountll(test->mask));
    case MS_TEST_RANGE:
        return ldexp((double)test->span + 1, -bits);
    case MS_TEST_PAIRS:
        return pairs_share(test);
    default:
        // What is rarer than the samples are many is known by the values alone.
        sampled = sampled_share(test);
        return sampled > least ? sampled : least;
    }
}

double ms_explain_stretch(const struct ms_pattern *pattern, uint32_t offset, uint32_t length)
{
    int bits = 0;

    for (uint32_t i = offset; i < offset + length; i++)
        bits += pattern->mask ? __builtin_popcount(pattern->mask[i]) : 8;
    return ldexp(MS_EXPLAIN_GIB, -bits);
}

// == The call ==

static enum ms_status explain_whole(const struct ms_matcher *matcher,
                                    const struct ms_explain_callbacks *callbacks,
                                    struct ms_error *error)
{
    struct ms_margins margins = ms_matcher_margins(matcher);
    struct ms_explained_matcher whole = {
        .simd = ms_matcher_simd(matcher),
        .n_patterns = ms_matcher_count(matcher),
        .before = margins.before,
        .after = margins.after,
    };
    struct ms_candidates candidates;
    enum ms_status status = ms_candidates_create(matcher, &candidates, error);

    if (status == MS_OK) {
        for (uint32_t i = 0; i < whole.n_patterns; i++) {
            const struct ms_pattern *pattern = ms_matcher_pattern(matcher, i);

            whole.n_across += pattern->length == 0 || pattern->align < pattern->length;
        }
        whole.seam_reach = candidates.reach;
        callbacks->matcher(callbacks->user, &whole);
    }
    ms_candidates_release(&candidates);
    return status;
}

static bool same_choice(struct ms_choice a, struct ms_choice b)
{
    return a.engine == b.engine && a.reason == b.reason;
}

static void explain_choice(const struct ms_matcher *matcher, struct ms_choice choice,
                           const struct ms_explain_callbacks *callbacks)
{
    struct ms_explained_choice row = {
        .engine = ms_planner_engines[choice.engine]->id,
        .reason = ms_plan_reason(choice.reason),
    };

    for (uint32_t i = 0; i < ms_matcher_count(matcher); i++) {
        if (same_choice(ms_matcher_choice(matcher, i), choice))
            ms_explain_pattern(&row.patterns, i);
    }
    if (row.patterns.n > 0)
        callbacks->choice(callbacks->user, &row);
}

enum ms_status ms_matcher_explain(const struct ms_matcher *matcher,
                                  const struct ms_explain_callbacks *callbacks,
                                  struct ms_error *error)
{
    enum ms_status status = explain_whole(matcher, callbacks, error);

    if (status != MS_OK)
        return status;
    for (size_t engine = 0; engine < ms_planner_n_engines; engine++) {
        for (size_t reason = 0; reason < ms_plan_n_reasons; reason++)
            explain_choice(matcher, (struct ms_choice){(uint8_t)engine, (uint8_t)reason},
                           callbacks);
    }
    for (size_t engine = 0; engine < ms_planner_n_engines; engine++) {
        const void *built = ms_matcher_engine(matcher, engine);

        if (built && ms_planner_engines[engine]->explain)
            ms_planner_engines[engine]->explain(built, callbacks->pass, callbacks->user);
    }
    return MS_OK;
}
