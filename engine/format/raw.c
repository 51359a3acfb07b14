// SPDX-License-Identifier: MIT
//
// Raw images: byte n of the file is byte n of physical memory, or behind a hole that the caller
// knows of, byte n + its length. There is nothing to recognise them
// by, so they bid lowest and take what no other reader wants.

#include "base/extent.h"
#include "format/formats.h"

#include <inttypes.h>

#define PAGE_BYTES 4096

static unsigned bid(const struct ms_head *head)
{
    (void)head;
    return 1;
}

// One run; or two, where the file leaves out a hole that begins below its end.
static enum ms_status add_runs(struct ms_layout *layout, uint64_t size, struct ms_error *error)
{
    const struct ms_range *hole = layout->hole;
    uint64_t low = hole ? ms_min_u64(size, hole->first) : size;
    enum ms_status status = MS_OK;

    if (low > 0)
        status = ms_layout_add_run(layout, (struct ms_format_run){.length = low, .stored = low},
                                   "run", 0, error);
    if (status || low == size)
        return status;
    return ms_layout_add_run(
        layout,
        (struct ms_format_run){
            .start = hole->last + 1, .length = size - low, .offset = low, .stored = size - low},
        "run", 1, error);
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
    return add_runs(layout, size, error);
}

const struct ms_format_ops ms_format_raw = {
    .name = "raw",
    .title = "raw image",
    .bid = bid,
    .read = read,
};
