// SPDX-License-Identifier: MIT
//
// The processes of the Windows kernel in an image: by its own list, and where asked for by what
// lies in pool. One that pool has and the list has not was taken off it: it has ended, or hides.

#ifndef MEMSCAN_PROCESSES_H
#define MEMSCAN_PROCESSES_H

#include <memscan/modules.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Finding them ==

enum ms_processes_flags {
    // Look through the whole kernel's half for pool blocks with the tag Proc that hold a process.
    // Reads all of that memory.
    MS_PROCESSES_SCAN = 1u << 0,
};

struct ms_processes_options {
    unsigned flags; // enum ms_processes_flags

    // Called while memory is looked through, and may stop it, as that of struct ms_modules_options.
    int (*progress)(void *user, const struct ms_progress *progress);
    void *user;
};

// The processes of one address space. Does not change once made: any number of threads may use it.
struct ms_processes;

// Finds them. The modules must outlive the result. `options` may be NULL.
//
// Where a version of the kernel has its fields is told by a symbol file, else by tables, and proved
// by the process "System". If the layout of the kernel's build does not find it, or there is none,
// those of neighbouring builds are tried, and all rows are guesses.
//
// That there is no Windows kernel, or no process was found, is not an error. A piece that is broken
// or not in the image stops nothing but itself; see ms_processes_note(). MS_ARGUMENT: a flag that
// does not exist. MS_STOPPED: by `progress`; the result then has what was found until then, and is
// freed as ever. MS_NOMEM, and what ms_search() fails with.
MS_API enum ms_status ms_processes_create(const struct ms_modules *modules,
                                          const struct ms_processes_options *options,
                                          struct ms_processes **processes_ret,
                                          struct ms_error *error);
MS_API void ms_processes_free(struct ms_processes *processes); // NULL is allowed

// What was passed over, one line each: a list that breaks off, entries that are none.
MS_API size_t ms_processes_n_notes(const struct ms_processes *processes);
MS_API const char *ms_processes_note(const struct ms_processes *processes, size_t index);

// == Processes ==

enum ms_process_sources {
    MS_PROCESS_LIST = 1u << 0, // PsActiveProcessHead
    MS_PROCESS_POOL = 1u << 1, // a pool block that holds it
};

// "list", "pool", by index from 0, which is the bit's number; NULL past the last.
MS_API const char *ms_process_source_name(size_t index);

#define MS_PROCESS_NAME_BYTES 16

struct ms_process_info {
    uint64_t address;                 // of the EPROCESS
    char name[MS_PROCESS_NAME_BYTES]; // bytes of the kernel's, any, ended by a NUL; it keeps 14 or
                                      // 15
    uint64_t root;                    // physical address of its topmost table; 0: it has none
    uint64_t user_root; // of the table that it has while its program runs, where these are two (KVA
                        // shadow); 0: the same, or not known
    uint32_t pid;
    uint32_t ppid;         // of the process that made it, which may be gone; with `has_ppid`
    uint32_t session;      // means something with `has_session`
    uint64_t create_time;  // 100 ns since 1601, UTC; 0: not known
    uint64_t exit_time;    // 0: it runs, or not known
    uint64_t peb;          // in its own half; 0: with `has_peb`, it has none, as System has
    uint64_t object_table; // its handles; 0: with `has_object_table`, none, as after its end
    unsigned sources;      // enum ms_process_sources
    // What is not known lies in a page that is not in the image, or where no table tells; a symbol
    // file that lays out processes counts alone.
    bool has_name;
    bool has_ppid;
    bool has_session;
    bool sessionless; // it is known to be in no session, as System
    bool has_peb;
    bool has_object_table;
    bool has_exited;           // `exited` is known
    bool exited;               // it has ended, and something still refers to it
    bool break_on_termination; // its end stops the machine ("critical"); false, too: not known
    bool freed;                // its block of pool is free: what is left of one that is gone
    bool hidden;  // in pool, known to run, and the list, which was read whole, does not have it
    bool guessed; // the layout is not the one of this build
};

// Those of the list in its order, then the others by address.
MS_API size_t ms_processes_count(const struct ms_processes *processes);
MS_API struct ms_process_info ms_processes_info(const struct ms_processes *processes, size_t index);

#define MS_NO_PROCESS SIZE_MAX

// The process whose EPROCESS is at an address; MS_NO_PROCESS: none. O(log n).
MS_API size_t ms_processes_at(const struct ms_processes *processes, uint64_t address);

#ifdef __cplusplus
}
#endif

#endif
