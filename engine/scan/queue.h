// SPDX-License-Identifier: MIT
//
// The queue between workers and the thread that reports, which is a worker too: units are taken in
// order by any of them, and their results come out in order, whoever is done first. It holds a
// fixed number of results: who is too far ahead waits. So memory is bounded, whatever is found.
//
// The number of units is known from the start, or the thread that reports adds them meanwhile.

#ifndef MS_SCAN_QUEUE_H
#define MS_SCAN_QUEUE_H

#include "scan/job.h"

struct ms_queue;

enum ms_status ms_queue_create(size_t n_units, unsigned n_workers, struct ms_queue **queue_ret,
                               struct ms_error *error);
void ms_queue_free(struct ms_queue *queue);

// == Workers ==

// The next unit and the place for its result, which is empty. Waits for a place, and for units that
// may be added. False: there are no more units, or the queue has been stopped.
bool ms_queue_take(struct ms_queue *queue, size_t *unit_ret, struct ms_job_result **result_ret);

// The result of a unit that was taken is complete.
void ms_queue_done(struct ms_queue *queue, size_t unit);

// Hands over what the unit has yielded so far, and waits until it has been reported; the result is
// then empty. False: the queue has been stopped. Not for the reporting thread.
bool ms_queue_part(struct ms_queue *queue, size_t unit);

// == The reporting thread ==

enum ms_queue_event {
    MS_QUEUE_RESULT,  // *result_ret: to be reported and then given back by ms_queue_next()
    MS_QUEUE_UNIT,    // *unit_ret has been taken, as by ms_queue_take()
    MS_QUEUE_TIMEOUT, // nothing for a tenth of a second
    MS_QUEUE_END,     // all units have been reported, or the queue has been stopped
};

// What is to be done: the next result in order, else a unit, else whatever comes first. Without
// `unit_ret` no unit is taken.
enum ms_queue_event ms_queue_wait(struct ms_queue *queue, size_t *unit_ret,
                                  struct ms_job_result **result_ret);

// Hands over what a unit of this thread's own has yielded so far: it will be the next result, once
// those before it have been reported.
void ms_queue_offer(struct ms_queue *queue, size_t unit);

// The result has been reported: whose it was may go on.
void ms_queue_next(struct ms_queue *queue);

// == Units that are added, by the reporting thread ==

// More units may be added; once, before workers come.
void ms_queue_open(struct ms_queue *queue);

// Results that it holds.
size_t ms_queue_slots(const struct ms_queue *queue);

// Adds a unit; the one that has as many units before it as there are slots must have been reported.
// Workers who wait are woken when some units are there; the rest is left to the reporting thread.
void ms_queue_add(struct ms_queue *queue);

// Whether fewer than `n` units have been reported, or a result is ready to be. (False also for a
// queue that has been stopped.)
bool ms_queue_has_next(struct ms_queue *queue, size_t n);

// == Both ==

// Wakes everybody: nothing is taken or reported any more.
void ms_queue_stop(struct ms_queue *queue);

#endif
