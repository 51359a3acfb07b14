// SPDX-License-Identifier: MIT
//
// The kernel's own reading ahead does not fill the disk's queue here: a mapping's page faults ask
// for the next window only when its first page is touched, and the scan of what has come meanwhile
// keeps the disk waiting. Faults on a thread of their own do not wait for the scan.

#include "scan/ahead.h"

#include "base/extent.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

// How much of memory is read ahead: some tenths of a second of a slow disk, and little enough to
// stay in the cache until it is scanned.
#define WINDOW_BYTES ((uint64_t)32 << 20)

// What is brought in at once, at multiples of it: a large page of the cache.
#define PIECE_BYTES ((uint64_t)2 << 20)

struct ms_ahead {
    const struct ms_source *source;
    const struct ms_memory *memory;
    const struct ms_scan_plan *plan;
    size_t n_units;
    size_t window;            // units that it may be ahead
    size_t unit;              // the next one
    uint64_t piece;           // number of the one that was brought in last
    atomic_size_t taken;      // units that are being scanned, or have been: about so many
    atomic_size_t wake_taken; // ... at which it has something to do again
    atomic_bool stop;
    pthread_t thread;
    pthread_mutex_t mutex; // for `wake`
    pthread_cond_t wake;
};

// == The thread ==

// The memory of a unit, which is contiguous.
static struct ms_range range_of(const struct ms_scan_plan *plan, size_t number)
{
    const struct ms_unit *unit = &plan->units.items[number];
    const struct ms_scan_stretch *stretch = &plan->stretches.items[unit->stretch];
    const struct ms_unit *next = unit + 1;
    uint64_t end = next->stretch == unit->stretch ? next->offset : stretch->length;

    return (struct ms_range){.first = stretch->start + unit->offset,
                             .last = stretch->start + (end - 1)};
}

// Brings in a part of the file, piece by piece. False: the system cannot.
static bool bring_in(struct ms_ahead *ahead, uint64_t offset, uint64_t length)
{
    uint64_t last = ms_last(offset, length) / PIECE_BYTES;

    for (uint64_t piece = offset / PIECE_BYTES; piece <= last; piece++) {
        uint64_t start = piece * PIECE_BYTES;

        if (piece == ahead->piece)
            continue;
        if (atomic_load_explicit(&ahead->stop, memory_order_relaxed) ||
            !ms_source_populate(ahead->source, start, PIECE_BYTES))
            return false;
        ahead->piece = piece;
    }
    return true;
}

static bool bring_in_unit(struct ms_ahead *ahead, size_t number)
{
    const struct ms_memory *memory = ahead->memory;
    struct ms_range range = range_of(ahead->plan, number);

    for (size_t i = ms_memory_find(memory, range.first);
         i < memory->runs.n && memory->runs.items[i].start <= range.last; i++) {
        const struct ms_run *run = &memory->runs.items[i];
        uint64_t first = ms_max_u64(range.first, run->start);
        uint64_t last = ms_min_u64(range.last, ms_last(run->start, run->length));

        if (run->presence == MS_PRESENT &&
            !bring_in(ahead, run->offset + (first - run->start), last - first + 1))
            return false;
    }
    return true;
}

// Waits until it is no longer a window ahead. False: nothing is left to do, or it is to stop.
static bool wait_for_room(struct ms_ahead *ahead)
{
    size_t taken = atomic_load(&ahead->taken);

    if (ahead->unit < taken)
        ahead->unit = taken; // it was overtaken
    if (ahead->unit == ahead->n_units)
        return false;
    if (ahead->unit - taken < ahead->window)
        return !atomic_load(&ahead->stop);
    // Half a window later there is enough to do to wake up for.
    pthread_mutex_lock(&ahead->mutex);
    atomic_store(&ahead->wake_taken, taken + (ahead->window + 1) / 2);
    while (!atomic_load(&ahead->stop) &&
           atomic_load(&ahead->taken) < atomic_load(&ahead->wake_taken))
        pthread_cond_wait(&ahead->wake, &ahead->mutex);
    atomic_store(&ahead->wake_taken, SIZE_MAX);
    pthread_mutex_unlock(&ahead->mutex);
    return !atomic_load(&ahead->stop);
}

static void *ahead_main(void *context)
{
    struct ms_ahead *ahead = context;

    while (wait_for_room(ahead)) {
        if (ahead->unit >= atomic_load(&ahead->taken) && !bring_in_unit(ahead, ahead->unit))
            break;
        ahead->unit++;
    }
    return NULL;
}

// == Its callers ==

// The places of the file that are looked at to tell whether it is in memory.
#define N_SAMPLES 16

static bool is_worth_it(const struct ms_source *source)
{
    uint64_t size = ms_source_size(source);

    for (uint64_t i = 0; i < N_SAMPLES; i++) {
        if (!ms_source_is_in_memory(source, size / N_SAMPLES * i))
            return true;
    }
    return false;
}

struct ms_ahead *ms_ahead_start(const struct ms_source *source, const struct ms_memory *memory,
                                const struct ms_scan_plan *plan)
{
    size_t n_units = plan->units.n - 1;
    struct ms_ahead *ahead;

    if (n_units < 2 || !is_worth_it(source))
        return NULL;
    ahead = calloc(1, sizeof(*ahead));
    if (!ahead)
        return NULL;
    ahead->source = source;
    ahead->memory = memory;
    ahead->plan = plan;
    ahead->n_units = n_units;
    ahead->window = (size_t)ms_min_u64(1 + WINDOW_BYTES / (1 + plan->own_bytes / n_units), n_units);
    ahead->unit = 1; // the first one is being scanned by then
    ahead->piece = UINT64_MAX;
    atomic_init(&ahead->taken, 0);
    atomic_init(&ahead->wake_taken, SIZE_MAX);
    atomic_init(&ahead->stop, false);
    pthread_mutex_init(&ahead->mutex, NULL);
    pthread_cond_init(&ahead->wake, NULL);
    if (pthread_create(&ahead->thread, NULL, ahead_main, ahead) == 0)
        return ahead;
    pthread_cond_destroy(&ahead->wake);
    pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
    return NULL;
}

static void wake(struct ms_ahead *ahead)
{
    pthread_mutex_lock(&ahead->mutex);
    pthread_cond_signal(&ahead->wake);
    pthread_mutex_unlock(&ahead->mutex);
}

void ms_ahead_taken(struct ms_ahead *ahead, size_t unit)
{
    // Threads may come in another order than that of their units: it is ahead by one more, or less.
    if (!ahead || unit < atomic_load_explicit(&ahead->taken, memory_order_relaxed))
        return;
    atomic_store(&ahead->taken, unit + 1);
    if (unit + 1 >= atomic_load(&ahead->wake_taken))
        wake(ahead);
}

void ms_ahead_stop(struct ms_ahead *ahead)
{
    if (!ahead)
        return;
    atomic_store(&ahead->stop, true);
    wake(ahead);
    pthread_join(ahead->thread, NULL);
    pthread_cond_destroy(&ahead->wake);
    pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
}
