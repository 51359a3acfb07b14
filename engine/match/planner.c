// SPDX-License-Identifier: MIT

#include "match/planner.h"

#include "match/anchor.h"
#include "match/runs.h"

// In the order in which they scan: the ones that read fastest bring memory into the cache.
const struct ms_engine_ops *const ms_planner_engines[] = {
    &ms_engine_words,    &ms_engine_runs,
#ifdef MS_HAVE_HYPERSCAN
    &ms_engine_literals, &ms_engine_regexes, &ms_engine_regex_ends,
#endif
    &ms_engine_scalar,
};
const size_t ms_planner_n_engines = sizeof(ms_planner_engines) / sizeof(ms_planner_engines[0]);

// Elements that rule out less leave more candidates than Hyperscan takes time.
#define ENOUGH_ELEMENT_BITS 12

static bool is_short_period(const struct ms_pattern *pattern)
{
    return ms_pattern_period(pattern, MS_MAX_PERIOD) != 0;
}

// A pattern that one kernel test answers: a value, a mask, a range.
static bool is_one_element(const struct ms_pattern *pattern)
{
    return ms_anchor_element(pattern, 8).whole;
}

static bool has_rare_element(const struct ms_pattern *pattern)
{
    return pattern->align > 1 && ms_anchor_element(pattern, 8).bits >= ENOUGH_ELEMENT_BITS;
}

static bool is_fixed(const struct ms_pattern *pattern)
{
    return pattern->kind != MS_REGEX;
}

#ifdef MS_HAVE_HYPERSCAN
static bool has_rare_stretch(const struct ms_pattern *pattern)
{
    struct ms_stretch_anchor anchor = ms_anchor_stretch(pattern);

    return anchor.length > 1 && anchor.bits > ms_anchor_element(pattern, 8).bits;
}

static bool is_regex_of_one_length(const struct ms_pattern *pattern)
{
    return pattern->kind == MS_REGEX && pattern->length > 0;
}

static bool is_regex(const struct ms_pattern *pattern)
{
    return pattern->kind == MS_REGEX;
}
#endif

enum rule_scope {
    FOR_FIXED,   // for patterns with bytes, which is all that the rule asks about
    FOR_REGEXES, // for regexes
    FOR_MATCHES, // for regexes whose matches are wanted
    FOR_ENDS,    // for regexes of which only ends are
};

// The first rule that holds, and whose engine is built and allowed, decides.
static const struct {
    bool (*holds)(const struct ms_pattern *pattern);
    const struct ms_engine_ops *engine;
    enum rule_scope scope;
} rules[] = {
    {is_one_element, &ms_engine_words, FOR_FIXED},
    {is_short_period, &ms_engine_runs, FOR_FIXED},
    {has_rare_element, &ms_engine_words, FOR_FIXED},
#ifdef MS_HAVE_HYPERSCAN
    {has_rare_stretch, &ms_engine_literals, FOR_FIXED},
#endif
    {is_fixed, &ms_engine_words, FOR_FIXED},
#ifdef MS_HAVE_HYPERSCAN
    {is_fixed, &ms_engine_literals, FOR_FIXED},
    {is_regex_of_one_length, &ms_engine_literals, FOR_REGEXES},
    {is_regex, &ms_engine_regexes, FOR_MATCHES},
    {is_regex, &ms_engine_regex_ends, FOR_ENDS},
#endif
    {is_fixed, &ms_engine_scalar, FOR_FIXED},
};
#define N_RULES (sizeof(rules) / sizeof(rules[0]))

static bool in_scope(enum rule_scope scope, const struct ms_pattern *pattern, bool ends)
{
    if (scope == FOR_FIXED || is_fixed(pattern))
        return scope == FOR_FIXED && is_fixed(pattern);
    return scope == FOR_REGEXES || (scope == FOR_ENDS) == ends;
}

static size_t engine_index(const struct ms_engine_ops *engine)
{
    size_t i = 0;

    while (ms_planner_engines[i] != engine)
        i++;
    return i;
}

static enum ms_status refuse(const struct ms_pattern *pattern, struct ms_error *error)
{
#ifndef MS_HAVE_HYPERSCAN
    if (pattern->kind == MS_REGEX)
        return ms_fail(error, MS_UNSUPPORTED,
                       "regex \"%s\": this build has no Hyperscan, which regexes need",
                       pattern->text);
#endif
    return ms_fail(error, MS_ARGUMENT, "%s \"%s\": none of the engines allowed can search for it",
                   ms_pattern_kind_name(pattern->kind), pattern->text);
}

enum ms_status ms_plan(const struct ms_pattern *patterns, size_t n_patterns, unsigned engine_mask,
                       bool ends, uint8_t *choice, struct ms_error *error)
{
    for (size_t i = 0; i < n_patterns; i++) {
        const struct ms_pattern *pattern = &patterns[i];
        size_t rule = 0;

        while (rule < N_RULES &&
               (!(engine_mask & 1u << rules[rule].engine->id) ||
                !in_scope(rules[rule].scope, pattern, ends) || !rules[rule].holds(pattern)))
            rule++;
        if (rule == N_RULES)
            return refuse(pattern, error);
        choice[i] = (uint8_t)engine_index(rules[rule].engine);
    }
    return MS_OK;
}
