// SPDX-License-Identifier: MIT

#include "scan/report.h"

#include "base/extent.h"

#include <stdlib.h>

static const struct ms_mapping_info no_mapping = {.first = 1, .last = 0};

static bool mapping_holds(const struct ms_mapping_info *mapping, uint64_t address)
{
    return address >= mapping->first && address <= mapping->last;
}

// Many hits are in the page of the one before, and walking the tables costs as much as printing.
static bool find_mapping(struct ms_report *report, const struct ms_hit *hit)
{
    struct ms_mapping_info *mapping = &report->mapping;

    if (report->mapping_space == hit->space && mapping_holds(mapping, hit->address))
        return true;
    *mapping = no_mapping;
    report->mapping_space = hit->space;
    return ms_spaces_translate(report->view->spaces, hit->space, hit->address, mapping);
}

// What a hit is in its space.
static enum ms_status place_hit(struct ms_report *report, struct ms_hit *hit)
{
    hit->physical = hit->address;
    if (!report->view)
        return MS_OK;
    hit->space = report->view->space;
    if (!report->view->all_memory && find_mapping(report, hit))
        hit->physical = report->mapping.physical + (hit->address - report->mapping.first);
    return report->places && !hit->partial ? ms_places_list(report->places, hit, report->error)
                                           : MS_OK;
}

static int pass_hit(void *user, const struct ms_hit *hit)
{
    struct ms_report *report = user;
    struct ms_hit placed = *hit;

    report->hit_failed = place_hit(report, &placed);
    if (report->hit_failed != MS_OK)
        return 1;
    report->result->counters.hit_callbacks++;
    report->hits_stopped = report->callbacks->hit(report->callbacks->user, &placed) != 0;
    return report->hits_stopped;
}

static uint64_t find_fold_end(void *user, uint64_t address)
{
    const struct ms_report *report = user;

    return report->callbacks->fold_end(report->callbacks->user,
                                       report->view ? report->view->space : 0, address);
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
                              const struct ms_search_options *options,
                              const struct ms_search_callbacks *callbacks,
                              struct ms_search_result *result, struct ms_error *error)
{
    bool passes_hits = callbacks->hit && !options->count_only;
    enum ms_status status;

    *report = (struct ms_report){
        .callbacks = callbacks, .result = result, .error = error, .mapping = no_mapping};
    status =
        init_limits(report, ms_matcher_count(matcher), passes_hits ? options->max_hits : 0, error);
    if (status == MS_OK && passes_hits) {
        struct ms_hit_taker taker = {
            .take = pass_hit,
            .fold_end = callbacks->fold_end ? find_fold_end : NULL,
            .user = report,
        };

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

bool ms_report_lost(struct ms_report *report, const struct ms_job_result *job)
{
    for (size_t i = 0; i < job->gaps.n; i++) {
        struct ms_gap gap = job->gaps.items[i];
        ms_gap_vec *lost = &report->unreadable;

        if (lost->n > 0 && lost->items[lost->n - 1].range.last + 1 == gap.range.first)
            lost->items[lost->n - 1].range.last = gap.range.last;
        else if (!ms_vec_push(lost, gap))
            return false;
    }
    return true;
}

enum ms_status ms_report_partial(struct ms_report *report, const struct ms_hit *hit)
{
    if (!pass_hit(report, hit))
        return MS_OK;
    return report->hit_failed != MS_OK ? report->hit_failed : MS_STOPPED;
}

// Where the search is to go on, after the hit callback stopped it at or before the record.
static uint64_t first_held(const struct ms_report *report, const struct ms_record *record)
{
    return ms_min_u64(ms_hit_stream_first(report->stream, UINT64_MAX), record->address);
}

enum ms_status ms_report_add(struct ms_report *report, const struct ms_job_result *job,
                             struct ms_error *error)
{
    enum ms_status status = ms_report_lost(report, job) ? MS_OK : MS_NOMEM;

    for (size_t i = 0; i < job->records.n && status == MS_OK; i++) {
        status = add_record(report, &job->records.items[i]);
        // Neither the record nor what was held back before it has been reported.
        if (status == MS_STOPPED)
            report->result->next = first_held(report, &job->records.items[i]);
    }
    if (report->hit_failed != MS_OK)
        return report->hit_failed;
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
    struct ms_progress progress = {report->done_bytes, report->all_bytes};

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

enum ms_status ms_report_finish(struct ms_report *report, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    if (report->stream && !report->hits_stopped)
        status = ms_hit_stream_finish(report->stream);
    if (report->hit_failed != MS_OK)
        return report->hit_failed;
    if (status == MS_STOPPED)
        report->result->next = ms_hit_stream_first(report->stream, report->result->next);
    return status == MS_NOMEM ? ms_fail_nomem(error) : status;
}

enum ms_status ms_report_gaps(struct ms_report *report, const struct ms_scan_plan *plan,
                              struct ms_error *error)
{
    ms_gap_vec *gaps = &report->unreadable;

    for (size_t i = 0; i < plan->gaps.n; i++) {
        if (!ms_vec_push(gaps, plan->gaps.items[i]))
            return ms_fail_nomem(error);
    }
    if (gaps->n > 1)
        qsort(gaps->items, gaps->n, sizeof(*gaps->items), compare_gaps);
    for (size_t i = 0; i < gaps->n; i++) {
        if (report->callbacks->gap(report->callbacks->user, &gaps->items[i]))
            return MS_STOPPED;
    }
    return MS_OK;
}
