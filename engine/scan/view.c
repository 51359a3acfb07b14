// SPDX-License-Identifier: MIT

#include "scan/view.h"

#include "base/extent.h"

void ms_view_cursor_start(struct ms_view_cursor *cursor, const struct ms_view *view, uint64_t first,
                          uint64_t last)
{
    struct ms_range range = {.first = first, .last = last};

    cursor->view = view;
    cursor->has_left = false;
    cursor->next = first;
    cursor->last = last;
    if (!view->all_memory)
        ms_mapping_cursor_start(&cursor->mappings, view->spaces, view->space, &range);
}

void ms_view_cursor_start_whole(struct ms_view_cursor *cursor, const struct ms_view *view,
                                uint64_t first, uint64_t last, uint64_t whole_below)
{
    ms_view_cursor_start(cursor, view, first, last);
    if (view->page_flags == 0 && !(view->lost && view->lost->n > 0))
        cursor->mappings.whole_below = whole_below;
}

// Flags are those of pages that are mapped by tables; other mappings have none to lack.
static bool is_seen(const struct ms_view *view, const struct ms_mapping_info *mapping)
{
    bool has_flags = mapping->state == MS_MAPPED_PRESENT || mapping->state == MS_MAPPED_ABSENT;

    return !has_flags || (mapping->flags & view->page_flags) == view->page_flags;
}

// The next stretch of memory, from cursor->next on.
static bool next_memory(struct ms_view_cursor *cursor, struct ms_mapping_info *mapping)
{
    const struct ms_present *present = ms_spaces_present(cursor->view->spaces);
    const struct ms_stretch *stretch;
    size_t i;

    if (cursor->next > cursor->last)
        return false;
    i = ms_present_find(present, cursor->next, 0);
    stretch = &present->stretches.items[i];
    if (i == present->stretches.n || stretch->first > cursor->last)
        return false;
    *mapping = (struct ms_mapping_info){
        .first = ms_max_u64(stretch->first, cursor->next),
        .last = ms_min_u64(stretch->last, cursor->last),
        .state = MS_MAPPED_PRESENT,
    };
    mapping->physical = mapping->first;
    if (mapping->last == cursor->last)
        cursor->last = 0, cursor->next = 1;
    else
        cursor->next = mapping->last + 1;
    return true;
}

static bool next_seen(struct ms_view_cursor *cursor, struct ms_mapping_info *mapping)
{
    if (cursor->view->all_memory)
        return next_memory(cursor, mapping);
    while (ms_mapping_cursor_next(&cursor->mappings, mapping)) {
        if (is_seen(cursor->view, mapping))
            return true;
    }
    return false;
}

// The first lost stretch that ends at or behind the physical address.
static size_t find_lost(const ms_gap_vec *lost, uint64_t physical)
{
    size_t low = 0, high = lost->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (lost->items[middle].range.last < physical)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Cuts a present mapping where what was lost begins or ends. *length_ret: of the first part.
static bool split_lost(const ms_gap_vec *lost, struct ms_mapping_info *mapping,
                       uint64_t *length_ret)
{
    uint64_t last = mapping->physical + (mapping->last - mapping->first);
    size_t i = find_lost(lost, mapping->physical);
    const struct ms_range *range;

    if (i == lost->n || lost->items[i].range.first > last)
        return false;
    range = &lost->items[i].range;
    if (range->first > mapping->physical) {
        *length_ret = range->first - mapping->physical;
        return true;
    }
    mapping->state = MS_MAPPED_UNREADABLE;
    if (range->last >= last)
        return false;
    *length_ret = range->last + 1 - mapping->physical;
    return true;
}

bool ms_view_cursor_next(struct ms_view_cursor *cursor, struct ms_mapping_info *mapping_ret)
{
    const ms_gap_vec *lost = cursor->view->lost;
    uint64_t length;

    if (cursor->has_left) {
        *mapping_ret = cursor->left;
        cursor->has_left = false;
    } else if (!next_seen(cursor, mapping_ret)) {
        return false;
    }
    if (!lost || lost->n == 0 || mapping_ret->state != MS_MAPPED_PRESENT)
        return true;
    cursor->left = *mapping_ret;
    if (split_lost(lost, mapping_ret, &length)) {
        cursor->left.first += length;
        cursor->left.physical += length;
        cursor->has_left = true;
        mapping_ret->last = mapping_ret->first + (length - 1);
    }
    return true;
}
