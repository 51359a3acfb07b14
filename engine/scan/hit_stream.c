// SPDX-License-Identifier: MIT

#include "scan/hit_stream.h"

enum ms_status ms_hit_stream_create(const struct ms_matcher *matcher, bool fold,
                                    struct ms_hit_taker taker, struct ms_hit_stream **stream_ret,
                                    struct ms_error *error)
{
    const struct ms_hit_stream_ops *ops = fold ? &ms_hit_stream_fold : &ms_hit_stream_expand;
    struct ms_hit_stream *stream = ops->create(matcher);

    if (!stream)
        return ms_fail_nomem(error);
    stream->ops = ops;
    stream->matcher = matcher;
    stream->taker = taker;
    *stream_ret = stream;
    return MS_OK;
}

void ms_hit_stream_free(struct ms_hit_stream *stream)
{
    if (stream)
        stream->ops->free(stream);
}

enum ms_status ms_hit_stream_add(struct ms_hit_stream *stream, const struct ms_record *record)
{
    return stream->ops->add(stream, record);
}

enum ms_status ms_hit_stream_finish(struct ms_hit_stream *stream)
{
    return stream->ops->finish(stream);
}

uint64_t ms_hit_stream_first(const struct ms_hit_stream *stream, uint64_t otherwise)
{
    const struct ms_record *first = stream->ops->first(stream);

    return first ? first->address : otherwise;
}

static void swap(struct ms_record *a, struct ms_record *b)
{
    struct ms_record kept = *a;

    *a = *b;
    *b = kept;
}

bool ms_record_heap_push(ms_record_vec *heap, struct ms_record record)
{
    struct ms_record *items;
    size_t i = heap->n;

    if (!ms_vec_push(heap, record))
        return false;
    items = heap->items;
    for (; i > 0 && ms_record_compare(&items[i], &items[(i - 1) / 2]) < 0; i = (i - 1) / 2)
        swap(&items[i], &items[(i - 1) / 2]);
    return true;
}

void ms_record_heap_sift_down(ms_record_vec *heap)
{
    struct ms_record *items = heap->items;
    size_t i = 0, child;

    while ((child = 2 * i + 1) < heap->n) {
        if (child + 1 < heap->n && ms_record_compare(&items[child + 1], &items[child]) < 0)
            child++;
        if (ms_record_compare(&items[i], &items[child]) <= 0)
            break;
        swap(&items[i], &items[child]);
        i = child;
    }
}

void ms_record_heap_pop(ms_record_vec *heap)
{
    heap->items[0] = heap->items[--heap->n];
    ms_record_heap_sift_down(heap);
}
