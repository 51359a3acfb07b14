// SPDX-License-Identifier: MIT
//
// The public face of processes.

#include "windows/processes.h"

#include "base/cleanup.h"

#include <stdlib.h>

#define ALL_FLAGS MS_PROCESSES_SCAN

// == Making ==

void ms_processes_free(struct ms_processes *processes)
{
    if (!processes)
        return;
    ms_notes_release(&processes->notes);
    free(processes->by_address);
    free(processes->list.items);
    free(processes);
}

static void free_local(struct ms_processes **processes)
{
    ms_processes_free(*processes);
}

static int compare(const void *a, const void *b, void *user)
{
    const struct ms_process_info *items = user;
    uint64_t x = items[*(const size_t *)a].address, y = items[*(const size_t *)b].address;

    return x < y ? -1 : x > y;
}

static enum ms_status make_index(struct ms_processes *processes, struct ms_error *error)
{
    size_t n = processes->list.n;

    if (n == 0)
        return MS_OK;
    free(processes->by_address);
    processes->by_address = calloc(n, sizeof(*processes->by_address));
    if (!processes->by_address)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < n; i++)
        processes->by_address[i] = i;
    qsort_r(processes->by_address, n, sizeof(*processes->by_address), compare,
            processes->list.items);
    return MS_OK;
}

static enum ms_status fill(struct ms_processes *processes, unsigned flags, struct ms_watch *watch,
                           struct ms_error *error)
{
    enum ms_status status;

    if (!processes->modules->nt.base)
        return MS_OK;
    if (!ms_processes_choose_layout(processes) || !ms_processes_read_list(processes))
        return ms_fail_nomem(error);
    status = make_index(processes, error);
    if (!status && (flags & MS_PROCESSES_SCAN)) {
        status = ms_processes_scan(processes, watch, error);
        if (!status)
            status = make_index(processes, error);
    }
    return !status && !ms_processes_note_unproved(processes) ? ms_fail_nomem(error) : status;
}

enum ms_status ms_processes_create(const struct ms_modules *modules,
                                   const struct ms_processes_options *options,
                                   struct ms_processes **processes_ret, struct ms_error *error)
{
    static const struct ms_processes_options none = {0};
    MS_CLEANUP(free_local) struct ms_processes *processes = NULL;
    struct ms_watch watch;
    enum ms_status status;

    if (!options)
        options = &none;
    watch = (struct ms_watch){.progress = options->progress, .user = options->user};
    if (options->flags & ~(unsigned)ALL_FLAGS)
        return ms_fail(error, MS_ARGUMENT, "there is no way 0x%x to find processes",
                       options->flags);
    processes = calloc(1, sizeof(*processes));
    if (!processes)
        return ms_fail_nomem(error);
    processes->modules = modules;
    status = fill(processes, options->flags, &watch, error);
    if (status)
        return status;
    *processes_ret = ms_keep(processes);
    return ms_watch_status(&watch, error);
}

// == What was found ==

size_t ms_processes_n_notes(const struct ms_processes *processes)
{
    return processes->notes.lines.n;
}

const char *ms_processes_note(const struct ms_processes *processes, size_t index)
{
    return processes->notes.lines.items[index];
}

const char *ms_process_source_name(size_t index)
{
    static const char *const names[] = {"list", "pool"};

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

size_t ms_processes_count(const struct ms_processes *processes)
{
    return processes->list.n;
}

struct ms_process_info ms_processes_info(const struct ms_processes *processes, size_t index)
{
    return processes->list.items[index];
}

size_t ms_processes_at(const struct ms_processes *processes, uint64_t address)
{
    size_t low = 0, high = processes->list.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (processes->list.items[processes->by_address[middle]].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == processes->list.n ||
        processes->list.items[processes->by_address[low]].address != address)
        return MS_NO_PROCESS;
    return processes->by_address[low];
}
