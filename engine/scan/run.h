// SPDX-License-Identifier: MIT
//
// Runs the units of a plan on one thread or several, and reports what they yield in order.

#ifndef MS_SCAN_RUN_H
#define MS_SCAN_RUN_H

#include "scan/job.h"

#include <pthread.h>

struct ms_queue;

struct ms_runner {
    struct ms_job_shared shared;
    size_t n_units;
    struct ms_search_counters *counters; // of all workers, added to what is there

    // Called on the thread that runs the runner, in the order of units. Another status than MS_OK
    // ends the run with it.
    enum ms_status (*report)(void *user, const struct ms_job_result *result,
                             struct ms_error *error);
    enum ms_status (*progress)(void *user); // MS_OK or MS_STOPPED; a few times a second
    void *user;

    // Private:
    struct ms_queue *queue; // NULL: one thread does all
    pthread_mutex_t mutex;  // of the two below
    enum ms_status failed;  // what ended a worker
    struct ms_error *error;
};

// On `threads` threads, or as many as there are processors for 0, or units, or the system allows.
enum ms_status ms_runner_run(struct ms_runner *runner, unsigned threads, struct ms_error *error);

#endif
