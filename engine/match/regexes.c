// SPDX-License-Identifier: MIT
//
// The regexes engine: Hyperscan, for expressions whose matches differ in length.
//
// For each end, the earliest start within 4,096 bytes counts; of matches with the same start, the
// longest. Hyperscan finds ends fast and starts slowly, so there are several databases: the first
// finds which granules of 4 KiB hold ends at all; the second, which tracks the leftmost start, is
// run over those alone. Its leftmost start may lie more than 4,096 bytes back, and then an earlier
// start hides the one that counts: such ends are looked at again from 4,096 bytes before them.
//
// Expressions that are too large for their starts to be tracked are tried at each start instead,
// again only where ends have been found.
//
// Inside uniform memory each end has its start at the same distance, worked out once for each byte
// value.

#include "match/regex_databases.h"
#include "match/uniform.h"

#include <stdlib.h>
#include <string.h>

#define GRANULE 4096

// What the ends in a granule are of.
#define OF_TRACKED  1
#define OF_ANCHORED 2

// Matches that one tile may have before it is tried again in halves.
#define MAX_TILE_SPANS (128 * 1024)
#define FIRST_TILE     (256 * 1024)

// How far behind an end that is looked at again others are settled in the same go.
#define SETTLE_BYTES 256

struct regexes {
    const struct ms_pattern *patterns;
    const uint32_t *numbers; // of the patterns, by Hyperscan's id
    struct ms_regex_databases databases;
    uint32_t reach; // bytes of the longest match, MS_MAX_REGEX_MATCH at most
};

// `count` matches of `length` bytes, each a byte after the last.
struct span {
    uint32_t id;
    uint32_t length;
    size_t start; // offset in the window
    size_t count;
};

// An end whose leftmost start is too far back.
struct pending {
    size_t end;
    uint32_t id;
    size_t start; // SIZE_MAX until it is settled
};

struct ms_regex_scratch {
    MS_VEC(struct span) spans;
    MS_VEC(struct pending) pending;
    uint8_t granules[FIRST_TILE / GRANULE + 3]; // OF_TRACKED and OF_ANCHORED, if any end lies there
    size_t tile_bytes;
    bool *seen; // seen[id * GRANULE + i]: the start of end i is known; NULL unless it is needed

    // uniform[byte * n + id]: the length of the match that ends where the `reach` bytes before are
    // all `byte`; 0: none.
    uint16_t *uniform;
    bool uniform_known[256];
};

// One tile: matches that start in [start, end).
struct pass {
    const struct regexes *regexes;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_scratch *scratch;
    struct ms_regex_scratch *own;
    size_t start;
    size_t end;
    size_t base;      // offset in the window of the bytes that Hyperscan sees
    size_t first_end; // ends in [first_end, last_end] are of interest
    size_t last_end;
    size_t first_pending; // those from here on are being settled
    bool failed;          // no memory
    bool full;            // too many matches for one tile
};

// == Building ==

static void destroy(void *engine)
{
    struct regexes *regexes = engine;

    if (!regexes)
        return;
    ms_regex_databases_release(&regexes->databases);
    free(regexes);
}

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct regexes *regexes = calloc(1, sizeof(*regexes));
    enum ms_status status;

    if (!regexes)
        return ms_fail_nomem(error);
    regexes->patterns = input->patterns;
    regexes->numbers = input->mine;
    regexes->reach = MS_MAX_REGEX_MATCH;
    status = ms_regex_databases_build(&regexes->databases, input, error);
    if (status != MS_OK) {
        destroy(regexes);
        return status;
    }
    *engine_ret = regexes;
    return MS_OK;
}

static enum ms_status prepare(const void *engine, struct ms_scratch *scratch,
                              struct ms_error *error)
{
    const struct regexes *regexes = engine;
    struct ms_regex_scratch *own = calloc(1, sizeof(*own));
    size_t n = regexes->databases.n;

    scratch->regexes = own;
    if (!own)
        return ms_fail_nomem(error);
    own->tile_bytes = FIRST_TILE;
    own->uniform = calloc(256 * n, sizeof(*own->uniform));
    if (!own->uniform)
        return ms_fail_nomem(error);
    if (regexes->databases.anchored) {
        own->seen = malloc(n * GRANULE * sizeof(*own->seen));
        if (!own->seen)
            return ms_fail_nomem(error);
    }
    return ms_regex_databases_prepare(&regexes->databases, scratch, error);
}

void ms_regex_scratch_free(struct ms_regex_scratch *own)
{
    if (!own)
        return;
    free(own->spans.items);
    free(own->pending.items);
    free(own->seen);
    free(own->uniform);
    free(own);
}

// == Uniform memory ==

// Of matches that begin with the memory or end with it, in memory that is all alike, each has a
// twin of its length that does the other: so it is enough to know the longest of either.
static int probe_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *context)
{
    uint16_t *lengths = context; // by id

    (void)flags;
    if (to - from > lengths[id])
        lengths[id] = (uint16_t)(to - from);
    return 0;
}

// Works out what matches end where the bytes before are all `byte`.
static enum ms_status know_uniform(struct pass *pass, uint8_t byte, struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    uint16_t *lengths = pass->own->uniform + byte * databases->n;
    uint8_t bytes[MS_MAX_REGEX_MATCH];
    enum ms_status status = MS_OK;

    if (pass->own->uniform_known[byte])
        return MS_OK;
    memset(bytes, byte, sizeof(bytes));
    pass->own->uniform_known[byte] = true;
    if (databases->starts)
        status = ms_hs_scan(databases->starts, pass->scratch, bytes, pass->regexes->reach,
                            probe_found, lengths, error);
    if (databases->anchored && status == MS_OK)
        status = ms_hs_scan(databases->anchored, pass->scratch, bytes, pass->regexes->reach,
                            probe_found, lengths, error);
    return status;
}

// == Spans ==

// A tile of one place cannot be halved.
static bool is_full(struct pass *pass)
{
    pass->full =
        pass->own->spans.n + pass->own->pending.n >= MAX_TILE_SPANS && pass->end - pass->start > 1;
    return pass->full;
}

static bool add_span(struct pass *pass, struct span span)
{
    if (is_full(pass))
        return false;
    pass->failed = !ms_vec_push(&pass->own->spans, span);
    return !pass->failed;
}

static size_t span_end(const struct span *span)
{
    return span->start + span->length;
}

// By id and end, the earliest start first.
static int compare_ends(const void *left, const void *right)
{
    const struct span *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (span_end(a) != span_end(b))
        return span_end(a) < span_end(b) ? -1 : 1;
    return a->start < b->start ? -1 : a->start > b->start;
}

// By id and start, the longest first.
static int compare_starts(const void *left, const void *right)
{
    const struct span *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->length > b->length ? -1 : a->length < b->length;
}

// Of each end the earliest start, and of those, what starts in the tile.
static void keep_earliest(struct pass *pass)
{
    struct span *spans = pass->own->spans.items;
    size_t n = pass->own->spans.n, kept = 0;
    struct span last = {.id = UINT32_MAX};

    if (n > 1)
        qsort(spans, n, sizeof(*spans), compare_ends);
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

static bool emit_span(const struct pass *pass, const struct span *span)
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
static bool emit_longest(struct pass *pass)
{
    struct span *spans = pass->own->spans.items;
    size_t n = pass->own->spans.n, free_from = 0;

    if (n > 1)
        qsort(spans, n, sizeof(*spans), compare_starts);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && spans[i].id == spans[i - 1].id && spans[i].start < free_from)
            continue;
        if (!emit_span(pass, &spans[i]))
            return false;
        free_from = spans[i].start + spans[i].count;
    }
    return true;
}

// == Searching ==

// The first start that a match ending at `end` may have.
static size_t first_start(const struct pass *pass, size_t end)
{
    const struct ms_window *window = pass->window;
    size_t first = end > MS_MAX_REGEX_MATCH ? end - MS_MAX_REGEX_MATCH : 0;
    uint64_t piece;

    if (window->n_pieces == 0)
        return first;
    piece = ms_window_first_start(window, window->address + end - 1);
    return piece > window->address + first ? (size_t)(piece - window->address) : first;
}

static int found_end(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                     void *context)
{
    struct pass *pass = context;
    size_t end = pass->base + (size_t)to;

    (void)from;
    (void)flags;
    pass->scratch->counters.candidates[MS_ENGINE_HYPERSCAN]++;
    if (end >= pass->first_end && end <= pass->last_end)
        pass->own->granules[(end - pass->start) / GRANULE] |=
            pass->regexes->databases.is_anchored[id] ? OF_ANCHORED : OF_TRACKED;
    return 0;
}

static bool add_pending(struct pass *pass, struct pending pending)
{
    if (is_full(pass))
        return false;
    pass->failed = !ms_vec_push(&pass->own->pending, pending);
    return !pass->failed;
}

static int found_start(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *context)
{
    struct pass *pass = context;
    size_t start = pass->base + (size_t)from, end = pass->base + (size_t)to;

    (void)flags;
    if (end < pass->first_end || end > pass->last_end)
        return 0;
    if (start < first_start(pass, end))
        return !add_pending(pass, (struct pending){end, id, SIZE_MAX});
    return !add_span(pass, (struct span){id, (uint32_t)(end - start), start, 1});
}

static int compare_pending(const void *left, const void *right)
{
    const struct pending *a = left, *b = right;

    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int settle_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                        void *context)
{
    struct pass *pass = context;
    struct pending key = {.end = pass->base + (size_t)to, .id = id};
    struct pending *first = pass->own->pending.items + pass->first_pending, *pending;
    size_t start = pass->base + (size_t)from;

    (void)flags;
    if (key.end < first->end || start < first_start(pass, key.end))
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
    struct pass *pass = context;

    (void)from;
    (void)flags;
    for (size_t i = pass->first_pending; i < pass->own->pending.n; i++) {
        struct pending *pending = &pass->own->pending.items[i];

        if (pending->end != pass->base + (size_t)to)
            break;
        if (pending->id == id)
            pending->start = pass->base;
    }
    return 0;
}

// Settles an end behind nothing but one byte value.
static enum ms_status settle_uniform(struct pass *pass, struct pending *pending,
                                     struct ms_error *error)
{
    const struct regexes *regexes = pass->regexes;
    const uint8_t *bytes = pass->window->bytes + pass->base;
    enum ms_status status;

    if (memcmp(bytes, bytes + 1, regexes->reach - 1) != 0)
        return MS_OK;
    status = know_uniform(pass, bytes[0], error);
    pending->start =
        pending->end - pass->own->uniform[bytes[0] * regexes->databases.n + pending->id];
    return status;
}

// Looks for the start of the first end that is pending, from the first place that counts on. What
// is seen on the way also settles later ends, unless something starts too early for them too.
static enum ms_status settle_first(struct pass *pass, struct ms_error *error)
{
    struct pending *pending = &pass->own->pending.items[pass->first_pending];
    const struct regexes *regexes = pass->regexes;
    const uint8_t *bytes = pass->window->bytes;
    size_t last = pending->end + SETTLE_BYTES;
    enum ms_status status = MS_OK;

    pass->base = first_start(pass, pending->end);
    if (pending->end - pass->base == regexes->reach) {
        status = settle_uniform(pass, pending, error);
        if (status == MS_OK && pending->start == SIZE_MAX && regexes->databases.whole)
            status = ms_hs_scan(regexes->databases.whole, pass->scratch, bytes + pass->base,
                                regexes->reach, settle_whole, pass, error);
    }
    if (status != MS_OK || pending->start != SIZE_MAX)
        return status;
    last = last < pass->window->length ? last : pass->window->length;
    return ms_hs_scan(regexes->databases.starts, pass->scratch, bytes + pass->base,
                      last - pass->base, settle_found, pass, error);
}

static enum ms_status settle_pending(struct pass *pass, struct ms_error *error)
{
    struct ms_regex_scratch *own = pass->own;
    enum ms_status status = MS_OK;

    if (own->pending.n > 1)
        qsort(own->pending.items, own->pending.n, sizeof(*own->pending.items), compare_pending);
    for (size_t i = 0; i < own->pending.n && status == MS_OK; i++) {
        struct pending *pending = &own->pending.items[i];

        pass->first_pending = i;
        if (pending->start == SIZE_MAX)
            status = settle_first(pass, error);
        if (status == MS_OK && pending->start != SIZE_MAX &&
            !add_span(pass, (struct span){pending->id, (uint32_t)(pending->end - pending->start),
                                          pending->start, 1}))
            status = MS_STOPPED;
    }
    own->pending.n = 0;
    return status;
}

// Finds the starts of the ends in [first_end, last_end] of the pass.
static enum ms_status find_starts(struct pass *pass, struct ms_error *error)
{
    size_t first =
        pass->first_end > pass->regexes->reach ? pass->first_end - pass->regexes->reach : 0;
    enum ms_status status;

    pass->base = first;
    pass->scratch->counters.bytes[MS_ENGINE_HYPERSCAN] += pass->last_end - first;
    status = ms_hs_scan(pass->regexes->databases.starts, pass->scratch, pass->window->bytes + first,
                        pass->last_end - first, found_start, pass, error);
    return status == MS_OK ? settle_pending(pass, error) : status;
}

static int found_anchored(unsigned id, unsigned long long from, unsigned long long to,
                          unsigned flags, void *context)
{
    struct pass *pass = context;
    size_t start = pass->base, end = start + (size_t)to;
    bool *seen;

    (void)from;
    (void)flags;
    if (end < pass->first_end || end > pass->last_end || start < first_start(pass, end))
        return 0;
    // Starts are tried in ascending order, so the first one counts.
    seen = &pass->own->seen[id * (size_t)GRANULE + (end - pass->first_end)];
    if (*seen)
        return 0;
    *seen = true;
    return !add_span(pass, (struct span){id, (uint32_t)to, start, 1});
}

// Finds the starts of the ends in [first_end, last_end], at most a granule, by trying each.
static enum ms_status try_starts(struct pass *pass, struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    enum ms_status status = MS_OK;

    memset(pass->own->seen, 0, databases->n * GRANULE * sizeof(*pass->own->seen));
    pass->base = first_start(pass, pass->first_end);
    for (; pass->base < pass->last_end && status == MS_OK; pass->base++) {
        size_t left = pass->last_end - pass->base;

        status = ms_hs_scan(databases->anchored, pass->scratch, pass->window->bytes + pass->base,
                            left < MS_MAX_REGEX_MATCH ? left : MS_MAX_REGEX_MATCH, found_anchored,
                            pass, error);
    }
    return status;
}

// Finds the starts of the ends that lie in granules with the mark and in [first, last], of at most
// `n_most` granules at a time.
static enum ms_status find_marked(struct pass *pass, size_t first, size_t last, uint8_t mark,
                                  size_t n_most,
                                  enum ms_status (*find)(struct pass *, struct ms_error *),
                                  struct ms_error *error)
{
    const uint8_t *granules = pass->own->granules;
    size_t n_granules = (last - pass->start) / GRANULE + 1;
    enum ms_status status = MS_OK;

    for (size_t begin = 0, end; begin < n_granules && status == MS_OK; begin = end) {
        end = begin;
        while (end < n_granules && end - begin < n_most && (granules[end] & mark))
            end++;
        if (end == begin) {
            end++;
            continue;
        }
        pass->first_end = pass->start + begin * GRANULE;
        pass->last_end = pass->start + end * GRANULE - 1;
        if (pass->first_end < first)
            pass->first_end = first;
        if (pass->last_end > last)
            pass->last_end = last;
        status = find(pass, error);
    }
    return status;
}

// Ends in [first, last]: which granules hold any, and then the starts of those.
static enum ms_status find_ends(struct pass *pass, size_t first, size_t last,
                                struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    enum ms_status status;

    if (first > last)
        return MS_OK;
    memset(pass->own->granules, 0, sizeof(pass->own->granules));
    pass->first_end = first;
    pass->last_end = last;
    pass->base =
        first > pass->start + pass->regexes->reach ? first - pass->regexes->reach : pass->start;
    pass->scratch->counters.bytes[MS_ENGINE_HYPERSCAN] += last - pass->base;
    status = ms_hs_scan(databases->ends, pass->scratch, pass->window->bytes + pass->base,
                        last - pass->base, found_end, pass, error);
    if (status == MS_OK)
        status = find_marked(pass, first, last, OF_TRACKED, SIZE_MAX, find_starts, error);
    if (status == MS_OK)
        status = find_marked(pass, first, last, OF_ANCHORED, 1, try_starts, error);
    return status;
}

// Adds the matches that end in [first_end, last_end], each of which has nothing but one byte value
// in reach before it.
static enum ms_status add_uniform(struct pass *pass, uint8_t byte, size_t first_end,
                                  size_t last_end, struct ms_error *error)
{
    const struct regexes *regexes = pass->regexes;
    enum ms_status status = know_uniform(pass, byte, error);

    for (uint32_t id = 0; id < regexes->databases.n && status == MS_OK; id++) {
        size_t length = pass->own->uniform[byte * regexes->databases.n + id];
        size_t first = first_end - length, last = last_end - length;

        if (first < pass->start)
            first = pass->start;
        if (last >= pass->end)
            last = pass->end - 1;
        if (length > 0 && first <= last &&
            !add_span(pass, (struct span){id, (uint32_t)length, first, last - first + 1}))
            status = MS_STOPPED;
    }
    return status;
}

// The first uniform stretch from `at` on, to its very end where that is `last`.
static struct ms_uniform find_uniform(const struct pass *pass, size_t at, size_t last)
{
    const uint8_t *bytes = pass->window->bytes;
    struct ms_uniform uniform = ms_uniform_find(bytes, at, last, 3 * (size_t)pass->regexes->reach);

    if (uniform.start < uniform.end && last - uniform.end < MS_UNIFORM_BLOCK &&
        memcmp(bytes + uniform.end - 1, bytes + uniform.end, last - uniform.end) == 0)
        uniform.end = last;
    return uniform;
}

// Collects the spans of the tile: of ends up to `last`, which is as far as its matches reach.
static enum ms_status find_spans(struct pass *pass, struct ms_error *error)
{
    const struct ms_window *window = pass->window;
    uint32_t reach = pass->regexes->reach;
    size_t at = pass->start > reach ? pass->start - reach : 0;
    size_t last = pass->end - 1 + reach, first = pass->start + 1;
    enum ms_status status = MS_OK;

    if (last > window->length)
        last = window->length;
    while (status == MS_OK && window->n_pieces == 0) {
        struct ms_uniform uniform = find_uniform(pass, at, last);
        size_t first_end = uniform.start + reach, last_end = uniform.end;

        if (uniform.start == uniform.end)
            break;
        if (first_end < first)
            first_end = first;
        // What ends here may go on behind the stretch, but not behind what the tile's matches
        // reach.
        if (uniform.end < last)
            last_end -= reach;
        status = find_ends(pass, first, first_end - 1, error);
        if (status == MS_OK)
            status = add_uniform(pass, uniform.byte, first_end, last_end, error);
        first = last_end + 1;
        at = uniform.end;
    }
    return status == MS_OK ? find_ends(pass, first, last, error) : status;
}

static enum ms_status scan_tile(struct pass *pass, struct ms_error *error)
{
    enum ms_status status;

    pass->own->spans.n = 0;
    pass->own->pending.n = 0;
    pass->full = pass->failed = false;
    status = find_spans(pass, error);
    if (pass->failed)
        return ms_fail_nomem(error);
    if (status != MS_OK)
        return status;
    keep_earliest(pass);
    return emit_longest(pass) ? MS_OK : MS_STOPPED;
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    struct pass pass = {
        .regexes = engine,
        .window = window,
        .sink = sink,
        .scratch = scratch,
        .own = scratch->regexes,
        .start = window->own_start,
    };
    enum ms_status status = MS_OK;

    while (status == MS_OK && pass.start < window->own_end) {
        size_t left = window->own_end - pass.start;

        pass.end = pass.start + (left < pass.own->tile_bytes ? left : pass.own->tile_bytes);
        status = scan_tile(&pass, error);
        if (status == MS_OK) {
            pass.start = pass.end;
            // What was dense may be sparse again. Halves are of any size, so doubling may
            // overshoot.
            if (pass.own->spans.n < MAX_TILE_SPANS / 4)
                pass.own->tile_bytes *= 2;
            if (pass.own->tile_bytes > FIRST_TILE)
                pass.own->tile_bytes = FIRST_TILE;
        } else if (status == MS_STOPPED && pass.full) {
            pass.own->tile_bytes = (pass.end - pass.start) / 2;
            status = MS_OK;
        }
    }
    return status;
}

const struct ms_engine_ops ms_engine_regexes = {
    .id = MS_ENGINE_HYPERSCAN,
    .build = build,
    .free = destroy,
    .prepare = prepare,
    .scan = scan,
};
