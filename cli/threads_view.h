// SPDX-License-Identifier: MIT
//
// Threads of a space, with their modules and processes, and how what both commands tell of them is
// written.

#ifndef CLI_THREADS_VIEW_H
#define CLI_THREADS_VIEW_H

#include "listing.h"
#include <memscan/threads.h>

struct threads_view {
    struct ms_modules *modules;
    struct ms_processes *processes;
    struct ms_threads *threads;
};

// Finds them, with pool if --scan asks for it, and prints what was passed over; if somebody
// interrupted, they are those that were found until then. False after an error message. Released
// with threads_view_close() either way.
bool threads_view_open(struct threads_view *view, struct listing *listing, size_t space);
void threads_view_close(struct threads_view *view, struct listing *listing);

// Whether --pid and --name ask for a thread's process, or are not there.
bool thread_is_asked(const struct threads_view *view, const struct settings *settings,
                     const struct ms_thread_info *info);

// The process of a thread; false: it is none of those that are known.
bool thread_process(const struct threads_view *view, const struct ms_thread_info *info,
                    struct ms_process_info *process_ret);

// == Texts ==

// "Waiting", "state 23"; "" if it is not known.
#define THREAD_STATE_ROOM 24
void format_thread_state(char room[THREAD_STATE_ROOM], const struct ms_thread_info *info);

// "WrQueue", "reason 99"; "" if it does not wait, or nothing tells.
void format_wait_reason(char room[THREAD_STATE_ROOM], const struct ms_thread_info *info);

// "kernel-list,process-list".
#define THREAD_SOURCES_ROOM 40
void format_thread_sources(char room[THREAD_SOURCES_ROOM], unsigned sources);

// "resident", "paged-out"; "" if it is not known.
const char *thread_residence_name(enum ms_stack_residence residence);

// "  hidden: pool", "  only in its process-list, stack paged out": what is out of the ordinary, if
// anything is.
void print_thread_remarks(struct output *out, const struct ms_thread_info *info);

// The name of a process as text for people; it comes from the image. "-": not known.
void print_process_name(struct output *out, const struct ms_process_info *process);

#endif
