// SPDX-License-Identifier: MIT
//
// The list of readers, and the choice among them: the one that verified most bits of a file's head.

#include "base/extent.h"
#include "format/foreign.h"
#include "format/formats.h"

#include <string.h>

static const struct ms_format_ops *const formats[] = {
    &ms_format_crashdump64, &ms_format_crashdump32, &ms_format_elf64,
    &ms_format_elf32,       &ms_format_lime,        &ms_format_raw,
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const char *ms_format_name(size_t index)
{
    return index < N_FORMATS ? formats[index]->name : NULL;
}

static enum ms_status read_head(const struct ms_source *source, struct ms_head *head,
                                struct ms_error *error)
{
    *head = (struct ms_head){.file_size = ms_source_size(source)};
    head->length = (size_t)ms_min_u64(head->file_size, sizeof(head->bytes));
    return ms_source_read(source, 0, head->bytes, head->length, "the first bytes", error);
}

static enum ms_status choose_by_name(const char *name, const struct ms_format_ops **ops_ret,
                                     struct ms_error *error)
{
    char known[256] = "";

    for (size_t i = 0; i < N_FORMATS; i++) {
        if (strcmp(formats[i]->name, name) == 0) {
            *ops_ret = formats[i];
            return MS_OK;
        }
        strncat(known, i ? ", " : "", sizeof(known) - strlen(known) - 1);
        strncat(known, formats[i]->name, sizeof(known) - strlen(known) - 1);
    }
    return ms_fail(error, MS_ARGUMENT, "there is no format called '%s'; there are %s", name, known);
}

static enum ms_status choose_by_bid(const struct ms_head *head,
                                    const struct ms_format_ops **ops_ret, struct ms_error *error)
{
    const char *foreign_title = NULL;
    unsigned foreign_bid = ms_foreign_bid(head, &foreign_title);
    const struct ms_format_ops *best = NULL;
    unsigned best_bid = 0;

    for (size_t i = 0; i < N_FORMATS; i++) {
        unsigned bits = formats[i]->bid(head);

        if (bits > best_bid) {
            best_bid = bits;
            best = formats[i];
        }
    }
    if (foreign_bid > best_bid || !best)
        return ms_fail(
            error, MS_UNSUPPORTED,
            "%s: recognised, but not read by this version; --as raw searches the file as "
            "it is",
            foreign_title);
    *ops_ret = best;
    return MS_OK;
}

enum ms_status ms_format_choose(const struct ms_source *source, const char *name,
                                struct ms_head *head_ret, const struct ms_format_ops **ops_ret,
                                struct ms_error *error)
{
    enum ms_status status = read_head(source, head_ret, error);

    if (status)
        return status;
    return name ? choose_by_name(name, ops_ret, error) : choose_by_bid(head_ret, ops_ret, error);
}
