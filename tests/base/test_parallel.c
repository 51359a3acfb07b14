// SPDX-License-Identifier: MIT

#include "base/parallel.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define N_JOBS 300

TestSuite(parallel);

struct work {
    atomic_int runs[N_JOBS];
    atomic_int inside;
    atomic_int most_inside;
    unsigned sleep_us;
    int n_waiting;
    pthread_t caller;
};

static enum ms_status run(void *context, size_t job, struct ms_error *error)
{
    struct work *work = context;
    int inside = atomic_fetch_add(&work->inside, 1) + 1, most = atomic_load(&work->most_inside);

    while (inside > most && !atomic_compare_exchange_weak(&work->most_inside, &most, inside))
        ;
    usleep(work->sleep_us);
    atomic_fetch_add(&work->runs[job], 1);
    atomic_fetch_sub(&work->inside, 1);
    (void)error;
    return MS_OK;
}

static void waiting(void *user)
{
    struct work *work = user;

    work->n_waiting++;
    cr_expect(pthread_equal(pthread_self(), work->caller), "on another thread");
}

Test(parallel, each_job_once)
{
    static const unsigned threads[] = {0, 1, 2, 3, 1000};
    static const size_t n_jobs[] = {0, 1, 2, N_JOBS};

    for (size_t t = 0; t < 5; t++) {
        for (size_t j = 0; j < 4; j++) {
            struct work work = {.sleep_us = 1};
            struct ms_parallel how = {.threads = threads[t]};

            cr_assert(ms_parallel_run(&how, n_jobs[j], run, &work, NULL) == MS_OK);
            for (size_t i = 0; i < N_JOBS; i++)
                cr_assert(work.runs[i] == (i < n_jobs[j]), "%u threads: job %zu of %zu: %d",
                          threads[t], i, n_jobs[j], work.runs[i]);
            cr_expect(threads[t] == 0 || work.most_inside <= (int)threads[t], "%u threads: %d",
                      threads[t], work.most_inside);
        }
    }
}

// The caller hears that it goes on, however long a job takes.
Test(parallel, tells_that_it_goes_on)
{
    struct work work = {.sleep_us = 700000, .caller = pthread_self()};
    struct ms_parallel how = {.threads = 1, .waiting = waiting, .user = &work};

    cr_assert(ms_parallel_run(&how, 1, run, &work, NULL) == MS_OK);
    cr_expect(work.n_waiting > 0 && work.n_waiting <= 7, "%d times", work.n_waiting);
}

// Job 7 fails first in time, job 3 first in number.
static enum ms_status fail(void *context, size_t job, struct ms_error *error)
{
    atomic_int *n_runs = context;

    atomic_fetch_add(n_runs, 1);
    if (job == 3)
        usleep(20000);
    return job == 3   ? ms_fail(error, MS_ARGUMENT, "three")
           : job == 7 ? ms_fail(error, MS_NOMEM, "seven")
                      : MS_OK;
}

Test(parallel, the_first_that_failed)
{
    for (unsigned threads = 1; threads <= 8; threads++) {
        struct ms_parallel how = {.threads = threads};
        struct ms_error error = {0};
        atomic_int n_runs = 0;

        cr_expect(ms_parallel_run(&how, 10, fail, &n_runs, &error) == MS_ARGUMENT);
        cr_expect_str_eq(error.text, "three");
        cr_expect(ms_parallel_run(&how, 10, fail, &n_runs, NULL) == MS_ARGUMENT);
        cr_expect(n_runs == 20, "all are run, the others too: %d", n_runs);
    }
}
