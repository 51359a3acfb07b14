// SPDX-License-Identifier: MIT
//
// Tasks: the units of the second pass. Each is some places of one space at which matches may start,
// to be matched again by one thread.

#ifndef MS_SCAN_TASK_H
#define MS_SCAN_TASK_H

#include "scan/confirm.h"
#include "scan/job.h"

#define MS_TASK_PARTS 64

struct ms_task_part {
    uint64_t first, last;               // matches that start here are to be found
    const struct ms_range_group *group; // in which they lie
    uint64_t segment_first;             // of the memory without a hole that they lie in
    size_t segment;                     // its number
    bool found; // set by the task: there is something to report, or not all could be read
};

struct ms_task {
    const struct ms_confirm *confirm;         // the space
    struct ms_task_part parts[MS_TASK_PARTS]; // ascending, none overlaps another
    size_t n_parts;
    uint64_t walked; // bytes of the space that the walk has passed since the last task
    bool ends_space; // it is the last one of the space
    struct ms_folded_pages folded; // in its parts

    // Set by the task, for who gets its last result:
    uint64_t unreadable; // bytes that the first pass could read
    bool complete;       // this is the last result
};

// The job of a unit of shared->tasks. The result has records only, and `next`.
enum ms_status ms_task_run(struct ms_worker *worker, size_t unit, struct ms_job_result *result,
                           struct ms_error *error);

#endif
