// SPDX-License-Identifier: MIT
//
// The regexes engine: Hyperscan, for expressions whose matches differ in length.
//
// For each end, the earliest start within 4,096 bytes counts; of matches with the same start, the
// longest. Hyperscan finds ends fast and starts slowly, so it looks for ends first. Most
// expressions have an automaton of our own: of these Hyperscan looks for what all matches begin
// with, shorter and often several times as fast, and the automaton is tried at each start that
// this leaves (regex_walk.c).
//
// Of the others it finds which granules of 4 KiB hold ends at all. A second database, which tracks
// the leftmost start, is run over those alone. Its leftmost start may lie more than 4,096 bytes
// back, and then an earlier start hides the one that counts: such ends are looked at again from
// 4,096 bytes before them. Expressions that are too large for their starts to be tracked are tried
// at each start instead, again only where ends have been found.
//
// Inside uniform memory each end has its start at the same distance, worked out once for each byte
// value.

#include "match/regex_pass.h"
#include "match/uniform.h"

#include <stdlib.h>
#include <string.h>

// == Building ==

static void destroy(void *engine)
{
    struct ms_regexes *regexes = engine;

    if (!regexes)
        return;
    ms_regex_databases_release(&regexes->databases);
    free(regexes);
}

// Memory that is full of a byte keeps Hyperscan busy where an expression goes on with it this long,
// or matches; otherwise it costs as little as looking whether memory is uniform.
#define LIVELY_BYTES 64

static bool is_lively(const struct ms_dfa *dfa, uint8_t byte)
{
    uint16_t state = MS_DFA_START;

    for (size_t i = 0; i < LIVELY_BYTES && state != MS_DFA_DEAD; i++) {
        state = ms_dfa_step(dfa, state, byte);
        if (state & MS_DFA_ACCEPTS)
            return true;
    }
    return state != MS_DFA_DEAD;
}

static void find_lively(struct ms_regexes *regexes)
{
    const struct ms_regex_databases *databases = &regexes->databases;

    for (size_t id = 0; id < databases->n; id++) {
        const struct ms_dfa *dfa = databases->dfas[id];

        for (unsigned byte = 0; byte < 256; byte++)
            regexes->lively[byte] |= !dfa || is_lively(dfa, (uint8_t)byte);
    }
}

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct ms_regexes *regexes = calloc(1, sizeof(*regexes));
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
    find_lively(regexes);
    *engine_ret = regexes;
    return MS_OK;
}

static enum ms_status prepare(const void *engine, struct ms_scratch *scratch,
                              struct ms_error *error)
{
    const struct ms_regexes *regexes = engine;
    struct ms_regex_scratch *own = calloc(1, sizeof(*own));
    size_t n = regexes->databases.n;

    scratch->regexes = own;
    if (!own)
        return ms_fail_nomem(error);
    own->tile_bytes = MS_REGEX_TILE;
    own->uniform = calloc(256 * n, sizeof(*own->uniform));
    own->latest = calloc(n, sizeof(*own->latest));
    own->rings.path = malloc(MS_REGEX_RING * sizeof(*own->rings.path));
    own->rings.other = malloc(MS_REGEX_RING * sizeof(*own->rings.other));
    own->rings.taken = malloc(MS_REGEX_RING * sizeof(*own->rings.taken));
    if (!own->uniform || !own->latest || !own->rings.path || !own->rings.other || !own->rings.taken)
        return ms_fail_nomem(error);
    if (regexes->databases.anchored) {
        own->seen = malloc(n * MS_REGEX_GRANULE * sizeof(*own->seen));
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
    free(own->candidates.items);
    free(own->latest);
    free(own->rings.path);
    free(own->rings.other);
    free(own->rings.taken);
    free(own->seen);
    free(own->uniform);
    free(own);
}

// == Searching ==

static int found_end(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                     void *context)
{
    struct ms_regex_pass *pass = context;
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    size_t end = pass->base + (size_t)to;

    (void)from;
    (void)flags;
    pass->scratch->counters.match_callbacks++;
    pass->scratch->counters.candidates[MS_ENGINE_HYPERSCAN]++;
    if (databases->dfas[id]) {
        pass->own->n_found++;
        return !ms_regex_add_candidate(pass, id, end);
    }
    if (end >= pass->first_end && end <= pass->last_end)
        ms_regex_mark(pass, end, databases->is_anchored[id] ? MS_REGEX_ANCHORED : MS_REGEX_TRACKED);
    return 0;
}

// Finds the starts of the ends that lie in granules with the mark and in [first, last], of at most
// `n_most` granules at a time.
static enum ms_status find_marked(struct ms_regex_pass *pass, size_t first, size_t last,
                                  uint8_t mark, size_t n_most,
                                  enum ms_status (*find)(struct ms_regex_pass *, struct ms_error *),
                                  struct ms_error *error)
{
    const uint8_t *granules = pass->own->granules;
    size_t n_granules = (last - pass->start) / MS_REGEX_GRANULE + 1;
    enum ms_status status = MS_OK;

    for (size_t begin = 0, end; begin < n_granules && status == MS_OK; begin = end) {
        end = begin;
        while (end < n_granules && end - begin < n_most && (granules[end] & mark))
            end++;
        if (end == begin) {
            end++;
            continue;
        }
        pass->first_end = pass->start + begin * MS_REGEX_GRANULE;
        pass->last_end = pass->start + end * MS_REGEX_GRANULE - 1;
        if (pass->first_end < first)
            pass->first_end = first;
        if (pass->last_end > last)
            pass->last_end = last;
        status = find(pass, error);
    }
    return status;
}

// Finds the starts of those ends that lie in marked granules and in [first, last].
static enum ms_status find_all_marked(struct ms_regex_pass *pass, size_t first, size_t last,
                                      struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    enum ms_status status = MS_OK;

    pass->starts = databases->starts;
    if (pass->marks & MS_REGEX_TRACKED)
        status =
            find_marked(pass, first, last, MS_REGEX_TRACKED, SIZE_MAX, ms_regex_find_starts, error);
    pass->starts = databases->left;
    if (status == MS_OK && pass->marks & MS_REGEX_LEFT)
        status =
            find_marked(pass, first, last, MS_REGEX_LEFT, SIZE_MAX, ms_regex_find_starts, error);
    if (status == MS_OK && pass->marks & MS_REGEX_ANCHORED)
        status = find_marked(pass, first, last, MS_REGEX_ANCHORED, 1, ms_regex_try_starts, error);
    return status;
}

// Where there is a candidate in fewer bytes than this, on average, calls of Hyperscan's cost more
// than to try each start. So this is done for some turns, and then it has another.
#define DENSE_BYTES 8
#define DENSE_TURNS 15

static enum ms_status find_candidates(struct ms_regex_pass *pass, struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    size_t length = pass->last_end - pass->base;
    enum ms_status status;

    if (pass->own->n_dense > 0) {
        pass->own->n_dense--;
        return ms_regex_add_all(pass) ? MS_OK : MS_STOPPED;
    }
    pass->own->n_found = 0;
    status = ms_hs_scan(databases->ends, pass->scratch, pass->window->bytes + pass->base, length,
                        found_end, pass, error);
    if (databases->n == 1 && databases->left && pass->own->n_found > length / DENSE_BYTES)
        pass->own->n_dense = DENSE_TURNS;
    return status;
}

// Ends in [first, last]: which granules hold any, and then the starts of those.
static enum ms_status find_ends(struct ms_regex_pass *pass, size_t first, size_t last,
                                struct ms_error *error)
{
    const struct ms_regex_databases *databases = &pass->regexes->databases;
    size_t reach = pass->regexes->reach;
    enum ms_status status;

    if (first > last)
        return MS_OK;
    if (pass->marks)
        memset(pass->own->granules, 0, sizeof(pass->own->granules));
    pass->marks = 0;
    pass->first_end = first;
    pass->last_end = last;
    pass->base = first > reach ? first - reach : 0;
    // What starts before the tile only matters where it takes ends away.
    if (!databases->left && pass->base < pass->start)
        pass->base = pass->start;
    status = find_candidates(pass, error);
    if (status == MS_OK && !ms_regex_walk(pass))
        status = MS_STOPPED;
    return status == MS_OK ? find_all_marked(pass, first, last, error) : status;
}

// Adds the matches that end in [first_end, last_end], each of which has nothing but one byte value
// in reach before it.
static enum ms_status add_uniform(struct ms_regex_pass *pass, uint8_t byte, size_t first_end,
                                  size_t last_end, struct ms_error *error)
{
    const struct ms_regexes *regexes = pass->regexes;
    enum ms_status status = ms_regex_know_uniform(pass, byte, error);

    for (uint32_t id = 0; id < regexes->databases.n && status == MS_OK; id++) {
        size_t length = pass->own->uniform[byte * regexes->databases.n + id];
        size_t first = first_end - length, last = last_end - length;

        if (first < pass->start)
            first = pass->start;
        if (last >= pass->end)
            last = pass->end - 1;
        if (length > 0 && first <= last &&
            !ms_regex_add_span(
                pass, (struct ms_regex_span){id, (uint32_t)length, first, last - first + 1}))
            status = MS_STOPPED;
    }
    return status;
}

// The first uniform stretch from `at` on, to its very end where that is `last`.
static struct ms_uniform find_uniform(const struct ms_regex_pass *pass, size_t at, size_t last)
{
    const uint8_t *bytes = pass->window->bytes;
    struct ms_uniform uniform =
        ms_uniform_find(bytes, at, last, 3 * (size_t)pass->regexes->reach, pass->regexes->lively);

    if (uniform.start < uniform.end && last - uniform.end < MS_UNIFORM_BLOCK &&
        memcmp(bytes + uniform.end - 1, bytes + uniform.end, last - uniform.end) == 0)
        uniform.end = last;
    return uniform;
}

// Collects the spans of the tile: of ends up to `last`, which is as far as its matches reach.
static enum ms_status find_spans(struct ms_regex_pass *pass, struct ms_error *error)
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

static enum ms_status scan_tile(struct ms_regex_pass *pass, struct ms_error *error)
{
    enum ms_status status;

    pass->own->spans.n = 0;
    pass->own->pending.n = 0;
    pass->own->candidates.n = 0;
    pass->full = pass->failed = false;
    status = find_spans(pass, error);
    if (pass->failed)
        return ms_fail_nomem(error);
    if (status != MS_OK)
        return status;
    return ms_regex_emit_spans(pass) ? MS_OK : MS_STOPPED;
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    struct ms_regex_pass pass = {
        .regexes = engine,
        .window = window,
        .sink = sink,
        .scratch = scratch,
        .own = scratch->regexes,
        .start = window->own_start,
        .marks = MS_REGEX_ALL_MARKS, // of the last window
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
            if (pass.own->spans.n < MS_REGEX_TILE_SPANS / 4)
                pass.own->tile_bytes *= 2;
            if (pass.own->tile_bytes > MS_REGEX_TILE)
                pass.own->tile_bytes = MS_REGEX_TILE;
        } else if (status == MS_STOPPED && pass.full) {
            pass.own->tile_bytes = (pass.end - pass.start) / 2;
            status = MS_OK;
        }
    }
    return status;
}

static void explain(const void *engine, ms_explain_pass_fn *pass, void *user)
{
    const struct ms_regexes *regexes = engine;
    struct ms_explained_pass row = {
        .engine = MS_ENGINE_HYPERSCAN,
        .method = "regexes",
        .reason = "ends are found first, and starts only where there are ends",
        .candidates = -1,
    };

    for (size_t id = 0; id < regexes->databases.n; id++)
        ms_explain_pattern(&row.patterns, regexes->numbers[id]);
    ms_regex_databases_explain(&regexes->databases, &row);
    pass(user, &row);
}

const struct ms_engine_ops ms_engine_regexes = {
    .id = MS_ENGINE_HYPERSCAN,
    .build = build,
    .free = destroy,
    .prepare = prepare,
    .scan = scan,
    .explain = explain,
};
