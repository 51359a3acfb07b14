// SPDX-License-Identifier: MIT
//
// Runs units on one thread or several, and reports what they yield in order: those of a plan, or
// those that are made while others run.

#ifndef MS_SCAN_RUN_H
#define MS_SCAN_RUN_H

#include "scan/job.h"

#include <pthread.h>

struct ms_ahead;
struct ms_queue;

struct ms_runner {
    struct ms_job_shared shared;
    // What a worker does with a unit: ms_job_run(), or the like.
    enum ms_status (*job)(struct ms_worker *worker, size_t unit, struct ms_job_result *result,
                          struct ms_error *error);
    size_t n_units;
    struct ms_search_counters *counters; // of all workers, added to what is there

    // Called on the thread that runs the runner, which searches between the calls, in the order of
    // units. Another status than MS_OK ends the run with it.
    enum ms_status (*report)(void *user, const struct ms_job_result *result,
                             struct ms_error *error);
    enum ms_status (*progress)(void *user); // MS_OK or MS_STOPPED; a few times a second
    void *user;

    // Private:
    struct ms_queue *queue;
    struct ms_ahead *ahead; // NULL: none
    struct ms_worker here;  // of the thread that runs the runner
    size_t unit;            // that it is at
    struct ms_error *here_error;
    pthread_t *others;
    unsigned n_others;  // that are to run
    unsigned n_started; // that do
    pthread_mutex_t mutex;
    enum ms_status failed; // what ended another worker, and why
    struct ms_error failure;
};

// On `threads` threads, or as many as there are processors for 0, or units, or the system allows.
enum ms_status ms_runner_run(struct ms_runner *runner, unsigned threads, struct ms_error *error);

// == Units that are made while others run ==

// Opens a runner without units, for as many threads as above, of which the others do not run yet.
// The caller closes it, also after a failure.
enum ms_status ms_runner_open(struct ms_runner *runner, unsigned threads, struct ms_error *error);

// Units that are at hand at most: what unit number u is made of has to last until unit u + slots is
// made.
size_t ms_runner_slots(const struct ms_runner *runner);

// From now on the other threads work, too. Without them each unit is run and reported when it is
// added.
void ms_runner_start(struct ms_runner *runner);

// Adds a unit, the next number, which other threads may run at once. Reports what is ready, and
// works until there is room for one more. MS_OK, or what ends the run.
enum ms_status ms_runner_add(struct ms_runner *runner, struct ms_error *error);

// Works and reports until the first `n` units have been reported.
enum ms_status ms_runner_finish(struct ms_runner *runner, size_t n, struct ms_error *error);

// Ends what is still being done. The counters are complete then.
void ms_runner_close(struct ms_runner *runner);

#endif
