// SPDX-License-Identifier: MIT

#include "match/candidates.h"

#include "base/extent.h"
#include "match/anchor.h"
#include "match/pattern_part.h"
#include "match/regex_info.h"
#include "match/regex_syntax.h"

#include <stdlib.h>
#include <string.h>

// One expression that may reach far makes each seam as costly as two pages are, for all of the
// others, too. So those that reach further than this are searched for by themselves ...
#define NEAR_REACH 256

// ... where there is so much to search around seams that this takes longer than compiling twice.
#define MUCH_BYTES ((uint64_t)64 << 20)

static bool is_long(const struct ms_pattern *pattern)
{
    return pattern->length > MS_ANCHOR_BYTES && pattern->kind != MS_REGEX;
}

static bool has_many_lengths(const struct ms_pattern *pattern)
{
    return pattern->kind == MS_REGEX && pattern->length == 0;
}

// Whether something else than the pattern finds its candidates.
static bool needs_other(const struct ms_pattern *pattern)
{
    return is_long(pattern) || has_many_lengths(pattern);
}

// == What finds candidates ==

// What every match begins with tells as well where matches begin, and reaches less far.
static enum ms_status shorten(struct ms_pattern *regex, struct ms_error *error)
{
    struct ms_pattern whole = *regex;
    enum ms_status status = ms_regex_shorten(whole.text, whole.text_length, &regex->text, error);

    if (status == MS_OK && regex->text) {
        regex->text_length = strlen(regex->text);
        status = ms_regex_measure(regex, error);
        regex->length = 0; // also if there is but one: it is the ends that are to be found
    }
    if (status == MS_OK && regex->text) {
        free(whole.text);
        return MS_OK;
    }
    free(regex->text);
    *regex = whole;
    return status == MS_NOMEM ? status : MS_OK;
}

static enum ms_status make_candidate(struct ms_pattern *candidate, const struct ms_pattern *pattern,
                                     struct ms_error *error)
{
    bool ok;

    if (is_long(pattern)) {
        struct ms_stretch_anchor anchor = ms_anchor_stretch(pattern);

        ok = ms_pattern_part(candidate, pattern, anchor.offset, anchor.length);
    } else {
        ok = ms_pattern_copy(candidate, pattern);
    }
    if (!ok)
        return ms_fail_nomem(error);
    return has_many_lengths(candidate) ? shorten(candidate, error) : MS_OK;
}

static enum ms_status add(struct ms_patterns *patterns, struct ms_pattern *candidate,
                          enum ms_status status, struct ms_error *error)
{
    if (status == MS_OK && !ms_vec_push(&patterns->all, *candidate))
        status = ms_fail_nomem(error);
    if (status != MS_OK)
        ms_pattern_release(candidate);
    return status;
}

static enum ms_status make_patterns(struct ms_candidates *candidates,
                                    const struct ms_matcher *matcher, struct ms_error *error)
{
    enum ms_status status = ms_patterns_create(&candidates->patterns, error);

    for (uint32_t i = 0; i < ms_matcher_count(matcher) && status == MS_OK; i++) {
        struct ms_pattern candidate = {0};

        status = make_candidate(&candidate, ms_matcher_pattern(matcher, i), error);
        status = add(candidates->patterns, &candidate, status, error);
    }
    return status;
}

// == What candidates are like ==

// What finds the candidates of a pattern.
static const struct ms_pattern *candidate_of(const struct ms_candidates *candidates,
                                             const struct ms_matcher *matcher, uint32_t number)
{
    return candidates->patterns ? &candidates->patterns->all.items[number]
                                : ms_matcher_pattern(matcher, number);
}

static size_t back_of(const struct ms_pattern *pattern, const struct ms_pattern *candidate)
{
    if (has_many_lengths(candidate))
        return candidate->longest - 1;
    return is_long(pattern) ? ms_anchor_stretch(pattern).offset : 0;
}

static size_t reach_of(const struct ms_pattern *candidate)
{
    if (has_many_lengths(candidate))
        return candidate->longest - 1;
    return candidate->align < candidate->length ? candidate->length - 1 : 0;
}

static void measure(struct ms_candidates *candidates, const struct ms_matcher *matcher)
{
    for (uint32_t i = 0; i < ms_matcher_count(matcher); i++) {
        const struct ms_pattern *candidate = candidate_of(candidates, matcher, i);
        size_t back = back_of(ms_matcher_pattern(matcher, i), candidate);

        candidates->back = (size_t)ms_max_u64(candidates->back, back);
        candidates->reach = (size_t)ms_max_u64(candidates->reach, reach_of(candidate));
    }
}

// == Classes ==

static void set_one_class(struct ms_candidates *candidates)
{
    candidates->classes[0] =
        (struct ms_seam_class){.matcher = candidates->matcher, .reach = candidates->reach};
    candidates->n_classes = candidates->reach > 0;
}

static void release_classes(struct ms_candidates *candidates)
{
    for (size_t i = 0; i < candidates->n_classes; i++)
        ms_matcher_free(candidates->classes[i].own);
    candidates->n_classes = 0;
}

// Adds a class of those patterns whose reach is in [least, most].
static enum ms_status add_class(struct ms_candidates *candidates, const struct ms_matcher *matcher,
                                size_t least, size_t most, struct ms_error *error)
{
    struct ms_seam_class *added = &candidates->classes[candidates->n_classes];
    struct ms_patterns *patterns = NULL;
    enum ms_status status = ms_patterns_create(&patterns, error);

    for (uint32_t i = 0; i < ms_matcher_count(matcher) && status == MS_OK; i++) {
        const struct ms_pattern *candidate = candidate_of(candidates, matcher, i);
        struct ms_pattern copy = {0};

        if (reach_of(candidate) < least || reach_of(candidate) > most)
            continue;
        status = ms_pattern_copy(&copy, candidate) ? MS_OK : ms_fail_nomem(error);
        status = add(patterns, &copy, status, error);
    }
    if (status == MS_OK)
        status = ms_matcher_derive(matcher, patterns, true, &added->own, error);
    ms_patterns_free(patterns);
    if (status != MS_OK)
        return status;
    added->matcher = added->own;
    added->reach = most;
    candidates->n_classes++;
    return MS_OK;
}

// The longest reach of those that do not reach far; 0: there are none.
static size_t near_reach(const struct ms_candidates *candidates, const struct ms_matcher *matcher)
{
    size_t longest = 0;

    for (uint32_t i = 0; i < ms_matcher_count(matcher); i++) {
        size_t reach = reach_of(candidate_of(candidates, matcher, i));

        if (reach <= NEAR_REACH)
            longest = (size_t)ms_max_u64(longest, reach);
    }
    return longest;
}

enum ms_status ms_candidates_divide(struct ms_candidates *candidates,
                                    const struct ms_matcher *matcher, size_t n_seams,
                                    struct ms_error *error)
{
    size_t near = near_reach(candidates, matcher);
    enum ms_status status;

    if (near == 0 || candidates->reach <= NEAR_REACH ||
        (uint64_t)n_seams * 2 * candidates->reach < MUCH_BYTES)
        return MS_OK;
    release_classes(candidates);
    status = add_class(candidates, matcher, 1, near, error);
    if (status == MS_OK)
        status = add_class(candidates, matcher, near + 1, candidates->reach, error);
    return status;
}

// == The call ==

enum ms_status ms_candidates_create(const struct ms_matcher *matcher,
                                    struct ms_candidates *candidates, struct ms_error *error)
{
    bool needs = false;
    enum ms_status status = MS_OK;

    *candidates = (struct ms_candidates){.matcher = matcher};
    for (uint32_t i = 0; i < ms_matcher_count(matcher) && !needs; i++)
        needs = needs_other(ms_matcher_pattern(matcher, i));
    if (needs)
        status = make_patterns(candidates, matcher, error);
    if (needs && status == MS_OK)
        status = ms_matcher_derive(matcher, candidates->patterns, true, &candidates->own, error);
    if (status != MS_OK)
        return status;
    if (needs)
        candidates->matcher = candidates->own;
    measure(candidates, matcher);
    set_one_class(candidates);
    return MS_OK;
}

void ms_candidates_release(struct ms_candidates *candidates)
{
    release_classes(candidates);
    ms_matcher_free(candidates->own);
    ms_patterns_free(candidates->patterns);
    *candidates = (struct ms_candidates){0};
}
