// SPDX-License-Identifier: MIT
//
// The report of a search: adds up what jobs yield, in order, and calls the caller back.

#ifndef MS_SCAN_REPORT_H
#define MS_SCAN_REPORT_H

#include "scan/hit_stream.h"
#include "scan/job.h"

struct ms_report {
    const struct ms_search_callbacks *callbacks;
    struct ms_search_result *result;
    const struct ms_scan_plan *plan;
    struct ms_hit_stream *stream; // NULL: no hits are passed on
    bool hits_stopped;            // the hit callback wants no more
    uint64_t *left;               // by pattern: matches that may still be passed on
    atomic_uchar *muted;          // by pattern: none may
    MS_VEC(struct ms_gap) unreadable;
    uint64_t done_bytes;
};

// Fills the report and its result, which are released by the caller also on failure.
enum ms_status ms_report_init(struct ms_report *report, const struct ms_matcher *matcher,
                              const struct ms_scan_plan *plan,
                              const struct ms_search_options *options,
                              const struct ms_search_callbacks *callbacks,
                              struct ms_search_result *result, struct ms_error *error);
void ms_report_release(struct ms_report *report);

// Adds what a job yielded, or a part of it, the next in order. MS_OK, MS_NOMEM, or MS_STOPPED: a
// callback wants no more.
enum ms_status ms_report_add(struct ms_report *report, const struct ms_job_result *job,
                             struct ms_error *error);

// Calls the progress callback. MS_OK or MS_STOPPED.
enum ms_status ms_report_progress(struct ms_report *report);

// Passes on what was held back; where all has been scanned, the gaps too.
enum ms_status ms_report_finish(struct ms_report *report, bool complete, struct ms_error *error);

#endif
