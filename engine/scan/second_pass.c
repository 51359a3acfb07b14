// SPDX-License-Identifier: MIT
//
// The walk is ahead of the report. So what is of the space that is reported, here, is another
// matter than what is of the space that is walked, in confirm.c; all of it is done on one thread.

#include "scan/second_pass.h"

#include "base/extent.h"
#include "scan/edges.h"
#include "scan/tasks.h"

struct ms_survey ms_part_survey(const struct ms_part *part, const struct ms_search_options *options)
{
    return (struct ms_survey){
        .view = &part->view,
        .ranges = &part->ranges,
        .asks_holes = options->n_ranges > 0,
        .from = part->from,
    };
}

// == What to confirm ==

// Matches of the space `unmapped` have a byte in a page of it.
static bool touches_unmapped(void *user, uint32_t pattern, uint64_t address, uint32_t length,
                             size_t *stretch)
{
    const struct ms_spaces *spaces = user;
    uint64_t last = ms_last(address, length), at = address;

    (void)pattern;
    (void)stretch;
    for (;;) {
        if (ms_space_page_unmapped(spaces, at))
            return true;
        if ((last | (MS_PAGE_BYTES - 1)) == (at | (MS_PAGE_BYTES - 1)))
            return false;
        at = (at | (MS_PAGE_BYTES - 1)) + 1;
    }
}

static void prepare_part(const struct ms_second_pass *pass, struct ms_part *part)
{
    part->confirm = (struct ms_confirm){
        .matcher = pass->matcher,
        .marks = pass->marks,
        .candidates = pass->candidates,
        .view = &part->view,
        .ranges = &part->ranges,
        .from = part->from,
        .chunk_bytes = pass->chunk_bytes,
        .settled = pass->settled,
        .places = pass->places,
    };
    if (part->kind != MS_SPACE_UNMAPPED)
        return;
    part->all_memory = part->view;
    part->all_memory.all_memory = true;
    part->confirm.view = &part->all_memory;
    part->confirm.unmapped_only = true;
    part->confirm.settled = NULL;
    part->confirm.places = NULL;
    part->confirm.judge = (struct ms_judge){touches_unmapped, (void *)(uintptr_t)part->view.spaces};
}

// == Reporting ==

static struct ms_coverage *coverage_of(const struct ms_second_pass *pass, size_t number)
{
    return &pass->report->result->space_coverage[number];
}

// What could be searched of the space `unmapped`.
static enum ms_status count_unmapped(const struct ms_second_pass *pass, const struct ms_part *part,
                                     uint64_t *scanned, struct ms_error *error)
{
    struct ms_survey what = ms_part_survey(part, pass->options);
    struct ms_coverage coverage = {0};
    enum ms_status status;

    what.coverage = &coverage;
    status = ms_survey_run(&what, error);
    *scanned += coverage.scanned;
    return status;
}

static enum ms_status begin_space(struct ms_second_pass *pass, size_t number,
                                  struct ms_error *error)
{
    const struct ms_part *part = &pass->parts[number];

    pass->number = number;
    pass->space_is_open = true;
    pass->report->result->next_space = number;
    pass->report->result->next = part->from;
    pass->report->view = part->confirm.view;
    pass->report->places = part->confirm.places;
    return part->kind == MS_SPACE_UNMAPPED
               ? count_unmapped(pass, part, &coverage_of(pass, number)->scanned, error)
               : MS_OK;
}

static enum ms_status pass_edges(struct ms_second_pass *pass, struct ms_error *error)
{
    const struct ms_part *part = &pass->parts[pass->number];

    // What a hole cuts off is told once for memory, not again for what no space maps of it.
    if (!pass->options->edge || !pass->report->stream || part->kind == MS_SPACE_UNMAPPED)
        return MS_OK;
    return ms_edges_run(&(struct ms_edges){.image = pass->image,
                                           .matcher = pass->matcher,
                                           .view = &part->view,
                                           .ranges = &part->ranges,
                                           .from = part->from,
                                           .report = pass->report},
                        error);
}

static enum ms_status end_space(struct ms_second_pass *pass, struct ms_error *error)
{
    struct ms_coverage *coverage = coverage_of(pass, pass->number);
    uint64_t there = coverage->asked - coverage->unmapped - coverage->paged_out - coverage->absent -
                     coverage->unreadable;
    enum ms_status status;

    pass->space_is_open = false;
    status = ms_report_finish(pass->report, error);
    if (status == MS_OK) {
        coverage->unreadable += there - coverage->scanned;
        status = pass_edges(pass, error);
    }
    return status == MS_OK && pass->number + 1 < pass->n_parts
               ? begin_space(pass, pass->number + 1, error)
               : status;
}

static enum ms_status report_task(void *user, const struct ms_task *task,
                                  const struct ms_job_result *result, struct ms_error *error)
{
    struct ms_second_pass *pass = user;
    struct ms_coverage *coverage = coverage_of(pass, pass->number);
    enum ms_status status = MS_OK;

    if (pass->places)
        ms_places_turn_to(pass->places, &task->folded);
    if (task->n_parts > 0)
        status = ms_report_add(pass->report, result, error);
    if (task->complete || status == MS_STOPPED) {
        pass->report->done_bytes += task->walked;
        // Of the space `unmapped`, what could be searched has been counted.
        coverage->scanned += task->confirm->unmapped_only ? 0 : task->walked;
        coverage->scanned -= task->complete ? task->unreadable : 0;
    }
    return status == MS_OK && task->complete && task->ends_space ? end_space(pass, error) : status;
}

static enum ms_status show_progress(void *user)
{
    const struct ms_second_pass *pass = user;

    return ms_report_progress(pass->report);
}

// == The call ==

static enum ms_status confirm_all(struct ms_second_pass *pass, struct ms_tasks *tasks,
                                  struct ms_error *error)
{
    size_t first = pass->options->first_space;
    enum ms_status status = begin_space(pass, first, error);

    for (size_t i = first; i < pass->n_parts && status == MS_OK; i++)
        status = ms_confirm_run(&pass->parts[i].confirm, tasks, &pass->marked_pages, error);
    return status == MS_OK ? ms_tasks_finish(tasks, error) : status;
}

enum ms_status ms_second_pass_run(struct ms_second_pass *pass, struct ms_error *error)
{
    struct ms_tasks tasks = {
        .runner.shared =
            {
                .image = pass->image,
                .matcher = pass->matcher,
                .muted = pass->report->muted,
                .count_only = pass->options->count_only || !pass->report->callbacks->hit,
            },
        .runner.counters = &pass->report->result->counters,
        .report = report_task,
        .progress = show_progress,
        .user = pass,
        .chunk_bytes = pass->chunk_bytes,
    };
    enum ms_status status, finished;

    for (size_t i = 0; i < pass->n_parts; i++)
        prepare_part(pass, &pass->parts[i]);
    status = ms_tasks_open(&tasks, pass->options->threads, error);
    if (status == MS_OK)
        status = confirm_all(pass, &tasks, error);
    ms_tasks_close(&tasks);
    pass->report->result->counters.marked_pages += pass->marked_pages;
    // What is held back of a space that was stopped is told, too.
    if (status == MS_STOPPED && pass->space_is_open) {
        finished = ms_report_finish(pass->report, error);
        status = finished == MS_NOMEM ? finished : status;
    }
    return status;
}
