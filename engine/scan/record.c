// SPDX-License-Identifier: MIT

#include "scan/record.h"

#include <stdlib.h>

int ms_record_compare(const struct ms_record *a, const struct ms_record *b)
{
    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

static int compare(const void *left, const void *right)
{
    return ms_record_compare(left, right);
}

void ms_records_sort(ms_record_vec *records)
{
    size_t i = 1;

    while (i < records->n && ms_record_compare(&records->items[i - 1], &records->items[i]) <= 0)
        i++;
    if (i < records->n)
        qsort(records->items, records->n, sizeof(*records->items), compare);
}

static bool push(struct ms_collector *collector, struct ms_record record)
{
    ms_record_vec *records = collector->records;

    if (records->n >= collector->limit)
        return false;
    collector->latest[record.pattern] = (uint32_t)records->n;
    collector->failed = !ms_vec_push(records, record);
    return !collector->failed;
}

// The pattern's last record of this unit. An index that an earlier unit left points past the
// records, or to another pattern's.
static struct ms_record *latest_of(const struct ms_collector *collector, uint32_t pattern)
{
    uint32_t index = collector->latest[pattern];

    if (index >= collector->records->n || collector->records->items[index].pattern != pattern)
        return NULL;
    return &collector->records->items[index];
}

static bool add_count(struct ms_collector *collector, uint32_t pattern, uint64_t count)
{
    struct ms_record *latest = latest_of(collector, pattern);

    if (latest && latest->length == 0) {
        latest->count += count;
        return true;
    }
    return push(collector, (struct ms_record){.pattern = pattern, .count = count});
}

static bool add_matches(struct ms_collector *collector, size_t stretch, uint32_t pattern,
                        uint64_t address, uint32_t length, uint64_t count)
{
    struct ms_record *latest = latest_of(collector, pattern);
    uint64_t align = ms_matcher_align(collector->matcher, pattern);

    if (latest && latest->length == length && latest->stretch == stretch &&
        latest->address + latest->count * align == address) {
        latest->count += count;
        return true;
    }
    return push(collector, (struct ms_record){
                               .address = address,
                               .count = count,
                               .pattern = pattern,
                               .length = length,
                               .stretch = stretch,
                           });
}

static bool only_counts(const struct ms_collector *collector, uint32_t pattern)
{
    return collector->count_only ||
           atomic_load_explicit(&collector->muted[pattern], memory_order_relaxed);
}

static bool take_one(struct ms_collector *collector, const struct ms_window *window,
                     uint32_t pattern, uint64_t address, uint32_t length)
{
    if (!ms_window_allows(window, address, length))
        return true;
    collector->match_stretch = collector->stretch;
    if (collector->judge.allows && !collector->judge.allows(collector->judge.user, pattern, address,
                                                            length, &collector->match_stretch))
        return true;
    if (only_counts(collector, pattern))
        return add_count(collector, pattern, 1);
    return add_matches(collector, collector->match_stretch, pattern, address, length, 1);
}

static bool take(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                 uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    // The sink is the first member.
    struct ms_collector *collector = (struct ms_collector *)sink;

    // All that are in one piece are allowed together.
    if (!collector->judge.allows &&
        (window->n_pieces == 0 ||
         ms_window_allows(window, address, (count - 1) * stride + length))) {
        if (only_counts(collector, pattern))
            return add_count(collector, pattern, count);
        if (count == 1 || stride == ms_matcher_align(collector->matcher, pattern))
            return add_matches(collector, collector->stretch, pattern, address, length, count);
    }
    for (uint64_t i = 0; i < count; i++) {
        if (!take_one(collector, window, pattern, address + i * stride, length))
            return false;
    }
    return true;
}

enum ms_status ms_collector_init(struct ms_collector *collector, const struct ms_matcher *matcher,
                                 const atomic_uchar *muted, bool count_only, struct ms_error *error)
{
    *collector = (struct ms_collector){
        .sink = {.take = take},
        .matcher = matcher,
        .muted = muted,
        .count_only = count_only,
        .latest = calloc(ms_matcher_count(matcher), sizeof(*collector->latest)),
    };
    return collector->latest ? MS_OK : ms_fail_nomem(error);
}

void ms_collector_release(struct ms_collector *collector)
{
    free(collector->latest);
}
