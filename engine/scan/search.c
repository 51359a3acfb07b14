// SPDX-License-Identifier: MIT
//
// A search: plan it, run its jobs on one thread or several, report what they yield.

#include "scan/report.h"
#include "scan/run.h"
#include "scan/space_search.h"

#include <stdlib.h>

// Large enough that what windows share does not matter, and small enough for the cache; a search
// can be stopped between chunks only. The upper bound is Hyperscan's, whose lengths have 32 bits.
#define DEFAULT_CHUNK ((size_t)2 << 20)
#define MAX_CHUNK     ((size_t)1 << 30)

void ms_search_options_init(struct ms_search_options *options)
{
    *options = (struct ms_search_options){.max_hits = UINT64_MAX, .fold = true};
}

const char *ms_gap_reason_name(enum ms_gap_reason reason)
{
    static const char *const names[] = {
        [MS_GAP_UNMAPPED] = "unmapped",
        [MS_GAP_PAGED_OUT] = "paged-out",
        [MS_GAP_ABSENT] = "absent",
        [MS_GAP_UNREADABLE] = "unreadable",
    };
    size_t index = (size_t)reason;

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}

static size_t choose_chunk(size_t wanted)
{
    if (wanted == 0)
        return DEFAULT_CHUNK;
    return wanted < MAX_CHUNK ? wanted : MAX_CHUNK;
}

// == Physical memory ==

struct search {
    struct ms_runner runner;
    struct ms_scan_plan plan;
    struct ms_report report;
};

static enum ms_status add_result(void *user, const struct ms_job_result *result,
                                 struct ms_error *error)
{
    return ms_report_add(user, result, error);
}

static enum ms_status show_progress(void *user)
{
    return ms_report_progress(user);
}

static enum ms_status run(struct search *search, unsigned threads, struct ms_error *error)
{
    struct ms_search_result *result = search->report.result;
    enum ms_status status, finished;

    if (search->plan.stretches.n > 0)
        result->next =
            search->plan.stretches.items[0].start + search->plan.stretches.items[0].own_start;
    status = ms_runner_run(&search->runner, threads, error);
    if (status != MS_OK && status != MS_STOPPED)
        return status;
    finished = ms_report_finish(&search->report, error);
    if (finished != MS_OK && finished != MS_STOPPED)
        return finished;
    status = status == MS_OK ? finished : status;
    if (status == MS_OK && search->report.callbacks->gap)
        status = ms_report_gaps(&search->report, &search->plan, error);
    result->complete = status == MS_OK;
    *result->space_coverage = result->coverage;
    return status;
}

static enum ms_status prepare(struct search *search, const struct ms_search_options *options,
                              struct ms_error *error)
{
    struct ms_search_result *result = search->report.result;
    struct ms_runner *runner = &search->runner;

    result->coverage = search->plan.coverage;
    result->space_coverage = calloc(1, sizeof(*result->space_coverage));
    if (!result->space_coverage)
        return ms_fail_nomem(error);
    result->n_spaces = 1;
    search->report.all_bytes = search->plan.own_bytes;
    runner->shared.plan = &search->plan;
    runner->shared.muted = search->report.muted;
    runner->shared.count_only = options->count_only || !search->report.callbacks->hit;
    runner->job = ms_job_run;
    runner->n_units = search->plan.units.n - 1;
    runner->counters = &result->counters;
    runner->report = add_result;
    runner->progress = show_progress;
    runner->user = &search->report;
    return MS_OK;
}

static enum ms_status search_physical(const struct ms_image *image,
                                      const struct ms_matcher *matcher,
                                      const struct ms_search_options *options,
                                      const struct ms_search_callbacks *callbacks,
                                      struct ms_search_result *result, struct ms_error *error)
{
    struct search search = {.runner.shared = {.image = image, .matcher = matcher}};
    enum ms_status status =
        ms_report_init(&search.report, matcher, options, callbacks, result, error);

    if (status == MS_OK)
        status = ms_scan_plan_build(&search.plan, ms_image_memory(image), options,
                                    choose_chunk(options->chunk_bytes), error);
    if (status == MS_OK)
        status = prepare(&search, options, error);
    if (status == MS_OK)
        status = run(&search, options->threads, error);
    ms_report_release(&search.report);
    ms_scan_plan_release(&search.plan);
    return status;
}

// == The call ==

// Hits of physical memory alone come while it is read.
static bool is_physical_alone(const struct ms_search_options *options,
                              const struct ms_search_callbacks *callbacks)
{
    const struct ms_spaces *spaces = options->spaces;

    if (!spaces)
        return !options->edge;
    if (callbacks->range_coverage)
        return false;
    for (size_t i = 0; i < options->n_ranges; i++) {
        if (!options->ranges[i].physical)
            return false;
    }
    return ms_spaces_count(spaces) == 1 && ms_spaces_info(spaces, 0).kind == MS_SPACE_PHYSICAL &&
           options->first_space == 0 && !options->edge;
}

enum ms_status ms_search(const struct ms_image *image, const struct ms_matcher *matcher,
                         const struct ms_search_options *options,
                         const struct ms_search_callbacks *callbacks,
                         struct ms_search_result *result, struct ms_error *error)
{
    enum ms_status status;

    *result = (struct ms_search_result){0};
    if (is_physical_alone(options, callbacks))
        status = search_physical(image, matcher, options, callbacks, result, error);
    else
        status = ms_space_search(image, matcher, options, choose_chunk(options->chunk_bytes),
                                 callbacks, result, error);
    if (status != MS_OK && status != MS_STOPPED)
        ms_search_result_release(result);
    return status;
}

void ms_search_result_release(struct ms_search_result *result)
{
    free(result->pattern_hits);
    free(result->space_coverage);
    *result = (struct ms_search_result){0};
}
