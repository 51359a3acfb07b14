// SPDX-License-Identifier: MIT

#include "match/planner.h"

#include "match/byte_pairs.h"
#include "match/loose_costs.h"
#include "match/runs.h"

#include <stdlib.h>

// In the order in which they scan: the ones that read fastest bring memory into the cache.
const struct ms_engine_ops *const ms_planner_engines[] = {
    &ms_engine_words,    &ms_engine_runs,    &ms_engine_texts,
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
    const char *reason;
} rules[] = {
    {is_one_element, &ms_engine_words, FOR_FIXED, "each is one aligned element"},
    {is_short_period, &ms_engine_runs, FOR_FIXED, "they repeat themselves, which floods Hyperscan"},
    {has_rare_element, &ms_engine_words, FOR_FIXED, "they have an aligned element that is rare"},
#ifdef MS_HAVE_HYPERSCAN
    {has_rare_stretch, &ms_engine_literals, FOR_FIXED,
     "their bytes are rarer than any aligned element of theirs"},
#endif
    {is_fixed, &ms_engine_words, FOR_FIXED, "they have no bytes that would be rarer"},
#ifdef MS_HAVE_HYPERSCAN
    {is_fixed, &ms_engine_literals, FOR_FIXED, "no better engine is allowed"},
    {is_regex_of_one_length, &ms_engine_literals, FOR_REGEXES,
     "expressions of one length: the end of a match tells its start"},
    {is_regex, &ms_engine_regexes, FOR_MATCHES, "expressions whose matches differ in length"},
    {is_regex, &ms_engine_regex_ends, FOR_ENDS, "only ends of matches are wanted"},
#endif
    {is_fixed, &ms_engine_texts, FOR_FIXED, "no better engine is allowed"},
    {is_fixed, &ms_engine_scalar, FOR_FIXED, "no better engine is allowed"},
};
#define N_RULES    (sizeof(rules) / sizeof(rules[0]))
#define FEW_TEXTS  N_RULES       // the reason of those that move_texts() moves
#define MANY_LOOSE (N_RULES + 1) // ... that move_loose() moves

const size_t ms_plan_n_reasons = MANY_LOOSE + 1;

const char *ms_plan_reason(uint8_t reason)
{
    if (reason == FEW_TEXTS)
        return "each has two bytes that are rare together, and so few are looked for one by one";
    if (reason == MANY_LOOSE)
        return "so many masked ones or ranges cost less there than one filter for all of them";
    return reason < N_RULES ? rules[reason].reason : "unknown";
}

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

static enum ms_status choose_by_rules(const struct ms_plan_input *input, struct ms_choice *choices,
                                      struct ms_error *error)
{
    for (size_t i = 0; i < input->n_patterns; i++) {
        const struct ms_pattern *pattern = &input->patterns[i];
        size_t rule = 0;

        while (rule < N_RULES &&
               (!(input->engine_mask & 1u << rules[rule].engine->id) ||
                !in_scope(rules[rule].scope, pattern, input->ends) || !rules[rule].holds(pattern)))
            rule++;
        if (rule == N_RULES)
            return refuse(pattern, error);
        choices[i] = (struct ms_choice){(uint8_t)engine_index(rules[rule].engine), (uint8_t)rule};
    }
    return MS_OK;
}

// == Few texts ==
//
// Up to so many pairs of bytes are compared in less time than Hyperscan, or the words engine, takes
// for the same patterns at any address, if few places have such a pair and not the pattern.

// Of memory's bytes: more, and the places to be verified cost as much as all the rest.
#define MOST_IN_VAIN 0.001

// Nanoseconds for 32 bytes, as in struct ms_kernel_costs: what either of the others takes for one
// pattern, and for 2 to MS_FEW_VALUES of them.
#define OTHERS_ONE  1.4
#define OTHERS_MORE 2.1

struct few_texts {
    uint32_t patterns[MS_FEW_VALUES];
    size_t n;
    double in_vain;
};

// False: there are too many.
static bool add_text(struct few_texts *texts, uint32_t number, double in_vain)
{
    if (texts->n == MS_FEW_VALUES)
        return false;
    texts->patterns[texts->n++] = number;
    texts->in_vain += in_vain;
    return true;
}

// What no engine is made for that is faster still.
static bool is_text(const struct ms_pattern *pattern)
{
    return is_fixed(pattern) && !is_one_element(pattern) && !is_short_period(pattern) &&
           !has_rare_element(pattern);
}

// Whether the literals engine has to search anyway.
static bool is_literal(struct ms_choice choice)
{
#ifdef MS_HAVE_HYPERSCAN
    return ms_planner_engines[choice.engine] == &ms_engine_literals;
#else
    (void)choice;
    return false;
#endif
}

// False: there are too many, or some are left to Hyperscan, for which one more is nothing.
static bool collect_texts(const struct ms_plan_input *input, const struct ms_choice *choices,
                          struct few_texts *texts)
{
    for (uint32_t i = 0; i < input->n_patterns; i++) {
        const struct ms_pattern *pattern = &input->patterns[i];
        double in_vain = is_text(pattern) ? ms_pair_choose(pattern).in_vain : 1;

        if (in_vain <= MOST_IN_VAIN ? !add_text(texts, i, in_vain) : is_literal(choices[i]))
            return false;
    }
    return true;
}

static void move_texts(const struct ms_plan_input *input, struct ms_choice *choices)
{
    const struct ms_kernel_costs *costs = &input->kernels->costs;
    struct few_texts texts = {0};
    double cost;

    if (!(input->engine_mask & 1u << MS_ENGINE_TEXTS) || !collect_texts(input, choices, &texts))
        return;
    cost = (double)texts.n * costs->pair + 32 * texts.in_vain * costs->candidate;
    for (size_t i = 0; i < texts.n && cost < (texts.n == 1 ? OTHERS_ONE : OTHERS_MORE); i++)
        choices[texts.patterns[i]] =
            (struct ms_choice){(uint8_t)engine_index(&ms_engine_texts), FEW_TEXTS};
}

#ifdef MS_HAVE_HYPERSCAN
// == Sets ==
//
// The words engine is unbeaten for values, however many, and for few masked ones and ranges. A
// filter for many of those may let nearly everything pass, and each element that does is tried
// against all patterns that could be there.

// The estimates are rough. Only what is clearly cheaper is worth it to leave the rules.
#define CLEARLY 1.5

typedef MS_VEC(struct word_anchor) anchor_vec;

// The loose anchors of the patterns that are the words engine's, of that width.
static bool collect_loose(const struct ms_plan_input *input, const struct ms_choice *choices,
                          uint32_t most_width, uint32_t width, anchor_vec *anchors)
{
    const size_t words = engine_index(&ms_engine_words);

    anchors->n = 0;
    for (uint32_t i = 0; i < input->n_patterns; i++) {
        struct word_anchor anchor = {.pattern = i};

        if (choices[i].engine != words)
            continue;
        anchor.element = ms_anchor_element(&input->patterns[i], most_width);
        if (anchor.element.width == width && anchor.element.kind != MS_ELEMENT_EXACT &&
            !ms_vec_push(anchors, anchor))
            return false;
    }
    return true;
}

// Gives Hyperscan the loose patterns of one width where that is clearly cheaper.
static bool move_loose(const struct ms_plan_input *input, struct ms_choice *choices,
                       const anchor_vec *anchors)
{
    double words, hyperscan;

    if (anchors->n <= MS_MAX_LOOSE_PASSES)
        return true;
    words = ms_loose_words_cost(anchors->items, anchors->n, &input->kernels->costs);
    hyperscan = ms_loose_hyperscan_cost(input->patterns, anchors->items, anchors->n);
    for (size_t i = 0; i < anchors->n && words > CLEARLY * hyperscan; i++)
        choices[anchors->items[i].pattern] =
            (struct ms_choice){(uint8_t)engine_index(&ms_engine_literals), MANY_LOOSE};
    return words >= 0;
}

static enum ms_status choose_by_costs(const struct ms_plan_input *input, struct ms_choice *choices,
                                      struct ms_error *error)
{
    anchor_vec anchors = {0};
    uint32_t most_width = 8;
    bool ok;

    if (!(input->engine_mask & 1u << MS_ENGINE_HYPERSCAN))
        return MS_OK;
    ok = collect_loose(input, choices, most_width, 8, &anchors);
    if (anchors.n > MS_MAX_LOOSE_PASSES) // then the words engine anchors all in 4 bytes
        most_width = 4;
    for (uint32_t width = 2; width <= 4 && ok; width *= 2)
        ok = collect_loose(input, choices, most_width, width, &anchors) &&
             move_loose(input, choices, &anchors);
    free(anchors.items);
    return ok ? MS_OK : ms_fail_nomem(error);
}
#endif

enum ms_status ms_plan(const struct ms_plan_input *input, struct ms_choice *choices,
                       struct ms_error *error)
{
    enum ms_status status = choose_by_rules(input, choices, error);

#ifdef MS_HAVE_HYPERSCAN
    if (status == MS_OK && input->n_patterns > MS_MAX_LOOSE_PASSES)
        status = choose_by_costs(input, choices, error);
#endif
    if (status == MS_OK)
        move_texts(input, choices);
    return status;
}
