// SPDX-License-Identifier: MIT
//
// Hits one by one: the matches of records that overlap in memory are merged by a heap.

#include "scan/hit_stream.h"

#include <stdlib.h>

struct expand {
    struct ms_hit_stream stream; // must be first
    ms_record_vec heap;          // each record begins at its next match
};

static struct ms_hit_stream *create(const struct ms_matcher *matcher)
{
    struct expand *expand = calloc(1, sizeof(*expand));

    (void)matcher;
    return (struct ms_hit_stream *)expand;
}

static void destroy(struct ms_hit_stream *stream)
{
    struct expand *expand = (struct expand *)stream;

    free(expand->heap.items);
    free(expand);
}

static enum ms_status pass_first(struct expand *expand)
{
    struct ms_record *first = &expand->heap.items[0];
    struct ms_hit hit = {
        .address = first->address,
        .repeat = 1,
        .stride = ms_matcher_align(expand->stream.matcher, first->pattern),
        .pattern = first->pattern,
        .length = first->length,
    };

    if (--first->count == 0) {
        ms_record_heap_pop(&expand->heap);
    } else {
        first->address += hit.stride;
        ms_record_heap_sift_down(&expand->heap);
    }
    return ms_hit_stream_pass(&expand->stream, &hit);
}

static enum ms_status add(struct ms_hit_stream *stream, const struct ms_record *record)
{
    struct expand *expand = (struct expand *)stream;
    enum ms_status status = MS_OK;

    while (status == MS_OK && expand->heap.n > 0 &&
           ms_record_compare(&expand->heap.items[0], record) < 0)
        status = pass_first(expand);
    if (status == MS_OK && !ms_record_heap_push(&expand->heap, *record))
        status = MS_NOMEM;
    return status;
}

static enum ms_status finish(struct ms_hit_stream *stream)
{
    struct expand *expand = (struct expand *)stream;
    enum ms_status status = MS_OK;

    while (status == MS_OK && expand->heap.n > 0)
        status = pass_first(expand);
    return status;
}

static const struct ms_record *first(const struct ms_hit_stream *stream)
{
    const struct expand *expand = (const struct expand *)stream;

    return expand->heap.n > 0 ? &expand->heap.items[0] : NULL;
}

const struct ms_hit_stream_ops ms_hit_stream_expand = {create, destroy, add, finish, first};
