// SPDX-License-Identifier: MIT

#include "match/regex_pass.h"

#include "base/slack.h"

#include <stdlib.h>
#include <string.h>

// How far behind an end that is looked at again others are settled in the same go.
#define SETTLE_BYTES 256

// The first start that a match ending at `end` may have.
size_t ms_regex_first_start(const struct ms_regex_pass *pass, size_t end)
{
    const struct ms_window *window = pass->window;
    size_t first = end > MS_MAX_REGEX_MATCH ? end - MS_MAX_REGEX_MATCH : 0;
    uint64_t piece;

    if (window->n_pieces == 0)
        return first;
    piece = ms_window_first_start(window, window->address + end - 1);
    return piece > window->address + first ? (size_t)(piece - window->address) : first;
}

struct uniform_probe {
    struct ms_search_counters *counters;
    uint16_t *lengths; // by id
};

// Of matches that begin with the memory or end with it, in memory that is all alike, each has a
// twin of its length that does the other: so it is enough to know the longest of either.
static int probe_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *context)
{
    const struct uniform_probe *probe = context;

    (void)flags;
    probe->counters->match_callbacks++;
    if (to - from > probe->lengths[id])
        probe->lengths[id] = (uint16_t)(to - from);
    return 0;
}

// Works out what matches end where the bytes before are all `byte`.
enum ms_status ms_regex_know_uniform(struct ms_regex_pass *pass, uint8_t byte,
                                     struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    const hs_database_t *all[] = {databases->starts, databases->left, databases->anchored};
    struct uniform_probe probe = {
        .counters = &pass->scratch->counters,
        .lengths = pass->own->uniform + byte * databases->n,
    };
    uint8_t bytes[MS_MAX_REGEX_MATCH + MS_SLACK_BYTES];
    enum ms_status status = MS_OK;

    if (pass->own->uniform_known[byte])
        return MS_OK;
    memset(bytes, byte, sizeof(bytes));
    pass->own->uniform_known[byte] = true;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && status == MS_OK; i++) {
        if (all[i])
            status = ms_hs_scan(all[i], pass->scratch, bytes, pass->regexes->reach, probe_found,
                                &probe, error);
    }
    return status;
}

static bool add_pending(struct ms_regex_pass *pass, struct ms_regex_pending pending)
{
    if (ms_regex_is_full(pass))
        return false;
    pass->failed = !ms_vec_push(&pass->own->pending, pending);
    return !pass->failed;
}

static int found_start(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *context)
{
    struct ms_regex_pass *pass = context;
    size_t start = pass->base + (size_t)from, end = pass->base + (size_t)to;

    (void)flags;
    pass->scratch->counters.match_callbacks++;
    if (end < pass->first_end || end > pass->last_end)
        return 0;
    if (start < ms_regex_first_start(pass, end))
        return !add_pending(pass, (struct ms_regex_pending){end, id, SIZE_MAX});
    return !ms_regex_add_span(pass, (struct ms_regex_span){id, (uint32_t)(end - start), start, 1});
}

static int compare_pending(const void *left, const void *right)
{
    const struct ms_regex_pending *a = left, *b = right;

    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int settle_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *context)
{
    struct ms_regex_pass *pass = context;
    struct ms_regex_pending key = {.end = pass->base + (size_t)to, .id = id};
    struct ms_regex_pending *first = pass->own->pending.items + pass->first_pending, *pending;
    size_t start = pass->base + (size_t)from;

    (void)flags;
    pass->scratch->counters.match_callbacks++;
    if (key.end < first->end || start < ms_regex_first_start(pass, key.end))
        return 0;
    pending = bsearch(&key, first, pass->own->pending.n - pass->first_pending, sizeof(key),
                      compare_pending);
    if (pending && start < pending->start)
        pending->start = start;
    return 0;
}

static int settle_whole(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *context)
{
    struct ms_regex_pass *pass = context;

    (void)from;
    (void)flags;
    pass->scratch->counters.match_callbacks++;
    for (size_t i = pass->first_pending; i < pass->own->pending.n; i++) {
        struct ms_regex_pending *pending = &pass->own->pending.items[i];

        if (pending->end != pass->base + (size_t)to)
            break;
        if (pending->id == id)
            pending->start = pass->base;
    }
    return 0;
}

// Settles an end behind nothing but one byte value.
static enum ms_status settle_uniform(struct ms_regex_pass *pass, struct ms_regex_pending *pending,
                                     struct ms_error *error)
{
    const struct ms_regexes *regexes = pass->regexes;
    const uint8_t *bytes = pass->window->bytes + pass->base;
    enum ms_status status;

    if (memcmp(bytes, bytes + 1, regexes->reach - 1) != 0)
        return MS_OK;
    status = ms_regex_know_uniform(pass, bytes[0], error);
    pending->start =
        pending->end - pass->own->uniform[bytes[0] * regexes->databases.n + pending->id];
    return status;
}

// Looks for the start of the first end that is pending, from the first place that counts on. What
// is seen on the way also settles later ends, unless something starts too early for them too.
static enum ms_status settle_first(struct ms_regex_pass *pass, struct ms_error *error)
{
    struct ms_regex_pending *pending = &pass->own->pending.items[pass->first_pending];
    const struct ms_regexes *regexes = pass->regexes;
    const uint8_t *bytes = pass->window->bytes;
    size_t last = pending->end + SETTLE_BYTES;
    enum ms_status status = MS_OK;

    pass->base = ms_regex_first_start(pass, pending->end);
    if (pending->end - pass->base == regexes->reach) {
        status = settle_uniform(pass, pending, error);
        if (status == MS_OK && pending->start == SIZE_MAX && regexes->databases.whole)
            status = ms_hs_scan(regexes->databases.whole, pass->scratch, bytes + pass->base,
                                regexes->reach, settle_whole, pass, error);
    }
    if (status != MS_OK || pending->start != SIZE_MAX)
        return status;
    last = last < pass->window->length ? last : pass->window->length;
    return ms_hs_scan(pass->starts, pass->scratch, bytes + pass->base, last - pass->base,
                      settle_found, pass, error);
}

static enum ms_status settle_pending(struct ms_regex_pass *pass, struct ms_error *error)
{
    struct ms_regex_scratch *own = pass->own;
    enum ms_status status = MS_OK;

    if (own->pending.n > 1)
        qsort(own->pending.items, own->pending.n, sizeof(*own->pending.items), compare_pending);
    for (size_t i = 0; i < own->pending.n && status == MS_OK; i++) {
        struct ms_regex_pending *pending = &own->pending.items[i];

        pass->first_pending = i;
        if (pending->start == SIZE_MAX)
            status = settle_first(pass, error);
        if (status == MS_OK && pending->start != SIZE_MAX &&
            !ms_regex_add_span(
                pass, (struct ms_regex_span){pending->id, (uint32_t)(pending->end - pending->start),
                                             pending->start, 1}))
            status = MS_STOPPED;
    }
    own->pending.n = 0;
    return status;
}

// Finds the starts of the ends in [first_end, last_end] of the pass.
enum ms_status ms_regex_find_starts(struct ms_regex_pass *pass, struct ms_error *error)
{
    size_t first =
        pass->first_end > pass->regexes->reach ? pass->first_end - pass->regexes->reach : 0;
    enum ms_status status;

    pass->base = first;
    status = ms_hs_scan(pass->starts, pass->scratch, pass->window->bytes + first,
                        pass->last_end - first, found_start, pass, error);
    return status == MS_OK ? settle_pending(pass, error) : status;
}

static int found_anchored(unsigned id, unsigned long long from, unsigned long long to,
                          unsigned flags, void *context)
{
    struct ms_regex_pass *pass = context;
    size_t start = pass->base, end = start + (size_t)to;
    bool *seen;

    (void)from;
    (void)flags;
    pass->scratch->counters.match_callbacks++;
    if (end < pass->first_end || end > pass->last_end || start < ms_regex_first_start(pass, end))
        return 0;
    // Starts are tried in ascending order, so the first one counts.
    seen = &pass->own->seen[id * (size_t)MS_REGEX_GRANULE + (end - pass->first_end)];
    if (*seen)
        return 0;
    *seen = true;
    return !ms_regex_add_span(pass, (struct ms_regex_span){id, (uint32_t)to, start, 1});
}

// Finds the starts of the ends in [first_end, last_end], at most a granule, by trying each.
enum ms_status ms_regex_try_starts(struct ms_regex_pass *pass, struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    enum ms_status status = MS_OK;

    memset(pass->own->seen, 0, databases->n * MS_REGEX_GRANULE * sizeof(*pass->own->seen));
    pass->base = ms_regex_first_start(pass, pass->first_end);
    for (; pass->base < pass->last_end && status == MS_OK; pass->base++) {
        size_t left = pass->last_end - pass->base;

        status = ms_hs_scan(databases->anchored, pass->scratch, pass->window->bytes + pass->base,
                            left < MS_MAX_REGEX_MATCH ? left : MS_MAX_REGEX_MATCH, found_anchored,
                            pass, error);
    }
    return status;
}
