// SPDX-License-Identifier: MIT

#include "scan/marks.h"

static bool is_marked(const struct ms_marks *marks, const struct ms_page_run *run)
{
    size_t end = run->page + run->n;

    return ms_bits_find(marks->bits, run->page, end, true) < end;
}

static bool may_have(const struct ms_marks *marks, const struct ms_spaces *spaces,
                     const struct ms_mapping_info *table)
{
    struct ms_page_run runs[MS_MAX_PAGE_RUNS];
    size_t n;

    if (!ms_spaces_page_runs(spaces, table, runs, &n))
        return true;
    for (size_t i = 0; i < n; i++) {
        const struct ms_page_run *before = i > 0 ? &runs[i - 1] : NULL;

        if (is_marked(marks, &runs[i]))
            return true;
        if (marks->seams->reach > 0 && before && before->at + before->n == runs[i].at &&
            ms_seams_is_marked(marks->seams, before->page + before->n - 1, runs[i].page))
            return true;
    }
    return false;
}

bool ms_marks_may_have(const struct ms_marks *marks, const struct ms_spaces *spaces,
                       const struct ms_mapping_info *table)
{
    enum { NOT_TOLD, NOTHING, SOMETHING };
    uint8_t *told = &marks->tables[table->physical];

    if (*told == NOT_TOLD)
        *told = may_have(marks, spaces, table) ? SOMETHING : NOTHING;
    return *told == SOMETHING;
}

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
