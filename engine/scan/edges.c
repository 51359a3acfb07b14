// SPDX-License-Identifier: MIT
//
// Two more matchers do the work: one of the first halves of all patterns, run over the ends of
// segments, one of the second halves, run over their beginnings. What they find is then compared as
// far as memory goes.

#include "scan/edges.h"

#include "base/extent.h"
#include "match/pattern_part.h"

#include <stdlib.h>

typedef MS_VEC(struct ms_hit) hit_vec;

// One side of holes: patterns that go on behind the hole's first byte, or that began before its
// last one.
struct side {
    struct ms_matcher *matcher; // of halves
    struct ms_scratch *scratch;
};

struct pass {
    struct ms_sink sink; // must be first: the engines' side
    const struct ms_edges *edges;
    MS_VEC(uint32_t) numbers; // of the patterns, by their halves' numbers
    size_t longest;           // bytes of a pattern
    struct side ends;
    struct side begins;

    struct ms_reader reader;
    MS_VEC(struct ms_piece) pieces;
    struct ms_window window; // that is being matched
    bool at_end;             // of a segment
    hit_vec hits;
    bool failed; // no memory
};

static uint32_t half_of(const struct ms_pattern *pattern)
{
    return pattern->length - pattern->length / 2;
}

// == Matching ==

static void add_hit(struct pass *pass, uint32_t number, uint64_t address, uint32_t length,
                    uint32_t missing_before)
{
    struct ms_hit hit = {
        .address = address,
        .repeat = 1,
        .stride = ms_matcher_align(pass->edges->matcher, number),
        .pattern = number,
        .length = length,
        .partial = true,
        .missing_before = missing_before,
    };

    if (!ms_vec_push(&pass->hits, hit))
        pass->failed = true;
}

// The first half of the pattern is at `address`: does the rest match as far as the segment goes?
static void try_end(struct pass *pass, uint32_t number, uint64_t address)
{
    const struct ms_pattern *pattern = ms_matcher_pattern(pass->edges->matcher, number);
    size_t at = (size_t)(address - pass->window.address), length = pass->window.length - at;

    if (length < pattern->length && address >= pass->edges->from &&
        ms_pattern_part_matches(pattern, 0, (uint32_t)length, pass->window.bytes + at))
        add_hit(pass, number, address, (uint32_t)length, 0);
}

// The second half of the pattern is at `address`.
static void try_begin(struct pass *pass, uint32_t number, uint64_t address)
{
    const struct ms_pattern *pattern = ms_matcher_pattern(pass->edges->matcher, number);
    uint64_t start = address - (pattern->length - half_of(pattern));
    uint64_t first = pass->window.address;
    uint32_t missing;

    // Patterns that begin in the segment are no matter of its edge; none begins below address 0.
    if (start >= first || address < pattern->length - half_of(pattern) ||
        start % pattern->align != 0 || first < pass->edges->from)
        return;
    missing = (uint32_t)(first - start);
    if (ms_pattern_part_matches(pattern, missing, pattern->length - missing, pass->window.bytes))
        add_hit(pass, number, first, pattern->length - missing, missing);
}

static bool take(struct ms_sink *sink, const struct ms_window *window, uint32_t half,
                 uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    // The sink is the first member.
    struct pass *pass = (struct pass *)sink;

    (void)window;
    (void)length;
    for (uint64_t i = 0; i < count && !pass->failed; i++) {
        if (pass->at_end)
            try_end(pass, pass->numbers.items[half], address + i * stride);
        else
            try_begin(pass, pass->numbers.items[half], address + i * stride);
    }
    return !pass->failed;
}

// == Reporting ==

static int compare(const void *left, const void *right)
{
    const struct ms_hit *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->pattern != b->pattern)
        return a->pattern < b->pattern ? -1 : 1;
    return a->missing_before < b->missing_before ? -1 : a->missing_before > b->missing_before;
}

static enum ms_status report(struct pass *pass)
{
    struct ms_report *to = pass->edges->report;
    enum ms_status status = MS_OK;

    if (pass->hits.n > 1)
        qsort(pass->hits.items, pass->hits.n, sizeof(*pass->hits.items), compare);
    for (size_t i = 0; i < pass->hits.n && status == MS_OK; i++) {
        const struct ms_hit *hit = &pass->hits.items[i];

        // Of several ways to be cut off before one place, the longest match is told.
        if (i > 0 && hit[-1].address == hit->address && hit[-1].pattern == hit->pattern &&
            hit[-1].missing_before > 0 && hit->missing_before > 0)
            continue;
        to->result->n_partial++;
        status = ms_report_partial(to, hit);
    }
    pass->hits.n = 0;
    return status;
}

// == Windows ==

// Reads present memory [first, last] of a segment.
static enum ms_status fetch(struct pass *pass, uint64_t first, uint64_t last,
                            struct ms_error *error)
{
    struct ms_view_cursor cursor;
    struct ms_mapping_info mapping;
    size_t length = 0;

    pass->pieces.n = 0;
    ms_view_cursor_start(&cursor, pass->edges->view, first, last);
    while (ms_view_cursor_next(&cursor, &mapping)) {
        struct ms_piece piece = {mapping.physical, (size_t)(mapping.last - mapping.first) + 1};

        if (!ms_vec_push(&pass->pieces, piece))
            return ms_fail_nomem(error);
        length += piece.length;
    }
    return ms_reader_gather(&pass->reader, pass->pieces.items, pass->pieces.n, length, error);
}

static enum ms_status search(struct pass *pass, const struct side *side, uint64_t first,
                             uint64_t last, struct ms_error *error)
{
    enum ms_status status = fetch(pass, first, last, error);

    // What cannot be read any more has no edge.
    if (status != MS_OK || pass->reader.lost.n > 0)
        return status;
    pass->window = (struct ms_window){
        .bytes = pass->reader.bytes,
        .length = (size_t)(last - first) + 1,
        .address = first,
        .own_end = (size_t)(last - first) + 1,
    };
    pass->at_end = side == &pass->ends;
    status = ms_matcher_scan(side->matcher, side->scratch, &pass->window, &pass->sink, error);
    if (pass->failed)
        return ms_fail_nomem(error);
    return status == MS_OK ? report(pass) : status;
}

// Searches both edges of the segment [first, last], where they are the edges of holes.
static enum ms_status search_segment(struct pass *pass, const struct ms_range_group *group,
                                     uint64_t first, uint64_t last, struct ms_error *error)
{
    uint64_t most = pass->longest - 2; // a whole pattern is not cut off
    enum ms_status status = MS_OK;

    if (first != group->first || first == 0)
        status = search(pass, &pass->begins, first, first + ms_min_u64(most, last - first), error);
    if (status == MS_OK && last != group->last)
        status = search(pass, &pass->ends, last - ms_min_u64(most, last - first), last, error);
    return status;
}

static enum ms_status walk_group(struct pass *pass, const struct ms_range_group *group,
                                 struct ms_error *error)
{
    struct ms_mapping_info mapping;
    struct ms_view_cursor cursor;
    uint64_t first = 0, last = 0;
    bool in_segment = false;
    enum ms_status status = MS_OK;

    ms_view_cursor_start(&cursor, pass->edges->view, group->first, group->last);
    while (status == MS_OK && ms_view_cursor_next(&cursor, &mapping)) {
        bool present = mapping.state == MS_MAPPED_PRESENT;

        if (in_segment && (!present || mapping.first - 1 != last)) {
            status = search_segment(pass, group, first, last, error);
            in_segment = false;
        }
        if (present && !in_segment)
            first = mapping.first;
        in_segment = present;
        last = mapping.last;
    }
    return status == MS_OK && in_segment ? search_segment(pass, group, first, last, error) : status;
}

// == Preparing ==

static bool is_eligible(const struct ms_pattern *pattern)
{
    return pattern->kind != MS_REGEX && pattern->length >= MS_MIN_EDGE_LENGTH;
}

static bool find_eligible(struct pass *pass)
{
    const struct ms_matcher *matcher = pass->edges->matcher;

    for (uint32_t i = 0; i < ms_matcher_count(matcher); i++) {
        const struct ms_pattern *pattern = ms_matcher_pattern(matcher, i);

        if (!is_eligible(pattern))
            continue;
        if (!ms_vec_push(&pass->numbers, i))
            return false;
        if (pattern->length > pass->longest)
            pass->longest = pattern->length;
    }
    return true;
}

static bool add_half(struct ms_patterns *halves, const struct ms_pattern *pattern, bool first)
{
    uint32_t half = half_of(pattern);
    struct ms_pattern part;

    if (!ms_pattern_part(&part, pattern, first ? 0 : pattern->length - half, half))
        return false;
    if (ms_vec_push(&halves->all, part))
        return true;
    ms_pattern_release(&part);
    return false;
}

static enum ms_status make_side(struct pass *pass, struct side *side, struct ms_error *error)
{
    struct ms_patterns *halves;
    enum ms_status status = ms_patterns_create(&halves, error);

    if (status != MS_OK)
        return status;
    for (size_t i = 0; i < pass->numbers.n && status == MS_OK; i++) {
        if (!add_half(halves, ms_matcher_pattern(pass->edges->matcher, pass->numbers.items[i]),
                      side == &pass->ends))
            status = ms_fail_nomem(error);
    }
    if (status == MS_OK)
        status = ms_matcher_derive(pass->edges->matcher, halves, false, &side->matcher, error);
    if (status == MS_OK)
        status = ms_scratch_create(side->matcher, &side->scratch, error);
    ms_patterns_free(halves);
    return status;
}

static void release(struct pass *pass)
{
    ms_scratch_free(pass->ends.scratch);
    ms_scratch_free(pass->begins.scratch);
    ms_matcher_free(pass->ends.matcher);
    ms_matcher_free(pass->begins.matcher);
    ms_reader_release(&pass->reader);
    free(pass->numbers.items);
    free(pass->pieces.items);
    free(pass->hits.items);
}

enum ms_status ms_edges_run(const struct ms_edges *edges, struct ms_error *error)
{
    struct pass pass = {.sink = {take}, .edges = edges};
    enum ms_status status = MS_OK;

    ms_reader_init(&pass.reader, edges->image);
    if (!find_eligible(&pass))
        status = ms_fail_nomem(error);
    if (pass.numbers.n == 0) {
        release(&pass);
        return status;
    }
    if (status == MS_OK)
        status = make_side(&pass, &pass.ends, error);
    if (status == MS_OK)
        status = make_side(&pass, &pass.begins, error);
    for (size_t i = 0; i < edges->ranges->groups.n && status == MS_OK; i++)
        status = walk_group(&pass, &edges->ranges->groups.items[i], error);
    release(&pass);
    return status;
}
