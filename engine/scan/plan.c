// SPDX-License-Identifier: MIT

#include "scan/plan.h"

#include "base/extent.h"
#include "scan/coverage.h"
#include "scan/ranges.h"

#include <stdlib.h>

// == Stretches ==

// Adds what a range has of a segment. A piece that reaches no further than the one before adds
// nothing, and one that begins where it does replaces it.
static bool add_piece(struct ms_scan_plan *plan, size_t first_of_segment, struct ms_range piece)
{
    if (plan->pieces.n > first_of_segment) {
        struct ms_range *before = &plan->pieces.items[plan->pieces.n - 1];

        if (piece.last == before->last)
            return true;
        if (piece.first == before->first) {
            *before = piece;
            return true;
        }
    }
    return ms_vec_push(&plan->pieces, piece);
}

static bool add_stretch(struct ms_scan_plan *plan, size_t first_piece, size_t end_piece,
                        uint64_t from)
{
    uint64_t start = plan->pieces.items[first_piece].first;
    uint64_t last = plan->pieces.items[end_piece - 1].last;
    struct ms_scan_stretch stretch = {
        .start = start,
        .length = last - start + 1,
        .own_start = from > start ? from - start : 0,
        .first_piece = first_piece,
        .n_pieces = end_piece - first_piece == 1 ? 0 : end_piece - first_piece,
    };

    return from > last || ms_vec_push(&plan->stretches, stretch);
}

// Pieces that overlap are one stretch; pieces that merely touch are not.
static bool add_stretches(struct ms_scan_plan *plan, size_t first_piece, uint64_t from)
{
    size_t first = first_piece;

    for (size_t i = first_piece + 1; i <= plan->pieces.n; i++) {
        if (i < plan->pieces.n && plan->pieces.items[i].first <= plan->pieces.items[i - 1].last)
            continue;
        if (!add_stretch(plan, first, i, from))
            return false;
        first = i;
    }
    return true;
}

// The last address of the segment that begins with run `i`: runs that are present and touch.
static uint64_t segment_last(const struct ms_memory *memory, size_t *i)
{
    const struct ms_run *runs = memory->runs.items;
    uint64_t last = ms_last(runs[*i].start, runs[*i].length);

    while (*i + 1 < memory->runs.n && runs[*i + 1].presence == MS_PRESENT &&
           runs[*i + 1].start - 1 == last) {
        ++*i;
        last = ms_last(runs[*i].start, runs[*i].length);
    }
    return last;
}

static bool find_stretches(struct ms_scan_plan *plan, const struct ms_memory *memory,
                           const struct ms_ranges *ranges, uint64_t from)
{
    size_t range = 0;

    for (size_t i = 0; i < memory->runs.n; i++) {
        uint64_t first = memory->runs.items[i].start, last;
        size_t first_piece = plan->pieces.n;

        if (memory->runs.items[i].presence != MS_PRESENT)
            continue;
        last = segment_last(memory, &i);
        while (range < ranges->pieces.n && ranges->pieces.items[range].last < first)
            range++;
        for (size_t r = range; r < ranges->pieces.n && ranges->pieces.items[r].first <= last; r++) {
            struct ms_range piece = {
                .first = ms_max_u64(first, ranges->pieces.items[r].first),
                .last = ms_min_u64(last, ranges->pieces.items[r].last),
            };

            if (!add_piece(plan, first_piece, piece))
                return false;
        }
        if (plan->pieces.n > first_piece && !add_stretches(plan, first_piece, from))
            return false;
    }
    return true;
}

// == Coverage ==

static bool add_gap(struct ms_scan_plan *plan, uint64_t first, uint64_t last,
                    enum ms_gap_reason reason)
{
    struct ms_gap gap = {.range = {.first = first, .last = last}, .reason = reason};
    uint64_t bytes = last - first + 1; // an image has memory, so no gap is the whole address space

    plan->coverage.asked += bytes;
    if (reason == MS_GAP_ABSENT)
        plan->coverage.absent += bytes;
    else
        plan->coverage.unmapped += bytes;
    if (plan->gaps.n > 0) {
        struct ms_gap *before = &plan->gaps.items[plan->gaps.n - 1];

        if (before->reason == reason && before->range.last == first - 1) {
            before->range.last = last;
            return true;
        }
    }
    return ms_vec_push(&plan->gaps, gap);
}

// Counts what of [first, last] is there, and lists what is not; `holes` too where they were asked
// for.
static bool cover(struct ms_scan_plan *plan, const struct ms_memory *memory, uint64_t first,
                  uint64_t last, bool holes)
{
    uint64_t at = first;

    for (size_t i = ms_memory_find(memory, first); i < memory->runs.n; i++) {
        const struct ms_run *run = &memory->runs.items[i];
        uint64_t run_first = ms_max_u64(run->start, first);
        uint64_t run_last = ms_min_u64(ms_last(run->start, run->length), last);

        if (run->start > last)
            break;
        if (holes && at < run_first && !add_gap(plan, at, run_first - 1, MS_GAP_UNMAPPED))
            return false;
        if (run->presence == MS_PRESENT) {
            plan->coverage.asked += run_last - run_first + 1;
            plan->own_bytes += run_last - run_first + 1;
        } else if (!add_gap(plan, run_first, run_last, MS_GAP_ABSENT)) {
            return false;
        }
        if (run_last == last)
            return true;
        at = run_last + 1;
    }
    return !holes || add_gap(plan, at, last, MS_GAP_UNMAPPED);
}

static bool cover_all(struct ms_scan_plan *plan, const struct ms_memory *memory,
                      const struct ms_ranges *ranges, const struct ms_search_options *options)
{
    uint64_t next = options->from;

    for (size_t i = 0; i < ranges->pieces.n; i++) {
        uint64_t first = ms_max_u64(ranges->pieces.items[i].first, next);
        uint64_t last = ranges->pieces.items[i].last;

        if (last < first)
            continue;
        if (!cover(plan, memory, first, last, options->n_ranges > 0))
            return false;
        if (last == UINT64_MAX)
            break;
        next = last + 1; // what the next range shares with this one is counted
    }
    return true;
}

// == Units ==

static bool cut_units(struct ms_scan_plan *plan, size_t chunk_bytes)
{
    uint64_t filled = chunk_bytes; // so that the first stretch begins a unit

    for (size_t i = 0; i < plan->stretches.n; i++) {
        const struct ms_scan_stretch *stretch = &plan->stretches.items[i];
        uint64_t offset = stretch->own_start;

        while (offset < stretch->length) {
            if (filled == chunk_bytes) {
                if (!ms_vec_push(&plan->units, (struct ms_unit){i, offset}))
                    return false;
                filled = 0;
            }
            uint64_t part = ms_min_u64(chunk_bytes - filled, stretch->length - offset);

            filled += part;
            offset += part;
        }
    }
    return ms_vec_push(&plan->units, (struct ms_unit){plan->stretches.n, 0});
}

enum ms_status ms_scan_plan_build(struct ms_scan_plan *plan, const struct ms_memory *memory,
                                  const struct ms_search_options *options, size_t chunk_bytes,
                                  struct ms_error *error)
{
    struct ms_ranges ranges;
    bool done;

    done = ms_ranges_build(&ranges, options->ranges, options->n_ranges, MS_RANGES_ALL) &&
           find_stretches(plan, memory, &ranges, options->from) &&
           cover_all(plan, memory, &ranges, options) && cut_units(plan, chunk_bytes);
    ms_coverage_saturate(&plan->coverage);
    ms_ranges_release(&ranges);
    return done ? MS_OK : ms_fail_nomem(error);
}

void ms_scan_plan_release(struct ms_scan_plan *plan)
{
    free(plan->stretches.items);
    free(plan->pieces.items);
    free(plan->units.items);
    free(plan->gaps.items);
}
