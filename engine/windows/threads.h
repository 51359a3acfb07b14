// SPDX-License-Identifier: MIT
//
// What struct ms_threads holds, and how it is filled.

#ifndef MS_WINDOWS_THREADS_H
#define MS_WINDOWS_THREADS_H

#include "windows/processes.h"
#include <memscan/threads.h>

// An image has room for a thread in every so many bytes, and never for more threads than that.
#define MS_MAX_THREADS  0x40000u
#define MS_THREAD_SHARE 0x100u

#define MS_MAX_STACK (64 * MS_KERNEL_PAGE) // bytes; Windows' own are at most 18 pages

enum { MS_N_THREAD_LISTS = 2 }; // of a process; list i is the source of bit i

struct ms_thread_item {
    struct ms_thread_info info;
    size_t order; // of its process's lists; SIZE_MAX: they do not have it
};

struct ms_threads {
    const struct ms_processes *processes;
    struct ms_nt_layout layout; // that of the processes, but proved by one of their threads
    bool guessed;               // it is not the kernel's
    size_t max_threads;
    MS_VEC(struct ms_thread_item) list;
    struct ms_notes notes;
    size_t n_broken; // lists of threads that break off, of which only the first have a note
    // While it is being made: where in `list` a thread's address is, and of which processes all
    // lists were read whole.
    uint32_t *slots; // of a hash table: indexes + 1; 0: empty
    size_t n_slots;  // a power of two
    bool *whole;
};

static inline const struct ms_kernel_memory *ms_threads_memory(const struct ms_threads *threads)
{
    return &threads->processes->modules->memory;
}

// The item with an address; NULL: there is none yet.
struct ms_thread_item *ms_threads_find(const struct ms_threads *threads, uint64_t address);

// Adds one that is not there yet, and is no more than max_threads. False without memory.
bool ms_threads_add(struct ms_threads *threads, const struct ms_thread_info *info, size_t order);

// == One thread: threads_read.c ==

struct ms_thread {
    struct ms_thread_info info; // without `process`, `sources`, `hidden`, `guessed`
    bool has_process;           // it tells its EPROCESS, as it does from Windows 2003 on
    uint64_t process;           // address of that
    uint64_t next[MS_N_THREAD_LISTS], previous[MS_N_THREAD_LISTS]; // 0: not known
};

// Reads what is there of a thread, by threads->layout. False: the kernel's half has no such place.
bool ms_thread_read(const struct ms_threads *threads, uint64_t address,
                    struct ms_thread *thread_ret);

// Whether it says that it is of a process: by the process's number, and by its address. One of the
// two may be missing.
bool ms_thread_is_of(const struct ms_thread *thread, const struct ms_process_info *process);

// == Lists: threads_list.c ==

// Chooses the layout: that of the processes, or if no thread of theirs is one by it, the nearest by
// which one is. False without memory.
bool ms_threads_choose_layout(struct ms_threads *threads);

// Adds what the lists of all processes have. False without memory.
bool ms_threads_take_lists(struct ms_threads *threads);

// == Pool: threads_pool.c ==

enum ms_status ms_threads_scan_pool(struct ms_threads *threads, struct ms_watch *watch,
                                    struct ms_error *error);

#endif
