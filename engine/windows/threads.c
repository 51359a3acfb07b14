// SPDX-License-Identifier: MIT
//
// The public face of threads, and how what several sources tell becomes one list.

#include "windows/threads.h"

#include "base/cleanup.h"
#include "space/spaces.h"

#define MIN_SLOTS    64
#define STACKS_BYTES UINT64_C(0x20000000) // see limit_stacks()

// == By address ==

static size_t slot_of(const struct ms_threads *threads, uint64_t address)
{
    size_t mask = threads->n_slots - 1;
    size_t slot = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

    while (threads->slots[slot] &&
           threads->list.items[threads->slots[slot] - 1].info.address != address)
        slot = (slot + 1) & mask;
    return slot;
}

// Half of the slots stay empty.
static bool make_room(struct ms_threads *threads)
{
    size_t n = threads->n_slots ? 2 * threads->n_slots : MIN_SLOTS;
    uint32_t *slots;

    if (2 * (threads->list.n + 1) <= threads->n_slots)
        return true;
    slots = calloc(n, sizeof(*slots));
    if (!slots)
        return false;
    free(threads->slots);
    threads->slots = slots;
    threads->n_slots = n;
    for (size_t i = 0; i < threads->list.n; i++)
        slots[slot_of(threads, threads->list.items[i].info.address)] = (uint32_t)i + 1;
    return true;
}

struct ms_thread_item *ms_threads_find(const struct ms_threads *threads, uint64_t address)
{
    size_t slot = threads->n_slots ? slot_of(threads, address) : 0;

    return threads->n_slots && threads->slots[slot] ? &threads->list.items[threads->slots[slot] - 1]
                                                    : NULL;
}

bool ms_threads_add(struct ms_threads *threads, const struct ms_thread_info *info, size_t order)
{
    struct ms_thread_item item = {.info = *info, .order = order};
    size_t slot;

    if (!make_room(threads))
        return false;
    slot = slot_of(threads, info->address);
    if (!ms_vec_push(&threads->list, item))
        return false;
    threads->slots[slot] = (uint32_t)threads->list.n;
    return true;
}

// == Making ==

static int compare(const void *left, const void *right)
{
    const struct ms_thread_item *a = left, *b = right;

    if (a->info.process != b->info.process)
        return a->info.process < b->info.process ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->info.address < b->info.address ? -1 : a->info.address > b->info.address;
}

static void judge(const struct ms_threads *threads, struct ms_thread_info *info)
{
    info->guessed = threads->guessed;
    info->hidden = info->sources == MS_THREAD_POOL && info->process != MS_NO_PROCESS &&
                   threads->whole[info->process] && !info->terminated && !info->freed;
}

// Stacks lie apart, so that together they are no larger than memory, or where most are paged out,
// than a few thousand of them. Those of a hostile image, which would all have to be looked through,
// may lie over each other.
static bool limit_stacks(struct ms_threads *threads)
{
    uint64_t left = STACKS_BYTES + threads->processes->modules->memory.spaces->present.bytes;
    size_t n_dropped = 0;

    for (size_t i = 0; i < threads->list.n; i++) {
        struct ms_thread_info *info = &threads->list.items[i].info;
        uint64_t bytes = info->stack_base - info->stack_limit;

        if (bytes > left) {
            info->stack_limit = info->stack_base = 0;
            n_dropped++;
        } else {
            left -= bytes;
        }
    }
    return n_dropped == 0 ||
           ms_notes_add(&threads->notes,
                        "stacks that are left out because an image of this size has hardly "
                        "so many: %zu",
                        n_dropped);
}

static bool finish(struct ms_threads *threads)
{
    if (threads->list.n > 1)
        qsort(threads->list.items, threads->list.n, sizeof(*threads->list.items), compare);
    for (size_t i = 0; i < threads->list.n; i++)
        judge(threads, &threads->list.items[i].info);
    free(threads->slots);
    free(threads->whole);
    threads->slots = NULL;
    threads->whole = NULL;
    return limit_stacks(threads);
}

static enum ms_status fill(struct ms_threads *threads, unsigned flags, struct ms_watch *watch,
                           struct ms_error *error)
{
    enum ms_status status = MS_OK;

    threads->whole = calloc(threads->processes->list.n + 1, sizeof(*threads->whole));
    if (!threads->whole)
        return ms_fail_nomem(error);
    if (!ms_threads_choose_layout(threads) || !ms_threads_take_lists(threads))
        return ms_fail_nomem(error);
    if (flags & MS_THREADS_SCAN)
        status = ms_threads_scan_pool(threads, watch, error);
    if (!status && !finish(threads))
        status = ms_fail_nomem(error);
    return status;
}

void ms_threads_free(struct ms_threads *threads)
{
    if (!threads)
        return;
    ms_notes_release(&threads->notes);
    free(threads->list.items);
    free(threads->slots);
    free(threads->whole);
    free(threads);
}

static void free_local(struct ms_threads **threads)
{
    ms_threads_free(*threads);
}

static size_t min_size(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

enum ms_status ms_threads_create(const struct ms_processes *processes,
                                 const struct ms_threads_options *options,
                                 struct ms_threads **threads_ret, struct ms_error *error)
{
    static const struct ms_threads_options none = {0};
    MS_CLEANUP(free_local) struct ms_threads *threads = NULL;
    uint64_t present = processes->modules->memory.spaces->present.bytes;
    struct ms_watch watch;
    enum ms_status status;

    if (!options)
        options = &none;
    watch = (struct ms_watch){.progress = options->progress, .user = options->user};
    *threads_ret = NULL;
    if (options->flags & ~(unsigned)MS_THREADS_SCAN)
        return ms_fail(error, MS_ARGUMENT, "unknown flags of threads: 0x%x", options->flags);
    threads = calloc(1, sizeof(*threads));
    if (!threads)
        return ms_fail_nomem(error);
    threads->processes = processes;
    threads->max_threads = min_size(present / MS_THREAD_SHARE, MS_MAX_THREADS);
    status = fill(threads, options->flags, &watch, error);
    if (status)
        return status;
    *threads_ret = ms_keep(threads);
    return ms_watch_status(&watch, error);
}

// == Reading ==

size_t ms_threads_n_notes(const struct ms_threads *threads)
{
    return threads->notes.lines.n;
}

const char *ms_threads_note(const struct ms_threads *threads, size_t index)
{
    return threads->notes.lines.items[index];
}

size_t ms_threads_count(const struct ms_threads *threads)
{
    return threads->list.n;
}

struct ms_thread_info ms_threads_info(const struct ms_threads *threads, size_t index)
{
    return threads->list.items[index].info;
}
