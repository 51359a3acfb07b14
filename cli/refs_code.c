// SPDX-License-Identifier: MIT

#include "refs_code.h"

#include "interrupt.h"
#include "message.h"
#include "progress.h"
#include "refs_print.h"
#include <inttypes.h>

static struct refs *refs_of(const struct search_run *run)
{
    return run->job->user;
}

static int on_progress(void *user, uint64_t bytes)
{
    struct search_run *run = user;

    (void)bytes;
    return interrupt_requested() || run->context.out->os_errno != 0;
}

bool refs_code_open(struct search_run *run, const struct ms_range *values, size_t n)
{
    struct refs *refs = refs_of(run);
    const struct settings *settings = run->job->settings;
    const struct ms_code_refs_options options = {
        .spaces = run->view.spaces,
        .modules = refs->modules,
        .targets = values,
        .n_targets = n,
        .ranges = run->where.ranges,
        .n_ranges = run->where.n,
        .everywhere = settings->everywhere,
        .page_flags = settings->page_flags,
        .from = settings->from.address,
        .progress = on_progress,
        .user = run,
    };
    struct ms_error error = {0};

    ms_code_refs_free(refs->code);
    refs->code = NULL;
    refs->code_counts = (struct code_counts){0};
    refs->code_left = search_max_hits(run);
    refs->code_seconds = 0;
    if (ms_code_refs_create(&options, &refs->code, &error) == MS_OK)
        return true;
    message_error(run->context.image_name, &error);
    return false;
}

static void report_one(struct search_run *run, const struct ms_code_ref *ref)
{
    struct refs *refs = refs_of(run);

    refs->code_counts.hits++;
    refs->code_counts.uncertain += ref->uncertain;
    if (refs->code_left == 0)
        return;
    refs->code_left--;
    refs_print_code(&run->context, ref);
}

static enum ms_status report(struct search_run *run, uint64_t last, struct ms_error *error)
{
    struct refs *refs = refs_of(run);
    double started = run->job->settings->stats ? seconds_now() : 0;
    enum ms_status status = MS_OK;
    bool found = true;

    while (status == MS_OK && found) {
        struct ms_code_ref ref;

        status = ms_code_refs_next(refs->code, last, &found, &ref, error);
        if (status == MS_OK && found)
            report_one(run, &ref);
        if (run->context.out->os_errno != 0)
            status = MS_STOPPED;
    }
    if (run->job->settings->stats)
        refs->code_seconds += seconds_now() - started;
    return status;
}

static uint64_t next(const struct search_run *run)
{
    return ms_code_refs_position(refs_of(run)->code);
}

static uint64_t held_back(const struct search_run *run)
{
    uint64_t most = search_max_hits(run), hits = refs_of(run)->code_counts.hits;

    return hits > most ? hits - most : 0;
}

static const struct code_counts *end(const struct search_run *run, struct ms_search_result *result)
{
    const struct refs *refs = refs_of(run);

    result->hits += refs->code_counts.hits;
    result->max_hits_held += held_back(run);
    return &refs->code_counts;
}

static void stats(const struct search_run *run)
{
    const struct refs *refs = refs_of(run);
    struct ms_code_refs_work work = ms_code_refs_work(refs->code);
    double seconds = refs->code_seconds;

    message("%s: code: %.3f s, %" PRIu64 " bytes, %.3f GB/s, %" PRIu64 " candidates, %" PRIu64
            " instructions decoded",
            run->context.image_name, seconds, work.bytes,
            seconds > 0 ? (double)work.bytes / seconds / 1e9 : 0, work.candidates, work.decoded);
}

const struct search_also refs_code = {
    .report = report,
    .next = next,
    .end = end,
    .stats = stats,
};
