// SPDX-License-Identifier: MIT
//
// The report of a search: adds up what jobs yield, in order, and calls the caller back.

#ifndef MS_SCAN_REPORT_H
#define MS_SCAN_REPORT_H

#include "scan/hit_stream.h"
#include "scan/job.h"
#include "scan/places.h"

struct ms_report {
    const struct ms_search_callbacks *callbacks;
    struct ms_search_result *result;
    struct ms_hit_stream *stream; // NULL: no hits are passed on
    bool hits_stopped;            // the hit callback wants no more
    enum ms_status hit_failed;    // what kept a hit from being passed on; MS_OK: nothing
    struct ms_error *error;       // ... and why
    uint64_t *left;               // by pattern: matches that may still be passed on
    atomic_uchar *muted;          // by pattern: none may
    ms_gap_vec unreadable;
    uint64_t done_bytes;
    uint64_t all_bytes; // of progress

    const struct ms_view *view; // whose hits come; NULL: those of physical memory, without spaces
    struct ms_places *places;   // NULL: hits stand for themselves

    struct ms_mapping_info mapping; // that the last hit of a space was found in
    size_t mapping_space;
};

// Fills the report and its result, which are released by the caller also on failure. `all_bytes` is
// 0 yet.
enum ms_status ms_report_init(struct ms_report *report, const struct ms_matcher *matcher,
                              const struct ms_search_options *options,
                              const struct ms_search_callbacks *callbacks,
                              struct ms_search_result *result, struct ms_error *error);
void ms_report_release(struct ms_report *report);

// Adds what a job yielded, or a part of it, the next in order. MS_OK, MS_NOMEM, or MS_STOPPED: a
// callback wants no more.
enum ms_status ms_report_add(struct ms_report *report, const struct ms_job_result *job,
                             struct ms_error *error);

// Passes on a hit of the option `edge`. MS_OK, MS_STOPPED or a failure.
enum ms_status ms_report_partial(struct ms_report *report, const struct ms_hit *hit);

// Adds what a job could not read, joined where it touches. False without memory.
bool ms_report_lost(struct ms_report *report, const struct ms_job_result *job);

// Calls the progress callback. MS_OK or MS_STOPPED.
enum ms_status ms_report_progress(struct ms_report *report);

// Passes on what was held back; then hits of another space may come.
enum ms_status ms_report_finish(struct ms_report *report, struct ms_error *error);

// Passes on what could not be read, and the gaps of the plan, which were known before.
enum ms_status ms_report_gaps(struct ms_report *report, const struct ms_scan_plan *plan,
                              struct ms_error *error);

#endif
