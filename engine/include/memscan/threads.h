// SPDX-License-Identifier: MIT
//
// The threads of a Windows kernel's processes: by the two lists that each process keeps of them,
// and where asked for by what lies in pool; and who called whom, by what is on their kernel stacks.

#ifndef MEMSCAN_THREADS_H
#define MEMSCAN_THREADS_H

#include <memscan/processes.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Finding them ==

enum ms_threads_flags {
    // Look through the whole kernel's half for pool blocks with the tag Thre that hold a thread.
    // Reads all of that memory.
    MS_THREADS_SCAN = 1u << 0,
};

struct ms_threads_options {
    unsigned flags; // enum ms_threads_flags

    // Called while memory is looked through, and may stop it, as that of struct ms_modules_options.
    int (*progress)(void *user, const struct ms_progress *progress);
    void *user;
};

// The threads of one address space. Does not change once made: any number of threads may use it.
struct ms_threads;

// Finds them. The processes, and the modules that these were found with, must outlive the result.
// `options` may be NULL.
//
// That there are none is not an error. A piece that is broken or not in the image stops nothing but
// itself; see ms_threads_note(). MS_ARGUMENT: a flag that does not exist. MS_STOPPED: by
// `progress`; the result then has what was found until then, and is freed as ever. MS_NOMEM, and
// what ms_search() fails with.
MS_API enum ms_status ms_threads_create(const struct ms_processes *processes,
                                        const struct ms_threads_options *options,
                                        struct ms_threads **threads_ret, struct ms_error *error);
MS_API void ms_threads_free(struct ms_threads *threads); // NULL is allowed

// What was passed over, one line each: a list that breaks off, entries that are none.
MS_API size_t ms_threads_n_notes(const struct ms_threads *threads);
MS_API const char *ms_threads_note(const struct ms_threads *threads, size_t index);

// == Threads ==

enum ms_thread_sources {
    MS_THREAD_KERNEL_LIST = 1u << 0,  // the list in the process's KPROCESS
    MS_THREAD_PROCESS_LIST = 1u << 1, // the one in its EPROCESS
    MS_THREAD_POOL = 1u << 2,         // a pool block that holds it
};

// "kernel-list", "process-list", "pool", by index from 0, which is the bit's number; NULL past the
// last.
MS_API const char *ms_thread_source_name(size_t index);

enum ms_thread_state {
    MS_THREAD_INITIALIZED,
    MS_THREAD_READY,
    MS_THREAD_RUNNING,
    MS_THREAD_STANDBY,
    MS_THREAD_TERMINATED,
    MS_THREAD_WAITING,
    MS_THREAD_TRANSITION,
    MS_THREAD_DEFERRED_READY,
    MS_THREAD_GATE_WAIT,    // Vista, 7
    MS_THREAD_WAIT_IN_SWAP, // for its process to be swapped in
};

// "Waiting" and the like, as the kernel calls them; NULL: there is no such state.
MS_API const char *ms_thread_state_name(unsigned state);

// The names of KWAIT_REASON, "Executive" to "WrRcu"; NULL: there is no such reason.
MS_API const char *ms_wait_reason_name(unsigned reason);

// Whether a thread's kernel stack is in memory, as it says itself.
enum ms_stack_residence {
    MS_STACK_RESIDENCE_UNKNOWN,
    MS_STACK_RESIDENT,
    MS_STACK_PAGED_OUT, // some pages of it may be in memory yet
};

struct ms_thread_info {
    uint64_t address; // of the ETHREAD
    size_t process;   // whose it is, an index of the processes; MS_NO_PROCESS: none of them
    uint32_t pid;     // both mean something with `has_cid`
    uint32_t tid;
    uint64_t start;       // where it began in the kernel, or was told to; 0: not known
    uint64_t win32_start; // where the program wanted it to begin; 0: nowhere, or not known
    uint64_t teb;         // in its process's half; 0: it has none, or not known
    uint64_t stack_limit; // first byte of its kernel stack; 0: not known, or none
    uint64_t stack_base;  // first byte after it; 0 with `stack_limit`
    uint64_t
        kernel_stack; // where the stack ended when it was last switched away from; 0: not known
    enum ms_stack_residence residence;
    unsigned sources;    // enum ms_thread_sources
    uint8_t state;       // enum ms_thread_state, or more; with `has_state`
    uint8_t wait_reason; // while it waits, why; with `has_wait_reason`
    uint8_t priority;    // with `has_priority`
    bool has_cid;
    bool has_state;
    bool has_wait_reason;
    bool has_priority;
    bool terminated; // it has ended, or is about to, and something still refers to it
    bool freed;      // its block is: the bytes are what is left of it
    bool hidden;     // in pool, it has not ended, and its process's lists, which were read whole,
                     // do not have it
    bool guessed;    // the layout is not the one of this build
};

// By process in their order, those without one last; of each process in the order of its lists,
// then by address.
MS_API size_t ms_threads_count(const struct ms_threads *threads);
MS_API struct ms_thread_info ms_threads_info(const struct ms_threads *threads, size_t index);

// == Stacks ==

// A value on a stack that points into code, right behind a CALL.
struct ms_frame {
    uint64_t address; // to which that function returns
    uint64_t slot;    // where it lies on the stack
    size_t module;    // whose code it points into
};

// What is on a thread's kernel stack. Nothing tells which return addresses are of calls that have
// returned, and were not written over since: there are more frames than calls.
struct ms_stack {
    struct ms_frame *frames; // the innermost first
    size_t n_frames;
    uint64_t first;      // what was looked through: from here ...
    uint64_t end;        // ... to the byte before; both 0: it has no stack, or nothing tells where
    size_t n_pages;      // of 4 KiB, of that
    size_t n_missing;    // of which are not in the image
    size_t n_unverified; // values that point into code that is not in the image
    bool whole;          // where it ended is not known: all of it was looked through
    bool of_last_switch; // it runs: this is what was there when it was last switched away from
};

// Looks through the kernel stack of a thread: for values that point into an executable section of a
// module, right behind a CALL. A value of which nothing tells whether a CALL is before it is not a
// frame, but counted. At most 64 pages; a larger stack is a lie, and is none. The caller releases
// the result. MS_NOMEM.
MS_API enum ms_status ms_threads_stack(const struct ms_threads *threads, size_t index,
                                       struct ms_stack *stack_ret, struct ms_error *error);
MS_API void ms_stack_release(struct ms_stack *stack); // empties it, and what is zero stays so

#ifdef __cplusplus
}
#endif

#endif
