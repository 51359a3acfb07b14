// SPDX-License-Identifier: MIT
//
// What readers of containers fill: runs, facts and warnings. Texts may quote the image, so they are
// made printable here, once; counts come from the image, so what is kept of them is bounded here.

#include "base/cleanup.h"
#include "base/extent.h"
#include "format/format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

// Enough to see what is wrong with a header; the rest is a number.
#define WARNINGS_KEPT 8

void ms_layout_release(struct ms_layout *layout)
{
    for (size_t i = 0; i < layout->facts.n; i++)
        free(layout->facts.items[i].text);
    for (size_t i = 0; i < layout->warnings.n; i++)
        free(layout->warnings.items[i]);
    free(layout->runs.items);
    free(layout->facts.items);
    free(layout->warnings.items);
    free(layout->warning_kinds.items);
    free(layout->system.processors.items);
    *layout = (struct ms_layout){0};
}

// A formatted copy, printable; NULL without memory.
MS_PRINTF(1, 0) static char *format_text(const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0)
        return NULL;
    for (char *c = text; *c; c++) {
        if (*c < 0x20 || *c > 0x7e)
            *c = '.';
    }
    return text;
}

enum ms_status ms_layout_add_fact(struct ms_layout *layout, struct ms_error *error,
                                  const char *name, const char *format, ...)
{
    MS_FREE char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = format_text(format, arguments);
    va_end(arguments);
    if (!text || !ms_vec_push(&layout->facts, (struct ms_layout_fact){name, text}))
        return ms_fail_nomem(error);
    text = NULL;
    return MS_OK;
}

// How many warnings of the kind there are already, which the caller may count up. NULL without
// memory.
static size_t *count_of_kind(struct ms_layout *layout, const char *kind)
{
    for (size_t i = 0; i < layout->warning_kinds.n; i++) {
        if (strcmp(layout->warning_kinds.items[i].kind, kind) == 0)
            return &layout->warning_kinds.items[i].n;
    }
    if (!ms_vec_push(&layout->warning_kinds, (struct ms_layout_warning_kind){kind, 0}))
        return NULL;
    return &layout->warning_kinds.items[layout->warning_kinds.n - 1].n;
}

enum ms_status ms_layout_warn(struct ms_layout *layout, struct ms_error *error, const char *kind,
                              const char *format, ...)
{
    size_t *count = count_of_kind(layout, kind);
    MS_FREE char *text = NULL;
    va_list arguments;

    if (!count)
        return ms_fail_nomem(error);
    if (*count >= WARNINGS_KEPT) {
        ++*count;
        return MS_OK;
    }
    va_start(arguments, format);
    text = format_text(format, arguments);
    va_end(arguments);
    if (!text || !ms_vec_push(&layout->warnings, text))
        return ms_fail_nomem(error);
    text = NULL;
    ++*count;
    return MS_OK;
}

enum ms_status ms_layout_finish(struct ms_layout *layout, struct ms_error *error)
{
    for (size_t i = 0; i < layout->warning_kinds.n; i++) {
        const struct ms_layout_warning_kind *kind = &layout->warning_kinds.items[i];
        char *text;

        if (kind->n <= WARNINGS_KEPT)
            continue;
        if (asprintf(&text, "%zu more warnings about %s", kind->n - WARNINGS_KEPT, kind->kind) < 0)
            return ms_fail_nomem(error);
        if (!ms_vec_push(&layout->warnings, text)) {
            free(text);
            return ms_fail_nomem(error);
        }
    }
    return MS_OK;
}

enum ms_status ms_layout_add_run(struct ms_layout *layout, struct ms_format_run run,
                                 const char *what, uint64_t index, struct ms_error *error)
{
    if (layout->full)
        return MS_OK;
    if (run.length == 0)
        return ms_layout_warn(layout, error, "empty runs", "%s %" PRIu64 " is empty: left out",
                              what, index);
    if (!ms_extent_valid(run.start, run.length))
        return ms_layout_warn(layout, error, "runs that pass the top of memory",
                              "%s %" PRIu64 ": 0x%" PRIx64 " bytes from 0x%" PRIx64
                              " on pass the top of the address space: left out",
                              what, index, run.length, run.start);
    if (layout->max_runs && layout->runs.n >= layout->max_runs) {
        layout->full = true;
        return ms_layout_warn(layout, error, "too many runs",
                              "more than %zu runs, too many for a file of this size: %s %" PRIu64
                              " and all behind it are left out",
                              layout->max_runs, what, index);
    }
    run.stored = ms_min_u64(run.stored, run.length);
    if (!ms_vec_push(&layout->runs, run))
        return ms_fail_nomem(error);
    return MS_OK;
}
