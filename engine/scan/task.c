// SPDX-License-Identifier: MIT

#include "scan/task.h"

#include "base/extent.h"
#include "scan/tasks.h"

#include <string.h>

// Records that are kept before they are handed over, or a part is halved.
#define MAX_RECORDS 16384

// The look at one part of a task.
struct look {
    struct ms_worker *worker;
    struct ms_task *task;
    struct ms_task_part *part;
    struct ms_job_result *result; // of the task
};

// Fetches the window around own bytes [first, last], as far as memory goes.
static enum ms_status fetch(const struct look *look, uint64_t first, uint64_t last,
                            struct ms_window *window, struct ms_error *error)
{
    struct ms_worker *worker = look->worker;
    struct ms_margins margins = ms_matcher_margins(worker->shared->matcher);
    const struct ms_range_group *group = look->part->group;
    uint64_t start =
        ms_max_u64(first - ms_min_u64(margins.before, first), look->part->segment_first);
    uint64_t end = last + ms_min_u64(margins.after, group->last - last), at = start;
    struct ms_view_cursor cursor;
    struct ms_mapping_info mapping;
    size_t length = 0;

    worker->pieces.n = 0;
    ms_view_cursor_start(&cursor, look->task->confirm->view, start, end);
    while (ms_view_cursor_next(&cursor, &mapping) && mapping.first == at &&
           mapping.state == MS_MAPPED_PRESENT) {
        struct ms_piece piece = {mapping.physical, (size_t)(mapping.last - mapping.first) + 1};

        if (!ms_vec_push(&worker->pieces, piece))
            return ms_fail_nomem(error);
        length += piece.length;
        at = mapping.last + 1;
        if (mapping.last == end)
            break;
    }
    *window = (struct ms_window){
        .length = length,
        .address = start,
        .own_start = (size_t)(first - start),
        .own_end = (size_t)(last - start) + 1,
        .pieces = group->n_pieces > 1
                      ? &look->task->confirm->ranges->pieces.items[group->first_piece]
                      : NULL,
        .n_pieces = group->n_pieces > 1 ? group->n_pieces : 0,
    };
    return ms_reader_gather(&worker->reader, worker->pieces.items, worker->pieces.n, length, error);
}

// Matches own bytes [first, last] into the worker's own result, which is empty. MS_STOPPED: there
// are too many matches.
static enum ms_status match(const struct look *look, uint64_t first, uint64_t last,
                            struct ms_error *error)
{
    struct ms_worker *worker = look->worker;
    struct ms_search_counters *counters = &worker->scratch->counters;
    struct ms_window window = {0};
    enum ms_status status = fetch(look, first, last, &window, error);

    if (status != MS_OK)
        return status;
    window.bytes = worker->reader.bytes;
    counters->chunks++;
    counters->read_bytes += worker->reader.n_read;
    counters->mapped_bytes += worker->reader.n_read ? 0 : window.length;
    worker->collector.records = &worker->own.records;
    worker->collector.failed = false;
    worker->collector.stretch = look->part->segment;
    worker->collector.limit =
        first == last ? SIZE_MAX : MAX_RECORDS + ms_matcher_count(worker->shared->matcher);
    status = ms_job_match_copied(worker, &window, &worker->own, error);
    return worker->collector.failed ? ms_fail_nomem(error) : status;
}

static bool append(ms_record_vec *to, ms_record_vec *from)
{
    ms_record_vec kept = *to;

    if (to->n == 0) {
        *to = *from;
        *from = kept;
        return true;
    }
    if (!ms_vec_reserve(to, from->n))
        return false;
    if (from->n > 0)
        memcpy(to->items + to->n, from->items, from->n * sizeof(*from->items));
    to->n += from->n;
    return true;
}

// Adds what was found up to `last` to the task's result.
static enum ms_status keep(const struct look *look, uint64_t last, struct ms_error *error)
{
    struct ms_job_result *own = &look->worker->own, *result = look->result;
    enum ms_status status = MS_OK;

    if (own->records.n > 0 || own->unreadable > 0)
        look->part->found = true;
    look->task->unreadable += own->unreadable;
    ms_records_sort(&own->records);
    if (result->records.n > 0 && result->records.n + own->records.n > MAX_RECORDS)
        status = look->worker->hand_over(look->worker, result);
    if (status == MS_OK && !append(&result->records, &own->records))
        status = ms_fail_nomem(error);
    result->next = last == UINT64_MAX ? last : last + 1;
    ms_job_result_clear(own);
    return status;
}

static enum ms_status look_at(const struct look *look, uint64_t first, uint64_t last,
                              struct ms_error *error)
{
    uint64_t middle = first + (last - first) / 2;
    enum ms_status status;

    if (atomic_load_explicit(&look->worker->shared->stop, memory_order_relaxed))
        return MS_STOPPED;
    status = match(look, first, last, error);
    if (status == MS_OK)
        return keep(look, last, error);
    ms_job_result_clear(&look->worker->own);
    if (status != MS_STOPPED || first == last)
        return status;
    status = look_at(look, first, middle, error);
    return status == MS_OK ? look_at(look, middle + 1, last, error) : status;
}

enum ms_status ms_task_run(struct ms_worker *worker, size_t unit, struct ms_job_result *result,
                           struct ms_error *error)
{
    struct ms_task *task = ms_tasks_at(worker->shared->tasks, unit);
    enum ms_status status = MS_OK;

    worker->collector.judge =
        task->folded.pages.n > 0 ? ms_places_judge(&task->folded) : task->confirm->judge;
    for (size_t i = 0; i < task->n_parts && status == MS_OK; i++) {
        struct look look = {worker, task, &task->parts[i], result};

        status = look_at(&look, look.part->first, look.part->last, error);
    }
    task->complete = true;
    return status;
}
