// SPDX-License-Identifier: MIT
//
// Segments and extents: sorting, merging, searching.

#include "placement.h"

#include <stdlib.h>

/* ---- segments ------------------------------------------------------------------------- */

static int compare_runs(const void *left, const void *right)
{
    const struct run *a = *(const struct run *const *)left;
    const struct run *b = *(const struct run *const *)right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a < b ? -1 : a > b;
}

/** `furthest` is the run that reaches the end of the last segment; runs come sorted by start. */
static void add_run(struct segments *segments, const struct run *run, const struct run **furthest,
                    bool allow_overlap)
{
    struct segment *last = segments->count ? &segments->items[segments->count - 1] : NULL;
    uint64_t end = run->start + run->length;
    if (last && run->start < last->end && !allow_overlap)
        fail_at((run > *furthest ? run : *furthest)->place, // the later of the two statements
                "a run that overlaps no other (or 'allow-overlap')");
    if (!last || run->start > last->end)
        segments->items[segments->count++] = (struct segment){run->start, end};
    else if (end > last->end)
        last->end = end;
    else
        return;
    *furthest = run;
}

void segments_create(struct segments *segments, const struct spec *spec)
{
    const struct run **sorted = allocate(spec->n_runs, sizeof(const struct run *));
    for (size_t i = 0; i < spec->n_runs; i++)
        sorted[i] = &spec->runs[i];
    qsort(sorted, spec->n_runs, sizeof(const struct run *), compare_runs);
    segments->items = allocate(spec->n_runs, sizeof(*segments->items));
    const struct run *furthest = NULL;
    for (size_t i = 0; i < spec->n_runs; i++) {
        if (sorted[i]->length > 0)
            add_run(segments, sorted[i], &furthest, spec->allow_overlap);
    }
    for (size_t i = 0; i < segments->count; i++)
        segments->total += segments->items[i].end - segments->items[i].start;
    free(sorted);
}

void segments_release(struct segments *segments)
{
    free(segments->items);
    *segments = (struct segments){0};
}

size_t segments_from(const struct segments *segments, uint64_t address)
{
    size_t low = 0;
    size_t high = segments->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (segments->items[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool segments_hold(const struct segments *segments, uint64_t start, uint64_t length)
{
    size_t i = segments_from(segments, start);
    return i < segments->count && segments->items[i].start <= start &&
           length <= segments->items[i].end - start;
}

/* ---- extents -------------------------------------------------------------------------- */

void extents_add(struct extents *extents, uint64_t start, uint64_t length, uint64_t offset)
{
    if (length == 0)
        return;
    extents->items =
        grow(extents->items, extents->count, &extents->capacity, sizeof(*extents->items));
    extents->items[extents->count++] = (struct extent){start, length, offset};
    extents->end = offset + length;
}

static int compare_extents(const void *left, const void *right, void *items)
{
    const struct extent *extents = items;
    const struct extent *a = &extents[((const struct by_address *)left)->index];
    const struct extent *b = &extents[((const struct by_address *)right)->index];
    return (a->start > b->start) - (a->start < b->start);
}

void extents_sort(struct extents *extents)
{
    uint64_t furthest = 0;
    extents->sorted = allocate(extents->count, sizeof(*extents->sorted));
    for (size_t i = 0; i < extents->count; i++)
        extents->sorted[i].index = i;
    qsort_r(extents->sorted, extents->count, sizeof(*extents->sorted), compare_extents,
            extents->items);
    for (size_t i = 0; i < extents->count; i++) {
        const struct extent *extent = &extents->items[extents->sorted[i].index];
        if (extent->start + extent->length > furthest)
            furthest = extent->start + extent->length;
        extents->sorted[i].furthest = furthest;
    }
}

void extents_release(struct extents *extents)
{
    free(extents->items);
    free(extents->sorted);
    *extents = (struct extents){0};
}

struct extent_search extents_search(const struct extents *extents, uint64_t start, uint64_t length)
{
    struct extent_search search = {start, start + length, extents->count};
    size_t low = 0;
    while (low < search.next) { // the first extent that starts at or behind the range's end
        size_t middle = low + (search.next - low) / 2;
        if (extents->items[extents->sorted[middle].index].start < search.end)
            low = middle + 1;
        else
            search.next = middle;
    }
    return search;
}

const struct extent *extents_next(const struct extents *extents, struct extent_search *search)
{
    while (search->next > 0 && extents->sorted[search->next - 1].furthest > search->start) {
        const struct extent *extent = &extents->items[extents->sorted[--search->next].index];
        if (extent->start + extent->length > search->start)
            return extent;
    }
    return NULL;
}
