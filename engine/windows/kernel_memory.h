// SPDX-License-Identifier: MIT
//
// The kernel's half of an address space, as structures of Windows are read from it.

#ifndef MS_WINDOWS_KERNEL_MEMORY_H
#define MS_WINDOWS_KERNEL_MEMORY_H

#include "base/error.h"
#include "base/vec.h"
#include "windows/nt_layout.h"
#include "windows/vmem.h"
#include <memscan/search.h>
#include <memscan/space.h>

#define MS_KERNEL_PAGE UINT64_C(0x1000)

struct ms_kernel_memory {
    const struct ms_spaces *spaces;
    size_t space;
    unsigned bits;              // 32 or 64
    uint64_t first, last;       // the kernel's half
    struct ms_nt_layout layout; // of the structures in it: what is known without the build at first
};

void ms_kernel_memory_start(struct ms_kernel_memory *memory, const struct ms_spaces *spaces,
                            size_t space);

// For those who read by struct ms_vmem. `memory` must stay where it is.
struct ms_vmem ms_kernel_vmem(const struct ms_kernel_memory *memory);

// Whether the `size` bytes from an address on lie in the kernel's half. 0 bytes lie nowhere.
bool ms_in_kernel(const struct ms_kernel_memory *memory, uint64_t address, uint64_t size);

// Copies a structure of at most 4096 bytes. False: not all of it is there.
bool ms_kernel_get(const struct ms_kernel_memory *memory, uint64_t address, uint8_t *bytes,
                   size_t length);

// Reads a pointer as wide as those of the machine.
bool ms_kernel_pointer(const struct ms_kernel_memory *memory, uint64_t address,
                       uint64_t *pointer_ret);

// == Looking through it ==

// Who waits for what takes long: told how far it is, and free to stop it. What looks through memory
// then ends early, as if there were nothing more; what has not begun does not begin.
struct ms_watch {
    int (*progress)(void *user, const struct ms_progress *progress); // not 0: stop. May be NULL
    void *user;
    uint64_t n_pages; // that ms_watch_page() counted
    bool stopped;
};

// Tells how far it is. True: it is stopped, now or before.
bool ms_watch_stops(struct ms_watch *watch, uint64_t done_bytes, uint64_t all_bytes);

// Counts a page that is looked at by itself; now and then that is told. True: it is stopped.
bool ms_watch_page(struct ms_watch *watch);

// What became of a thing for which memory was looked through without another failure: MS_STOPPED
// if that was stopped.
enum ms_status ms_watch_status(const struct ms_watch *watch, struct ms_error *error);

// Calls `visit` with the address of each page of [first, last] that is there and begins with the
// two bytes, in ascending order; a value other than 0 ends it and is returned. At most `*budget`
// pages are looked at, and taken off it; once none is left, or it is stopped, 0 is returned.
int ms_kernel_pages(const struct ms_kernel_memory *memory, uint64_t first, uint64_t last,
                    const uint8_t begins[2], uint64_t *budget, struct ms_watch *watch,
                    int (*visit)(void *user, uint64_t address), void *user);

struct ms_kernel_pattern {
    const char *dword; // as a pattern of that kind is written
    uint32_t align;    // of the matches
};

struct ms_kernel_match {
    uint64_t address;
    uint32_t pattern;
};

struct ms_kernel_matches {
    MS_VEC(struct ms_kernel_match) list; // in the order of their pages' first addresses
    uint64_t left_out; // past the limit, or further places of a page that is mapped more often than
                       // MS_MAX_MAPPINGS
};

// Searches the whole kernel's half; what the options say of where is not looked at. As ms_search()
// otherwise; other spaces of the set have hits, too.
enum ms_status ms_kernel_run_search(const struct ms_kernel_memory *memory,
                                    const struct ms_matcher *matcher,
                                    const struct ms_search_options *options,
                                    const struct ms_search_callbacks *callbacks,
                                    struct ms_search_result *result, struct ms_error *error);

// Searches the whole kernel's half for all patterns. Each has at most `limit` matches in the list,
// whose items the caller frees; if it is stopped, these are the first ones. MS_NOMEM and what else
// ms_search() fails with, but not MS_STOPPED.
enum ms_status ms_kernel_search(const struct ms_kernel_memory *memory,
                                const struct ms_kernel_pattern *patterns, size_t n_patterns,
                                uint64_t limit, struct ms_watch *watch,
                                struct ms_kernel_matches *matches, struct ms_error *error);

#endif
