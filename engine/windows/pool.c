// SPDX-License-Identifier: MIT
//
// The public face of pool.

#include "windows/pool.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// == Making ==

// What is done twice is said once.
static void drop_repeated_note(struct ms_notes *notes)
{
    size_t last = notes->lines.n - 1;

    for (size_t i = 0; i < last; i++) {
        if (strcmp(notes->lines.items[i], notes->lines.items[last]) == 0) {
            free(notes->lines.items[last]);
            notes->lines.n = last;
            return;
        }
    }
}

bool ms_pool_add_note(struct ms_pool *pool, const char *format, ...)
{
    va_list arguments;
    bool ok;

    va_start(arguments, format);
    ok = ms_notes_add_list(&pool->notes, format, arguments);
    va_end(arguments);
    if (ok)
        drop_repeated_note(&pool->notes);
    return ok;
}

// Whether entries of both tables are as the build has them: by the built-in layouts or a symbol
// file.
static bool are_tables_known(const struct ms_pool *pool)
{
    const struct ms_nt *nt = &pool->modules->nt;
    struct ms_nt_layout layout;

    return ms_nt_layout_for(ms_pool_memory(pool)->bits, nt->build, &layout) ||
           (nt->symbols && nt->symbols->tells[MS_TRACKER_BYTES] &&
            nt->symbols->tells[MS_BIG_PAGE_ENTRY_BYTES]);
}

// What has to be known of the rules that are applied.
static bool note_rules(struct ms_pool *pool)
{
    const uint32_t build = pool->modules->nt.build;

    if (build == 0)
        return ms_pool_add_note(pool, "the kernel's build is not known: pool headers are read as "
                                      "those of Windows 7");
    if (!are_tables_known(pool) &&
        !ms_pool_add_note(pool,
                          "build %" PRIu32 " is not known: its tables of pool are read as those of "
                          "a build near it",
                          build))
        return false;
    return pool->rules.has_chains ||
           ms_pool_add_note(pool,
                            "build %" PRIu32 " keeps pool in segment heaps: blocks are told by "
                            "headers that look right, and some of them may be free by now",
                            build);
}

static bool fill(struct ms_pool *pool)
{
    ms_pool_ranges_read(pool->modules, &pool->ranges);
    return note_rules(pool) && ms_pool_bigs_read(pool, &pool->bigs) &&
           ms_pool_trackers_find(pool, &pool->trackers);
}

enum ms_status ms_pool_create(const struct ms_modules *modules, struct ms_pool **pool_ret,
                              struct ms_error *error)
{
    struct ms_pool *pool;

    if (modules->nt.base == 0)
        return ms_fail(error, MS_MISSING, "there is no Windows kernel, and so no pool of it");
    pool = calloc(1, sizeof(*pool));
    if (!pool)
        return ms_fail_nomem(error);
    pool->modules = modules;
    pool->rules = ms_pool_rules_of(modules->memory.bits, modules->nt.build);
    pool->view.address = UINT64_MAX;
    if (!fill(pool)) {
        ms_pool_free(pool);
        return ms_fail_nomem(error);
    }
    *pool_ret = pool;
    return MS_OK;
}

void ms_pool_free(struct ms_pool *pool)
{
    if (!pool)
        return;
    ms_notes_release(&pool->notes);
    free(pool->bigs.list.items);
    free(pool);
}

// == What is known ==

size_t ms_pool_n_notes(const struct ms_pool *pool)
{
    return pool->notes.lines.n;
}

const char *ms_pool_note(const struct ms_pool *pool, size_t index)
{
    return pool->notes.lines.items[index];
}

struct ms_pool_system ms_pool_system(const struct ms_pool *pool)
{
    return (struct ms_pool_system){
        .build = pool->modules->nt.build,
        .has_chains = pool->rules.has_chains,
        .granule = pool->rules.granule,
        .big_pages = pool->bigs.table,
        .big_origin = pool->bigs.origin,
        .n_big = pool->bigs.list.n,
        .trackers = pool->trackers.table,
        .tracker_origin = pool->trackers.origin,
    };
}

const char *ms_pool_kind_name(enum ms_pool_kind kind)
{
    static const char *const names[] = {"unknown", "nonpaged", "paged"};

    return names[kind];
}

const char *ms_pool_form_name(enum ms_pool_form form)
{
    static const char *const names[] = {"block", "big", "special", "damaged"};

    return names[form];
}

// == One address, one page ==

// Whether an address may be of pool at all.
static bool may_be(const struct ms_pool *pool, uint64_t address)
{
    return ms_in_kernel(ms_pool_memory(pool), address, 1) &&
           ms_modules_at(pool->modules, address & ~(MS_KERNEL_PAGE - 1)) == MS_NO_MODULE;
}

bool ms_pool_at(struct ms_pool *pool, uint64_t address, struct ms_pool_info *info_ret)
{
    const struct ms_pool_entry *entry;
    const struct ms_pool_view *view;
    const struct ms_pool_big *big;

    if (!may_be(pool, address))
        return false;
    big = ms_pool_big_at(&pool->bigs, address & ~(MS_KERNEL_PAGE - 1));
    if (big) { // behind its end, its last page is nobody's
        *info_ret = ms_pool_info_of_big(pool, big);
        return address - big->address < big->size;
    }
    view = ms_pool_view_at(pool, address);
    if (view->state == MS_POOL_PAGE_SPECIAL) {
        *info_ret = ms_pool_info_of_special(&view->special);
        return true;
    }
    entry = ms_pool_entry_at(&view->entries, address);
    if (!entry)
        return false;
    *info_ret = ms_pool_info_of_entry(pool, view, entry);
    return true;
}

static void add_rows(struct ms_pool *pool, const struct ms_pool_view *view,
                     struct ms_pool_page *page)
{
    page->state = view->state;
    if (view->state == MS_POOL_PAGE_SPECIAL) {
        pool->rows[page->n++] = ms_pool_info_of_special(&view->special);
        return;
    }
    for (size_t i = 0; i < view->entries.n; i++)
        pool->rows[page->n++] = ms_pool_info_of_entry(pool, view, &view->entries.items[i]);
}

// Free blocks may not tell the kind; so it is that of a row that is allocated, if there is one.
static void take_kind(struct ms_pool_page *page)
{
    const struct ms_pool_info *row = page->rows;

    for (size_t i = 0; i < page->n; i++) {
        if (page->rows[i].allocated) {
            row = &page->rows[i];
            break;
        }
    }
    if (page->n > 0) {
        page->kind = row->kind;
        page->is_session = row->is_session;
    }
}

struct ms_pool_page ms_pool_page(struct ms_pool *pool, uint64_t address)
{
    struct ms_pool_page page = {.address = address & ~(MS_KERNEL_PAGE - 1), .rows = pool->rows};
    const struct ms_pool_big *big;

    if (!may_be(pool, address))
        return page;
    big = ms_pool_big_at(&pool->bigs, page.address);
    if (big) {
        page.state = MS_POOL_PAGE_BIG;
        pool->rows[page.n++] = ms_pool_info_of_big(pool, big);
    } else {
        add_rows(pool, ms_pool_view_at(pool, address), &page);
    }
    take_kind(&page);
    return page;
}
