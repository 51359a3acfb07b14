// SPDX-License-Identifier: MIT
//
// The kernel's lists: PsLoadedModuleList, and of drivers that are gone MmUnloadedDrivers.

#ifndef MS_WINDOWS_MODULE_LIST_H
#define MS_WINDOWS_MODULE_LIST_H

#include "windows/ldr_entry.h"
#include "windows/nt.h"

#define MS_MAX_LIST_ENTRIES 8192 // a real list has a few hundred

struct ms_ldr_entries {
    MS_VEC(struct ms_ldr_entry) list; // in the order of the list
    bool breaks;        // at an entry that is not in memory, or none: behind it the list was gone
                        // through from its end
    uint64_t broken_at; // its address
    size_t n_from_end;  // entries that were found that way
    bool end_lost;      // these do not lead to it: there may be more in between
    bool loops;         // it leads back into itself, not to its head
    bool too_long;
};

// Goes through a list from its head, and where it breaks, from its end. `entries` is
// zero-initialised; its items are freed by the caller. False without memory.
bool ms_module_list_read(const struct ms_kernel_memory *memory, uint64_t head,
                         struct ms_ldr_entries *entries);

#define MS_MAX_UNLOADED 50

struct ms_unloaded_driver {
    struct ms_unicode_string name;
    uint64_t base, end;
    uint64_t time;
};

struct ms_unloaded_drivers {
    struct ms_unloaded_driver items[MS_MAX_UNLOADED]; // the last one first
    size_t n;
    size_t n_missing; // not in memory
    bool known;       // false: where they are is not
};

void ms_unloaded_drivers_read(const struct ms_kernel_memory *memory, const struct ms_nt *nt,
                              struct ms_unloaded_drivers *drivers);

#endif
