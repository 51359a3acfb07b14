// SPDX-License-Identifier: MIT
//
// The regex-ends engine: where matches of regexes end, and nothing else. For searches that look
// only for the places where it pays to look again.

#include "match/regex_databases.h"

#include <stdlib.h>

struct regex_ends {
    const uint32_t *numbers; // of the patterns, by Hyperscan's id
    hs_database_t *database;
};

struct pass {
    const struct regex_ends *engine;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_scratch *scratch;
    size_t base; // offset in the window of the bytes that Hyperscan sees
};

static void destroy(void *engine)
{
    struct regex_ends *ends = engine;

    if (!ends)
        return;
    hs_free_database(ends->database);
    free(ends);
}

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct regex_ends *ends = calloc(1, sizeof(*ends));
    enum ms_status status;

    if (!ends)
        return ms_fail_nomem(error);
    ends->numbers = input->mine;
    status = ms_regex_compile_ends(input, &ends->database, error);
    if (status != MS_OK) {
        destroy(ends);
        return status;
    }
    *engine_ret = ends;
    return MS_OK;
}

static enum ms_status prepare(const void *engine, struct ms_scratch *scratch,
                              struct ms_error *error)
{
    const struct regex_ends *ends = engine;

    return ms_hs_prepare(ends->database, scratch, error);
}

static int found_end(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                     void *context)
{
    const struct pass *pass = context;
    size_t last = pass->base + (size_t)to - 1;

    (void)from;
    (void)flags;
    pass->scratch->counters.match_callbacks++;
    if (last < pass->window->own_start)
        return 0;
    return !ms_emit(pass->sink, pass->window, pass->engine->numbers[id],
                    pass->window->address + last, 1, 1, 1);
}

// A match may begin a whole reach before its end.
static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    struct pass pass = {engine, window, sink, scratch, 0};

    if (window->own_start > MS_MAX_REGEX_MATCH)
        pass.base = window->own_start - MS_MAX_REGEX_MATCH;
    return ms_hs_scan(pass.engine->database, scratch, window->bytes + pass.base,
                      window->own_end - pass.base, found_end, &pass, error);
}

const struct ms_engine_ops ms_engine_regex_ends = {
    .id = MS_ENGINE_HYPERSCAN,
    .build = build,
    .free = destroy,
    .prepare = prepare,
    .scan = scan,
};
