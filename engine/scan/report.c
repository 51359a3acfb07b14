// SPDX-License-Identifier: MIT

#include "scan/report.h"

#include "base/extent.h"

#include <stdlib.h>

static int pass_hit(void *user, const struct ms_hit *hit)
{
    struct ms_report *report = user;

    report->result->counters.hit_callbacks++;
    report->hits_stopped = report->callbacks->hit(report->callbacks->user, hit) != 0;
    return report->hits_stopped;
}

static enum ms_status init_limits(struct ms_report *report, size_t n, uint64_t max_hits,
                                  struct ms_error *error)
{
    report->result->pattern_hits = calloc(n, sizeof(*report->result->pattern_hits));
    report->left = malloc(n * sizeof(*report->left));
    report->muted = malloc(n * sizeof(*report->muted));
    if (!report->result->pattern_hits || !report->left || !report->muted)
        return ms_fail_nomem(error);
    report->result->n_patterns = n;
    for (size_t i = 0; i < n; i++) {
        report->left[i] = max_hits;
        atomic_init(&report->muted[i], max_hits == 0);
    }
    return MS_OK;
}

enum ms_status ms_report_init(struct ms_report *report, const struct ms_matcher *matcher,
                              const struct ms_scan_plan *plan,
                              const struct ms_search_options *options,
                              const struct ms_search_callbacks *callbacks,
                              struct ms_search_result *result, struct ms_error *error)
{
    bool passes_hits = callbacks->hit && !options->count_only;
    enum ms_status status;

    *report = (struct ms_report){.callbacks = callbacks, .result = result, .plan = plan};
    *result = (struct ms_search_result){.coverage = plan->coverage};
    status =
        init_limits(report, ms_matcher_count(matcher), passes_hits ? options->max_hits : 0, error);
    if (status == MS_OK && passes_hits) {
        struct ms_hit_taker taker = {pass_hit, report};

        status = ms_hit_stream_create(matcher, options->fold, taker, &report->stream, error);
    }
    return status;
}

void ms_report_release(struct ms_report *report)
{
    ms_hit_stream_free(report->stream);
    free(report->left);
    free(report->muted);
    free(report->unreadable.items);
}

// Counts a record, and passes on what of it is within the pattern's limit.
static enum ms_status add_record(struct ms_report *report, const struct ms_record *record)
{
    struct ms_record allowed = *record;
    uint64_t *left = &report->left[record->pattern];

    report->result->hits += record->count;
    report->result->pattern_hits[record->pattern] += record->count;
    if (!report->stream)
        return MS_OK;
    allowed.count = record->length == 0 ? 0 : ms_min_u64(record->count, *left);
    report->result->max_hits_held += record->count - allowed.count;
    if (allowed.count == 0)
        return MS_OK;
    if (*left != UINT64_MAX)
        *left -= allowed.count;
    if (*left == 0)
        atomic_store_explicit(&report->muted[record->pattern], 1, memory_order_relaxed);
    return ms_hit_stream_add(report->stream, &allowed);
}

static enum ms_status add_unreadable(struct ms_report *report, const struct ms_job_result *job)
{
    for (size_t i = 0; i < job->gaps.n; i++) {
        struct ms_gap gap = job->gaps.items[i];
        size_t n = report->unreadable.n;
        struct ms_gap *before = n > 0 ? &report->unreadable.items[n - 1] : NULL;

        if (before && before->range.last + 1 == gap.range.first)
            before->range.last = gap.range.last;
        else if (!ms_vec_push(&report->unreadable, gap))
            return MS_NOMEM;
    }
    return MS_OK;
}

// Where the search is to go on, after the hit callback stopped it at or before the record.
static uint64_t first_held(const struct ms_report *report, const struct ms_record *record)
{
    return ms_min_u64(ms_hit_stream_first(report->stream, UINT64_MAX), record->address);
}

enum ms_status ms_report_add(struct ms_report *report, const struct ms_job_result *job,
                             struct ms_error *error)
{
    enum ms_status status = add_unreadable(report, job);

    for (size_t i = 0; i < job->records.n && status == MS_OK; i++) {
        status = add_record(report, &job->records.items[i]);
        // Neither the record nor what was held back before it has been reported.
        if (status == MS_STOPPED)
            report->result->next = first_held(report, &job->records.items[i]);
    }
    if (status == MS_NOMEM)
        return ms_fail_nomem(error);
    report->result->coverage.scanned += job->scanned;
    report->result->coverage.unreadable += job->unreadable;
    report->done_bytes += job->scanned + job->unreadable;
    if (status == MS_OK)
        report->result->next = job->next;
    return status;
}

enum ms_status ms_report_progress(struct ms_report *report)
{
    struct ms_progress progress = {report->done_bytes, report->plan->own_bytes};

    if (!report->callbacks->progress)
        return MS_OK;
    // With all done there is nothing left to stop; and at the top of the address space no address
    // is left to go on from.
    return report->callbacks->progress(report->callbacks->user, &progress) &&
                   progress.done_bytes < progress.all_bytes
               ? MS_STOPPED
               : MS_OK;
}

static int compare_gaps(const void *left, const void *right)
{
    const struct ms_gap *a = left, *b = right;

    return a->range.first < b->range.first ? -1 : a->range.first > b->range.first;
}

static enum ms_status pass_gaps(struct ms_report *report)
{
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < report->plan->gaps.n; i++) {
        if (!ms_vec_push(&report->unreadable, report->plan->gaps.items[i]))
            return MS_NOMEM;
    }
    if (report->unreadable.n > 1)
        qsort(report->unreadable.items, report->unreadable.n, sizeof(*report->unreadable.items),
              compare_gaps);
    for (size_t i = 0; i < report->unreadable.n && status == MS_OK; i++) {
        if (report->callbacks->gap(report->callbacks->user, &report->unreadable.items[i]))
            status = MS_STOPPED;
    }
    return status;
}

enum ms_status ms_report_finish(struct ms_report *report, bool complete, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    if (report->stream && !report->hits_stopped)
        status = ms_hit_stream_finish(report->stream);
    if (status == MS_STOPPED)
        report->result->next = ms_hit_stream_first(report->stream, report->result->next);
    if (status == MS_OK && complete && report->callbacks->gap)
        status = pass_gaps(report);
    return status == MS_NOMEM ? ms_fail_nomem(error) : status;
}
