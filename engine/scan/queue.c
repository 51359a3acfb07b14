// SPDX-License-Identifier: MIT

#include "scan/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_NANOSECONDS 100000000

enum slot_state {
    SLOT_FREE, // its worker, if it has one, is at work
    SLOT_PART, // its worker waits until it has been reported
    SLOT_DONE,
};

struct slot {
    enum slot_state state;
    struct ms_job_result result;
};

// Unit u is in slot u % n_slots, and is taken only when unit u - n_slots has been reported: so the
// unit that is next in order always has its slot, and nobody waits for ever.
struct ms_queue {
    pthread_mutex_t mutex;
    pthread_cond_t for_workers;  // a slot was reported
    pthread_cond_t for_reporter; // a slot is ready
    size_t n_units;
    size_t taken;    // units below have been taken
    size_t reported; // units below have been reported
    bool stopped;
    struct slot *slots;
    size_t n_slots;
};

enum ms_status ms_queue_create(size_t n_units, unsigned n_workers, struct ms_queue **queue_ret,
                               struct ms_error *error)
{
    struct ms_queue *queue = calloc(1, sizeof(*queue));
    pthread_condattr_t attributes;

    if (!queue)
        return ms_fail_nomem(error);
    queue->n_units = n_units;
    queue->n_slots = 2 * (size_t)n_workers + 2;
    queue->slots = calloc(queue->n_slots, sizeof(*queue->slots));
    if (!queue->slots) {
        free(queue);
        return ms_fail_nomem(error);
    }
    // None of these can fail with glibc: they only fill structures.
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->for_workers, NULL);
    pthread_cond_init(&queue->for_reporter, &attributes);
    pthread_condattr_destroy(&attributes);
    *queue_ret = queue;
    return MS_OK;
}

void ms_queue_free(struct ms_queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->n_slots; i++)
        ms_job_result_release(&queue->slots[i].result);
    free(queue->slots);
    pthread_cond_destroy(&queue->for_reporter);
    pthread_cond_destroy(&queue->for_workers);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static struct slot *slot_of(struct ms_queue *queue, size_t unit)
{
    return &queue->slots[unit % queue->n_slots];
}

bool ms_queue_take(struct ms_queue *queue, size_t *unit_ret, struct ms_job_result **result_ret)
{
    bool taken = false;

    pthread_mutex_lock(&queue->mutex);
    while (!queue->stopped && queue->taken < queue->n_units &&
           queue->taken >= queue->reported + queue->n_slots)
        pthread_cond_wait(&queue->for_workers, &queue->mutex);
    if (!queue->stopped && queue->taken < queue->n_units) {
        *unit_ret = queue->taken++;
        *result_ret = &slot_of(queue, *unit_ret)->result;
        taken = true;
    }
    pthread_mutex_unlock(&queue->mutex);
    return taken;
}

void ms_queue_done(struct ms_queue *queue, size_t unit)
{
    pthread_mutex_lock(&queue->mutex);
    slot_of(queue, unit)->state = SLOT_DONE;
    if (unit == queue->reported)
        pthread_cond_signal(&queue->for_reporter);
    pthread_mutex_unlock(&queue->mutex);
}

bool ms_queue_part(struct ms_queue *queue, size_t unit)
{
    struct slot *slot = slot_of(queue, unit);
    bool going_on;

    pthread_mutex_lock(&queue->mutex);
    slot->state = SLOT_PART;
    pthread_cond_signal(&queue->for_reporter);
    while (!queue->stopped && slot->state == SLOT_PART)
        pthread_cond_wait(&queue->for_workers, &queue->mutex);
    going_on = !queue->stopped;
    pthread_mutex_unlock(&queue->mutex);
    return going_on;
}

static struct timespec a_moment_from_now(void)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_NANOSECONDS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    return until;
}

enum ms_queue_event ms_queue_wait(struct ms_queue *queue, struct ms_job_result **result_ret)
{
    struct timespec until = a_moment_from_now();
    enum ms_queue_event event = MS_QUEUE_END;
    int waited = 0;

    pthread_mutex_lock(&queue->mutex);
    while (!queue->stopped && queue->reported < queue->n_units && waited == 0 &&
           slot_of(queue, queue->reported)->state == SLOT_FREE)
        waited = pthread_cond_timedwait(&queue->for_reporter, &queue->mutex, &until);
    if (!queue->stopped && queue->reported < queue->n_units) {
        struct slot *slot = slot_of(queue, queue->reported);

        *result_ret = &slot->result;
        event = slot->state == SLOT_FREE ? MS_QUEUE_TIMEOUT : MS_QUEUE_RESULT;
    }
    pthread_mutex_unlock(&queue->mutex);
    return event;
}

void ms_queue_next(struct ms_queue *queue)
{
    struct slot *slot;

    pthread_mutex_lock(&queue->mutex);
    slot = slot_of(queue, queue->reported);
    ms_job_result_clear(&slot->result);
    if (slot->state == SLOT_DONE)
        queue->reported++;
    slot->state = SLOT_FREE;
    pthread_cond_broadcast(&queue->for_workers);
    pthread_mutex_unlock(&queue->mutex);
}

void ms_queue_stop(struct ms_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->for_workers);
    pthread_cond_broadcast(&queue->for_reporter);
    pthread_mutex_unlock(&queue->mutex);
}
