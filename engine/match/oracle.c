// SPDX-License-Identifier: MIT
//
// The scalar engine: each pattern at each address. Slow, and simple enough to be seen to be right:
// tests and fuzzers hold the other engines to it.

#include "match/matcher.h"

#include <stdlib.h>
#include <string.h>

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct ms_engine_input *oracle = malloc(sizeof(*oracle));

    if (!oracle)
        return ms_fail_nomem(error);
    *oracle = *input;
    *engine_ret = oracle;
    return MS_OK;
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    const struct ms_engine_input *oracle = engine;

    (void)error;
    scratch->counters.bytes[MS_ENGINE_SCALAR] += window->own_end - window->own_start;
    for (size_t start = window->own_start; start < window->own_end; start++) {
        for (size_t i = 0; i < oracle->n_mine; i++) {
            const struct ms_pattern *pattern = &oracle->patterns[oracle->mine[i]];

            if ((window->address + start) % pattern->align != 0 ||
                pattern->length > window->length - start ||
                !ms_pattern_matches(pattern, window->bytes + start))
                continue;
            scratch->counters.matches[MS_ENGINE_SCALAR]++;
            if (!ms_emit(sink, window, oracle->mine[i], window->address + start, pattern->length, 1,
                         pattern->align))
                return MS_STOPPED;
        }
    }
    return MS_OK;
}

static void explain(const void *engine, ms_explain_pass_fn *pass, void *user)
{
    const struct ms_engine_input *oracle = engine;
    struct ms_explained_pass row = {
        .engine = MS_ENGINE_SCALAR,
        .method = "each",
        .reason = "each pattern is compared at each address",
        .candidates = -1,
    };

    for (size_t i = 0; i < oracle->n_mine; i++)
        ms_explain_anchor(&row, oracle->mine[i], 0, oracle->patterns[oracle->mine[i]].length);
    pass(user, &row);
}

const struct ms_engine_ops ms_engine_scalar = {
    .id = MS_ENGINE_SCALAR,
    .build = build,
    .free = free,
    .scan = scan,
    .explain = explain,
};
