// SPDX-License-Identifier: MIT
//
// A few long jobs on threads, while the caller waits. Not for short ones: threads are started anew.

#ifndef MS_BASE_PARALLEL_H
#define MS_BASE_PARALLEL_H

#include "base/error.h"

#include <stddef.h>

struct ms_parallel {
    unsigned threads; // at most; 0: one a processor
    // Called about ten times a second by the thread that waits. NULL: not.
    void (*waiting)(void *user);
    void *user;
};

// Calls run(context, i, error) once for each i below n_jobs, in this order where one thread runs
// them, at the same time where several do. Returns when all have returned: MS_OK, or the status and
// error of the first of them, by number, that failed. The caller's thread runs them where one is
// enough and nobody is called meanwhile, or the system gives no other.
enum ms_status ms_parallel_run(const struct ms_parallel *how, size_t n_jobs,
                               enum ms_status (*run)(void *context, size_t job,
                                                     struct ms_error *error),
                               void *context, struct ms_error *error);

#endif
