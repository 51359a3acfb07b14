// SPDX-License-Identifier: MIT
//
// The tasks of a search, one space after the other: the thread that walks the spaces adds parts to
// the task at hand, which is run, by any thread, when it is large enough. What tasks yield is
// reported on the walking thread, in their order, while it adds.
//
// So a walk is ahead of what is known of its tasks. It asks whether a table is settled, that is,
// nothing was found in it, when it comes to it once more; only then, and only if that is not known
// yet, it waits.

#ifndef MS_SCAN_TASKS_H
#define MS_SCAN_TASKS_H

#include "scan/run.h"
#include "scan/task.h"

enum ms_settled {
    MS_UNSETTLED, // not looked at, or something was found
    MS_SETTLED,   // nothing was found
    MS_SETTLING,  // it will be known
};

struct ms_settling {
    uint8_t *settled;    // enum ms_settled
    uint64_t first, end; // numbers of parts
};

struct ms_tasks {
    struct ms_runner
        runner; // `shared` and `counters` are set by the caller, and what progress needs

    // Called with each result of a task, whose own records come in as many as they need.
    enum ms_status (*report)(void *user, const struct ms_task *task,
                             const struct ms_job_result *result, struct ms_error *error);
    enum ms_status (*progress)(void *user);
    void *user;
    size_t chunk_bytes; // as of struct ms_confirm: tasks are a small part of that

    // Private:
    struct ms_task *slots;
    size_t n_slots;
    size_t n_reported; // tasks; those before `runner.n_units` run, or have run; that one is at hand
    uint64_t weight;   // of the task at hand
    uint64_t alone;    // weight of the tasks that were run before other threads are worth starting
    uint64_t n_parts;  // added
    uint64_t n_known;  // ... and reported
    uint64_t found;    // 1 + number of the last known part in which something was found; 0: none
    MS_VEC(struct ms_settling) settling; // ascending by `end`; those before n_settled are known
    size_t n_settled;
};

// Opens tasks whose members are set. The caller closes them, also after a failure.
enum ms_status ms_tasks_open(struct ms_tasks *tasks, unsigned threads, struct ms_error *error);
void ms_tasks_close(struct ms_tasks *tasks);

// The task of that unit.
struct ms_task *ms_tasks_at(const struct ms_tasks *tasks, size_t unit);

// The task at hand.
struct ms_task *ms_tasks_at_hand(const struct ms_tasks *tasks);

// The following return MS_OK, or what ended a task or its report.

// What is added from now on is of this space, until it is ended.
void ms_tasks_begin_space(struct ms_tasks *tasks, const struct ms_confirm *confirm);
enum ms_status ms_tasks_end_space(struct ms_tasks *tasks, struct ms_error *error);

enum ms_status ms_tasks_add(struct ms_tasks *tasks, const struct ms_task_part *part,
                            struct ms_error *error);

// A table is settled if nothing is found in the parts from number `first` on.
enum ms_status ms_tasks_settle(struct ms_tasks *tasks, uint8_t *settled, uint64_t first,
                               struct ms_error *error);

// Waits until it is known whether a table is settled.
enum ms_status ms_tasks_know(struct ms_tasks *tasks, const uint8_t *settled,
                             struct ms_error *error);

// Reports all.
enum ms_status ms_tasks_finish(struct ms_tasks *tasks, struct ms_error *error);

#endif
