// SPDX-License-Identifier: MIT

#include "match/regex_pass.h"

#include <stdlib.h>

// A tile of one place cannot be halved.
bool ms_regex_is_full(struct ms_regex_pass *pass)
{
    pass->full = pass->own->spans.n + pass->own->pending.n >= MS_REGEX_TILE_SPANS &&
                 pass->end - pass->start > 1;
    return pass->full;
}

bool ms_regex_add_span(struct ms_regex_pass *pass, struct ms_regex_span span)
{
    if (ms_regex_is_full(pass))
        return false;
    pass->failed = !ms_vec_push(&pass->own->spans, span);
    return !pass->failed;
}

static size_t span_end(const struct ms_regex_span *span)
{
    return span->start + span->length;
}

// By id and end, the earliest start first.
static int compare_ends(const void *left, const void *right)
{
    const struct ms_regex_span *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (span_end(a) != span_end(b))
        return span_end(a) < span_end(b) ? -1 : 1;
    return a->start < b->start ? -1 : a->start > b->start;
}

// By id and start, the longest first.
static int compare_starts(const void *left, const void *right)
{
    const struct ms_regex_span *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->length > b->length ? -1 : a->length < b->length;
}

// Spans that were walked are in order, and so are most others.
static void sort_spans(struct ms_regex_scratch *own,
                       int (*compare)(const void *left, const void *right))
{
    struct ms_regex_span *spans = own->spans.items;
    size_t n = own->spans.n, i = 1;

    while (i < n && compare(&spans[i - 1], &spans[i]) <= 0)
        i++;
    if (i < n)
        qsort(spans, n, sizeof(*spans), compare);
}

// Of each end the earliest start, and of those, what starts in the tile.
static void keep_earliest(struct ms_regex_pass *pass)
{
    struct ms_regex_span *spans = pass->own->spans.items;
    size_t n = pass->own->spans.n, kept = 0;
    struct ms_regex_span last = {.id = UINT32_MAX};

    sort_spans(pass->own, compare_ends);
    for (size_t i = 0; i < n; i++) {
        // A span of several matches is uniform memory's, and has its ends for itself.
        bool same = spans[i].count == 1 && last.count == 1 && spans[i].id == last.id &&
                    span_end(&spans[i]) == span_end(&last);

        if (!same)
            last = spans[i];
        if (!same && spans[i].start >= pass->start && spans[i].start < pass->end)
            spans[kept++] = spans[i];
    }
    pass->own->spans.n = kept;
}

static bool emit_span(const struct ms_regex_pass *pass, const struct ms_regex_span *span)
{
    const struct ms_window *window = pass->window;
    uint32_t number = pass->regexes->numbers[span->id];
    uint64_t align = pass->regexes->patterns[number].align;
    uint64_t address = window->address + span->start;
    uint64_t skipped = -address & (align - 1), count;

    if (skipped >= span->count)
        return true;
    count = (span->count - skipped - 1) / align + 1;
    pass->scratch->counters.matches[MS_ENGINE_HYPERSCAN] += count;
    return ms_emit(pass->sink, window, number, address + skipped, span->length, count,
                   (uint32_t)align);
}

// Of each start the longest match. Shorter ones also hide behind spans of several.
static bool emit_longest(struct ms_regex_pass *pass)
{
    struct ms_regex_span *spans = pass->own->spans.items;
    size_t n = pass->own->spans.n, free_from = 0;

    sort_spans(pass->own, compare_starts);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && spans[i].id == spans[i - 1].id && spans[i].start < free_from)
            continue;
        if (!emit_span(pass, &spans[i]))
            return false;
        free_from = spans[i].start + spans[i].count;
    }
    return true;
}

bool ms_regex_emit_spans(struct ms_regex_pass *pass)
{
    keep_earliest(pass);
    return emit_longest(pass);
}
