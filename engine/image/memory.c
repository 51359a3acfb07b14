// SPDX-License-Identifier: MIT
//
// From the runs of a layout to physical memory. A run is cut into up to three pieces: what the file
// holds, what it should hold but ends before, and what it never held. A sweep over all pieces by
// address keeps those that cover the current address in a heap, and takes the one on top:
//
//     run 0    [------held------|..never..]
//     run 1              [---held---|cut short]
//     memory   [------run 0-----][1-][absent --]
//
// Bytes that are held win over bytes that are not; else the first in the file wins.

#include "image/memory.h"

#include "base/cleanup.h"
#include "base/extent.h"

#include <inttypes.h>

enum piece_rank { HELD, CUT_SHORT, NEVER_HELD };

struct piece {
    uint64_t first, last; // physical, inclusive
    uint64_t offset;      // in the file; 0 unless held
    uint64_t index;       // of its run
    enum piece_rank rank;
};

struct pieces {
    MS_VEC(struct piece) sorted; // by first address, the winner of two that begin together first
    MS_VEC(const struct piece *) heap; // the winner on top
    uint64_t cut_bytes;
};

static void release_pieces(struct pieces *pieces)
{
    free(pieces->sorted.items);
    free(pieces->heap.items);
}

// == Pieces ==

// Takes `length` bytes off the front of `run`, as a piece.
static bool split_piece(struct pieces *pieces, struct ms_format_run *run, uint64_t length,
                        enum piece_rank rank, uint64_t index)
{
    struct piece piece = {.first = run->start,
                          .offset = rank == HELD ? run->offset : 0,
                          .index = index,
                          .rank = rank};

    if (length == 0)
        return true;
    piece.last = ms_last(run->start, length);
    run->start += length;
    run->offset += length;
    run->length -= length;
    run->stored -= ms_min_u64(run->stored, length);
    return ms_vec_push(&pieces->sorted, piece);
}

static bool add_pieces(struct pieces *pieces, struct ms_format_run run, uint64_t index,
                       uint64_t file_size)
{
    uint64_t in_file = run.offset < file_size ? file_size - run.offset : 0;

    return split_piece(pieces, &run, ms_min_u64(run.stored, in_file), HELD, index) &&
           split_piece(pieces, &run, run.stored, CUT_SHORT, index) &&
           split_piece(pieces, &run, run.length, NEVER_HELD, index);
}

static bool wins(const struct piece *a, const struct piece *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->index < b->index;
}

static int compare_pieces(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;

    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return wins(a, b) ? -1 : wins(b, a);
}

// == The heap of pieces that cover the current address ==

static void swap(const struct piece **a, const struct piece **b)
{
    const struct piece *t = *a;

    *a = *b;
    *b = t;
}

static bool heap_push(struct pieces *pieces, const struct piece *piece)
{
    const struct piece **heap;
    size_t i = pieces->heap.n;

    if (!ms_vec_push(&pieces->heap, piece))
        return false;
    heap = pieces->heap.items;
    for (; i > 0 && wins(heap[i], heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&heap[i], &heap[(i - 1) / 2]);
    return true;
}

static void heap_pop(struct pieces *pieces)
{
    const struct piece **heap = pieces->heap.items;
    size_t n = --pieces->heap.n;

    heap[0] = heap[n];
    for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && wins(heap[child + 1], heap[child]))
            child++;
        if (!wins(heap[child], heap[i]))
            break;
        swap(&heap[i], &heap[child]);
    }
}

// The winner at an address, after those that end before it have been dropped. A piece below the
// top that has ended stays until it comes up: it is dropped then, so each costs one pop.
static const struct piece *heap_top(struct pieces *pieces, uint64_t address)
{
    while (pieces->heap.n > 0 && pieces->heap.items[0]->last < address)
        heap_pop(pieces);
    return pieces->heap.n > 0 ? pieces->heap.items[0] : NULL;
}

// == The sweep ==

// Cores of virtual memory describe the same bytes of the file several times; that is no conflict.
static enum ms_status warn_overlap(const struct piece *piece, const struct piece *top,
                                   struct ms_layout *layout, struct ms_error *error)
{
    const struct piece *winner, *loser;

    if (!top || top->rank != HELD || piece->rank != HELD ||
        top->first - top->offset == piece->first - piece->offset)
        return MS_OK;
    winner = wins(top, piece) ? top : piece;
    loser = winner == top ? piece : top;
    return ms_layout_warn(layout, error, "overlapping runs",
                          "runs %" PRIu64 " and %" PRIu64 " both hold memory at 0x%" PRIx64
                          ": the first, at offset 0x%" PRIx64 " of the file, is used",
                          winner->index, loser->index, piece->first,
                          winner->offset + (piece->first - winner->first));
}

static bool abuts(const struct ms_run *before, const struct ms_run *run)
{
    uint64_t length;

    return before->presence == run->presence && before->start + before->length == run->start &&
           !__builtin_add_overflow(before->length, run->length, &length) &&
           (run->presence == MS_ABSENT || before->offset + before->length == run->offset);
}

// Adds [first, last], which `piece` won.
static bool add_run(struct ms_memory *memory, struct pieces *pieces, const struct piece *piece,
                    uint64_t first, uint64_t last)
{
    struct ms_run run = {
        .start = first,
        .length = last - first + 1,
        .offset = piece->rank == HELD ? piece->offset + (first - piece->first) : 0,
        .presence = piece->rank == HELD ? MS_PRESENT : MS_ABSENT,
    };

    if (piece->rank == CUT_SHORT)
        pieces->cut_bytes += run.length;
    if (memory->runs.n > 0 && abuts(&memory->runs.items[memory->runs.n - 1], &run)) {
        memory->runs.items[memory->runs.n - 1].length += run.length;
        return true;
    }
    return ms_vec_push(&memory->runs, run);
}

// Moves the pieces that begin at `address` to the heap.
static enum ms_status begin_pieces(struct pieces *pieces, size_t *next, uint64_t address,
                                   struct ms_layout *layout, struct ms_error *error)
{
    for (; *next < pieces->sorted.n && pieces->sorted.items[*next].first == address; ++*next) {
        const struct piece *piece = &pieces->sorted.items[*next];
        enum ms_status status = warn_overlap(piece, heap_top(pieces, address), layout, error);

        if (status)
            return status;
        if (!heap_push(pieces, piece))
            return ms_fail_nomem(error);
    }
    return MS_OK;
}

// Each step ends where a piece begins or the winner ends, so there are at most two a piece.
static enum ms_status sweep(struct ms_memory *memory, struct pieces *pieces,
                            struct ms_layout *layout, struct ms_error *error)
{
    uint64_t address = 0, last = 0;
    size_t next = 0;

    while (last != UINT64_MAX) {
        const struct piece *top = heap_top(pieces, address);
        enum ms_status status;

        if (!top && next == pieces->sorted.n)
            break;
        if (!top)
            address = pieces->sorted.items[next].first;
        status = begin_pieces(pieces, &next, address, layout, error);
        if (status)
            return status;
        top = heap_top(pieces, address);
        last = top->last;
        if (next < pieces->sorted.n)
            last = ms_min_u64(last, pieces->sorted.items[next].first - 1);
        if (!add_run(memory, pieces, top, address, last))
            return ms_fail_nomem(error);
        address = last + 1;
    }
    return MS_OK;
}

enum ms_status ms_memory_build(struct ms_memory *memory, struct ms_layout *layout,
                               uint64_t file_size, struct ms_error *error)
{
    MS_CLEANUP(release_pieces) struct pieces pieces = {0};
    enum ms_status status;

    for (size_t i = 0; i < layout->runs.n; i++) {
        if (!add_pieces(&pieces, layout->runs.items[i], i, file_size))
            return ms_fail_nomem(error);
    }
    if (pieces.sorted.n > 0)
        qsort(pieces.sorted.items, pieces.sorted.n, sizeof(struct piece), compare_pieces);
    status = sweep(memory, &pieces, layout, error);
    if (!status && pieces.cut_bytes > 0)
        status = ms_layout_warn(layout, error, "missing bytes",
                                "the file ends early: %" PRIu64
                                " bytes of memory that its headers describe are missing",
                                pieces.cut_bytes);
    return status;
}

void ms_memory_release(struct ms_memory *memory)
{
    free(memory->runs.items);
    *memory = (struct ms_memory){0};
}

size_t ms_memory_find(const struct ms_memory *memory, uint64_t address)
{
    size_t low = 0, high = memory->runs.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ms_run *run = &memory->runs.items[middle];

        if (ms_last(run->start, run->length) < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct ms_run *ms_memory_holder(const struct ms_memory *memory, uint64_t address,
                                      uint64_t length)
{
    size_t i = ms_memory_find(memory, address);
    const struct ms_run *run;

    if (i == memory->runs.n)
        return NULL;
    run = &memory->runs.items[i];
    return run->presence == MS_PRESENT && run->start <= address &&
                   length <= run->length - (address - run->start)
               ? run
               : NULL;
}
