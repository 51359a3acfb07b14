// SPDX-License-Identifier: MIT
//
// What struct ms_processes holds.

#ifndef MS_WINDOWS_PROCESSES_H
#define MS_WINDOWS_PROCESSES_H

#include "base/vec.h"
#include "windows/modules.h"
#include <memscan/processes.h>

#define MS_MAX_PROCESSES 0x4000u
#define MS_SYSTEM_PID    4u

struct ms_processes {
    const struct ms_modules *modules;
    struct ms_nt_layout layout; // the verified one
    bool guessed;               // it is not the one of the kernel's build, or nothing proved it
    bool proved;                // it finds the process "System"
    bool list_whole;            // the list was read from end to end
    MS_VEC(struct ms_process_info) list; // those of the kernel's list in its order, then by address
    size_t *by_address;                  // indexes of `list`
    struct ms_notes notes;
};

// == One process: process_read.c ==

// Reads what is at an address. False: what counts of it is not in memory, or it is no process. Its
// name may be anything. `sources`, `hidden` and `guessed` are left to the caller.
bool ms_process_read(const struct ms_kernel_memory *memory, const struct ms_nt_layout *layout,
                     uint64_t address, struct ms_process_info *info_ret);

// The same for bytes of which nothing else says that they are a process: the list of its threads
// must be one, too.
bool ms_process_recognise(const struct ms_kernel_memory *memory, const struct ms_nt_layout *layout,
                          uint64_t address, struct ms_process_info *info_ret);

// Whether its name is text, as programs have it. Such a name speaks for a process; any other one
// speaks against none, since whoever wants to hide can write it: more has to speak for that.
bool ms_process_has_text_name(const struct ms_process_info *info);

// Whether it is linked as one of the list of processes, and the list of its threads is one.
bool ms_process_is_linked(const struct ms_kernel_memory *memory, const struct ms_nt_layout *layout,
                          uint64_t address);

// Whether it is the process "System".
bool ms_process_is_system(const struct ms_process_info *info);

// == Where they are: process_layout.c, process_list.c, process_pool.c ==

// The head of the list; 0: nothing tells.
uint64_t ms_process_list_head(const struct ms_processes *processes);

// Sets the layout that finds the process "System", `guessed` and `proved`. False without memory.
bool ms_processes_choose_layout(struct ms_processes *processes);

// Notes that nothing proved the layout, once all processes are known. False without memory.
bool ms_processes_note_unproved(struct ms_processes *processes);

// Adds the processes of the list, and sets `list_whole`. False without memory.
bool ms_processes_read_list(struct ms_processes *processes);

// Adds those of pool blocks, or tells of ones that are there that pool has them, too. Those are
// found by `by_address`, which is set before, and again behind it.
enum ms_status ms_processes_scan(struct ms_processes *processes, struct ms_watch *watch,
                                 struct ms_error *error);

#endif
