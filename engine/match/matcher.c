// SPDX-License-Identifier: MIT

#include "match/matcher.h"

#include "match/planner.h"
#include "match/regex_info.h"

#ifdef MS_HAVE_HYPERSCAN
#include <hs.h>
#endif
#include <stdlib.h>
#include <string.h>

struct ms_matcher {
    struct ms_pattern *patterns; // copies of the set's
    size_t n_patterns;
    const struct ms_kernels *kernels;
    unsigned engine_mask;
    struct ms_parallel compile; // how large sets are
    struct ms_margins margins;

    struct ms_choice *choices;     // of each pattern
    uint32_t *sorted;              // pattern numbers by engine
    void *engines[MS_MAX_ENGINES]; // NULL: no pattern needs it
};

// == Making ==

static enum ms_status copy_patterns(struct ms_matcher *matcher, const struct ms_patterns *patterns,
                                    struct ms_error *error)
{
    size_t n = patterns->all.n;

    if (n == 0)
        return ms_fail(error, MS_ARGUMENT, "there is no pattern to search for");
    if (n > UINT32_MAX)
        return ms_fail(error, MS_ARGUMENT, "there are more than %u patterns", UINT32_MAX);
    matcher->patterns = calloc(n, sizeof(*matcher->patterns));
    matcher->choices = calloc(n, sizeof(*matcher->choices));
    matcher->sorted = calloc(n, sizeof(*matcher->sorted));
    if (!matcher->patterns || !matcher->choices || !matcher->sorted)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < n; i++) {
        if (!ms_pattern_copy(&matcher->patterns[i], &patterns->all.items[i]))
            return ms_fail_nomem(error);
        matcher->n_patterns++;
    }
    return MS_OK;
}

// == Compiling ==
//
// Hyperscan takes long over large sets, and can neither be interrupted nor asked how far it is.
// What is independent of one another is compiled at the same time: expressions are measured,
// engines are built. One set is never split into several databases, though two compile in half the
// time: each of them takes about as long to search as one of all, so that is lost again within 3
// GB.

// So many, and compiling takes a second or so.
#define MANY_PATTERNS 2000
#define MANY_REGEXES  20

// A part of the work.
struct compile_job {
    struct ms_matcher *matcher;
    size_t first; // of measuring: the first pattern; of building: the engine
    size_t end;
    struct ms_engine_input input;
};

static bool is_large(const struct ms_matcher *matcher)
{
    size_t n_regexes = 0;

    for (size_t i = 0; i < matcher->n_patterns; i++)
        n_regexes += matcher->patterns[i].kind == MS_REGEX;
    return matcher->n_patterns >= MANY_PATTERNS || n_regexes >= MANY_REGEXES;
}

// Small sets take no time that threads would be worth.
static struct ms_parallel how_to_compile(const struct ms_matcher *matcher)
{
    static const struct ms_parallel here = {.threads = 1};

    return is_large(matcher) ? matcher->compile : here;
}

static enum ms_status measure_some(void *context, size_t i, struct ms_error *error)
{
    const struct compile_job *job = (const struct compile_job *)context + i;
    enum ms_status status = MS_OK;

    for (size_t at = job->first; at < job->end && status == MS_OK; at++) {
        struct ms_pattern *pattern = &job->matcher->patterns[at];

        if (pattern->kind == MS_REGEX)
            status = ms_regex_measure(pattern, error);
    }
    return status;
}

#define N_MEASURE_JOBS 16

static enum ms_status measure_regexes(struct ms_matcher *matcher, struct ms_error *error)
{
    struct ms_parallel how = how_to_compile(matcher);
    struct compile_job jobs[N_MEASURE_JOBS];
    size_t n = matcher->n_patterns;

    for (size_t i = 0; i < N_MEASURE_JOBS; i++)
        jobs[i] = (struct compile_job){
            .matcher = matcher,
            .first = n * i / N_MEASURE_JOBS,
            .end = n * (i + 1) / N_MEASURE_JOBS,
        };
    return ms_parallel_run(&how, N_MEASURE_JOBS, measure_some, jobs, error);
}

static void measure_margins(struct ms_matcher *matcher)
{
    for (size_t i = 0; i < matcher->n_patterns; i++) {
        const struct ms_pattern *pattern = &matcher->patterns[i];
        size_t after = pattern->length;

        if (pattern->length == 0) {
            matcher->margins.before = MS_MAX_REGEX_MATCH;
            after = MS_MAX_REGEX_MATCH;
        }
        if (after - 1 > matcher->margins.after)
            matcher->margins.after = after - 1;
    }
}

static enum ms_status choose_kernels(struct ms_matcher *matcher, const char *name,
                                     struct ms_error *error)
{
    const char *from = "";

    if (!name) {
        name = getenv("MEMSCAN_SIMD");
        from = name ? " (from MEMSCAN_SIMD)" : "";
    }
    matcher->kernels = ms_kernels_choose(name);
    if (matcher->kernels)
        return MS_OK;
    for (size_t i = 0; name && ms_simd_name(i); i++) {
        if (strcmp(ms_simd_name(i), name) == 0)
            return ms_fail(error, MS_ARGUMENT, "SIMD kernel \"%s\"%s: this processor lacks it",
                           name, from);
    }
    return ms_fail(error, MS_ARGUMENT,
                   "SIMD kernel \"%s\"%s: there is none of that name in this build", name, from);
}

static enum ms_status choose_engines(struct ms_matcher *matcher, bool ends, struct ms_error *error)
{
    struct ms_plan_input input = {
        .patterns = matcher->patterns,
        .n_patterns = matcher->n_patterns,
        .engine_mask = matcher->engine_mask,
        .ends = ends,
        .kernels = matcher->kernels,
    };

    return ms_plan(&input, matcher->choices, error);
}

static enum ms_status build_engine(void *context, size_t i, struct ms_error *error)
{
    const struct compile_job *job = (const struct compile_job *)context + i;

    return ms_planner_engines[job->first]->build(&job->input, &job->matcher->engines[job->first],
                                                 error);
}

// Builds each engine over the patterns that were given to it.
static enum ms_status build_engines(struct ms_matcher *matcher, struct ms_error *error)
{
    struct ms_parallel how = how_to_compile(matcher);
    struct compile_job jobs[MS_MAX_ENGINES];
    size_t n_sorted = 0, n_jobs = 0;

    for (size_t e = 0; e < ms_planner_n_engines; e++) {
        struct ms_engine_input input = {
            .patterns = matcher->patterns,
            .mine = matcher->sorted + n_sorted,
            .kernels = matcher->kernels,
            .compile = how,
        };

        input.compile.waiting = NULL; // who waits for the engine calls it
        for (uint32_t i = 0; i < matcher->n_patterns; i++) {
            if (matcher->choices[i].engine == e) {
                matcher->sorted[n_sorted++] = i;
                input.n_mine++;
            }
        }
        if (input.n_mine > 0)
            jobs[n_jobs++] = (struct compile_job){.matcher = matcher, .first = e, .input = input};
    }
    return ms_parallel_run(&how, n_jobs, build_engine, jobs, error);
}

enum ms_status ms_matcher_create(const struct ms_patterns *patterns,
                                 const struct ms_matcher_options *options,
                                 struct ms_matcher **matcher_ret, struct ms_error *error)
{
    static const struct ms_matcher_options all = {0};
    struct ms_matcher like = {0};
    enum ms_status status;

    options = options ? options : &all;
    like.engine_mask = options->engine_mask ? options->engine_mask : ~0u;
    like.compile = (struct ms_parallel){options->threads, options->compiling, options->user};
    status = choose_kernels(&like, options->simd, error);
    return status == MS_OK ? ms_matcher_derive(&like, patterns, false, matcher_ret, error) : status;
}

enum ms_status ms_matcher_derive(const struct ms_matcher *like, const struct ms_patterns *patterns,
                                 bool ends, struct ms_matcher **matcher_ret, struct ms_error *error)
{
    struct ms_matcher *matcher = calloc(1, sizeof(*matcher));
    enum ms_status status;

    if (!matcher)
        return ms_fail_nomem(error);
    matcher->kernels = like->kernels;
    matcher->engine_mask = like->engine_mask;
    matcher->compile = like->compile;
    status = copy_patterns(matcher, patterns, error);
    if (status == MS_OK)
        status = measure_regexes(matcher, error);
    if (status == MS_OK)
        status = choose_engines(matcher, ends, error);
    if (status == MS_OK)
        status = build_engines(matcher, error);
    if (status != MS_OK) {
        ms_matcher_free(matcher);
        return status;
    }
    measure_margins(matcher);
    *matcher_ret = matcher;
    return MS_OK;
}

void ms_matcher_free(struct ms_matcher *matcher)
{
    if (!matcher)
        return;
    for (size_t e = 0; e < ms_planner_n_engines; e++) {
        if (matcher->engines[e])
            ms_planner_engines[e]->free(matcher->engines[e]);
    }
    for (size_t i = 0; i < matcher->n_patterns; i++)
        ms_pattern_release(&matcher->patterns[i]);
    free(matcher->patterns);
    free(matcher->choices);
    free(matcher->sorted);
    free(matcher);
}

// == Asking ==

const char *ms_engine_name(enum ms_engine engine)
{
    static const char *const names[MS_N_ENGINES] = {
        [MS_ENGINE_SCALAR] = "scalar",       [MS_ENGINE_WORDS] = "words", [MS_ENGINE_RUNS] = "runs",
        [MS_ENGINE_HYPERSCAN] = "hyperscan", [MS_ENGINE_TEXTS] = "texts",
    };

    return (size_t)engine < MS_N_ENGINES ? names[engine] : "unknown";
}

const char *ms_matcher_simd(const struct ms_matcher *matcher)
{
    return matcher->kernels->name;
}

size_t ms_matcher_n_patterns(const struct ms_matcher *matcher, enum ms_engine engine)
{
    size_t n = 0;

    for (size_t i = 0; i < matcher->n_patterns; i++)
        n += ms_planner_engines[matcher->choices[i].engine]->id == engine;
    return n;
}

struct ms_margins ms_matcher_margins(const struct ms_matcher *matcher)
{
    return matcher->margins;
}

size_t ms_matcher_count(const struct ms_matcher *matcher)
{
    return matcher->n_patterns;
}

uint32_t ms_matcher_align(const struct ms_matcher *matcher, uint32_t pattern)
{
    return matcher->patterns[pattern].align;
}

const struct ms_pattern *ms_matcher_pattern(const struct ms_matcher *matcher, uint32_t pattern)
{
    return &matcher->patterns[pattern];
}

struct ms_choice ms_matcher_choice(const struct ms_matcher *matcher, uint32_t pattern)
{
    return matcher->choices[pattern];
}

const void *ms_matcher_engine(const struct ms_matcher *matcher, size_t engine)
{
    return matcher->engines[engine];
}

// == Windows ==

// Pieces ascend at both ends, so of those that begin at or before the address, the last ends last.
const struct ms_range *ms_window_piece(const struct ms_window *window, uint64_t address)
{
    size_t low = 0, high = window->n_pieces;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (window->pieces[middle].first <= address)
            low = middle;
        else
            high = middle;
    }
    if (window->pieces[low].first > address || window->pieces[low].last < address)
        return NULL;
    return &window->pieces[low];
}

bool ms_window_allows(const struct ms_window *window, uint64_t address, uint64_t length)
{
    const struct ms_range *piece;

    if (window->n_pieces == 0)
        return true;
    piece = ms_window_piece(window, address);
    return piece && ms_last(address, length) <= piece->last;
}

// The first piece that ends at or behind the address: of those that hold it, it begins first.
uint64_t ms_window_first_start(const struct ms_window *window, uint64_t last)
{
    size_t low = 0, high = window->n_pieces - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (window->pieces[middle].last >= last)
            high = middle;
        else
            low = middle + 1;
    }
    return window->pieces[low].first;
}

// == Running ==

enum ms_status ms_scratch_create(const struct ms_matcher *matcher, struct ms_scratch **scratch_ret,
                                 struct ms_error *error)
{
    struct ms_scratch *scratch = calloc(1, sizeof(*scratch));
    enum ms_status status = MS_OK;

    if (!scratch)
        return ms_fail_nomem(error);
    for (size_t e = 0; e < ms_planner_n_engines && status == MS_OK; e++) {
        if (matcher->engines[e] && ms_planner_engines[e]->prepare)
            status = ms_planner_engines[e]->prepare(matcher->engines[e], scratch, error);
    }
    if (status != MS_OK) {
        ms_scratch_free(scratch);
        return status;
    }
    *scratch_ret = scratch;
    return MS_OK;
}

void ms_scratch_free(struct ms_scratch *scratch)
{
    if (!scratch)
        return;
#ifdef MS_HAVE_HYPERSCAN
    hs_free_scratch(scratch->hyperscan);
    ms_regex_scratch_free(scratch->regexes);
#endif
    free(scratch);
}

enum ms_status ms_matcher_scan(const struct ms_matcher *matcher, struct ms_scratch *scratch,
                               const struct ms_window *window, struct ms_sink *sink,
                               struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t e = 0; e < ms_planner_n_engines && status == MS_OK; e++) {
        if (matcher->engines[e])
            status = ms_planner_engines[e]->scan(matcher->engines[e], scratch, window, sink, error);
    }
    return status;
}
