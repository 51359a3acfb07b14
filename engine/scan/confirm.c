// SPDX-License-Identifier: MIT
//
// A walk over the mappings of a space collects stretches of addresses at which matches may start:
// each marked page, and as many bytes before it as a match may begin before its candidate; the same
// before a marked seam. They come by ascending address, so that what overlaps is merged on the way,
// and are parts of tasks as soon as they are complete. No address is looked at twice.
//
// Many spaces map the same tables. One in which nothing is marked, or a walk has found nothing to
// report, is settled: only what lies so near to its ends that a match there may have bytes outside
// of it is walked, or walked again.

#include "scan/confirm.h"

#include "base/extent.h"
#include "scan/tasks.h"

struct pass {
    const struct ms_confirm *confirm;
    struct ms_tasks *tasks;
    const struct ms_range_group *group;

    // The segment that the walk is in: mapped memory without a hole.
    bool in_segment;
    uint64_t segment_first;
    uint64_t last;          // of the last mapping
    uint64_t physical_last; // its physical address
    size_t segment;         // its number

    // Addresses at which matches may start, to be matched again. Those below `next` have been.
    bool has_pending;
    uint64_t pending_first;
    uint64_t pending_last;
    uint64_t next;
    bool done; // of the group: there is no address above

    uint64_t n_counted; // bytes that were passed
    uint64_t uncounted; // of the mapping, at its end
    uint64_t end_bytes; // of a settled table, that are walked at either end
    uint64_t n_marked;  // pages
};

// == Places to look at ==

static enum ms_status flush(struct pass *pass, struct ms_error *error)
{
    const struct ms_confirm *confirm = pass->confirm;
    struct ms_task_part part = {
        .first = pass->pending_first,
        .last = pass->pending_last,
        .group = pass->group,
        .segment_first = pass->segment_first,
        .segment = pass->segment,
    };
    enum ms_status status = MS_OK;

    if (!pass->has_pending)
        return MS_OK;
    pass->has_pending = false;
    pass->done = part.last == UINT64_MAX;
    pass->next = part.last + 1;
    if (confirm->places)
        status = ms_places_enter(confirm->places, confirm->view,
                                 ms_max_u64(pass->group->first, ms_page_start(part.first)),
                                 part.last, &ms_tasks_at_hand(pass->tasks)->folded, error);
    return status == MS_OK ? ms_tasks_add(pass->tasks, &part, error) : status;
}

// Matches that start in [first, last] of the segment are to be found: `first` is `back` bytes below
// the given one, as far as the segment goes.
static enum ms_status want(struct pass *pass, uint64_t first, uint64_t last, size_t back,
                           struct ms_error *error)
{
    enum ms_status status = MS_OK;

    first = ms_max_u64(first - ms_min_u64(back, first), pass->segment_first);
    first = ms_max_u64(first, ms_max_u64(pass->next, pass->confirm->from));
    if (pass->done || first > last)
        return MS_OK;
    if (pass->has_pending && first > pass->pending_last && first - 1 > pass->pending_last)
        status = flush(pass, error);
    if (status != MS_OK)
        return status;
    if (!pass->has_pending)
        pass->pending_first = first;
    pass->has_pending = true;
    pass->pending_last = last;
    return last - pass->pending_first >= pass->confirm->chunk_bytes ? flush(pass, error) : MS_OK;
}

// == The walk ==

// Whether a match that begins in the page or up to `back` bytes before it may have a byte in an
// unmapped page.
static bool is_near_unmapped(const struct pass *pass, uint64_t physical)
{
    const struct ms_confirm *confirm = pass->confirm;
    struct ms_margins margins = ms_matcher_margins(confirm->matcher);
    uint64_t page = ms_page_start(physical);
    uint64_t before = ms_min_u64(page, confirm->candidates->back);
    uint64_t last = page + (MS_PAGE_BYTES - 1);

    last += ms_min_u64(margins.after, UINT64_MAX - last);
    for (uint64_t at = ms_page_start(page - before);; at += MS_PAGE_BYTES) {
        if (ms_space_page_unmapped(confirm->view->spaces, at))
            return true;
        if (last - at < MS_PAGE_BYTES)
            return false;
    }
}

static void count_walked(struct pass *pass, uint64_t bytes)
{
    pass->n_counted += bytes;
    ms_tasks_at_hand(pass->tasks)->walked += bytes;
}

// Counts what is left of the mapping but for `behind` bytes: before a part of a task has it, and
// not long before, or all would seem done when the first task of a large mapping is.
static void count_but_for(struct pass *pass, uint64_t behind)
{
    if (pass->uncounted <= behind)
        return;
    count_walked(pass, pass->uncounted - behind);
    pass->uncounted = behind;
}

static enum ms_status want_pages(struct pass *pass, const struct ms_mapping_info *mapping,
                                 struct ms_error *error)
{
    const struct ms_marks *marks = pass->confirm->marks;
    uint64_t in_page = mapping->physical % MS_PAGE_BYTES;
    uint64_t length = mapping->last - mapping->first; // less one
    size_t first = (size_t)ms_present_number(marks->present, mapping->physical);
    size_t end = first + (size_t)((in_page + length) / MS_PAGE_BYTES) + 1;
    enum ms_status status = MS_OK;

    for (size_t page = ms_bits_find(marks->bits, first, end, true); page < end && status == MS_OK;
         page = ms_bits_find(marks->bits, page + 1, end, true)) {
        // Offsets into the mapping; the first page may begin before it.
        uint64_t start = (uint64_t)(page - first) * MS_PAGE_BYTES;
        uint64_t last = ms_min_u64(start + (MS_PAGE_BYTES - 1) - in_page, length);

        start = start > in_page ? start - in_page : 0;
        pass->n_marked++;
        count_but_for(pass, length - last);
        if (pass->confirm->unmapped_only && !is_near_unmapped(pass, mapping->physical + start))
            continue;
        status = want(pass, mapping->first + start, mapping->first + last,
                      pass->confirm->candidates->back, error);
    }
    return status;
}

// The boundary before the mapping, which goes on where the last one has ended.
static enum ms_status want_seam(struct pass *pass, const struct ms_mapping_info *mapping,
                                struct ms_error *error)
{
    const struct ms_marks *marks = pass->confirm->marks;
    size_t reach = marks->seams->reach;
    uint64_t tail;

    if (reach == 0 || pass->physical_last + 1 == mapping->physical ||
        !ms_seams_is_marked(marks->seams,
                            (size_t)ms_present_number(marks->present, pass->physical_last),
                            (size_t)ms_present_number(marks->present, mapping->physical)))
        return MS_OK;
    tail = mapping->first - ms_min_u64(mapping->first, reach);
    return want(pass, tail, mapping->first - 1, pass->confirm->candidates->back, error);
}

static enum ms_status enter_mapping(struct pass *pass, const struct ms_mapping_info *mapping,
                                    struct ms_error *error)
{
    bool goes_on = pass->in_segment && pass->last + 1 == mapping->first;
    enum ms_status status = MS_OK;

    if (goes_on) {
        status = want_seam(pass, mapping, error);
    } else {
        status = flush(pass, error);
        pass->in_segment = true;
        pass->segment_first = mapping->first;
        pass->segment++;
    }
    pass->last = mapping->last;
    pass->physical_last = mapping->physical + (mapping->last - mapping->first);
    return status == MS_OK ? want_pages(pass, mapping, error) : status;
}

static enum ms_status walk_mapping(struct pass *pass, const struct ms_mapping_info *mapping,
                                   struct ms_error *error)
{
    enum ms_status status;
    uint64_t first;

    if (mapping->state != MS_MAPPED_PRESENT) {
        pass->in_segment = false;
        return MS_OK;
    }
    first = ms_max_u64(mapping->first, pass->confirm->from);
    pass->uncounted = first <= mapping->last ? mapping->last - first + 1 : 0;
    status = enter_mapping(pass, mapping, error);
    if (status == MS_OK)
        count_but_for(pass, 0);
    return status;
}

static enum ms_status walk_range(struct pass *pass, uint64_t first, uint64_t last,
                                 uint64_t whole_below, struct ms_error *error);

// Walks the two ends of a settled table. No match begins between them. Of the second, the first
// bytes are there only to tell where regexes start.
static enum ms_status pass_over(struct pass *pass, const struct ms_mapping_info *table,
                                struct ms_error *error)
{
    uint64_t present =
        ms_spaces_table_bytes(pass->confirm->view->spaces, (size_t)table->physical)->present;
    uint64_t counted = pass->n_counted, tail = table->last - (pass->end_bytes - 1);
    enum ms_status status =
        walk_range(pass, table->first, table->first + (pass->end_bytes - 1), 0, error);

    if (status == MS_OK)
        status = flush(pass, error);
    // A segment begins with the second, as it does not touch what was walked last.
    pass->next = tail + ms_matcher_margins(pass->confirm->matcher).before;
    if (status == MS_OK)
        status = walk_range(pass, tail, table->last, 0, error);
    count_walked(pass, present - (pass->n_counted - counted));
    return status;
}

// Whether it is known beforehand that no match begins in the table. One that begins below `from`
// has bytes that are not to be counted.
static bool has_no_marks(const struct pass *pass, const struct ms_mapping_info *table)
{
    const struct ms_confirm *confirm = pass->confirm;

    return table->first >= confirm->from &&
           !ms_marks_may_have(confirm->marks, confirm->view->spaces, table);
}

static enum ms_status walk_table(struct pass *pass, const struct ms_mapping_info *table,
                                 struct ms_error *error)
{
    uint8_t *settled = &pass->confirm->settled[table->physical];
    uint64_t bytes = table->last - table->first + 1, first;
    bool settles = pass->end_bytes <= bytes / 4;
    enum ms_status status = ms_tasks_know(pass->tasks, settled, error);

    if (settles && *settled == MS_UNSETTLED && has_no_marks(pass, table))
        *settled = MS_SETTLED;
    if (status == MS_OK && *settled == MS_SETTLED)
        return pass_over(pass, table, error);
    if (status == MS_OK)
        status = flush(pass, error);
    first = pass->tasks->n_parts;
    if (status == MS_OK)
        status = walk_range(pass, table->first, table->last, bytes, error);
    if (status == MS_OK)
        status = flush(pass, error);
    return status == MS_OK && settles ? ms_tasks_settle(pass->tasks, settled, first, error)
                                      : status;
}

static enum ms_status walk_range(struct pass *pass, uint64_t first, uint64_t last,
                                 uint64_t whole_below, struct ms_error *error)
{
    struct ms_view_cursor cursor;
    struct ms_mapping_info mapping;
    enum ms_status status = MS_OK;

    ms_view_cursor_start_whole(&cursor, pass->confirm->view, first, last, whole_below);
    while (status == MS_OK && ms_view_cursor_next(&cursor, &mapping)) {
        if (mapping.state == MS_MAPPED_TABLE)
            status = walk_table(pass, &mapping, error);
        else
            status = walk_mapping(pass, &mapping, error);
    }
    return status;
}

static enum ms_status walk_group(struct pass *pass, struct ms_error *error)
{
    const struct ms_confirm *confirm = pass->confirm;
    size_t before = ms_matcher_margins(confirm->matcher).before;
    uint64_t from = confirm->from - ms_min_u64(before, confirm->from);
    // What a table has to report depends on where it lies, if matches across the ends of ranges are
    // left out. (Those below `from` are, in the first bytes of a table, which are always walked.)
    bool settles = confirm->settled && pass->group->n_pieces == 1;
    enum ms_status status;

    pass->in_segment = false;
    pass->next = 0;
    pass->done = false;
    status = walk_range(pass, ms_max_u64(pass->group->first, from), pass->group->last,
                        settles ? UINT64_MAX : 0, error);
    return status == MS_OK ? flush(pass, error) : status;
}

// Bytes at either end of a table that a match may touch of which others lie outside of it, and
// those that tell where it starts.
static uint64_t end_bytes(const struct ms_confirm *confirm)
{
    struct ms_margins margins = ms_matcher_margins(confirm->matcher);
    uint64_t bytes = (uint64_t)margins.before + margins.after;

    return ms_round_up(bytes + 1, MS_PAGE_BYTES);
}

enum ms_status ms_confirm_run(const struct ms_confirm *confirm, struct ms_tasks *tasks,
                              uint64_t *marked_pages, struct ms_error *error)
{
    struct pass pass = {.confirm = confirm, .tasks = tasks, .end_bytes = end_bytes(confirm)};
    enum ms_status status = MS_OK;

    ms_tasks_begin_space(tasks, confirm);
    for (size_t i = 0; i < confirm->ranges->groups.n && status == MS_OK; i++) {
        pass.group = &confirm->ranges->groups.items[i];
        if (pass.group->last >= confirm->from)
            status = walk_group(&pass, error);
    }
    *marked_pages += pass.n_marked;
    return status == MS_OK ? ms_tasks_end_space(tasks, error) : status;
}
