// SPDX-License-Identifier: MIT
//
// What is found of a machine's pool, and texts of it: each lies in a static buffer of the function
// that returns it.

#ifndef TESTS_WINDOWS_FOUND_POOL_H
#define TESTS_WINDOWS_FOUND_POOL_H

#include "windows/isf_file.h"
#include "windows/pool_machine.h"

struct found_pool {
    struct found_windows windows;
    struct ms_symbols *symbols;
    struct ms_pool *pool;
};

static inline struct found_pool find_pool(const struct windows *windows, const char *isf)
{
    struct found_pool found = {.symbols = isf ? open_isf(isf) : NULL};
    struct ms_modules_options options = {.symbols = &found.symbols, .n_symbols = isf != NULL};
    struct ms_error error = {0};

    found.windows = find_windows_with(windows, &options);
    cr_assert(ms_pool_create(found.windows.modules, &found.pool, &error) == MS_OK, "%s",
              error.text);
    return found;
}

static inline void release_pool(struct found_pool *found, struct windows *windows)
{
    ms_pool_free(found->pool);
    release_found(&found->windows);
    ms_symbols_free(found->symbols);
    free(windows->machine.bytes);
}

static inline bool has_pool_note(const struct ms_pool *pool, const char *text)
{
    for (size_t i = 0; i < ms_pool_n_notes(pool); i++) {
        if (strstr(ms_pool_note(pool, i), text))
            return true;
    }
    return false;
}

// == Texts ==

// Rows, a line each.
struct rows {
    char text[8192];
    size_t used;
    size_t n_left; // rows until the caller wants no more
};

// Adds what a pass tells.
static inline int add_row(void *user, const struct ms_pool_info *info)
{
    struct rows *rows = user;

    rows->used += (size_t)snprintf(
        rows->text + rows->used, sizeof(rows->text) - rows->used, "%s%s %" PRIx64 "+%" PRIx64,
        rows->used ? "\n" : "", ms_pool_form_name(info->form), info->address - KERNEL, info->size);
    if (info->form != MS_POOL_DAMAGED)
        rows->used +=
            (size_t)snprintf(rows->text + rows->used, sizeof(rows->text) - rows->used,
                             " %.4s %s%s%s%s data %" PRIx64 "+%" PRIx64, (const char *)&info->tag,
                             info->is_session ? "session " : "", ms_pool_kind_name(info->kind),
                             info->allocated ? "" : " free", info->guessed ? " guessed" : "",
                             info->data - KERNEL, info->data_size);
    return rows->n_left > 0 && --rows->n_left == 0;
}

// The row that an offset of the kernel's memory lies in, or "none".
static inline char *row_at(const struct found_pool *found, uint64_t offset)
{
    static struct rows rows;
    struct ms_pool_info info;

    rows = (struct rows){.text = "none"};
    if (ms_pool_at(found->pool, KERNEL + offset, &info))
        add_row(&rows, &info);
    return rows.text;
}

// The rows whose tags fit a pattern.
static inline char *rows_of(const struct found_pool *found, const char *pattern)
{
    static struct rows rows;
    const struct ms_pool_pass pass = {.block = add_row, .user = &rows};
    struct ms_error error = {0};

    rows = (struct rows){0};
    cr_assert(ms_pool_find(found->pool, pattern, &pass, &error) == MS_OK, "%s", error.text);
    return rows.text;
}

// What each tag has, a line each: allocations and bytes, by the tables ("-" in front: they do not
// have it) and counted, nonpaged and paged; then allocations of sessions, and of special pool.
static inline char *usage_text(const struct found_pool *found, unsigned flags)
{
    static char text[4096];
    struct ms_pool_usage *usage;
    size_t used = 0;

    text[0] = '\0';
    cr_assert(ms_pool_usage_create(found->pool, flags, NULL, &usage, NULL) == MS_OK);
    for (size_t i = 0; i < ms_pool_usage_count(usage); i++) {
        const struct ms_pool_usage_row *row = ms_pool_usage_row(usage, i);

        used += (size_t)snprintf(
            text + used, sizeof(text) - used,
            "%s%.4s %s%" PRIu64 " %" PRIx64 ", %" PRIu64 " %" PRIx64 "; %" PRIu64 " %" PRIx64
            ", %" PRIu64 " %" PRIx64 "; %" PRIu64 " %" PRIu64,
            i ? "\n" : "", (const char *)&row->tag, row->has_tracker ? "" : "-",
            row->tracker.nonpaged_allocs, row->tracker.nonpaged_bytes, row->tracker.paged_allocs,
            row->tracker.paged_bytes, row->counted.nonpaged_allocs, row->counted.nonpaged_bytes,
            row->counted.paged_allocs, row->counted.paged_bytes, row->session_allocs,
            row->special_allocs);
    }
    ms_pool_usage_free(usage);
    return text;
}

#endif
