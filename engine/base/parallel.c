// SPDX-License-Identifier: MIT

#include "base/parallel.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS     100000000L
#define MAX_THREADS 64

struct jobs {
    enum ms_status (*run)(void *context, size_t job, struct ms_error *error);
    void *context;
    size_t n;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t done;  // a job has ended
    size_t next;
    size_t n_done;
    size_t failed; // the first job that has; n: none
    enum ms_status status;
    struct ms_error error;
};

static bool take(struct jobs *jobs, size_t *job_ret)
{
    bool any;

    pthread_mutex_lock(&jobs->lock);
    any = jobs->next < jobs->n;
    if (any)
        *job_ret = jobs->next++;
    pthread_mutex_unlock(&jobs->lock);
    return any;
}

static void end(struct jobs *jobs, size_t job, enum ms_status status, const struct ms_error *error)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->n_done++;
    if (status != MS_OK && job < jobs->failed) {
        jobs->failed = job;
        jobs->status = status;
        jobs->error = *error;
    }
    pthread_cond_signal(&jobs->done);
    pthread_mutex_unlock(&jobs->lock);
}

static void *work(void *context)
{
    struct jobs *jobs = context;
    size_t job;

    while (take(jobs, &job)) {
        struct ms_error error = {0};

        end(jobs, job, jobs->run(jobs->context, job, &error), &error);
    }
    return NULL;
}

static void wait_a_tick(struct jobs *jobs)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_NS;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_cond_timedwait(&jobs->done, &jobs->lock, &until);
}

static void wait_for_all(struct jobs *jobs, const struct ms_parallel *how)
{
    bool all = false;

    while (!all) {
        pthread_mutex_lock(&jobs->lock);
        if (jobs->n_done < jobs->n)
            wait_a_tick(jobs);
        all = jobs->n_done == jobs->n;
        pthread_mutex_unlock(&jobs->lock);
        if (!all && how->waiting)
            how->waiting(how->user);
    }
}

static size_t count_threads(const struct ms_parallel *how, size_t n_jobs)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t n = how->threads;

    if (n == 0)
        n = processors > 0 ? (size_t)processors : 1;
    if (n > MAX_THREADS)
        n = MAX_THREADS;
    return n < n_jobs ? n : n_jobs;
}

enum ms_status ms_parallel_run(const struct ms_parallel *how, size_t n_jobs,
                               enum ms_status (*run)(void *context, size_t job,
                                                     struct ms_error *error),
                               void *context, struct ms_error *error)
{
    struct jobs jobs = {.run = run, .context = context, .n = n_jobs, .failed = n_jobs};
    size_t n = count_threads(how, n_jobs), started = 0;
    bool here = n == 1 && !how->waiting;
    pthread_t threads[MAX_THREADS];
    pthread_condattr_t attributes;

    pthread_mutex_init(&jobs.lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&jobs.done, &attributes);
    while (!here && started < n && pthread_create(&threads[started], NULL, work, &jobs) == 0)
        started++;
    if (started > 0)
        wait_for_all(&jobs, how);
    else
        work(&jobs);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&jobs.done);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_destroy(&jobs.lock);
    if (jobs.status != MS_OK && error)
        *error = jobs.error;
    return jobs.status;
}
