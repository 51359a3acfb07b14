// SPDX-License-Identifier: MIT
//
// From what engines find to what callers get: records made of matches, folded, expanded; and the
// queue by which threads hand their results over.

#include "piece_fixture.h"

#include "scan/hit_stream.h"
#include "scan/queue.h"

#include <pthread.h>
#include <stdlib.h>

#define N_RECORDS 100000
#define N_UNITS   10000

// == Records ==

static int take_hit(void *user, const struct ms_hit *hit)
{
    uint64_t *sum = user;

    *sum += hit->repeat;
    return 0;
}

struct stream_case {
    const char *name;
    bool fold;
    uint64_t step;  // from one record's last match to the next record's first
    uint64_t count; // matches of each record
};

static const struct stream_case stream_cases[] = {
    {"hits/fold-apart", true, 400, 1},
    {"hits/fold-in-a-row", true, 4, 1},
    {"hits/one-by-one", false, 400, 1},
    {"hits/expand", false, 400, 100},
};

struct stream_state {
    const struct stream_case *stream;
    struct ms_matcher *matcher;
};

static void release_stream(void *context)
{
    struct stream_state *state = context;

    ms_matcher_free(state->matcher);
    free(state);
}

static void *create_stream(const struct piece *piece)
{
    struct stream_state *state = calloc(1, sizeof(*state));

    if (!state)
        return NULL;
    state->stream = piece->what;
    state->matcher = fixture_matcher(fixture_patterns(make_dword, 1), NULL);
    if (state->matcher)
        return state;
    release_stream(state);
    return NULL;
}

static bool run_stream(void *context)
{
    const struct stream_state *state = context;
    const uint64_t n_records = N_RECORDS / state->stream->count;
    struct ms_record record = {.count = state->stream->count, .length = 4};
    struct ms_hit_stream *stream = NULL;
    uint64_t hits = 0;
    const struct ms_hit_taker taker = {.take = take_hit, .user = &hits};
    enum ms_status status =
        ms_hit_stream_create(state->matcher, state->stream->fold, taker, &stream, NULL);

    for (uint64_t i = 0; i < n_records && status == MS_OK; i++) {
        status = ms_hit_stream_add(stream, &record);
        record.address += 4 * (record.count - 1) + state->stream->step;
    }
    if (status == MS_OK)
        status = ms_hit_stream_finish(stream);
    ms_hit_stream_free(stream);
    return status == MS_OK && hits == N_RECORDS;
}

// == The queue ==

static bool hand_over(struct ms_queue *queue)
{
    struct ms_job_result *result;
    size_t unit;

    if (!ms_queue_take(queue, &unit, &result))
        return false;
    result->scanned = unit;
    ms_queue_done(queue, unit);
    return true;
}

static void *work(void *context)
{
    while (hand_over(context))
        ;
    return NULL;
}

// Reports all units, and takes those that nobody else does.
static uint64_t report(struct ms_queue *queue)
{
    struct ms_job_result *result;
    uint64_t n = 0;
    size_t unit;

    for (;;) {
        switch (ms_queue_wait(queue, &unit, &result)) {
        case MS_QUEUE_END:
            return n;
        case MS_QUEUE_UNIT:
            result->scanned = unit;
            ms_queue_done(queue, unit);
            break;
        case MS_QUEUE_RESULT:
            ms_queue_next(queue);
            n++;
            break;
        case MS_QUEUE_TIMEOUT:
            break;
        }
    }
}

static bool run_queue_alone(void *context)
{
    struct ms_queue *queue = NULL;
    bool ok;

    (void)context;
    if (ms_queue_create(N_UNITS, 1, &queue, NULL) != MS_OK)
        return false;
    ok = report(queue) == N_UNITS;
    ms_queue_free(queue);
    return ok;
}

static bool run_queue_threads(void *context)
{
    struct ms_queue *queue = NULL;
    pthread_t threads[2];
    unsigned n = 0;
    bool ok;

    (void)context;
    if (ms_queue_create(N_UNITS, 2, &queue, NULL) != MS_OK)
        return false;
    while (n < 2 && pthread_create(&threads[n], NULL, work, queue) == 0)
        n++;
    ok = n > 0 && report(queue) == N_UNITS;
    ms_queue_stop(queue);
    while (n > 0)
        pthread_join(threads[--n], NULL);
    ms_queue_free(queue);
    return ok;
}

static void *create_nothing(const struct piece *piece)
{
    (void)piece;
    return malloc(1);
}

void pieces_hits(piece_taker *take)
{
    static const struct piece queues[] = {
        {"queue/alone", create_nothing, run_queue_alone, free, .items = N_UNITS},
        {"queue/two-workers", create_nothing, run_queue_threads, free, .items = N_UNITS},
    };

    for (size_t i = 0; i < sizeof(stream_cases) / sizeof(stream_cases[0]); i++) {
        struct piece piece = {
            .create = create_stream,
            .run = run_stream,
            .release = release_stream,
            .items = N_RECORDS,
            .what = &stream_cases[i],
        };

        snprintf(piece.name, sizeof(piece.name), "%s", stream_cases[i].name);
        take(&piece);
    }
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++)
        take(&queues[i]);
}
