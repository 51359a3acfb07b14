// SPDX-License-Identifier: MIT
//
// From records to hits. Records come in ascending order, but cut where chunks end; hits go out in
// ascending order, folded or one by one, and must not show where the cuts were.

#ifndef MS_SCAN_HIT_STREAM_H
#define MS_SCAN_HIT_STREAM_H

#include "scan/record.h"

// Where hits go.
struct ms_hit_taker {
    int (*take)(void *user, const struct ms_hit *hit); // a value other than 0 stops
    // As in struct ms_search_callbacks; what it says holds until the stream is finished.
    uint64_t (*fold_end)(void *user, uint64_t address);
    void *user;
};

struct ms_hit_stream;

// Makes a stream that folds three or more matches in a row, or one that passes each by itself.
enum ms_status ms_hit_stream_create(const struct ms_matcher *matcher, bool fold,
                                    struct ms_hit_taker taker, struct ms_hit_stream **stream_ret,
                                    struct ms_error *error);
void ms_hit_stream_free(struct ms_hit_stream *stream);

// MS_OK, MS_STOPPED (the taker stopped), MS_NOMEM.
enum ms_status ms_hit_stream_add(struct ms_hit_stream *stream, const struct ms_record *record);

// Passes on what is held back: nothing will be added any more.
enum ms_status ms_hit_stream_finish(struct ms_hit_stream *stream);

// The address of the first match that is held back, also after a stop; `otherwise` if none is.
uint64_t ms_hit_stream_first(const struct ms_hit_stream *stream, uint64_t otherwise);

// For the two kinds of streams, fold.c and expand.c.
struct ms_hit_stream_ops {
    struct ms_hit_stream *(*create)(const struct ms_matcher *matcher);
    void (*free)(struct ms_hit_stream *stream);
    enum ms_status (*add)(struct ms_hit_stream *stream, const struct ms_record *record);
    enum ms_status (*finish)(struct ms_hit_stream *stream);
    const struct ms_record *(*first)(const struct ms_hit_stream *stream);
};

struct ms_hit_stream {
    const struct ms_hit_stream_ops *ops;
    const struct ms_matcher *matcher;
    struct ms_hit_taker taker;
};

extern const struct ms_hit_stream_ops ms_hit_stream_fold;
extern const struct ms_hit_stream_ops ms_hit_stream_expand;

static inline enum ms_status ms_hit_stream_pass(struct ms_hit_stream *stream,
                                                const struct ms_hit *hit)
{
    return stream->taker.take(stream->taker.user, hit) ? MS_STOPPED : MS_OK;
}

// A binary heap of records, the lowest first.
void ms_record_heap_sift_down(ms_record_vec *heap);
bool ms_record_heap_push(ms_record_vec *heap, struct ms_record record);
void ms_record_heap_pop(ms_record_vec *heap);

#endif
