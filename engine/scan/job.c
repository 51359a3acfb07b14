// SPDX-License-Identifier: MIT

#include "scan/job.h"

#include "base/extent.h"
#include "scan/seam_scan.h"

#include <stdlib.h>

// Records that a job keeps before it hands them over in parts: 640 KiB.
#define MAX_RECORDS 16384

// Own bytes [offset, offset + length) of a stretch.
struct part {
    size_t stretch;
    uint64_t offset;
    size_t length;
};

// One window of a part.
struct pass {
    struct ms_worker *worker;
    struct ms_job_result *result;
    const struct ms_scan_stretch *stretch;
    struct ms_window window; // as fetched, with what was lost in it
    struct ms_error *error;
};

static enum ms_status create_seam_scratch(struct ms_worker *worker, struct ms_error *error)
{
    const struct ms_candidates *candidates = worker->shared->candidates;
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < candidates->n_classes && status == MS_OK; i++) {
        if (candidates->classes[i].own)
            status = ms_scratch_create(candidates->classes[i].own, &worker->seam_scratch[i], error);
        else
            worker->seam_scratch[i] = worker->scratch;
    }
    return status;
}

enum ms_status ms_worker_init(struct ms_worker *worker, struct ms_job_shared *shared,
                              struct ms_error *error)
{
    enum ms_status status;

    *worker = (struct ms_worker){.shared = shared};
    ms_reader_init(&worker->reader, shared->image);
    status = ms_collector_init(&worker->collector, shared->matcher, shared->muted,
                               shared->count_only, error);
    worker->sink = &worker->collector.sink;
    if (shared->marks) {
        ms_marker_init(&worker->marker, shared->marks);
        worker->sink = &worker->marker.sink;
    }
    if (status == MS_OK)
        status = ms_scratch_create(shared->matcher, &worker->scratch, error);
    if (status == MS_OK && shared->marks)
        status = create_seam_scratch(worker, error);
    if (status != MS_OK)
        ms_worker_release(worker);
    return status;
}

void ms_worker_release(struct ms_worker *worker)
{
    for (size_t i = 0; i < MS_MAX_SEAM_CLASSES; i++) {
        if (worker->seam_scratch[i] != worker->scratch)
            ms_scratch_free(worker->seam_scratch[i]);
    }
    ms_scratch_free(worker->scratch);
    ms_collector_release(&worker->collector);
    ms_reader_release(&worker->reader);
    ms_job_result_release(&worker->own);
    free(worker->pieces.items);
    *worker = (struct ms_worker){0};
}

void ms_job_result_clear(struct ms_job_result *result)
{
    result->records.n = 0;
    result->gaps.n = 0;
    result->scanned = 0;
    result->unreadable = 0;
}

void ms_job_result_release(struct ms_job_result *result)
{
    free(result->records.items);
    free(result->gaps.items);
}

static void add_counters(struct ms_search_counters *sum, const struct ms_search_counters *counters)
{
    sum->chunks += counters->chunks;
    sum->seams += counters->seams;
    sum->marked_pages += counters->marked_pages;
    sum->mapped_bytes += counters->mapped_bytes;
    sum->read_bytes += counters->read_bytes;
    sum->match_callbacks += counters->match_callbacks;
    for (size_t i = 0; i < MS_N_ENGINES; i++) {
        sum->bytes[i] += counters->bytes[i];
        sum->candidates[i] += counters->candidates[i];
        sum->matches[i] += counters->matches[i];
    }
}

void ms_worker_add_counters(const struct ms_worker *worker, struct ms_search_counters *sum)
{
    add_counters(sum, &worker->scratch->counters);
    for (size_t i = 0; i < MS_MAX_SEAM_CLASSES; i++) {
        if (worker->seam_scratch[i] && worker->seam_scratch[i] != worker->scratch)
            add_counters(sum, &worker->seam_scratch[i]->counters);
    }
}

// == Windows ==

// Brings the pages of a mapping into memory, or raises the signal of those that are lost.
static void touch(const struct ms_window *window)
{
    for (size_t i = 0; i < window->length; i += MS_PAGE_BYTES)
        (void)*(const volatile uint8_t *)(window->bytes + i);
    (void)*(const volatile uint8_t *)(window->bytes + window->length - 1);
}

static enum ms_status match(struct pass *pass, const struct ms_window *window)
{
    if (pass->worker->shared->only_reads) {
        touch(window);
        return MS_OK;
    }
    return ms_matcher_scan(pass->worker->shared->matcher, pass->worker->scratch, window,
                           pass->worker->sink, pass->error);
}

// Bytes [start, end) of the window can be read: what of them is own is scanned.
static enum ms_status match_good(struct pass *pass, size_t start, size_t end)
{
    struct ms_window window = pass->window;
    size_t own_start = window.own_start > start ? window.own_start : start;
    size_t own_end = window.own_end < end ? window.own_end : end;

    if (own_start >= own_end)
        return MS_OK;
    window.bytes += start;
    window.address += start;
    window.length = end - start;
    window.own_start = own_start - start;
    window.own_end = own_end - start;
    pass->result->scanned += own_end - own_start;
    return match(pass, &window);
}

static enum ms_status note_lost(struct pass *pass, const struct ms_lost *lost)
{
    size_t start = pass->window.own_start > lost->start ? pass->window.own_start : lost->start;
    size_t end = pass->window.own_end < lost->end ? pass->window.own_end : lost->end;
    struct ms_gap gap = {.reason = MS_GAP_UNREADABLE};

    if (start >= end)
        return MS_OK;
    gap.range.first = pass->window.address + start;
    gap.range.last = pass->window.address + end - 1;
    pass->result->unreadable += end - start;
    return ms_vec_push(&pass->result->gaps, gap) ? MS_OK : ms_fail_nomem(pass->error);
}

// A copied window: bytes that could not be read are a hole like any other.
static enum ms_status match_copied(struct pass *pass)
{
    struct ms_reader *reader = &pass->worker->reader;
    enum ms_status status = MS_OK;
    size_t start = 0;

    for (size_t i = 0; i < reader->lost.n && status == MS_OK; i++) {
        status = match_good(pass, start, reader->lost.items[i].start);
        if (status == MS_OK)
            status = note_lost(pass, &reader->lost.items[i]);
        start = reader->lost.items[i].end;
    }
    return status == MS_OK ? match_good(pass, start, pass->window.length) : status;
}

enum ms_status ms_job_match_copied(struct ms_worker *worker, const struct ms_window *window,
                                   struct ms_job_result *result, struct ms_error *error)
{
    struct pass pass = {.worker = worker, .result = result, .window = *window, .error = error};

    return match_copied(&pass);
}

// Fetches the window of own bytes [offset, offset + length) of the stretch.
static enum ms_status fetch(struct pass *pass, uint64_t offset, size_t length, bool copy)
{
    struct ms_margins margins = ms_matcher_margins(pass->worker->shared->matcher);
    const struct ms_scan_stretch *stretch = pass->stretch;
    const struct ms_scan_plan *plan = pass->worker->shared->plan;
    size_t before = (size_t)ms_min_u64(margins.before, offset);
    size_t after = (size_t)ms_min_u64(margins.after, stretch->length - offset - length);
    enum ms_status status;

    status = ms_reader_fetch(&pass->worker->reader, stretch->start + offset - before,
                             before + length + after, copy, pass->error);
    pass->window = (struct ms_window){
        .bytes = pass->worker->reader.bytes,
        .length = before + length + after,
        .address = stretch->start + offset - before,
        .own_start = before,
        .own_end = before + length,
        .pieces = stretch->n_pieces ? &plan->pieces.items[stretch->first_piece] : NULL,
        .n_pieces = stretch->n_pieces,
    };
    return status;
}

// Matches a mapped window. *lost_ret: bytes were lost meanwhile, and what was found counts for
// nothing.
static enum ms_status match_mapped(struct pass *pass, bool *lost_ret)
{
    const struct ms_reader *reader = &pass->worker->reader;
    enum ms_status status;

    ms_source_guard(reader->source);
    status = match(pass, &pass->window);
    *lost_ret = !ms_source_unguard(reader->source, reader->offset, pass->window.length);
    if (!*lost_ret)
        pass->result->scanned += pass->window.own_end - pass->window.own_start;
    return status;
}

static enum ms_status scan_part(struct ms_worker *worker, const struct part *part, bool copy,
                                struct ms_job_result *result, bool *lost_ret,
                                struct ms_error *error)
{
    struct pass pass = {
        .worker = worker,
        .result = result,
        .stretch = &worker->shared->plan->stretches.items[part->stretch],
        .error = error,
    };
    struct ms_search_counters *counters = &worker->scratch->counters;
    enum ms_status status = fetch(&pass, part->offset, part->length, copy);

    if (status != MS_OK)
        return status;
    worker->collector.stretch = part->stretch;
    counters->chunks++;
    counters->mapped_bytes += worker->reader.mapped ? pass.window.length : 0;
    counters->read_bytes += worker->reader.n_read;
    return worker->reader.mapped ? match_mapped(&pass, lost_ret) : match_copied(&pass);
}

// == Parts ==

// The parts of a unit, one after the other.
struct cursor {
    const struct ms_scan_plan *plan;
    struct ms_unit at;
    struct ms_unit end;
};

static struct cursor unit_cursor(const struct ms_scan_plan *plan, size_t unit)
{
    return (struct cursor){plan, plan->units.items[unit], plan->units.items[unit + 1]};
}

static bool next_part(struct cursor *cursor, struct part *part)
{
    const struct ms_scan_stretch *stretches = cursor->plan->stretches.items;
    struct ms_unit *at = &cursor->at;
    bool last = at->stretch == cursor->end.stretch;
    uint64_t end;

    if (at->stretch > cursor->end.stretch || (last && at->offset >= cursor->end.offset))
        return false;
    end = last ? cursor->end.offset : stretches[at->stretch].length;
    *part = (struct part){at->stretch, at->offset, (size_t)(end - at->offset)};
    at->stretch++;
    at->offset = at->stretch < cursor->plan->stretches.n ? stretches[at->stretch].own_start : 0;
    return true;
}

// Repeats a scan with copied bytes where mapped ones were lost in its course. The result is empty
// before, and empty again unless the status is MS_OK.
static enum ms_status scan_whole(struct ms_worker *worker, struct cursor cursor,
                                 struct ms_job_result *result, bool copy, struct ms_error *error)
{
    struct ms_collector *collector = &worker->collector;
    struct cursor at = cursor;
    enum ms_status status = MS_OK;
    bool lost = false;
    struct part part;

    collector->records = &result->records;
    collector->failed = false;
    while (status == MS_OK && !lost && next_part(&at, &part)) {
        if (atomic_load_explicit(&worker->shared->stop, memory_order_relaxed))
            return MS_STOPPED;
        status = scan_part(worker, &part, copy, result, &lost, error);
    }
    if (collector->failed)
        status = ms_fail_nomem(error);
    if (status != MS_OK || lost)
        ms_job_result_clear(result);
    if (lost)
        return scan_whole(worker, cursor, result, true, error);
    return status;
}

static struct cursor part_cursor(const struct ms_scan_plan *plan, const struct part *part)
{
    return (struct cursor){
        .plan = plan,
        .at = {part->stretch, part->offset},
        .end = {part->stretch, part->offset + part->length},
    };
}

// The address behind a part; at the top of the address space, its last one.
static uint64_t address_behind(const struct ms_scan_plan *plan, const struct part *part)
{
    uint64_t start = plan->stretches.items[part->stretch].start;
    uint64_t last = ms_last(start + part->offset, part->length);

    return last == UINT64_MAX ? last : last + 1;
}

// Patterns that are only counted take one record each, whatever the size of the part.
static size_t record_limit(const struct ms_worker *worker)
{
    return MAX_RECORDS + ms_matcher_count(worker->shared->matcher);
}

// Scans a part in as many pieces as its records need, and hands over what each yields.
static enum ms_status scan_in_pieces(struct ms_worker *worker, const struct part *part,
                                     struct ms_job_result *result, struct ms_error *error)
{
    const struct ms_scan_plan *plan = worker->shared->plan;
    struct part half = *part;
    enum ms_status status;

    // One place cannot be halved: at it, each pattern has one match at the most.
    worker->collector.limit = part->length == 1 ? SIZE_MAX : record_limit(worker);
    status = scan_whole(worker, part_cursor(plan, part), result, false, error);
    if (status == MS_OK) {
        ms_records_sort(&result->records);
        result->next = address_behind(plan, part);
        return worker->hand_over(worker, result);
    }
    if (status != MS_STOPPED || part->length == 1 || atomic_load(&worker->shared->stop))
        return status;
    half.length = part->length / 2;
    status = scan_in_pieces(worker, &half, result, error);
    half.offset += half.length;
    half.length = part->length - half.length;
    return status == MS_OK ? scan_in_pieces(worker, &half, result, error) : status;
}

enum ms_status ms_job_run(struct ms_worker *worker, size_t unit, struct ms_job_result *result,
                          struct ms_error *error)
{
    const struct ms_scan_plan *plan = worker->shared->plan;
    struct cursor cursor = unit_cursor(plan, unit), at = cursor;
    enum ms_status status;
    struct part part;

    worker->collector.limit = record_limit(worker);
    status = scan_whole(worker, cursor, result, false, error);
    if (status == MS_OK) {
        ms_records_sort(&result->records);
    } else if (status == MS_STOPPED && !atomic_load(&worker->shared->stop)) {
        status = MS_OK;
        while (status == MS_OK && next_part(&cursor, &part))
            status = scan_in_pieces(worker, &part, result, error);
    }
    while (next_part(&at, &part)) {
        result->next = address_behind(plan, &part);
        if (status == MS_OK && worker->shared->marks && !worker->shared->only_reads)
            status = ms_seams_mark(worker, plan->stretches.items[part.stretch].start + part.offset,
                                   part.length, error);
    }
    return status;
}
