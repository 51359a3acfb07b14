// SPDX-License-Identifier: MIT
//
// Processes, threads and drivers as a spec describes them. objects.h has what is made of them.

#ifndef CORPUS_OBJECT_SPEC_H
#define CORPUS_OBJECT_SPEC_H

#include "target.h"

#include <stdbool.h>

/** Bits of EPROCESS.Flags. */
enum {
    PROCESS_EXITING = 1 << 2,
    PROCESS_DELETE = 1 << 3,
    PROCESS_BREAK_ON_TERMINATION = 1 << 13,
};

/** The headers before OBJECT_HEADER, as bits of InfoMask. */
struct infos_spec {
    bool are_given; // else those that objects of the type have
    uint64_t mask;
    struct place place;
};

struct process_spec {
    char *name;
    bool has_pid;
    uint64_t pid, ppid;
    bool has_root;
    uint64_t root, user_root; // of page tables; the second is 0 if there is none
    bool has_session;
    uint64_t session;
    uint64_t created, exited; // FILETIMEs; 0: none
    uint64_t peb, flags;
    bool is_hidden, is_free;
    struct infos_spec infos;
    struct place place;
};

/** A word of a kernel stack that leads into code. */
struct frame_spec {
    struct target at;
    enum { CALL_REGISTER, CALL_DIRECT, CALL_BYTES, CALL_NONE } call;
    struct target callee; // CALL_DIRECT
    struct bytes bytes;   // CALL_BYTES
    bool has_gap;
    uint64_t gap;  // slots before it
    bool is_stale; // below KernelStack
    struct place place;
};

/** Which lists of its process have a thread. */
enum thread_lists { THREAD_IN_KERNEL_LIST = 1, THREAD_IN_PROCESS_LIST = 2 };

struct thread_spec {
    uint64_t tid;
    size_t process; // its number
    uint64_t state, wait_reason, priority;
    struct target start, win32_start, kernel_stack;
    uint64_t teb;
    uint64_t stack, n_stack_pages; // no pages: it has none
    bool is_swapped, is_terminated, is_free;
    unsigned lists; // enum thread_lists
    struct infos_spec infos;
    struct frame_spec *frames;
    size_t n_frames, frames_capacity;
    struct place place;
};

/** The pointers of a driver to functions: first MajorFunction, last the entries of fast I/O. */
enum driver_pointer {
    POINTER_MAJORS,
    POINTER_INIT = 28,
    POINTER_START_IO,
    POINTER_UNLOAD,
    POINTER_ADD_DEVICE,
    POINTER_FAST_IO,
    N_POINTERS = POINTER_FAST_IO + 27
};

/** Names of the fast I/O entries, in their order. */
extern const char *const fast_io_names[N_POINTERS - POINTER_FAST_IO];

struct device_spec {
    char *name; // NULL: none
    uint64_t type, flags;
    struct place place;
};

struct driver_spec {
    char *name;
    char *module; // NULL: none
    bool is_file_system;
    bool has_size;
    uint64_t size, flags;
    struct target start;
    struct target pointers[N_POINTERS];
    bool has_fast_io;
    uint64_t fast_io_bytes; // of the table
    struct device_spec *devices;
    size_t n_devices, devices_capacity;
    struct target *extensions; // what identifies them
    size_t n_extensions, extensions_capacity;
    bool is_hidden, is_free;
    struct infos_spec infos;
    struct place place;
};

/** An entry of \Driver that leads to any address. */
struct entry_spec {
    char *name;
    struct target to;
};

struct objects_spec {
    uint64_t layout; // a build; 0: the system's
    struct process_spec *processes;
    size_t n_processes, processes_capacity;
    struct thread_spec *threads;
    size_t n_threads, threads_capacity;
    struct driver_spec *drivers;
    size_t n_drivers, drivers_capacity;
    struct entry_spec *entries;
    size_t n_entries, entries_capacity;
};

/** True if there is any of them. */
bool has_objects(const struct objects_spec *objects);

void objects_spec_release(struct objects_spec *objects);

#endif
