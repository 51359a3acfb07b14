// SPDX-License-Identifier: MIT
//
// Many seams are searched in one call: of each, the last bytes of one frame and the first bytes of
// the other are put into a slot, and slots lie one behind the other. So what is found may also lie
// across two slots; that is no harm, for a mark is a place to look at again.

#include "scan/seam_scan.h"

#include "base/extent.h"
#include "base/slack.h"

#include <stdlib.h>
#include <string.h>

// Bytes searched in one call.
#define BATCH_BYTES ((size_t)64 << 10)

struct batch {
    struct ms_sink sink; // must be first: the engines' side
    struct ms_worker *worker;
    const struct ms_seam_class *class;
    struct ms_scratch *scratch; // for its matcher
    size_t reach;
    size_t slot_bytes;
    size_t n; // slots filled
    size_t n_most;
    struct slot {
        uint64_t before, behind;    // physical addresses of the two frames
        const uint8_t *tail, *head; // of them, where they are mapped; NULL: not in one piece
        ms_bits *marks;
        size_t number;
    } slots[BATCH_BYTES / 64];
    uint8_t bytes[BATCH_BYTES + MS_SLACK_BYTES];
};

static bool take(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                 uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    // The sink is the first member.
    struct batch *batch = (struct batch *)sink;
    size_t last = (size_t)(address + (count - 1) * stride) / batch->slot_bytes;

    (void)window;
    (void)pattern;
    (void)length;
    for (size_t i = (size_t)address / batch->slot_bytes; i <= last; i++)
        ms_bits_set(batch->slots[i].marks, batch->slots[i].number);
    return true;
}

// Seams lie anywhere in memory, so each is two misses of caches and of the page tables' cache. Only
// many at a time are fast, with nothing between them.
#define AHEAD 12

static void prefetch(const struct batch *batch, size_t first)
{
    size_t end = (size_t)ms_min_u64(first + AHEAD, batch->n);

    for (size_t i = first; i < end; i++) {
        __builtin_prefetch(batch->slots[i].tail);
        __builtin_prefetch(batch->slots[i].head);
    }
}

static void find_views(struct batch *batch)
{
    const struct ms_reader *reader = &batch->worker->reader;
    size_t reach = batch->reach;

    for (size_t i = 0; i < batch->n; i++) {
        struct slot *slot = &batch->slots[i];

        slot->tail = ms_reader_view(reader, slot->before + MS_PAGE_BYTES - reach, reach);
        slot->head = ms_reader_view(reader, slot->behind, reach);
    }
}

// What the image does not hold of the bytes is zeros: no match is lost by that, for matches lie in
// memory that is there.
static void put(const struct batch *batch, uint8_t *bytes, const uint8_t *view, uint64_t address,
                bool mapped)
{
    size_t reach = batch->reach;

    if (mapped && view)
        memcpy(bytes, view, reach);
    else
        ms_reader_peek(&batch->worker->reader, address, bytes, reach, mapped);
}

// Puts the bytes around each seam into its slot.
static void fill(struct batch *batch, bool mapped)
{
    size_t reach = batch->reach;

    for (size_t i = 0; i < batch->n; i++) {
        const struct slot *slot = &batch->slots[i];
        uint8_t *bytes = batch->bytes + i * batch->slot_bytes;

        if (mapped && i % AHEAD == 0)
            prefetch(batch, i + AHEAD);
        put(batch, bytes, slot->tail, slot->before + MS_PAGE_BYTES - reach, mapped);
        put(batch, bytes + reach, slot->head, slot->behind, mapped);
    }
}

static bool fill_mapped(struct batch *batch)
{
    const struct ms_source *source = batch->worker->reader.source;
    uint64_t size = ms_source_size(source);

    if (!ms_source_view(source, 0, size))
        return false;
    find_views(batch);
    ms_source_guard(source);
    prefetch(batch, 0);
    fill(batch, true);
    return ms_source_unguard(source, 0, size);
}

static enum ms_status search(struct batch *batch, struct ms_error *error)
{
    struct ms_window window = {
        .bytes = batch->bytes,
        .length = batch->n * batch->slot_bytes,
        .own_end = batch->n * batch->slot_bytes,
    };

    if (batch->n == 0)
        return MS_OK;
    if (!fill_mapped(batch))
        fill(batch, false);
    if (batch->class == batch->worker->shared->candidates->classes)
        batch->scratch->counters.seams += batch->n; // each once, for however many classes
    batch->n = 0;
    return ms_matcher_scan(batch->class->matcher, batch->scratch, &window, &batch->sink, error);
}

static enum ms_status add(struct batch *batch, struct ms_seam seam, ms_bits *marks, size_t number,
                          struct ms_error *error)
{
    const struct ms_present *present = batch->worker->shared->marks->present;

    batch->slots[batch->n++] = (struct slot){
        .before = ms_present_address(present, seam.before),
        .behind = ms_present_address(present, seam.behind),
        .marks = marks,
        .number = number,
    };
    return batch->n == batch->n_most ? search(batch, error) : MS_OK;
}

// The seams behind one frame.
static enum ms_status add_all(struct batch *batch, size_t before, struct ms_error *error)
{
    const struct ms_seams *seams = batch->worker->shared->marks->seams;
    struct ms_seam seam = {(uint32_t)before, seams->next[before] - 1};
    enum ms_status status = add(batch, seam, seams->marked, before, error);
    size_t first = 0, end = 0;

    if (seams->more.n > 0)
        ms_seams_more(seams, before, &first, &end);
    for (size_t i = first; i < end && status == MS_OK; i++)
        status = add(batch, seams->more.items[i], seams->more_marked, i, error);
    return status;
}

// Searches the seams behind frames [first, end) for the patterns of a class.
static enum ms_status mark_class(struct batch *batch, struct ms_worker *worker, size_t class,
                                 size_t first, size_t end, struct ms_error *error)
{
    const struct ms_seams *seams = worker->shared->marks->seams;
    enum ms_status status = MS_OK;

    batch->sink.take = take;
    batch->worker = worker;
    batch->class = &worker->shared->candidates->classes[class];
    batch->scratch = worker->seam_scratch[class];
    batch->reach = ms_seams_round_reach(batch->class->reach);
    batch->slot_bytes = 2 * batch->reach;
    batch->n_most = BATCH_BYTES / batch->slot_bytes;
    batch->n = 0;
    for (size_t frame = first; frame < end && status == MS_OK; frame++) {
        if (seams->next[frame] != 0)
            status = add_all(batch, frame, error);
    }
    return status == MS_OK ? search(batch, error) : status;
}

enum ms_status ms_seams_mark(struct ms_worker *worker, uint64_t address, uint64_t length,
                             struct ms_error *error)
{
    const struct ms_marks *marks = worker->shared->marks;
    enum ms_status status = MS_OK;
    struct batch *batch;
    size_t first, end;

    if (marks->seams->n == 0)
        return MS_OK;
    batch = malloc(sizeof(*batch));
    if (!batch)
        return ms_fail_nomem(error);
    first = (size_t)ms_present_number(marks->present, address);
    // The frame in which the stretch ends is its own only if its last byte is.
    end = first + (size_t)((address % MS_PAGE_BYTES + length) / MS_PAGE_BYTES);
    for (size_t i = 0; i < worker->shared->candidates->n_classes && status == MS_OK; i++)
        status = mark_class(batch, worker, i, first, end, error);
    free(batch);
    return status;
}
