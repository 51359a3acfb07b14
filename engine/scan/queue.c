// SPDX-License-Identifier: MIT

#include "scan/queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_NANOSECONDS 100000000

// Results that are held for each worker. While the thread that reports is at a unit of its own, the
// others go on for so long.
#define SLOTS_EACH 4

// Units that wait when a worker is woken for one that is added. Waking costs as much as a small
// unit; and fewer are not lost, since the thread that adds takes what nobody has taken.
#define WAKING 4

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
    pthread_cond_t for_workers;  // there is a unit, and a slot for it
    pthread_cond_t for_parts;    // a part was reported
    pthread_cond_t for_reporter; // a slot is ready
    size_t n_units;
    bool open;       // more may be added
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
    queue->n_slots = SLOTS_EACH * (size_t)n_workers;
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
    pthread_cond_init(&queue->for_parts, NULL);
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
    pthread_cond_destroy(&queue->for_parts);
    pthread_cond_destroy(&queue->for_workers);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static struct slot *slot_of(struct ms_queue *queue, size_t unit)
{
    return &queue->slots[unit % queue->n_slots];
}

static bool has_free_slot(const struct ms_queue *queue)
{
    return queue->taken < queue->reported + queue->n_slots;
}

// There is a free slot, too.
static bool take(struct ms_queue *queue, size_t *unit_ret, struct ms_job_result **result_ret)
{
    if (queue->stopped || queue->taken == queue->n_units)
        return false;
    *unit_ret = queue->taken++;
    *result_ret = &slot_of(queue, *unit_ret)->result;
    if (queue->taken == queue->n_units && !queue->open)
        pthread_cond_broadcast(
            &queue->for_workers); // who waits for a place has nothing to wait for
    return true;
}

bool ms_queue_take(struct ms_queue *queue, size_t *unit_ret, struct ms_job_result **result_ret)
{
    bool taken;

    pthread_mutex_lock(&queue->mutex);
    while (!queue->stopped && (queue->taken < queue->n_units ? !has_free_slot(queue) : queue->open))
        pthread_cond_wait(&queue->for_workers, &queue->mutex);
    taken = take(queue, unit_ret, result_ret);
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
        pthread_cond_wait(&queue->for_parts, &queue->mutex);
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

// What is to be done now; MS_QUEUE_TIMEOUT: nothing yet.
static enum ms_queue_event event_now(struct ms_queue *queue, size_t *unit_ret,
                                     struct ms_job_result **result_ret)
{
    struct slot *slot = slot_of(queue, queue->reported);

    if (queue->stopped || queue->reported == queue->n_units)
        return MS_QUEUE_END;
    if (slot->state != SLOT_FREE) {
        *result_ret = &slot->result;
        return MS_QUEUE_RESULT;
    }
    if (unit_ret && has_free_slot(queue) && take(queue, unit_ret, result_ret)) {
        if (queue->open && queue->taken < queue->n_units)
            pthread_cond_signal(&queue->for_workers); // for what is left, however little
        return MS_QUEUE_UNIT;
    }
    return MS_QUEUE_TIMEOUT;
}

enum ms_queue_event ms_queue_wait(struct ms_queue *queue, size_t *unit_ret,
                                  struct ms_job_result **result_ret)
{
    enum ms_queue_event event;
    struct timespec until;

    pthread_mutex_lock(&queue->mutex);
    event = event_now(queue, unit_ret, result_ret);
    if (event == MS_QUEUE_TIMEOUT) {
        until = a_moment_from_now();
        while (event == MS_QUEUE_TIMEOUT &&
               pthread_cond_timedwait(&queue->for_reporter, &queue->mutex, &until) == 0)
            event = event_now(queue, unit_ret, result_ret);
    }
    pthread_mutex_unlock(&queue->mutex);
    return event;
}

void ms_queue_offer(struct ms_queue *queue, size_t unit)
{
    pthread_mutex_lock(&queue->mutex);
    slot_of(queue, unit)->state = SLOT_PART;
    pthread_mutex_unlock(&queue->mutex);
}

void ms_queue_next(struct ms_queue *queue)
{
    struct slot *slot;

    pthread_mutex_lock(&queue->mutex);
    slot = slot_of(queue, queue->reported);
    ms_job_result_clear(&slot->result);
    if (slot->state == SLOT_PART) {
        pthread_cond_broadcast(&queue->for_parts);
    } else {
        queue->reported++;
        if (queue->taken < queue->n_units)
            pthread_cond_signal(&queue->for_workers);
    }
    slot->state = SLOT_FREE;
    pthread_mutex_unlock(&queue->mutex);
}

void ms_queue_open(struct ms_queue *queue)
{
    queue->open = true;
}

size_t ms_queue_slots(const struct ms_queue *queue)
{
    return queue->n_slots;
}

void ms_queue_add(struct ms_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->n_units++;
    if (queue->n_units - queue->taken >= WAKING)
        pthread_cond_signal(&queue->for_workers);
    pthread_mutex_unlock(&queue->mutex);
}

bool ms_queue_has_next(struct ms_queue *queue, size_t n)
{
    bool next;

    pthread_mutex_lock(&queue->mutex);
    next = !queue->stopped &&
           (queue->reported < n || (queue->reported < queue->n_units &&
                                    slot_of(queue, queue->reported)->state != SLOT_FREE));
    pthread_mutex_unlock(&queue->mutex);
    return next;
}

void ms_queue_stop(struct ms_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->for_workers);
    pthread_cond_broadcast(&queue->for_parts);
    pthread_cond_broadcast(&queue->for_reporter);
    pthread_mutex_unlock(&queue->mutex);
}
