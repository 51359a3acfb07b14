// SPDX-License-Identifier: MIT

#include "scan/run.h"

#include "scan/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_THREADS 1024

// == One thread ==

struct alone {
    struct ms_runner *runner;
    struct ms_error *error;
};

static enum ms_status report_now(struct ms_worker *worker, struct ms_job_result *result)
{
    struct alone *alone = worker->owner;
    enum ms_status status = alone->runner->report(alone->runner->user, result, alone->error);

    if (status == MS_OK)
        status = alone->runner->progress(alone->runner->user);
    if (status != MS_OK)
        atomic_store(&alone->runner->shared.stop, true);
    ms_job_result_clear(result);
    return status;
}

static enum ms_status run_alone(struct ms_runner *runner, struct ms_error *error)
{
    struct alone alone = {runner, error};
    struct ms_job_result result = {0};
    struct ms_worker worker;
    enum ms_status status = ms_worker_init(&worker, &runner->shared, error);

    if (status != MS_OK)
        return status;
    worker.owner = &alone;
    worker.hand_over = report_now;
    for (size_t unit = 0; unit < runner->n_units && status == MS_OK; unit++) {
        status = ms_job_run(&worker, unit, &result, error);
        if (status == MS_OK)
            status = report_now(&worker, &result);
    }
    ms_worker_add_counters(&worker, runner->counters);
    ms_job_result_release(&result);
    ms_worker_release(&worker);
    return status;
}

// == Several threads ==

static void fail_run(struct ms_runner *runner, enum ms_status status, const struct ms_error *error)
{
    pthread_mutex_lock(&runner->mutex);
    if (runner->failed == MS_OK) {
        runner->failed = status;
        if (runner->error)
            *runner->error = *error;
    }
    pthread_mutex_unlock(&runner->mutex);
    atomic_store(&runner->shared.stop, true);
    ms_queue_stop(runner->queue);
}

struct owned_unit {
    struct ms_runner *runner;
    size_t unit;
};

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
        status = ms_job_run(worker, owned.unit, result, error);
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
        pthread_mutex_lock(&runner->mutex);
        ms_worker_add_counters(&worker, runner->counters);
        pthread_mutex_unlock(&runner->mutex);
        ms_worker_release(&worker);
    }
    // Who was stopped did not fail.
    if (status != MS_OK && status != MS_STOPPED)
        fail_run(runner, status, &error);
    return NULL;
}

static enum ms_status report_all(struct ms_runner *runner, struct ms_error *error)
{
    enum ms_status status = MS_OK;
    struct ms_job_result *result;
    enum ms_queue_event event;

    while (status == MS_OK && (event = ms_queue_wait(runner->queue, &result)) != MS_QUEUE_END) {
        if (event == MS_QUEUE_RESULT) {
            status = runner->report(runner->user, result, error);
            if (status == MS_OK)
                ms_queue_next(runner->queue);
        }
        if (status == MS_OK)
            status = runner->progress(runner->user);
    }
    return status;
}

// Starts as many of the threads as the system allows.
static unsigned start_threads(struct ms_runner *runner, pthread_t *threads, unsigned n)
{
    unsigned started = 0;

    while (started < n && pthread_create(&threads[started], NULL, worker_main, runner) == 0)
        started++;
    return started;
}

static enum ms_status run_threads(struct ms_runner *runner, pthread_t *threads, unsigned n,
                                  struct ms_error *error)
{
    unsigned started = start_threads(runner, threads, n);
    struct ms_error reporting = {0}; // the caller's may be a worker's to fill
    enum ms_status status = MS_OK;

    if (started > 0) {
        status = report_all(runner, &reporting);
        atomic_store(&runner->shared.stop, true);
        ms_queue_stop(runner->queue);
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (started == 0)
        return run_alone(runner, error);
    if (runner->failed != MS_OK)
        return runner->failed;
    if (error && status != MS_OK)
        *error = reporting;
    return status;
}

static enum ms_status run_together(struct ms_runner *runner, unsigned n_threads,
                                   struct ms_error *error)
{
    pthread_t *threads = malloc(n_threads * sizeof(*threads));
    enum ms_status status;

    if (!threads)
        return ms_fail_nomem(error);
    status = ms_queue_create(runner->n_units, n_threads, &runner->queue, error);
    if (status == MS_OK) {
        pthread_mutex_init(&runner->mutex, NULL);
        runner->error = error;
        status = run_threads(runner, threads, n_threads, error);
        pthread_mutex_destroy(&runner->mutex);
    }
    ms_queue_free(runner->queue);
    free(threads);
    return status;
}

// == The call ==

static unsigned count_threads(const struct ms_runner *runner, unsigned wanted)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted == 0)
        wanted = processors > 0 ? (unsigned)processors : 1;
    if (wanted > MAX_THREADS)
        wanted = MAX_THREADS;
    return wanted < runner->n_units ? wanted : (unsigned)runner->n_units;
}

enum ms_status ms_runner_run(struct ms_runner *runner, unsigned threads, struct ms_error *error)
{
    unsigned n = count_threads(runner, threads);

    return n > 1 ? run_together(runner, n, error) : run_alone(runner, error);
}
