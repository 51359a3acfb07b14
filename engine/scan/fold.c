// SPDX-License-Identifier: MIT
//
// Folded hits: three or more matches of one pattern, each one alignment step after the last in one
// stretch, are one line, at the place of the first. A line also ends where the taker says so.
//
// So a line cannot go out before it has ended, nor can any line behind it: lines wait in a queue.
// That the queue stays small, all runs that are open are cut when LIMIT lines wait; the rest of
// each run becomes a line of its own. Whether and where that happens follows from the matches
// alone: it is decided where a new line begins, by the lines that have begun before it and could
// not go out, however the records were cut. The rests are put back among the records that are still
// to come.

#include "scan/hit_stream.h"

#include "base/extent.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT 4096

struct line {
    struct ms_record record;
    uint32_t align;
    bool closed;  // nothing can be added any more
    uint64_t end; // no match above this address belongs to it
};

struct fold {
    struct ms_hit_stream stream; // must be first
    MS_VEC(struct line) queue;
    size_t head;    // of the queue: those before have gone out
    uint64_t gone;  // lines removed from the queue's front so far
    uint64_t *open; // by pattern: 1 + gone + index of its last line; stale if that is not its own
    ms_record_vec rests; // a heap

    // What the taker said last: lines that begin up to `end` end there. It is asked by ascending
    // addresses, so this holds for all that is still to come.
    bool knows_end;
    uint64_t end;
};

static struct ms_hit_stream *create(const struct ms_matcher *matcher)
{
    struct fold *fold = calloc(1, sizeof(*fold));

    if (!fold)
        return NULL;
    fold->open = calloc(ms_matcher_count(matcher), sizeof(*fold->open));
    if (!fold->open) {
        free(fold);
        return NULL;
    }
    return &fold->stream;
}

static void destroy(struct ms_hit_stream *stream)
{
    struct fold *fold = (struct fold *)stream;

    free(fold->queue.items);
    free(fold->open);
    free(fold->rests.items);
    free(fold);
}

static uint64_t last_address(const struct line *line)
{
    return line->record.address + (line->record.count - 1) * line->align;
}

// Where a line that begins at the address ends.
static uint64_t end_of_line(struct fold *fold, uint64_t address)
{
    const struct ms_hit_taker *taker = &fold->stream.taker;

    if (!taker->fold_end)
        return UINT64_MAX;
    if (!fold->knows_end || address > fold->end)
        fold->end = ms_max_u64(taker->fold_end(taker->user, address), address);
    fold->knows_end = true;
    return fold->end;
}

// Whether the line can have no further match at or above the address.
static bool expired(const struct line *line, uint64_t address)
{
    uint64_t last = last_address(line);

    return line->closed || (last < address && address - last > line->align);
}

static struct line *open_line(struct fold *fold, uint32_t pattern)
{
    uint64_t number = fold->open[pattern];
    size_t index;

    if (number <= fold->gone)
        return NULL;
    index = (size_t)(number - 1 - fold->gone);
    if (index < fold->head || index >= fold->queue.n || fold->queue.items[index].closed)
        return NULL;
    return fold->queue.items[index].record.pattern == pattern ? &fold->queue.items[index] : NULL;
}

static enum ms_status pass_line(struct fold *fold, const struct line *line, uint64_t repeat)
{
    struct ms_hit hit = {
        .address = line->record.address,
        .repeat = repeat,
        .stride = line->align,
        .pattern = line->record.pattern,
        .length = line->record.length,
    };

    return ms_hit_stream_pass(&fold->stream, &hit);
}

// Puts the line at `index`, which now begins later, where it belongs among those behind it.
static void move_back(struct fold *fold, size_t index)
{
    struct line *queue = fold->queue.items, moved = queue[index];

    for (; index + 1 < fold->queue.n &&
           ms_record_compare(&queue[index + 1].record, &moved.record) < 0;
         index++) {
        queue[index] = queue[index + 1];
        if (fold->open[queue[index].record.pattern] == fold->gone + index + 2)
            fold->open[queue[index].record.pattern]--;
    }
    queue[index] = moved;
}

// Lets the first line go out. Two matches are no fold: the second is a line of its own.
static enum ms_status pass_head(struct fold *fold)
{
    struct line *line = &fold->queue.items[fold->head];
    enum ms_status status;

    if (line->record.count != 2) {
        status = pass_line(fold, line, line->record.count);
        fold->head++;
        return status;
    }
    status = pass_line(fold, line, 1);
    line->record.address += line->align;
    line->record.count = 1;
    line->closed = true;
    move_back(fold, fold->head);
    return status;
}

// Lets lines go out that nothing at or above the address can change.
static enum ms_status drain(struct fold *fold, uint64_t address)
{
    enum ms_status status = MS_OK;

    while (status == MS_OK && fold->head < fold->queue.n &&
           expired(&fold->queue.items[fold->head], address))
        status = pass_head(fold);
    if (fold->head == fold->queue.n || fold->head >= LIMIT) {
        size_t left = fold->queue.n - fold->head;

        if (left > 0)
            memmove(fold->queue.items, fold->queue.items + fold->head,
                    left * sizeof(*fold->queue.items));
        fold->gone += fold->head;
        fold->queue.n = left;
        fold->head = 0;
    }
    return status;
}

// Ends each open line before the address, and puts the rest of it back.
static bool cut_lines(struct fold *fold, uint64_t address)
{
    for (size_t i = fold->head; i < fold->queue.n; i++) {
        struct line *line = &fold->queue.items[i];
        struct ms_record rest = line->record;

        if (line->closed || line->record.address >= address)
            continue;
        line->closed = true;
        if (last_address(line) < address)
            continue;
        line->record.count = (address - 1 - line->record.address) / line->align + 1;
        rest.address += line->record.count * line->align;
        rest.count -= line->record.count;
        if (!ms_record_heap_push(&fold->rests, rest))
            return false;
    }
    return true;
}

static enum ms_status add_rests(struct fold *fold, const struct ms_record *record);

static enum ms_status begin_line(struct fold *fold, const struct ms_record *record, uint64_t end)
{
    uint32_t align = ms_matcher_align(fold->stream.matcher, record->pattern);
    enum ms_status status = drain(fold, record->address);

    if (status == MS_OK && fold->queue.n - fold->head >= LIMIT) {
        if (!cut_lines(fold, record->address))
            return MS_NOMEM;
        status = drain(fold, record->address);
        // Of patterns with lower numbers, rests may begin where the record does.
        if (status == MS_OK)
            status = add_rests(fold, record);
    }
    if (status != MS_OK)
        return status;
    if (!ms_vec_push(&fold->queue, (struct line){.record = *record, .align = align, .end = end}))
        return MS_NOMEM;
    fold->open[record->pattern] = fold->gone + fold->queue.n;
    return MS_OK;
}

static enum ms_status add_one(struct fold *fold, const struct ms_record *record);

// Adds what lies up to the end of its line, and puts the rest back.
static enum ms_status add_split(struct fold *fold, const struct ms_record *record, uint64_t end)
{
    uint32_t align = ms_matcher_align(fold->stream.matcher, record->pattern);
    struct ms_record part = *record, rest = *record;

    part.count = (end - record->address) / align + 1;
    rest.count -= part.count;
    rest.address += part.count * align;
    return ms_record_heap_push(&fold->rests, rest) ? add_one(fold, &part) : MS_NOMEM;
}

// From the first match to the last.
static uint64_t span_of(const struct fold *fold, const struct ms_record *record)
{
    return (record->count - 1) * ms_matcher_align(fold->stream.matcher, record->pattern);
}

static enum ms_status add_one(struct fold *fold, const struct ms_record *record)
{
    uint64_t end = end_of_line(fold, record->address);
    struct line *line = open_line(fold, record->pattern);

    if (end != UINT64_MAX && span_of(fold, record) > end - record->address)
        return add_split(fold, record, end);
    if (line && line->record.length == record->length && line->record.stretch == record->stretch &&
        last_address(line) + line->align == record->address && record->address <= line->end) {
        line->record.count += record->count;
        return MS_OK;
    }
    return begin_line(fold, record, end);
}

// Rests that come before the record; all of them for NULL.
static enum ms_status add_rests(struct fold *fold, const struct ms_record *record)
{
    enum ms_status status = MS_OK;

    while (status == MS_OK && fold->rests.n > 0 &&
           (!record || ms_record_compare(&fold->rests.items[0], record) < 0)) {
        struct ms_record rest = fold->rests.items[0];

        ms_record_heap_pop(&fold->rests);
        status = add_one(fold, &rest);
        // Not passed on, so it is still held back.
        if (status == MS_STOPPED && !ms_record_heap_push(&fold->rests, rest))
            status = MS_NOMEM;
    }
    return status;
}

static enum ms_status add(struct ms_hit_stream *stream, const struct ms_record *record)
{
    struct fold *fold = (struct fold *)stream;
    enum ms_status status = add_rests(fold, record);

    return status == MS_OK ? add_one(fold, record) : status;
}

static enum ms_status finish(struct ms_hit_stream *stream)
{
    struct fold *fold = (struct fold *)stream;
    enum ms_status status = add_rests(fold, NULL);

    while (status == MS_OK && fold->head < fold->queue.n)
        status = pass_head(fold);
    fold->knows_end = false;
    return status;
}

static const struct ms_record *first(const struct ms_hit_stream *stream)
{
    const struct fold *fold = (const struct fold *)stream;
    const struct ms_record *rest = fold->rests.n ? &fold->rests.items[0] : NULL;
    const struct ms_record *line = NULL;

    if (fold->head < fold->queue.n)
        line = &fold->queue.items[fold->head].record;
    return line && (!rest || ms_record_compare(line, rest) < 0) ? line : rest;
}

const struct ms_hit_stream_ops ms_hit_stream_fold = {create, destroy, add, finish, first};
