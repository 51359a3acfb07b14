// SPDX-License-Identifier: MIT

#include "scan/naive.h"

#include "base/bytes.h"
#include "base/extent.h"

#include <stdlib.h>
#include <string.h>

// Regexes here have no longer matches, so that all of them can be tried.
#define MAX_TRIED 24

static int compare_hits(const void *left, const void *right)
{
    const struct ms_hit *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

void hits_sort(hit_vec *hits)
{
    if (hits->n > 1)
        qsort(hits->items, hits->n, sizeof(*hits->items), compare_hits);
}

// == Matching ==

static bool matches_at(const struct known_pattern *pattern, const uint8_t *memory)
{
    if (pattern->range_width) {
        uint64_t value = ms_le(memory, pattern->range_width);

        return value >= pattern->lo && value <= pattern->hi;
    }
    for (uint32_t i = 0; i < pattern->length; i++) {
        uint8_t mask = pattern->mask ? pattern->mask[i] : 0xff;

        if ((memory[i] & mask) != (pattern->bytes[i] & mask))
            return false;
    }
    return true;
}

// Whether one range, as given, holds all of it.
static bool in_one_range(const struct known_query *query, uint64_t address, uint64_t length)
{
    for (size_t i = 0; i < query->n_ranges; i++) {
        if (address >= query->ranges[i].first && ms_last(address, length) <= query->ranges[i].last)
            return true;
    }
    return query->n_ranges == 0;
}

struct sought {
    const struct known_query *query;
    const struct known_segment *segment;
    uint32_t number;
    struct known_answer *answer;
};

static void found(const struct sought *sought, uint64_t address, uint32_t length)
{
    const struct known_pattern *pattern = &sought->query->patterns[sought->number];

    if (address < sought->query->from || address % pattern->step != 0)
        return;
    sought->answer->pattern_hits[sought->number]++;
    KEEP(&sought->answer->hits, (struct ms_hit){.address = address,
                                                .repeat = 1,
                                                .stride = pattern->step,
                                                .pattern = sought->number,
                                                .length = length});
}

static void seek_fixed(const struct sought *sought)
{
    const struct known_pattern *pattern = &sought->query->patterns[sought->number];
    const struct known_segment *segment = sought->segment;

    for (size_t i = 0; i + pattern->length <= segment->length; i++) {
        if (matches_at(pattern, segment->bytes + i) &&
            in_one_range(sought->query, segment->start + i, pattern->length))
            found(sought, segment->start + i, pattern->length);
    }
}

// The earliest start of a match that ends before `end`; `end` if there is none.
static size_t earliest_start(const struct sought *sought, size_t end)
{
    const struct known_pattern *pattern = &sought->query->patterns[sought->number];
    const struct known_segment *segment = sought->segment;

    for (size_t i = end > MAX_TRIED ? end - MAX_TRIED : 0; i < end; i++) {
        if (pattern->whole(segment->bytes + i, end - i) &&
            in_one_range(sought->query, segment->start + i, end - i))
            return i;
    }
    return end;
}

// For each end the earliest start; of these, for each start the longest.
static void seek_regex(const struct sought *sought)
{
    const struct known_segment *segment = sought->segment;
    uint32_t *longest = calloc(segment->length + 1, sizeof(*longest));

    for (size_t end = 1; end <= segment->length; end++) {
        size_t start = earliest_start(sought, end);

        longest[start] = (uint32_t)(end - start);
    }
    for (size_t i = 0; i < segment->length; i++) {
        if (longest[i] > 0)
            found(sought, segment->start + i, longest[i]);
    }
    free(longest);
}

// == Folding ==

// Which stretch holds a match: ranges that share bytes are one, segments are apart.
static size_t stretch_of(const struct known_query *query, const struct known_segments *segments,
                         const struct ms_hit *hit)
{
    uint64_t first = query->n_ranges ? hit->address : 0;
    size_t segment = 0;
    bool moved = query->n_ranges > 0;

    while (hit->address - segments->items[segment].start >= segments->items[segment].length)
        segment++;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < query->n_ranges; i++) {
            const struct ms_range *range = &query->ranges[i];

            if (range->first < first && range->last >= first) {
                first = range->first;
                moved = true;
            }
        }
    }
    return (size_t)(first << 8 | segment);
}

void naive_fold(const hit_vec *hits, const size_t *stretch, hit_vec *folded)
{
    bool *done = calloc(hits->n + 1, sizeof(*done));

    for (size_t i = 0; i < hits->n; i++) {
        struct ms_hit line = hits->items[i];

        if (done[i])
            continue;
        for (size_t k = i + 1; k < hits->n; k++) {
            const struct ms_hit *next = &hits->items[k];

            if (next->address - line.address > line.repeat * line.stride)
                break;
            if (next->pattern == line.pattern && next->length == line.length &&
                stretch[k] == stretch[i] &&
                next->address - line.address == line.repeat * line.stride)
                line.repeat++;
        }
        // Of two matches the second gets its turn.
        if (line.repeat == 2)
            line.repeat = 1;
        for (size_t k = i; k < hits->n && line.repeat > 1; k++)
            done[k] |= hits->items[k].pattern == line.pattern &&
                       hits->items[k].address - line.address < line.repeat * line.stride;
        KEEP(folded, line);
    }
    free(done);
}

void naive_expand(const hit_vec *folded, hit_vec *hits)
{
    for (size_t i = 0; i < folded->n; i++) {
        struct ms_hit hit = folded->items[i];

        for (uint64_t k = hit.repeat; k > 0; k--) {
            hit.repeat = 1;
            KEEP(hits, hit);
            hit.address += hit.stride;
        }
    }
    hits_sort(hits);
}

// == Coverage ==

static int compare_u64(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

// The first addresses of all stretches inside which nothing changes.
static size_t find_borders(const struct machine *machine, const struct known_query *query,
                           uint64_t *borders)
{
    size_t n = 0;

    borders[n++] = 0;
    borders[n++] = query->from;
    for (size_t i = 0; i < machine->n; i++) {
        borders[n++] = machine->runs[i].start;
        borders[n++] = machine->runs[i].start + machine->runs[i].length;
    }
    for (size_t i = 0; i < query->n_ranges; i++) {
        borders[n++] = query->ranges[i].first;
        borders[n++] = query->ranges[i].last + 1;
    }
    qsort(borders, n, sizeof(*borders), compare_u64);
    return n;
}

static const struct known_run *run_at(const struct machine *machine, uint64_t address)
{
    for (size_t i = 0; i < machine->n; i++) {
        if (address >= machine->runs[i].start &&
            address - machine->runs[i].start < machine->runs[i].length)
            return &machine->runs[i];
    }
    return NULL;
}

static void cover(struct known_answer *answer, const struct known_run *run, uint64_t first,
                  uint64_t last)
{
    enum ms_gap_reason reason = run ? MS_GAP_ABSENT : MS_GAP_UNMAPPED;
    struct ms_gap *before = answer->gaps.n ? &answer->gaps.items[answer->gaps.n - 1] : NULL;
    uint64_t bytes = last - first + 1;

    answer->coverage.asked += bytes;
    if (run && run->bytes) {
        answer->coverage.scanned += bytes;
        return;
    }
    if (run)
        answer->coverage.absent += bytes;
    else
        answer->coverage.unmapped += bytes;
    if (before && before->reason == reason && before->range.last + 1 == first)
        before->range.last = last;
    else
        KEEP(&answer->gaps,
             (struct ms_gap){.range = {.first = first, .last = last}, .reason = reason});
}

static void cover_all(const struct machine *machine, const struct known_query *query,
                      struct known_answer *answer)
{
    uint64_t borders[2 * MAX_KNOWN_RUNS + 64];
    size_t n = find_borders(machine, query, borders);

    for (size_t i = 0; i < n; i++) {
        uint64_t first = borders[i], last = i + 1 < n ? borders[i + 1] - 1 : UINT64_MAX;
        const struct known_run *run = run_at(machine, first);

        if ((i + 1 < n && borders[i + 1] == first) || first < query->from)
            continue;
        if (query->n_ranges ? in_one_range(query, first, 1) : run != NULL)
            cover(answer, run, first, last);
    }
}

// == All of it ==

static void fold_answer(const struct known_query *query, const struct known_segments *segments,
                        struct known_answer *answer)
{
    size_t *stretch = calloc(answer->hits.n + 1, sizeof(*stretch));

    for (size_t i = 0; i < answer->hits.n; i++)
        stretch[i] = stretch_of(query, segments, &answer->hits.items[i]);
    naive_fold(&answer->hits, stretch, &answer->folded);
    free(stretch);
}

struct known_answer naive_answer(const struct machine *machine, const struct known_query *query)
{
    struct known_answer answer = {
        .pattern_hits = calloc(query->n_patterns, sizeof(*answer.pattern_hits)),
    };
    struct known_segments segments = machine_segments(machine);

    for (size_t s = 0; s < segments.n; s++) {
        for (uint32_t i = 0; i < query->n_patterns; i++) {
            struct sought sought = {query, &segments.items[s], i, &answer};

            if (query->patterns[i].whole)
                seek_regex(&sought);
            else
                seek_fixed(&sought);
        }
    }
    hits_sort(&answer.hits);
    fold_answer(query, &segments, &answer);
    cover_all(machine, query, &answer);
    known_segments_release(&segments);
    return answer;
}

void known_answer_release(struct known_answer *answer)
{
    free(answer->hits.items);
    free(answer->folded.items);
    free(answer->gaps.items);
    free(answer->pattern_hits);
}
