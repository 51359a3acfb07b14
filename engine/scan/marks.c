// SPDX-License-Identifier: MIT

#include "scan/marks.h"

// A window is contiguous memory, so the numbers of its frames are contiguous, too.
static bool take(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                 uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    // The sink is the first member.
    struct ms_marks *marks = ((struct ms_marker *)sink)->marks;
    size_t number = (size_t)ms_present_number(marks->present, address);
    uint64_t in_frame = address % MS_PAGE_BYTES;

    (void)window;
    (void)pattern;
    (void)length;
    if (count > 1 && stride <= MS_PAGE_BYTES) {
        uint64_t last = in_frame + (count - 1) * stride;

        ms_bits_set_range(marks->bits, number, number + (size_t)(last / MS_PAGE_BYTES) + 1);
        return true;
    }
    for (uint64_t i = 0; i < count; i++)
        ms_bits_set(marks->bits, number + (size_t)((in_frame + i * stride) / MS_PAGE_BYTES));
    return true;
}

void ms_marker_init(struct ms_marker *marker, struct ms_marks *marks)
{
    *marker = (struct ms_marker){.sink = {take}, .marks = marks};
}
