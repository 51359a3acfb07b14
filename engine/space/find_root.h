// SPDX-License-Identifier: MIT
//
// Finding page-table roots. A root is taken from what the container tells, or else looked for in
// memory; in both cases only when it maps what it must, because a wrong root is worse than none.

#ifndef MS_SPACE_FIND_ROOT_H
#define MS_SPACE_FIND_ROOT_H

#include "space/spaces.h"

// What is being looked for.
struct ms_root_search {
    struct ms_spaces *spaces;
    const struct ms_paging_mode *mode; // the only one that may be; NULL: any
    const struct ms_system *system;    // what the container tells
    struct ms_memory_view view;        // of the image
    uint64_t top;                      // last physical address of the view
};

// Adds a root behind those that were found so far, unless it is one of them or there are many.
void ms_root_add(struct ms_root_search *search, const struct ms_found_root *root);

// == What the container tells: find_told.c ==

void ms_find_told_roots(struct ms_root_search *search);

// == What memory tells: find_windows.c, find_linux.c ==

// A table that looks like a root. Addresses are those of the image, whatever it may leave out.
struct ms_root_candidate {
    unsigned rank;   // the lower the better
    uint64_t table;  // what was recognised
    uint64_t root;   // physical
    uint64_t kernel; // of Linux: physical address of the kernel's first byte; of the page that
                     // starts processors: virtual address of the entry point
    uint64_t banner; // of Linux: physical address of the kernel's text about itself

    // Checks the candidate by what it maps in the view of the search. Fills the root if it passes.
    bool (*check)(const struct ms_root_search *search, const struct ms_root_candidate *candidate,
                  struct ms_found_root *root_ret);
};

struct ms_root_candidates {
    MS_VEC(struct ms_root_candidate) list;
    bool no_memory; // some were left out
};

// The page with which Windows starts the other processors of a 64-bit machine: where it can be, and
// where it has the physical address of the page tables and the virtual one of the kernel's entry.
#define MS_LOW_STUB_FIRST  0x1000u
#define MS_LOW_STUB_LAST   0x9ffffu
#define MS_LOW_STUB_ROOT   0xa0u
#define MS_LOW_STUB_KERNEL 0x70u
bool ms_is_low_stub(const uint8_t *page, uint64_t address);

void ms_gather_windows_roots(const struct ms_root_search *search,
                             struct ms_root_candidates *candidates);
void ms_gather_linux_roots(const struct ms_root_search *search,
                           struct ms_root_candidates *candidates);

// == Choosing among them: find_memory.c ==

// Looks for roots in memory, and where their tables do not fit a raw file as it is, tries whether
// they do with a hole below 4 GiB left out of it.
enum ms_status ms_find_roots_in_memory(struct ms_root_search *search, struct ms_error *error);

// == Checks: find_check.c ==

// A walker over tables whose software entries are those of Windows if `is_windows`.
struct ms_walker ms_root_walker(const struct ms_root_search *search,
                                const struct ms_paging_mode *mode, uint64_t root, bool is_windows);

// Whether the root maps a page that holds KUSER_SHARED_DATA where Windows' kernel has it.
bool ms_root_maps_shared_data(const struct ms_walker *walker);

// How many tables and pages the kernel's half has at the two topmost levels. A shadow root, which a
// processor uses while it runs a program, has far fewer than the full one.
unsigned ms_root_kernel_tables(const struct ms_walker *walker);

#endif
