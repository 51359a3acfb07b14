// SPDX-License-Identifier: MIT
//
// What struct ms_pool holds.

#ifndef MS_WINDOWS_POOL_H
#define MS_WINDOWS_POOL_H

#include "windows/modules.h"
#include "windows/pool_page.h"
#include "windows/pool_tables.h"
#include "windows/special_page.h"

// A page as it was judged.
struct ms_pool_view {
    uint64_t address;              // a multiple of the page's size; UINT64_MAX: none was judged yet
    enum ms_pool_page_state state; // but for MS_POOL_PAGE_BIG: that is not looked at
    struct ms_pool_entries entries;
    struct ms_special_page special; // where the state is MS_POOL_PAGE_SPECIAL
};

struct ms_pool {
    const struct ms_modules *modules;
    struct ms_pool_rules rules;
    struct ms_pool_ranges ranges;
    struct ms_pool_bigs bigs;
    struct ms_pool_trackers trackers;
    struct ms_notes notes;
    struct ms_pool_view view;                       // the page that was read last
    struct ms_pool_info rows[MS_POOL_PAGE_ENTRIES]; // that ms_pool_page() gave last
};

// Adds a line to the notes. False without memory.
bool ms_pool_add_note(struct ms_pool *pool, const char *format, ...) MS_PRINTF(2, 3);

static inline const struct ms_kernel_memory *ms_pool_memory(const struct ms_pool *pool)
{
    return &pool->modules->memory;
}

// == Pages: pool_view.c ==

// Judges a page outside of modules by its bytes; `is_whole`: all of them are present.
void ms_pool_view_judge(const struct ms_pool *pool, uint64_t page, const uint8_t *bytes,
                        const bool *present, bool is_whole, struct ms_pool_view *view_ret);

// The view of the page that an address lies in: the last one, or read now.
const struct ms_pool_view *ms_pool_view_at(struct ms_pool *pool, uint64_t address);

// What is told of an entry of a view, of its special page, and of a big allocation.
struct ms_pool_info ms_pool_info_of_entry(const struct ms_pool *pool,
                                          const struct ms_pool_view *view,
                                          const struct ms_pool_entry *entry);
struct ms_pool_info ms_pool_info_of_special(const struct ms_special_page *page);
struct ms_pool_info ms_pool_info_of_big(const struct ms_pool *pool, const struct ms_pool_big *big);

// == All pages: pool_pass.c ==

struct ms_pool_pass_page {
    uint64_t address;
    uint64_t physical; // of a byte of it that the image holds
    const uint8_t *bytes;
    const bool *present;
    bool is_whole; // all are present
};

// Visits each page of the kernel's half of which the image holds something, but for those of
// modules and of big allocations, by ascending address. A value other than 0 ends it and is
// returned; MS_STOPPED where the pass's progress asks for it.
int ms_pool_visit_pages(const struct ms_pool *pool, const struct ms_pool_pass *pass,
                        int (*visit)(void *user, const struct ms_pool_pass_page *page), void *user);

#endif
