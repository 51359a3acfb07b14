// SPDX-License-Identifier: MIT
//
// Threads in pool blocks. Their tag is text that memory is full of: only what is a thread of a
// process by its own fields is one. What is left of it stays until its block is used again.

#include "windows/threads.h"

#include "windows/object_block.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_MATCHES   0x100000
#define MAX_BY_NUMBER 0x1000

// == What is a thread ==

// It was in both lists once, and has kept its links.
static bool has_links(const struct ms_threads *threads, const struct ms_thread *thread)
{
    const struct ms_kernel_memory *memory = ms_threads_memory(threads);

    for (size_t i = 0; i < MS_N_THREAD_LISTS; i++) {
        if (!ms_in_kernel(memory, thread->next[i], 1) ||
            !ms_in_kernel(memory, thread->previous[i], 1))
            return false;
    }
    return true;
}

// Windows XP, where threads do not say more, has hardly a thousand processes.
static size_t find_by_number(const struct ms_processes *processes, const struct ms_thread *thread)
{
    for (size_t i = 0; i < processes->list.n && i < MAX_BY_NUMBER; i++) {
        if (ms_thread_is_of(thread, &processes->list.items[i]))
            return i;
    }
    return MS_NO_PROCESS;
}

// Whether a process that is none of those that are known has the number that the thread says.
static bool is_of_unknown(const struct ms_threads *threads, const struct ms_thread *thread)
{
    const struct ms_nt_layout *layout = &threads->processes->layout;
    uint64_t number;

    return thread->process % 8 == 0 && ms_nt_has(layout, MS_PROCESS_ID) &&
           ms_kernel_pointer(ms_threads_memory(threads),
                             thread->process + layout->at[MS_PROCESS_ID], &number) &&
           number == thread->info.pid;
}

// Finds whose it is.
static bool has_process(const struct ms_threads *threads, struct ms_thread *thread)
{
    const struct ms_processes *processes = threads->processes;
    size_t *process = &thread->info.process;

    *process = thread->has_process ? ms_processes_at(processes, thread->process)
                                   : find_by_number(processes, thread);
    if (*process != MS_NO_PROCESS)
        return ms_thread_is_of(thread, &processes->list.items[*process]);
    return thread->has_process && is_of_unknown(threads, thread);
}

static bool is_thread(const struct ms_threads *threads, struct ms_thread *thread)
{
    const struct ms_thread_info *info = &thread->info;

    return info->has_cid && info->tid != 0 && info->tid % 4 == 0 && info->pid % 4 == 0 &&
           has_links(threads, thread) && has_process(threads, thread);
}

// == The search ==

static bool find_in_block(const struct ms_threads *threads, const struct ms_pool_rules *rules,
                          uint64_t header, struct ms_thread *thread_ret)
{
    const struct ms_kernel_memory *memory = ms_threads_memory(threads);
    uint16_t length = threads->layout.at[MS_THREAD_BYTES];
    uint8_t bytes[MS_POOL_HEADER_BYTES] = {0};
    uint64_t places[MS_MAX_OBJECT_PLACES];
    struct ms_pool_block block;
    size_t n;

    if (!ms_kernel_get(memory, header, bytes, rules->granule) ||
        !ms_pool_block_parse(rules, header, bytes, &block))
        return false;
    n = ms_object_places(memory, threads->processes->modules->nt.build, &block,
                         length == MS_NO_FIELD ? 0 : length, places);
    for (size_t i = 0; i < n; i++) {
        if (!ms_thread_read(threads, places[i], thread_ret) || !is_thread(threads, thread_ret))
            continue;
        thread_ret->info.freed = !block.allocated;
        return true;
    }
    return false;
}

// False without memory.
static bool take_match(struct ms_threads *threads, const struct ms_pool_rules *rules, uint64_t tag,
                       size_t *n_left_out)
{
    struct ms_thread_item *known;
    struct ms_thread thread;

    if (!find_in_block(threads, rules, tag - 4, &thread))
        return true;
    known = ms_threads_find(threads, thread.info.address);
    if (known) {
        known->info.sources |= MS_THREAD_POOL;
        return true;
    }
    if (threads->list.n >= threads->max_threads) {
        ++*n_left_out;
        return true;
    }
    thread.info.sources = MS_THREAD_POOL;
    return ms_threads_add(threads, &thread.info, SIZE_MAX);
}

static bool take_matches(struct ms_threads *threads, const struct ms_pool_rules *rules,
                         const struct ms_kernel_matches *matches)
{
    size_t n_left_out = 0;

    for (size_t i = 0; i < matches->list.n; i++) {
        if (!take_match(threads, rules, matches->list.items[i].address, &n_left_out))
            return false;
    }
    if (n_left_out + matches->left_out == 0)
        return true;
    return ms_notes_add(&threads->notes,
                        "so much of the memory looks like threads that %" PRIu64
                        " places were left out",
                        n_left_out + matches->left_out);
}

enum ms_status ms_threads_scan_pool(struct ms_threads *threads, struct ms_watch *watch,
                                    struct ms_error *error)
{
    // Thre; the second one is protected, as before Windows 8.
    static const struct ms_kernel_pattern patterns[] = {{"'erhT'", 4}, {"e5726854", 4}};
    const struct ms_modules *modules = threads->processes->modules;
    struct ms_pool_rules rules = ms_pool_rules_of(modules->memory.bits, modules->nt.build);
    struct ms_kernel_matches matches = {0};
    enum ms_status status;

    if (!ms_nt_has(&threads->layout, MS_THREAD_CID) ||
        !ms_nt_has(&threads->layout, MS_THREAD_LINKS) ||
        !ms_nt_has(&threads->layout, MS_THREAD_K_LINKS))
        return MS_OK;
    status = ms_kernel_search(&modules->memory, patterns, rules.has_protected ? 2 : 1, MAX_MATCHES,
                              watch, &matches, error);
    if (!status && !take_matches(threads, &rules, &matches))
        status = ms_fail_nomem(error);
    free(matches.list.items);
    return status;
}
