// SPDX-License-Identifier: MIT

#include "scan/run.h"

#include "base/extent.h"
#include "scan/ahead.h"
#include "scan/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_THREADS 1024

struct owned_unit {
    struct ms_runner *runner;
    size_t unit;
};

static void add_counters(struct ms_runner *runner, const struct ms_worker *worker)
{
    pthread_mutex_lock(&runner->mutex);
    ms_worker_add_counters(worker, runner->counters);
    pthread_mutex_unlock(&runner->mutex);
}

// == Threads that work ==

static void fail_run(struct ms_runner *runner, enum ms_status status, const struct ms_error *error)
{
    pthread_mutex_lock(&runner->mutex);
    if (runner->failed == MS_OK) {
        runner->failed = status;
        runner->failure = *error;
    }
    pthread_mutex_unlock(&runner->mutex);
    atomic_store(&runner->shared.stop, true);
    ms_queue_stop(runner->queue);
}

static enum ms_status queue_part(struct ms_worker *worker, struct ms_job_result *result)
{
    struct owned_unit *owned = worker->owner;

    (void)result;
    return ms_queue_part(owned->runner->queue, owned->unit) ? MS_OK : MS_STOPPED;
}

static enum ms_status run_units(struct ms_runner *runner, struct ms_worker *worker,
                                struct ms_error *error)
{
    struct owned_unit owned = {.runner = runner};
    struct ms_job_result *result;
    enum ms_status status = MS_OK;

    worker->owner = &owned;
    worker->hand_over = queue_part;
    while (status == MS_OK && ms_queue_take(runner->queue, &owned.unit, &result)) {
        ms_ahead_taken(runner->ahead, owned.unit);
        status = runner->job(worker, owned.unit, result, error);
        if (status == MS_OK)
            ms_queue_done(runner->queue, owned.unit);
    }
    worker->owner = NULL;
    return status;
}

static void *worker_main(void *context)
{
    struct ms_runner *runner = context;
    struct ms_error error;
    struct ms_worker worker;
    enum ms_status status = ms_worker_init(&worker, &runner->shared, &error);

    if (status == MS_OK) {
        status = run_units(runner, &worker, &error);
        add_counters(runner, &worker);
        ms_worker_release(&worker);
    }
    // Who was stopped did not fail.
    if (status != MS_OK && status != MS_STOPPED)
        fail_run(runner, status, &error);
    return NULL;
}

// == The thread that reports, and works meanwhile ==

static enum ms_status report_next(struct ms_runner *runner, const struct ms_job_result *result,
                                  struct ms_error *error)
{
    enum ms_status status = runner->report(runner->user, result, error);

    if (status == MS_OK)
        ms_queue_next(runner->queue);
    return status;
}

// Reports what comes before the worker's result, and then that.
static enum ms_status report_part(struct ms_worker *worker, struct ms_job_result *result)
{
    struct ms_runner *runner = worker->owner;
    struct ms_job_result *next = NULL;
    enum ms_status status = MS_OK;

    ms_queue_offer(runner->queue, runner->unit);
    while (status == MS_OK && next != result) {
        enum ms_queue_event event = ms_queue_wait(runner->queue, NULL, &next);

        if (event == MS_QUEUE_END)
            return MS_STOPPED;
        if (event == MS_QUEUE_RESULT)
            status = report_next(runner, next, runner->here_error);
        if (status == MS_OK)
            status = runner->progress(runner->user);
    }
    return status;
}

static enum ms_status run_here(struct ms_runner *runner, struct ms_job_result *result,
                               struct ms_error *error)
{
    enum ms_status status;

    runner->here_error = error;
    ms_ahead_taken(runner->ahead, runner->unit);
    status = runner->job(&runner->here, runner->unit, result, error);
    if (status == MS_OK)
        ms_queue_done(runner->queue, runner->unit);
    return status;
}

// Does what is to be done first. *end_ret: all has been done, or a worker has stopped the queue.
static enum ms_status do_next(struct ms_runner *runner, bool *end_ret, struct ms_error *error)
{
    struct ms_job_result *result;
    enum ms_status status = MS_OK;

    switch (ms_queue_wait(runner->queue, &runner->unit, &result)) {
    case MS_QUEUE_UNIT:
        return run_here(runner, result, error);
    case MS_QUEUE_RESULT:
        status = report_next(runner, result, error);
        break;
    case MS_QUEUE_TIMEOUT:
        break;
    case MS_QUEUE_END:
        *end_ret = true;
        return MS_OK;
    }
    return status == MS_OK ? runner->progress(runner->user) : status;
}

// What ended another worker comes before all else, for it may be why this one has ended.
static enum ms_status tell_failure(struct ms_runner *runner, enum ms_status status,
                                   struct ms_error *error)
{
    pthread_mutex_lock(&runner->mutex);
    if (runner->failed != MS_OK) {
        status = runner->failed;
        if (error)
            *error = runner->failure;
    }
    pthread_mutex_unlock(&runner->mutex);
    return status;
}

// Starts as many of the other threads as the system allows.
static void start_others(struct ms_runner *runner)
{
    while (runner->n_started < runner->n_others &&
           pthread_create(&runner->others[runner->n_started], NULL, worker_main, runner) == 0)
        runner->n_started++;
    runner->n_others = runner->n_started;
}

// == Beginning and end ==

static unsigned count_threads(unsigned wanted, size_t most)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted == 0)
        wanted = processors > 0 ? (unsigned)processors : 1;
    if (wanted > MAX_THREADS)
        wanted = MAX_THREADS;
    if (wanted > most)
        wanted = (unsigned)most;
    return wanted > 0 ? wanted : 1;
}

static enum ms_status open_runner(struct ms_runner *runner, unsigned threads,
                                  struct ms_error *error)
{
    pthread_mutex_init(&runner->mutex, NULL);
    runner->n_others = threads - 1;
    runner->others = malloc(threads * sizeof(*runner->others)); // never 0 bytes
    if (!runner->others)
        return ms_fail_nomem(error);
    return ms_queue_create(runner->n_units, threads, &runner->queue, error);
}

static enum ms_status init_here(struct ms_runner *runner, struct ms_error *error)
{
    enum ms_status status = ms_worker_init(&runner->here, &runner->shared, error);

    runner->here.owner = runner;
    runner->here.hand_over = report_part;
    return status;
}

void ms_runner_close(struct ms_runner *runner)
{
    atomic_store(&runner->shared.stop, true);
    if (runner->queue)
        ms_queue_stop(runner->queue);
    for (unsigned i = 0; i < runner->n_started; i++)
        pthread_join(runner->others[i], NULL);
    ms_ahead_stop(runner->ahead); // which the others tell what they have taken
    if (runner->here.scratch) {
        ms_worker_add_counters(&runner->here, runner->counters);
        ms_worker_release(&runner->here);
    }
    ms_queue_free(runner->queue);
    free(runner->others);
    pthread_mutex_destroy(&runner->mutex);
}

// == Units that are there ==

static struct ms_ahead *start_ahead(const struct ms_runner *runner)
{
    const struct ms_image *image = runner->shared.image;

    return ms_ahead_start(ms_image_source(image), ms_image_memory(image), runner->shared.plan);
}

enum ms_status ms_runner_run(struct ms_runner *runner, unsigned threads, struct ms_error *error)
{
    enum ms_status status = open_runner(runner, count_threads(threads, runner->n_units), error);
    bool end = false;

    if (status == MS_OK) {
        runner->ahead = start_ahead(runner);
        start_others(runner);
        status = init_here(runner, error);
        while (status == MS_OK && !end)
            status = do_next(runner, &end, error);
        status = tell_failure(runner, status, error);
    }
    ms_runner_close(runner);
    return status;
}

// == Units that are made meanwhile ==

enum ms_status ms_runner_open(struct ms_runner *runner, unsigned threads, struct ms_error *error)
{
    enum ms_status status;

    runner->n_units = 0;
    status = open_runner(runner, count_threads(threads, MAX_THREADS), error);
    if (status != MS_OK)
        return status;
    ms_queue_open(runner->queue);
    return init_here(runner, error);
}

size_t ms_runner_slots(const struct ms_runner *runner)
{
    return ms_queue_slots(runner->queue);
}

void ms_runner_start(struct ms_runner *runner)
{
    start_others(runner);
}

// Does what there is to do until so many units have been reported, and reports what is ready.
static enum ms_status work_until(struct ms_runner *runner, size_t n, struct ms_error *error)
{
    enum ms_status status = MS_OK;
    bool end = false;

    while (status == MS_OK && !end && ms_queue_has_next(runner->queue, n))
        status = do_next(runner, &end, error);
    return tell_failure(runner, status, error);
}

enum ms_status ms_runner_add(struct ms_runner *runner, struct ms_error *error)
{
    size_t left = runner->n_started > 0 ? ms_runner_slots(runner) - 1 : 0;

    ms_queue_add(runner->queue);
    runner->n_units++;
    return work_until(runner, runner->n_units - (size_t)ms_min_u64(left, runner->n_units), error);
}

enum ms_status ms_runner_finish(struct ms_runner *runner, size_t n, struct ms_error *error)
{
    return work_until(runner, n, error);
}
