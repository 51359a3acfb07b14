// SPDX-License-Identifier: MIT
//
// The queue: results come out in the order of units, few are held at a time, and whoever waits is
// woken when it is stopped.

#include "base/test_random.h"
#include "scan/queue.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <unistd.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(queue, .timeout = 60);

// Long enough that who does not wait would have gone on.
#define A_WHILE_US 30000

static struct ms_queue *make_queue(size_t n_units, unsigned n_workers)
{
    struct ms_queue *queue = NULL;

    cr_assert(eq(int, ms_queue_create(n_units, n_workers, &queue, NULL), MS_OK));
    return queue;
}

static struct ms_job_result *take(struct ms_queue *queue, size_t expected)
{
    struct ms_job_result *result = NULL;
    size_t unit = SIZE_MAX;

    cr_assert(ms_queue_take(queue, &unit, &result));
    cr_assert(eq(sz, unit, expected));
    cr_assert(eq(u64, result->scanned, 0));
    result->scanned = 1;
    result->next = unit;
    return result;
}

static void expect_result(struct ms_queue *queue, size_t unit)
{
    struct ms_job_result *result = NULL;

    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_RESULT));
    cr_assert(eq(u64, result->next, unit));
}

// == One thread ==

Test(queue, results_come_out_in_the_order_of_units)
{
    struct ms_queue *queue = make_queue(4, 2);
    struct ms_job_result *result;

    for (size_t unit = 0; unit < 4; unit++)
        take(queue, unit);
    for (size_t unit = 4; unit-- > 1;)
        ms_queue_done(queue, unit);
    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_TIMEOUT));
    ms_queue_done(queue, 0);
    for (size_t unit = 0; unit < 4; unit++) {
        expect_result(queue, unit);
        // Until it is given back, it is the next one.
        expect_result(queue, unit);
        ms_queue_next(queue);
    }
    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_END));
    cr_assert(not(ms_queue_take(queue, &(size_t){0}, &result)));
    ms_queue_free(queue);
}

Test(queue, without_units_is_at_its_end)
{
    struct ms_queue *queue = make_queue(0, 1);
    struct ms_job_result *result;

    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_END));
    cr_assert(not(ms_queue_take(queue, &(size_t){0}, &result)));
    ms_queue_free(queue);
    ms_queue_free(NULL);
}

Test(queue, when_stopped_gives_nothing)
{
    struct ms_queue *queue = make_queue(4, 2);
    struct ms_job_result *result;

    take(queue, 0);
    ms_queue_done(queue, 0);
    ms_queue_stop(queue);
    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_END));
    cr_assert(not(ms_queue_take(queue, &(size_t){0}, &result)));
    cr_assert(not(ms_queue_part(queue, 0)));
    ms_queue_free(queue);
}

// == Waiting ==

// A thread that does one thing, and says when it is done.
struct waiter {
    struct ms_queue *queue;
    bool (*wait)(struct ms_queue *queue);
    pthread_t thread;
    bool result;
    atomic_bool over;
};

static void *waiter_main(void *context)
{
    struct waiter *waiter = context;

    waiter->result = waiter->wait(waiter->queue);
    atomic_store(&waiter->over, true);
    return NULL;
}

static void start(struct waiter *waiter, struct ms_queue *queue, bool (*wait)(struct ms_queue *))
{
    waiter->queue = queue;
    waiter->wait = wait;
    atomic_init(&waiter->over, false);
    cr_assert(eq(int, pthread_create(&waiter->thread, NULL, waiter_main, waiter), 0));
}

static bool join(struct waiter *waiter)
{
    pthread_join(waiter->thread, NULL);
    return waiter->result;
}

static bool still_waits(struct waiter *waiter)
{
    usleep(A_WHILE_US);
    return !atomic_load(&waiter->over);
}

// Takes whatever there is, and counts.
static atomic_size_t n_taken;

static bool take_all(struct ms_queue *queue)
{
    struct ms_job_result *result;
    size_t unit;

    while (ms_queue_take(queue, &unit, &result))
        atomic_fetch_add(&n_taken, 1);
    return true;
}

// Waits until no more have been taken for a while; never before `least` have.
static size_t wait_for_takers(size_t least)
{
    size_t n;

    do {
        n = atomic_load(&n_taken);
        usleep(A_WHILE_US);
    } while (n < least || n != atomic_load(&n_taken));
    return n;
}

static bool part_of_0(struct ms_queue *queue)
{
    return ms_queue_part(queue, 0);
}

static bool wait_for_end(struct ms_queue *queue)
{
    struct ms_job_result *result;
    enum ms_queue_event event;

    do
        event = ms_queue_wait(queue, NULL, &result);
    while (event == MS_QUEUE_TIMEOUT);
    return event == MS_QUEUE_END;
}

Test(queue, who_is_too_far_ahead_waits)
{
    struct ms_queue *queue = make_queue(1000, 2);
    struct waiter waiter;
    size_t n;

    start(&waiter, queue, take_all);
    n = wait_for_takers(2);
    cr_assert(le(sz, n, 16));
    // That other units are done does not help: the first one holds its place.
    ms_queue_done(queue, 1);
    cr_assert(eq(sz, wait_for_takers(n), n));
    ms_queue_done(queue, 0);
    cr_assert(eq(sz, wait_for_takers(n), n));
    cr_assert(
        eq(int, ms_queue_wait(queue, NULL, &(struct ms_job_result *){NULL}), MS_QUEUE_RESULT));
    ms_queue_next(queue);
    cr_assert(eq(sz, wait_for_takers(n + 1), n + 1));
    ms_queue_stop(queue);
    cr_assert(join(&waiter));
    ms_queue_free(queue);
}

Test(queue, a_part_waits_until_it_is_reported_and_its_turn_has_come)
{
    struct ms_queue *queue = make_queue(3, 2);
    struct ms_job_result *result = take(queue, 0);
    struct waiter waiter;

    take(queue, 1);
    ms_queue_done(queue, 1);
    start(&waiter, queue, part_of_0);
    cr_assert(still_waits(&waiter));
    expect_result(queue, 0);
    cr_assert(still_waits(&waiter));
    ms_queue_next(queue);
    cr_assert(join(&waiter));
    cr_assert(eq(u64, result->scanned, 0));
    // The unit is still the next one.
    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_TIMEOUT));
    ms_queue_done(queue, 0);
    expect_result(queue, 0);
    ms_queue_next(queue);
    expect_result(queue, 1);
    ms_queue_free(queue);
}

Test(queue, stopping_wakes_those_who_wait)
{
    static const struct {
        const char *name;
        bool (*wait)(struct ms_queue *queue);
        bool expected;
    } rows[] = {
        {"worker with a part", part_of_0, false},
        {"reporter", wait_for_end, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ms_queue *queue = make_queue(10, 1);
        struct waiter waiter;

        take(queue, 0);
        start(&waiter, queue, rows[i].wait);
        cr_assert(still_waits(&waiter), "%s", rows[i].name);
        ms_queue_stop(queue);
        cr_assert(eq(int, join(&waiter), rows[i].expected), "%s", rows[i].name);
        ms_queue_free(queue);
    }
}

Test(queue, stopping_wakes_workers_without_a_place)
{
    struct ms_queue *queue = make_queue(1000, 1);
    struct waiter waiter;

    start(&waiter, queue, take_all);
    wait_for_takers(2);
    ms_queue_stop(queue);
    cr_assert(join(&waiter));
    ms_queue_free(queue);
}

// == Units that are added ==

static bool take_one(struct ms_queue *queue)
{
    struct ms_job_result *result;
    size_t unit;

    return ms_queue_take(queue, &unit, &result);
}

Test(queue, units_that_are_added_are_taken_and_reported)
{
    struct ms_queue *queue = make_queue(0, 2);
    size_t slots = ms_queue_slots(queue);
    struct waiter waiter;

    ms_queue_open(queue);
    cr_assert(not(ms_queue_has_next(queue, 0)));
    for (size_t i = 0; i < slots; i++)
        ms_queue_add(queue);
    cr_assert(ms_queue_has_next(queue, 1));
    take(queue, 0);
    take(queue, 1);
    cr_assert(not(ms_queue_has_next(queue, 0)));
    ms_queue_done(queue, 1);
    cr_assert(not(ms_queue_has_next(queue, 0)));
    ms_queue_done(queue, 0);
    cr_assert(ms_queue_has_next(queue, 0));
    expect_result(queue, 0);
    ms_queue_next(queue);
    expect_result(queue, 1);
    ms_queue_next(queue);
    cr_assert(not(ms_queue_has_next(queue, 2)));
    cr_assert(ms_queue_has_next(queue, 3));
    for (size_t i = 2; i < slots; i++)
        take(queue, i);
    // That there are no units is not the end for workers, but nothing is left to be reported.
    start(&waiter, queue, take_one);
    cr_assert(still_waits(&waiter));
    for (size_t i = 2; i < slots; i++) {
        ms_queue_done(queue, i);
        expect_result(queue, i);
        ms_queue_next(queue);
    }
    cr_assert(eq(int, ms_queue_wait(queue, NULL, &(struct ms_job_result *){NULL}), MS_QUEUE_END));
    // Some units wake it.
    for (size_t i = 0; i < slots; i++)
        ms_queue_add(queue);
    cr_assert(join(&waiter));
    ms_queue_stop(queue);
    cr_assert(not(ms_queue_has_next(queue, SIZE_MAX)));
    cr_assert(not(take_one(queue)));
    ms_queue_free(queue);
}

// Where few units were added, those that the reporting thread leaves are for the others.
Test(queue, who_takes_a_unit_that_was_added_wakes_another_for_the_next)
{
    struct ms_queue *queue = make_queue(0, 2);
    struct ms_job_result *result;
    struct waiter waiter;
    size_t unit;

    ms_queue_open(queue);
    start(&waiter, queue, take_one);
    cr_assert(still_waits(&waiter));
    ms_queue_add(queue);
    ms_queue_add(queue);
    cr_assert(eq(int, ms_queue_wait(queue, &unit, &result), MS_QUEUE_UNIT));
    cr_assert(eq(sz, unit, 0));
    cr_assert(join(&waiter));
    ms_queue_free(queue);
}

// == Many threads ==

#define N_UNITS   3000
#define N_WORKERS 8

// Unit u hands over u % 4 parts, then its last one; each says its unit and its number.
static bool work(struct ms_queue *queue)
{
    struct ms_job_result *result;
    size_t unit;

    while (ms_queue_take(queue, &unit, &result)) {
        for (size_t part = 0; part <= unit % 4; part++) {
            if (result->scanned != 0)
                return false;
            result->scanned = part + 1;
            result->next = unit;
            if (part < unit % 4 && !ms_queue_part(queue, unit))
                return true;
        }
        ms_queue_done(queue, unit);
    }
    return true;
}

// What is to be reported next.
struct order {
    size_t unit;
    size_t part;
};

// What ms_queue_wait() says once it says something; false if a result is not the next one.
static bool wait_in_order(struct ms_queue *queue, struct order *order, size_t *unit_ret,
                          struct ms_job_result **result_ret, enum ms_queue_event *event_ret)
{
    do
        *event_ret = ms_queue_wait(queue, unit_ret, result_ret);
    while (*event_ret == MS_QUEUE_TIMEOUT);
    if (*event_ret != MS_QUEUE_RESULT)
        return true;
    if ((*result_ret)->next != order->unit || (*result_ret)->scanned != order->part + 1)
        return false;
    order->part++;
    if (order->part > order->unit % 4)
        *order = (struct order){order->unit + 1, 0};
    ms_queue_next(queue);
    return true;
}

// The reporting thread's own unit: it hands over each part, and reports what comes before.
static bool work_on(struct ms_queue *queue, struct order *order, size_t unit,
                    struct ms_job_result *result)
{
    for (size_t part = 0; part <= unit % 4; part++) {
        struct ms_job_result *reported = NULL;
        enum ms_queue_event event = MS_QUEUE_RESULT;

        if (result->scanned != 0)
            return false;
        result->scanned = part + 1;
        result->next = unit;
        if (part == unit % 4)
            break;
        ms_queue_offer(queue, unit);
        while (reported != result) {
            if (!wait_in_order(queue, order, NULL, &reported, &event) || event == MS_QUEUE_END)
                return false;
        }
    }
    ms_queue_done(queue, unit);
    return true;
}

// Reports units below `end`, and with `works` takes some itself; true if all came, in order, with
// all parts.
static bool report(struct ms_queue *queue, size_t end, bool works)
{
    struct order order = {0};

    while (order.unit < end) {
        struct ms_job_result *result;
        enum ms_queue_event event;
        size_t unit = 0;

        if (!wait_in_order(queue, &order, works ? &unit : NULL, &result, &event) ||
            event == MS_QUEUE_END)
            return false;
        if (event == MS_QUEUE_UNIT && !work_on(queue, &order, unit, result))
            return false;
    }
    return true;
}

static void run_many(size_t n_workers, size_t end, bool works, bool expect_end)
{
    struct ms_queue *queue = make_queue(N_UNITS, N_WORKERS);
    struct waiter workers[N_WORKERS];

    for (size_t i = 0; i < n_workers; i++)
        start(&workers[i], queue, work);
    cr_assert(report(queue, end, works));
    if (expect_end)
        cr_assert(
            eq(int, ms_queue_wait(queue, NULL, &(struct ms_job_result *){NULL}), MS_QUEUE_END));
    else
        ms_queue_stop(queue);
    for (size_t i = 0; i < n_workers; i++)
        cr_assert(join(&workers[i]));
    ms_queue_free(queue);
}

Test(queue, many_threads_give_all_units_in_order)
{
    run_many(N_WORKERS, N_UNITS, false, true);
}

Test(queue, the_reporter_works_too)
{
    run_many(N_WORKERS - 1, N_UNITS, true, true);
}

Test(queue, the_reporter_works_alone)
{
    run_many(0, N_UNITS, true, true);
}

Test(queue, a_result_comes_before_a_unit_and_a_unit_needs_a_place)
{
    struct ms_queue *queue = make_queue(1000, 1);
    struct ms_job_result *result;
    size_t unit, n = 0;

    while (ms_queue_wait(queue, &unit, &result) == MS_QUEUE_UNIT) {
        cr_assert(eq(sz, unit, n));
        n++;
    }
    cr_assert(le(sz, n, 16));
    ms_queue_done(queue, 0);
    cr_assert(eq(int, ms_queue_wait(queue, &unit, &result), MS_QUEUE_RESULT));
    ms_queue_next(queue);
    cr_assert(eq(int, ms_queue_wait(queue, NULL, &result), MS_QUEUE_TIMEOUT));
    cr_assert(eq(int, ms_queue_wait(queue, &unit, &result), MS_QUEUE_UNIT));
    cr_assert(eq(sz, unit, n));
    ms_queue_free(queue);
}

Test(queue, many_threads_end_when_the_reporter_stops)
{
    for (size_t end = 0; end < 40; end += 3)
        run_many(N_WORKERS, end, false, false);
}

// Adds units as there is room, and leaves them to the others or not.
static bool add_and_report(struct ms_queue *queue, bool works)
{
    size_t slots = ms_queue_slots(queue), added = 0;
    struct order order = {0};

    while (order.unit < N_UNITS) {
        struct ms_job_result *result;
        enum ms_queue_event event;
        size_t unit = 0;

        for (; added < N_UNITS && added < order.unit + slots; added++)
            ms_queue_add(queue);
        if (!wait_in_order(queue, &order, works || added == N_UNITS ? &unit : NULL, &result,
                           &event) ||
            event == MS_QUEUE_END ||
            (event == MS_QUEUE_UNIT && !work_on(queue, &order, unit, result)))
            return false;
    }
    return true;
}

static void run_added(bool works)
{
    struct ms_queue *queue = make_queue(0, N_WORKERS);
    struct waiter workers[N_WORKERS];

    ms_queue_open(queue);
    for (size_t i = 0; i < N_WORKERS; i++)
        start(&workers[i], queue, work);
    cr_assert(add_and_report(queue, works));
    ms_queue_stop(queue);
    for (size_t i = 0; i < N_WORKERS; i++)
        cr_assert(join(&workers[i]));
    ms_queue_free(queue);
}

Test(queue, many_threads_give_added_units_in_order)
{
    run_added(false);
    run_added(true);
}
