// SPDX-License-Identifier: MIT

#include "scan/tasks.h"

#include "base/extent.h"

#include <stdlib.h>
#include <string.h>

// Tasks are so small a part of a chunk: enough for the work to be more than what it takes to hand
// it over, and little enough to be spread over threads.
#define TASKS_A_CHUNK 32

// A part costs as much as so many bytes, however small it is.
#define PART_WEIGHT 4096

struct ms_task *ms_tasks_at(const struct ms_tasks *tasks, size_t unit)
{
    return &tasks->slots[unit % tasks->n_slots];
}

struct ms_task *ms_tasks_at_hand(const struct ms_tasks *tasks)
{
    return ms_tasks_at(tasks, tasks->runner.n_units);
}

// == Reporting ==

// Numbers of parts come by one, so each table is settled when its last part is known.
static void learn(struct ms_tasks *tasks, bool found)
{
    tasks->n_known++;
    if (found)
        tasks->found = tasks->n_known;
    while (tasks->n_settled < tasks->settling.n &&
           tasks->settling.items[tasks->n_settled].end == tasks->n_known) {
        const struct ms_settling *settling = &tasks->settling.items[tasks->n_settled++];

        *settling->settled = tasks->found > settling->first ? MS_UNSETTLED : MS_SETTLED;
    }
}

static enum ms_status report(void *user, const struct ms_job_result *result, struct ms_error *error)
{
    struct ms_tasks *tasks = user;
    const struct ms_task *task = ms_tasks_at(tasks, tasks->n_reported);
    enum ms_status status = tasks->report(tasks->user, task, result, error);

    if (status != MS_OK || !task->complete)
        return status;
    for (size_t i = 0; i < task->n_parts; i++)
        learn(tasks, task->parts[i].found);
    tasks->n_reported++;
    return MS_OK;
}

static enum ms_status show_progress(void *user)
{
    struct ms_tasks *tasks = user;

    return tasks->progress(tasks->user);
}

// == Beginning and end ==

enum ms_status ms_tasks_open(struct ms_tasks *tasks, unsigned threads, struct ms_error *error)
{
    struct ms_runner *runner = &tasks->runner;
    enum ms_status status;

    runner->job = ms_task_run;
    runner->shared.tasks = tasks;
    runner->report = report;
    runner->progress = show_progress;
    runner->user = tasks;
    status = ms_runner_open(runner, threads, error);
    if (status != MS_OK)
        return status;
    tasks->n_slots = ms_runner_slots(runner);
    tasks->slots = calloc(tasks->n_slots, sizeof(*tasks->slots));
    return tasks->slots ? MS_OK : ms_fail_nomem(error);
}

void ms_tasks_close(struct ms_tasks *tasks)
{
    ms_runner_close(&tasks->runner);
    for (size_t i = 0; tasks->slots && i < tasks->n_slots; i++)
        free(tasks->slots[i].folded.pages.items);
    free(tasks->slots);
    free(tasks->settling.items);
}

// == Adding ==

void ms_tasks_begin_space(struct ms_tasks *tasks, const struct ms_confirm *confirm)
{
    struct ms_task *task = ms_tasks_at_hand(tasks);

    task->confirm = confirm;
    task->n_parts = 0;
    task->walked = 0;
    task->ends_space = false;
    task->folded.pages.n = 0;
    task->unreadable = 0;
    task->complete = false;
    tasks->weight = 0;
}

// Lets the task at hand be run, and begins another.
static enum ms_status submit(struct ms_tasks *tasks, struct ms_error *error)
{
    const struct ms_confirm *confirm = ms_tasks_at_hand(tasks)->confirm;
    enum ms_status status;

    tasks->alone += tasks->weight;
    if (tasks->alone >= tasks->chunk_bytes / 2)
        ms_runner_start(&tasks->runner);
    status = ms_runner_add(&tasks->runner, error);
    if (status == MS_OK)
        ms_tasks_begin_space(tasks, confirm);
    return status;
}

enum ms_status ms_tasks_end_space(struct ms_tasks *tasks, struct ms_error *error)
{
    ms_tasks_at_hand(tasks)->ends_space = true;
    return submit(tasks, error);
}

enum ms_status ms_tasks_add(struct ms_tasks *tasks, const struct ms_task_part *part,
                            struct ms_error *error)
{
    struct ms_task *task = ms_tasks_at_hand(tasks);

    task->parts[task->n_parts++] = *part;
    tasks->n_parts++;
    tasks->weight += ms_max_u64(part->last - part->first, PART_WEIGHT);
    return task->n_parts == MS_TASK_PARTS || tasks->weight >= tasks->chunk_bytes / TASKS_A_CHUNK
               ? submit(tasks, error)
               : MS_OK;
}

// == Settled tables ==

// Forgets what is known, if that is most of the list.
static void shorten(struct ms_tasks *tasks)
{
    size_t left = tasks->settling.n - tasks->n_settled;

    if (tasks->n_settled < left)
        return;
    if (left > 0)
        memmove(tasks->settling.items, tasks->settling.items + tasks->n_settled,
                left * sizeof(*tasks->settling.items));
    tasks->settling.n = left;
    tasks->n_settled = 0;
}

enum ms_status ms_tasks_settle(struct ms_tasks *tasks, uint8_t *settled, uint64_t first,
                               struct ms_error *error)
{
    struct ms_settling settling = {settled, first, tasks->n_parts};

    if (tasks->n_known == tasks->n_parts) {
        *settled = tasks->found > first ? MS_UNSETTLED : MS_SETTLED;
        return MS_OK;
    }
    shorten(tasks);
    *settled = first == tasks->n_parts ? MS_SETTLED : MS_SETTLING;
    if (*settled == MS_SETTLING && !ms_vec_push(&tasks->settling, settling))
        return ms_fail_nomem(error);
    return MS_OK;
}

// The number of the first part that is in the task at hand, or will be.
static uint64_t first_at_hand(const struct ms_tasks *tasks)
{
    return tasks->n_parts - ms_tasks_at_hand(tasks)->n_parts;
}

enum ms_status ms_tasks_know(struct ms_tasks *tasks, const uint8_t *settled, struct ms_error *error)
{
    size_t i = tasks->n_settled;
    enum ms_status status = MS_OK;

    if (*settled != MS_SETTLING)
        return MS_OK;
    while (tasks->settling.items[i].settled != settled)
        i++;
    if (tasks->settling.items[i].end > first_at_hand(tasks))
        status = submit(tasks, error);
    while (status == MS_OK && *settled == MS_SETTLING)
        status = ms_runner_finish(&tasks->runner, tasks->n_reported + 1, error);
    return status;
}

enum ms_status ms_tasks_finish(struct ms_tasks *tasks, struct ms_error *error)
{
    return ms_runner_finish(&tasks->runner, tasks->runner.n_units, error);
}
