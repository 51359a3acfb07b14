// SPDX-License-Identifier: MIT
//
// The engines over 2 MiB of memory, as one chunk of a search: kernels or Hyperscan, verification,
// and the records of what was found. And the test for uniform memory, by which they skip.

#include "piece_fixture.h"

#include "match/uniform.h"
#include "scan/record.h"

#include <stdlib.h>

// == Engines ==

struct engine_case {
    const char *name;
    pattern_maker *make;
    size_t n;
    enum fixture_bytes bytes;
    bool each_simd; // the kernels do most of it
    bool hyperscan; // needs it
};

static void make_four_zeros(struct row_pattern *pattern, size_t index)
{
    make_zeros(pattern, index);
    pattern->align = 1;
}

static const struct engine_case cases[] = {
    {"words/dword-1", make_dword, 1, BYTES_MEMORY, true, false},
    {"words/dword-10", make_dword, 10, BYTES_MEMORY, true, false},
    {"words/dword-100", make_dword, 100, BYTES_MEMORY, true, false},
    {"words/dword-1000", make_dword, 1000, BYTES_MEMORY, true, false},
    {"words/dword-10000", make_dword, 10000, BYTES_MEMORY, true, false},
    {"words/masked", make_masked, 1, BYTES_MEMORY, true, false},
    {"words/range", make_pointers, 1, BYTES_MEMORY, true, false},
    {"words/zeros-in-memory", make_zeros, 1, BYTES_MEMORY, true, false},
    {"words/zeros-in-zeros", make_zeros, 1, BYTES_ZERO, true, false},
    {"runs/zeros-in-memory", make_four_zeros, 1, BYTES_MEMORY, true, false},
    {"runs/zeros-in-zeros", make_four_zeros, 1, BYTES_ZERO, true, false},
    {"literals/text", make_text, 1, BYTES_MEMORY, false, true},
    {"literals/tags-100", make_tag, 100, BYTES_MEMORY, false, true},
    {"literals/tags-3000", make_tag, 3000, BYTES_MEMORY, false, true},
    {"literals/tags-100-in-zeros", make_tag, 100, BYTES_ZERO, false, true},
    {"regexes/url", make_url, 1, BYTES_MEMORY, false, true},
    {"regexes/sid", make_sid, 1, BYTES_MEMORY, false, true},
    {"regexes/20", make_regex, N_REGEXES, BYTES_MEMORY, false, true},
};

struct engine_state {
    struct ms_matcher *matcher;
    struct ms_scratch *scratch;
    struct ms_collector collector;
    atomic_uchar *muted;
    ms_record_vec records;
    struct ms_window window;
};

static void release_engine(void *context)
{
    struct engine_state *state = context;

    ms_collector_release(&state->collector);
    ms_scratch_free(state->scratch);
    ms_matcher_free(state->matcher);
    free(state->records.items);
    free(state->muted);
    free(state);
}

static bool make_engine(struct engine_state *state, const struct engine_case *engine,
                        const char *simd)
{
    const uint8_t *bytes = fixture_bytes(engine->bytes);
    struct ms_margins margins;

    state->matcher = fixture_matcher(fixture_patterns(engine->make, engine->n), simd);
    state->muted = calloc(engine->n, sizeof(*state->muted));
    if (!bytes || !state->matcher || !state->muted ||
        ms_scratch_create(state->matcher, &state->scratch, NULL) != MS_OK ||
        ms_collector_init(&state->collector, state->matcher, state->muted, false, NULL) != MS_OK)
        return false;
    state->collector.records = &state->records;
    state->collector.limit = SIZE_MAX;
    margins = ms_matcher_margins(state->matcher);
    state->window = (struct ms_window){
        .bytes = bytes,
        .length = FIXTURE_BYTES,
        .own_start = margins.before,
        .own_end = FIXTURE_BYTES - margins.after,
    };
    return true;
}

static void *create_engine(const struct piece *piece)
{
    struct engine_state *state = calloc(1, sizeof(*state));

    if (state && make_engine(state, piece->what, piece->simd))
        return state;
    if (state)
        release_engine(state);
    return NULL;
}

static bool run_engine(void *context)
{
    struct engine_state *state = context;

    state->records.n = 0;
    return ms_matcher_scan(state->matcher, state->scratch, &state->window, &state->collector.sink,
                           NULL) == MS_OK;
}

static void add_engine(piece_taker *take, const struct engine_case *engine, const char *simd)
{
    struct piece piece = {
        .create = create_engine,
        .run = run_engine,
        .release = release_engine,
        .bytes = FIXTURE_BYTES,
        .what = engine,
        .simd = simd,
    };

    snprintf(piece.name, sizeof(piece.name), "engine/%s%s%s", engine->name, simd ? "/" : "",
             simd ? simd : "");
    take(&piece);
}

// == Uniform memory ==

#ifdef MS_HAVE_HYPERSCAN
struct uniform_case {
    const char *name;
    enum fixture_bytes bytes;
};

static const struct uniform_case uniform_cases[] = {
    {"uniform/memory", BYTES_MEMORY},
    {"uniform/zeros", BYTES_ZERO},
};

static void *create_uniform(const struct piece *piece)
{
    const struct uniform_case *uniform = piece->what;
    const uint8_t **bytes = calloc(1, sizeof(*bytes));

    if (bytes)
        *bytes = fixture_bytes(uniform->bytes);
    return bytes;
}

static bool run_uniform(void *context)
{
    const uint8_t *const *bytes = context;

    for (size_t at = 0; at < FIXTURE_BYTES;)
        at = ms_uniform_find(*bytes, at, FIXTURE_BYTES, MS_UNIFORM_BLOCK, NULL).end;
    return true;
}

static void add_uniform(piece_taker *take)
{
    for (size_t i = 0; i < sizeof(uniform_cases) / sizeof(uniform_cases[0]); i++) {
        struct piece piece = {
            .create = create_uniform,
            .run = run_uniform,
            .release = free,
            .bytes = FIXTURE_BYTES,
            .what = &uniform_cases[i],
        };

        snprintf(piece.name, sizeof(piece.name), "%s", uniform_cases[i].name);
        take(&piece);
    }
}

static const bool have_hyperscan = true;
#else
static void add_uniform(piece_taker *take)
{
    (void)take;
}

static const bool have_hyperscan = false;
#endif

void pieces_engines(piece_taker *take)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].hyperscan && !have_hyperscan)
            continue;
        if (!cases[i].each_simd)
            add_engine(take, &cases[i], NULL);
        for (size_t simd = 0; cases[i].each_simd && ms_simd_name(simd); simd++) {
            if (ms_simd_usable(simd))
                add_engine(take, &cases[i], ms_simd_name(simd));
        }
    }
    add_uniform(take);
}
