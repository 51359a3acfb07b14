// SPDX-License-Identifier: MIT
//
// A search: plan it, run its jobs on one thread or several, report what they yield.

#include "base/extent.h"
#include "scan/queue.h"
#include "scan/report.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

// Large enough that what windows share does not matter, and small enough for the cache; a search
// can be stopped between chunks only. The upper bound is Hyperscan's, whose lengths have 32 bits.
#define DEFAULT_CHUNK ((size_t)2 << 20)
#define MAX_CHUNK     ((size_t)1 << 30)
#define MAX_THREADS   1024

struct search {
    struct ms_job_shared shared;
    struct ms_scan_plan plan;
    struct ms_report report;
    size_t n_units;
    struct ms_queue *queue; // NULL: one thread does all

    pthread_mutex_t mutex; // of the two below
    enum ms_status failed; // what ended a worker
    struct ms_error *error;
};

void ms_search_options_init(struct ms_search_options *options)
{
    *options = (struct ms_search_options){.max_hits = UINT64_MAX, .fold = true};
}

const char *ms_gap_reason_name(enum ms_gap_reason reason)
{
    static const char *const names[] = {
        [MS_GAP_UNMAPPED] = "unmapped",
        [MS_GAP_PAGED_OUT] = "paged-out",
        [MS_GAP_ABSENT] = "absent",
        [MS_GAP_UNREADABLE] = "unreadable",
    };
    size_t index = (size_t)reason;

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}

// What a worker counted. Hits are passed on, and counted, by the thread that reports.
static void add_counters(struct ms_search_counters *sum, const struct ms_search_counters *counters)
{
    sum->chunks += counters->chunks;
    sum->mapped_bytes += counters->mapped_bytes;
    sum->read_bytes += counters->read_bytes;
    sum->match_callbacks += counters->match_callbacks;
    for (size_t i = 0; i < MS_N_ENGINES; i++) {
        sum->bytes[i] += counters->bytes[i];
        sum->candidates[i] += counters->candidates[i];
        sum->matches[i] += counters->matches[i];
    }
}

// == One thread ==

struct alone {
    struct search *search;
    struct ms_error *error;
};

static enum ms_status report_now(struct ms_worker *worker, struct ms_job_result *result)
{
    struct alone *alone = worker->owner;
    enum ms_status status = ms_report_add(&alone->search->report, result, alone->error);

    if (status == MS_OK)
        status = ms_report_progress(&alone->search->report);
    if (status != MS_OK)
        atomic_store(&alone->search->shared.stop, true);
    ms_job_result_clear(result);
    return status;
}

static enum ms_status run_alone(struct search *search, struct ms_error *error)
{
    struct alone alone = {search, error};
    struct ms_job_result result = {0};
    struct ms_worker worker;
    enum ms_status status = ms_worker_init(&worker, &search->shared, error);

    if (status != MS_OK)
        return status;
    worker.owner = &alone;
    worker.hand_over = report_now;
    for (size_t unit = 0; unit < search->n_units && status == MS_OK; unit++) {
        status = ms_job_run(&worker, unit, &result, error);
        if (status == MS_OK)
            status = report_now(&worker, &result);
    }
    add_counters(&search->report.result->counters, &worker.scratch->counters);
    ms_job_result_release(&result);
    ms_worker_release(&worker);
    return status;
}

// == Several threads ==

static void fail_search(struct search *search, enum ms_status status, const struct ms_error *error)
{
    pthread_mutex_lock(&search->mutex);
    if (search->failed == MS_OK) {
        search->failed = status;
        if (search->error)
            *search->error = *error;
    }
    pthread_mutex_unlock(&search->mutex);
    atomic_store(&search->shared.stop, true);
    ms_queue_stop(search->queue);
}

struct owned_unit {
    struct search *search;
    size_t unit;
};

static enum ms_status queue_part(struct ms_worker *worker, struct ms_job_result *result)
{
    struct owned_unit *owned = worker->owner;

    (void)result;
    return ms_queue_part(owned->search->queue, owned->unit) ? MS_OK : MS_STOPPED;
}

static enum ms_status run_units(struct search *search, struct ms_worker *worker,
                                struct ms_error *error)
{
    struct owned_unit owned = {.search = search};
    struct ms_job_result *result;
    enum ms_status status = MS_OK;

    worker->owner = &owned;
    worker->hand_over = queue_part;
    while (status == MS_OK && ms_queue_take(search->queue, &owned.unit, &result)) {
        status = ms_job_run(worker, owned.unit, result, error);
        if (status == MS_OK)
            ms_queue_done(search->queue, owned.unit);
    }
    worker->owner = NULL;
    return status;
}

static void *worker_main(void *context)
{
    struct search *search = context;
    struct ms_error error;
    struct ms_worker worker;
    enum ms_status status = ms_worker_init(&worker, &search->shared, &error);

    if (status == MS_OK) {
        status = run_units(search, &worker, &error);
        pthread_mutex_lock(&search->mutex);
        add_counters(&search->report.result->counters, &worker.scratch->counters);
        pthread_mutex_unlock(&search->mutex);
        ms_worker_release(&worker);
    }
    // Who was stopped did not fail.
    if (status != MS_OK && status != MS_STOPPED)
        fail_search(search, status, &error);
    return NULL;
}

static enum ms_status report_all(struct search *search, struct ms_error *error)
{
    enum ms_status status = MS_OK;
    struct ms_job_result *result;
    enum ms_queue_event event;

    while (status == MS_OK && (event = ms_queue_wait(search->queue, &result)) != MS_QUEUE_END) {
        if (event == MS_QUEUE_RESULT) {
            status = ms_report_add(&search->report, result, error);
            if (status == MS_OK)
                ms_queue_next(search->queue);
        }
        if (status == MS_OK)
            status = ms_report_progress(&search->report);
    }
    return status;
}

// Starts as many of the threads as the system allows.
static unsigned start_threads(struct search *search, pthread_t *threads, unsigned n)
{
    unsigned started = 0;

    while (started < n && pthread_create(&threads[started], NULL, worker_main, search) == 0)
        started++;
    return started;
}

static enum ms_status run_threads(struct search *search, pthread_t *threads, unsigned n,
                                  struct ms_error *error)
{
    unsigned started = start_threads(search, threads, n);
    struct ms_error reporting = {0}; // the caller's may be a worker's to fill
    enum ms_status status = MS_OK;

    if (started > 0) {
        status = report_all(search, &reporting);
        atomic_store(&search->shared.stop, true);
        ms_queue_stop(search->queue);
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    if (started == 0)
        return run_alone(search, error);
    if (search->failed != MS_OK)
        return search->failed;
    if (error && status != MS_OK)
        *error = reporting;
    return status;
}

static enum ms_status run_together(struct search *search, unsigned n_threads,
                                   struct ms_error *error)
{
    pthread_t *threads = malloc(n_threads * sizeof(*threads));
    enum ms_status status;

    if (!threads)
        return ms_fail_nomem(error);
    status = ms_queue_create(search->n_units, n_threads, &search->queue, error);
    if (status == MS_OK) {
        pthread_mutex_init(&search->mutex, NULL);
        search->error = error;
        status = run_threads(search, threads, n_threads, error);
        pthread_mutex_destroy(&search->mutex);
    }
    ms_queue_free(search->queue);
    free(threads);
    return status;
}

// == The call ==

static unsigned count_threads(const struct search *search, unsigned wanted)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (wanted == 0)
        wanted = processors > 0 ? (unsigned)processors : 1;
    if (wanted > MAX_THREADS)
        wanted = MAX_THREADS;
    return wanted < search->n_units ? wanted : (unsigned)search->n_units;
}

static size_t choose_chunk(size_t wanted)
{
    if (wanted == 0)
        return DEFAULT_CHUNK;
    return wanted < MAX_CHUNK ? wanted : MAX_CHUNK;
}

static enum ms_status run(struct search *search, unsigned n_threads, struct ms_error *error)
{
    enum ms_status status, finished;

    if (search->plan.stretches.n > 0)
        search->report.result->next =
            search->plan.stretches.items[0].start + search->plan.stretches.items[0].own_start;
    status = n_threads > 1 ? run_together(search, n_threads, error) : run_alone(search, error);
    if (status != MS_OK && status != MS_STOPPED)
        return status;
    finished = ms_report_finish(&search->report, status == MS_OK, error);
    if (finished == MS_NOMEM)
        return finished;
    status = status == MS_OK ? finished : status;
    search->report.result->complete = status == MS_OK;
    return status;
}

enum ms_status ms_search(const struct ms_image *image, const struct ms_matcher *matcher,
                         const struct ms_search_options *options,
                         const struct ms_search_callbacks *callbacks,
                         struct ms_search_result *result, struct ms_error *error)
{
    struct search search = {
        .shared = {.image = image, .matcher = matcher, .plan = &search.plan},
    };
    enum ms_status status;

    *result = (struct ms_search_result){0};
    status = ms_scan_plan_build(&search.plan, ms_image_memory(image), options,
                                choose_chunk(options->chunk_bytes), error);
    if (status == MS_OK)
        status = ms_report_init(&search.report, matcher, &search.plan, options, callbacks, result,
                                error);
    if (status == MS_OK) {
        search.n_units = search.plan.units.n - 1;
        search.shared.muted = search.report.muted;
        search.shared.count_only = options->count_only || !callbacks->hit;
        status = run(&search, count_threads(&search, options->threads), error);
    }
    if (status != MS_OK && status != MS_STOPPED)
        ms_search_result_release(result);
    ms_report_release(&search.report);
    ms_scan_plan_release(&search.plan);
    return status;
}

void ms_search_result_release(struct ms_search_result *result)
{
    free(result->pattern_hits);
    *result = (struct ms_search_result){0};
}
