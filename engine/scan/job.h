// SPDX-License-Identifier: MIT
//
// Jobs: the scan of one unit by one thread.

#ifndef MS_SCAN_JOB_H
#define MS_SCAN_JOB_H

#include "match/candidates.h"
#include "scan/marks.h"
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

struct ms_tasks;

// What the jobs of one search share. Nothing here changes but `stop`.
struct ms_job_shared {
    const struct ms_image *image;
    const struct ms_matcher *matcher;
    const struct ms_scan_plan *plan;
    struct ms_marks *marks; // not NULL: matches are not collected, but mark the frames that they
                            // begin in
    const struct ms_candidates *candidates; // with marks: what is searched for, at seams by classes
    bool only_reads; // nothing is searched for yet: memory is read, and what cannot be is told
    const atomic_uchar *muted;
    bool count_only;
    const struct ms_tasks *tasks; // whose jobs are those of the second pass; NULL
    atomic_bool stop;             // jobs end as soon as they see it, with MS_STOPPED
};

// What one thread needs for its jobs.
struct ms_worker {
    struct ms_job_shared *shared;
    struct ms_scratch *scratch;
    struct ms_scratch *seam_scratch[MS_MAX_SEAM_CLASSES]; // some may be `scratch`
    struct ms_reader reader;
    struct ms_collector collector;
    struct ms_marker marker;
    struct ms_sink *sink; // of one of these two

    // Of the second pass:
    MS_VEC(struct ms_piece) pieces; // of the window
    struct ms_job_result own;       // what it yields, by itself

    // Hands over a part of a job that yields too much to keep; the result is empty again on return.
    // Set by the owner. MS_STOPPED: the search has been stopped.
    enum ms_status (*hand_over)(struct ms_worker *worker, struct ms_job_result *result);
    void *owner;
};

enum ms_status ms_worker_init(struct ms_worker *worker, struct ms_job_shared *shared,
                              struct ms_error *error);
void ms_worker_release(struct ms_worker *worker);

// == For workers that run other jobs, too ==

// Adds what a worker counted. Hits are passed on, and counted, by the thread that reports.
void ms_worker_add_counters(const struct ms_worker *worker, struct ms_search_counters *sum);

// Matches a window whose bytes the worker's reader has copied; what could not be read is a hole. Of
// the window's own bytes, adds those scanned and those not to the result.
enum ms_status ms_job_match_copied(struct ms_worker *worker, const struct ms_window *window,
                                   struct ms_job_result *result, struct ms_error *error);

// Scans unit number `unit` of the plan into the result, which is empty.
enum ms_status ms_job_run(struct ms_worker *worker, size_t unit, struct ms_job_result *result,
                          struct ms_error *error);

void ms_job_result_clear(struct ms_job_result *result);
void ms_job_result_release(struct ms_job_result *result);

#endif
