// SPDX-License-Identifier: MIT
//
// The queue between workers and the thread that reports: units are taken in order by any worker,
// and their results come out in order, whoever is done first. It holds a fixed number of results:
// who is too far ahead waits. So memory is bounded, whatever is found.

#ifndef MS_SCAN_QUEUE_H
#define MS_SCAN_QUEUE_H

#include "scan/job.h"

struct ms_queue;

enum ms_status ms_queue_create(size_t n_units, unsigned n_workers, struct ms_queue **queue_ret,
                               struct ms_error *error);
void ms_queue_free(struct ms_queue *queue);

// == Workers ==

// The next unit and the place for its result, which is empty. Waits for a place. False: there are
// no more units, or the queue has been stopped.
bool ms_queue_take(struct ms_queue *queue, size_t *unit_ret, struct ms_job_result **result_ret);

// The result of a unit that was taken is complete.
void ms_queue_done(struct ms_queue *queue, size_t unit);

// Hands over what the unit has yielded so far, and waits until it has been reported; the result is
// then empty. False: the queue has been stopped.
bool ms_queue_part(struct ms_queue *queue, size_t unit);

// == The reporting thread ==

enum ms_queue_event {
    MS_QUEUE_RESULT,  // *result_ret: to be reported and then given back by ms_queue_next()
    MS_QUEUE_TIMEOUT, // nothing for a tenth of a second
    MS_QUEUE_END,     // all units have been reported, or the queue has been stopped
};

// Waits for the next result in order.
enum ms_queue_event ms_queue_wait(struct ms_queue *queue, struct ms_job_result **result_ret);

// The result has been reported: whose it was may go on.
void ms_queue_next(struct ms_queue *queue);

// == Both ==

// Wakes everybody: nothing is taken or reported any more.
void ms_queue_stop(struct ms_queue *queue);

#endif
