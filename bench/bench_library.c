// SPDX-License-Identifier: MIT
//
// Searches in this process: R, libmemscan, bare Hyperscan.

#include "bench_sections.h"

#include "bench_hyperscan.h"

#include <stdlib.h>

static void count_match(void *user, uint64_t start, uint64_t end)
{
    uint64_t *hits = user;

    (void)start;
    (void)end;
    ++*hits;
}

static struct bare *compile(const struct row *row, const struct row_pattern *patterns)
{
    struct bare_expressions expressions = {
        .texts = calloc(row->n_patterns, sizeof(*expressions.texts)),
        .n = row->n_patterns,
        .ignore_case = patterns[0].ignore_case,
    };
    struct bare *bare = NULL;
    bool ok = expressions.texts != NULL;

    for (size_t i = 0; ok && i < row->n_patterns; i++)
        ok = (expressions.texts[i] = pattern_expression(&patterns[i])) != NULL;
    if (ok)
        bare = bare_create(&expressions);
    for (size_t i = 0; expressions.texts && i < row->n_patterns; i++)
        free((void *)(uintptr_t)expressions.texts[i]);
    free(expressions.texts);
    return bare;
}

static bool is_for_bare(const struct row *row, const struct row_pattern *first)
{
    return bare_is_built && row->threads == 1 && (first->n_bytes > 0 || first->regex[0]);
}

static bool measure_bare(const struct running *running, struct runner *runner)
{
    const struct row *row = running->result->row;
    double start = now_seconds(), processor_start;
    struct measurement measured = {0};
    struct bare *bare;
    bool ok;

    if (!is_for_bare(row, running->patterns))
        return true;
    bare = compile(row, running->patterns);
    if (!bare)
        return false;
    runner->compile_seconds = now_seconds() - start;
    start = now_seconds();
    processor_start = processor_seconds();
    ok = bare_scan_file(bare, running->image->path, count_match, &measured.hits);
    measured.seconds = now_seconds() - start;
    measured.processor_seconds = processor_seconds() - processor_start;
    runner_add(runner, &measured);
    bare_free(bare);
    return ok;
}

// The making counts, too: of 100,000 patterns it takes longer than the search.
static bool is_too_slow(const struct bench *bench, const struct row_result *result)
{
    double seconds = 0;

    for (size_t i = 0; i < result->n_runners; i++) {
        const struct runner *runner = &result->runners[i];

        seconds += runner->compile_seconds;
        if (runner->n_rounds > 0)
            seconds += runner->rounds[runner->n_rounds - 1].seconds;
    }
    return seconds > bench->options.patience;
}

bool measure_library(struct bench *bench, struct running *running)
{
    struct row_result *result = running->result;
    const struct row *row = result->row;
    struct runner *reader = result_runner(result, "R");
    struct runner *memscan = result_runner(result, "memscan");
    struct prepared_search search;
    struct measurement measured;
    bool ok;

    if (is_too_slow(bench, result))
        return true;
    // Made anew in each round: a matcher that stays would count in the memory of the other rows.
    if (!search_prepare(row, running->patterns, 0, &search))
        return false;
    memscan->compile_seconds = search.compile_seconds;
    ok = read_image(running->image->path, row_threads(row), &measured);
    if (ok) {
        runner_add(reader, &measured);
        ok = search_image(&search, running->image, NULL, row_threads(row), &measured);
    }
    search_release(&search);
    if (!ok)
        return false;
    runner_add(memscan, &measured);
    return measure_bare(running, result_runner(result, "Hyperscan"));
}
