// SPDX-License-Identifier: MIT
//
// Jobs: the scan of one unit by one thread.

#ifndef MS_SCAN_JOB_H
#define MS_SCAN_JOB_H

#include "scan/plan.h"
#include "scan/reader.h"
#include "scan/record.h"

// What a job, or a part of it, yields.
struct ms_job_result {
    ms_record_vec records; // ascending
    uint64_t scanned;      // bytes of its own
    uint64_t unreadable;
    MS_VEC(struct ms_gap) gaps; // unreadable ones, ascending
    uint64_t next; // every match that starts below it is in this result or an earlier one
};

// What the jobs of one search share. Nothing here changes but `stop`.
struct ms_job_shared {
    const struct ms_image *image;
    const struct ms_matcher *matcher;
    const struct ms_scan_plan *plan;
    const atomic_uchar *muted;
    bool count_only;
    atomic_bool stop; // jobs end as soon as they see it, with MS_STOPPED
};

// What one thread needs for its jobs.
struct ms_worker {
    struct ms_job_shared *shared;
    struct ms_scratch *scratch;
    struct ms_reader reader;
    struct ms_collector collector;

    // Hands over a part of a job that yields too much to keep; the result is empty again on return.
    // Set by the owner. MS_STOPPED: the search has been stopped.
    enum ms_status (*hand_over)(struct ms_worker *worker, struct ms_job_result *result);
    void *owner;
};

enum ms_status ms_worker_init(struct ms_worker *worker, struct ms_job_shared *shared,
                              struct ms_error *error);
void ms_worker_release(struct ms_worker *worker);

// Scans unit number `unit` of the plan into the result, which is empty.
enum ms_status ms_job_run(struct ms_worker *worker, size_t unit, struct ms_job_result *result,
                          struct ms_error *error);

void ms_job_result_clear(struct ms_job_result *result);
void ms_job_result_release(struct ms_job_result *result);

#endif
