// SPDX-License-Identifier: MIT
//
// Raw images: byte n of the file is byte n of physical memory. There is nothing to recognise them
// by, so they bid lowest and take what no other reader wants.

#include "format/formats.h"

#include <inttypes.h>

#define PAGE_BYTES 4096

static unsigned bid(const struct ms_head *head)
{
    (void)head;
    return 1;
}

static enum ms_status read(const struct ms_source *source, const struct ms_head *head,
                           struct ms_layout *layout, struct ms_error *error)
{
    uint64_t size = ms_source_size(source);

    (void)head;
    if (size == 0)
        return ms_fail(error, MS_MALFORMED, "the file is empty");
    if (size % PAGE_BYTES != 0) {
        enum ms_status status = ms_layout_warn(layout, error, "size",
                                               "the file's %" PRIu64
                                               " bytes are no whole number of pages: it may be cut "
                                               "short, or be no raw image",
                                               size);
        if (status)
            return status;
    }
    return ms_layout_add_run(layout, (struct ms_format_run){.length = size, .stored = size}, "run",
                             0, error);
}

const struct ms_format_ops ms_format_raw = {
    .name = "raw",
    .title = "raw image",
    .bid = bid,
    .read = read,
};
