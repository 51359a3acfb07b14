// SPDX-License-Identifier: MIT
//
// From text to something that can search: reading pattern files, choosing anchors, building groups
// of words, compiling for Hyperscan.

#include "piece_fixture.h"

#include "bench_pattern_files.h"
#include "match/anchor.h"
#include "match/planner.h"
#include "match/word_groups.h"

#include <stdlib.h>

// What all of them work on. Each uses what it needs.
struct pattern_state {
    struct ms_patterns *patterns;
    uint32_t *numbers;
    char *file;
    size_t file_bytes;
};

static void release(void *context)
{
    struct pattern_state *state = context;

    ms_patterns_free(state->patterns);
    free(state->numbers);
    free(state->file);
    free(state);
}

// 16 bytes at any address, a few of them zeros, as parts of structures are.
static void make_bytes(struct row_pattern *pattern, size_t index)
{
    struct row_pattern dword = {0};

    make_dword(&dword, index);
    pattern->kind = MS_HEX;
    snprintf(pattern->text, sizeof(pattern->text), "%.8s 00000000 %.8s 0100 %02zx00", dword.text,
             dword.text, index & 0xff);
}

// == Reading a file ==

static bool write_file(struct pattern_state *state, pattern_maker *make, size_t n)
{
    struct row_pattern *patterns = calloc(n, sizeof(*patterns));
    FILE *stream = open_memstream(&state->file, &state->file_bytes);

    for (size_t i = 0; patterns && i < n; i++)
        make(&patterns[i], i);
    if (patterns && stream)
        write_memscan_patterns(stream, patterns, n);
    free(patterns);
    return stream && fclose(stream) == 0 && patterns;
}

static bool run_file(void *context)
{
    const struct pattern_state *state = context;
    FILE *stream = fmemopen(state->file, state->file_bytes, "r");
    struct ms_patterns *patterns = NULL;
    bool ok = stream && ms_patterns_create(&patterns, NULL) == MS_OK &&
              ms_patterns_add_stream(patterns, stream, "file", NULL, NULL) == MS_OK;

    ms_patterns_free(patterns);
    if (stream)
        fclose(stream);
    return ok;
}

// == Anchors ==

static bool run_anchor_elements(void *context)
{
    const struct pattern_state *state = context;
    uint32_t bits = 0;

    for (size_t i = 0; i < state->patterns->all.n; i++)
        bits |= ms_anchor_element(&state->patterns->all.items[i], 8).bits;
    return bits > 0;
}

static bool run_anchor_stretches(void *context)
{
    const struct pattern_state *state = context;
    uint32_t bits = 0;

    for (size_t i = 0; i < state->patterns->all.n; i++)
        bits |= ms_anchor_stretch(&state->patterns->all.items[i]).bits;
    return bits > 0;
}

// == Building ==

static bool run_plan(void *context)
{
    struct pattern_state *state = context;

    const struct ms_plan_input input = {
        .patterns = state->patterns->all.items,
        .n_patterns = state->patterns->all.n,
        .engine_mask = ~0u,
        .kernels = ms_kernels_choose(NULL),
    };

    // The numbers' room is more than a choice for each.
    return ms_plan(&input, (struct ms_choice *)(void *)state->numbers, NULL) == MS_OK;
}

static bool run_word_groups(void *context)
{
    const struct pattern_state *state = context;
    const struct ms_engine_input input = {
        .patterns = state->patterns->all.items,
        .mine = state->numbers,
        .n_mine = state->patterns->all.n,
        .kernels = ms_kernels_choose(NULL),
    };
    struct word_group *groups = NULL;
    size_t n = 0;

    if (ms_word_groups_build(&input, &groups, &n, NULL) != MS_OK)
        return false;
    ms_word_groups_free(groups, n);
    return true;
}

static bool run_matcher(void *context)
{
    const struct pattern_state *state = context;
    struct ms_matcher *matcher = NULL;

    if (ms_matcher_create(state->patterns, NULL, &matcher, NULL) != MS_OK)
        return false;
    ms_matcher_free(matcher);
    return true;
}

// == All ==

static const struct pattern_case {
    const char *name;
    pattern_maker *make;
    size_t n;
    bool (*run)(void *state);
    bool hyperscan; // needs it
} cases[] = {
    {"patterns/file-10000", make_dword_or_tag, 10000, run_file, false},
    {"patterns/anchor-element-1000", make_bytes, 1000, run_anchor_elements, false},
    {"patterns/anchor-stretch-1000", make_bytes, 1000, run_anchor_stretches, false},
    {"patterns/plan-1000", make_dword_or_tag, 1000, run_plan, false},
    {"patterns/word-groups-1000", make_dword, 1000, run_word_groups, false},
    {"patterns/matcher-dword-1", make_dword, 1, run_matcher, false},
    {"patterns/matcher-dword-10000", make_dword, 10000, run_matcher, false},
    {"patterns/matcher-text", make_text, 1, run_matcher, true},
    {"patterns/matcher-tags-100", make_tag, 100, run_matcher, true},
    {"patterns/matcher-url", make_url, 1, run_matcher, true},
};

static void *create(const struct piece *piece)
{
    const struct pattern_case *made = piece->what;
    struct pattern_state *state = calloc(1, sizeof(*state));

    if (!state)
        return NULL;
    state->patterns = fixture_patterns(made->make, made->n);
    state->numbers = calloc(made->n, sizeof(*state->numbers));
    if (!state->patterns || !state->numbers || !write_file(state, made->make, made->n)) {
        release(state);
        return NULL;
    }
    for (size_t i = 0; i < made->n; i++)
        state->numbers[i] = (uint32_t)i;
    return state;
}

void pieces_patterns(piece_taker *take)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct piece piece = {
            .create = create,
            .run = cases[i].run,
            .release = release,
            .items = cases[i].n,
            .what = &cases[i],
        };

#ifndef MS_HAVE_HYPERSCAN
        if (cases[i].hyperscan)
            continue;
#endif
        snprintf(piece.name, sizeof(piece.name), "%s", cases[i].name);
        take(&piece);
    }
}
