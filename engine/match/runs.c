// SPDX-License-Identifier: MIT
//
// The runs engine: exact patterns of a short period, such as "00 00 00 00 00" or "abababab", which
// match at (almost) every byte of memory that is filled with them, and would drown an engine that
// looks at each match.
//
// For each period p, a kernel compares memory with itself p bytes further on. A stretch of k equal
// places is a run of k + p bytes with that period. In a run, a pattern of the same period can match
// at one phase only, and there at every p bytes as long as it fits: a run is answered with one
// emission a pattern.
//
// Memory is full of runs of other bytes. So where there are few patterns and what they begin with
// is rare, only blocks are compared that have the first two bytes of one. Each block with a place
// that belongs to a match has them: that in which it starts does so, and in any other the match
// begins anew within `period` bytes.

#include "match/runs.h"
#include "match/anchor.h"
#include "match/byte_pairs.h"
#include "match/matcher.h"

#include <stdlib.h>
#include <string.h>

// Pairs that are in more of memory's bytes are in half of all blocks, and then cost more than what
// they save.
#define MOST_SIEVED (1.0 / (2 * MS_BLOCK_ELEMENTS))

// The patterns of one period, by ascending length.
struct period {
    struct ms_test test;
    struct ms_test sieve; // for the pairs that they begin with; without pairs: not used
    uint32_t *patterns;
    size_t n;
    uint32_t shortest;
    uint32_t longest;
    bool starts[256]; // by byte: a pattern begins with it
};

struct runs {
    const struct ms_pattern *patterns;
    const struct ms_kernels *kernels;
    struct period periods[MS_MAX_PERIOD + 1]; // by period; [0] is not used
};

// One period's search of one window. A run is open while its equal places go on.
struct pass {
    const struct runs *runs;
    const struct period *period;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_search_counters *counters;
    size_t open; // the open run's first place; == next: none is open
    size_t next; // the place behind the last equal one
};

static void destroy(void *engine)
{
    struct runs *runs = engine;

    if (!runs)
        return;
    for (uint32_t p = 1; p <= MS_MAX_PERIOD; p++)
        free(runs->periods[p].patterns);
    free(runs);
}

static bool add(struct runs *runs, uint32_t number)
{
    const struct ms_pattern *pattern = &runs->patterns[number];
    uint32_t p = ms_pattern_period(pattern, MS_MAX_PERIOD);
    struct period *period = &runs->periods[p];
    uint32_t *grown = realloc(period->patterns, (period->n + 1) * sizeof(*grown));
    size_t i = period->n;

    if (!grown)
        return false;
    period->patterns = grown;
    period->test = (struct ms_test){.kind = MS_TEST_PERIOD, .width = 1, .period = p};
    for (; i > 0 && runs->patterns[grown[i - 1]].length > pattern->length; i--)
        grown[i] = grown[i - 1];
    grown[i] = number;
    period->starts[pattern->bytes[0]] = true;
    period->n++;
    period->shortest = runs->patterns[grown[0]].length;
    period->longest = runs->patterns[grown[period->n - 1]].length;
    return true;
}

// Of patterns of two bytes or more, as all are that have a period.
static void set_sieve(struct period *period, const struct ms_pattern *patterns)
{
    struct ms_test sieve = {.kind = MS_TEST_PAIRS, .width = 1};
    double share = 0;

    if (period->n > MS_FEW_VALUES)
        return;
    for (size_t i = 0; i < period->n; i++) {
        const struct ms_pattern *pattern = &patterns[period->patterns[i]];

        sieve.pairs[sieve.n_pairs++] = (struct ms_byte_pair){
            .value = {pattern->bytes[0], pattern->bytes[1]},
            .mask = {0xff, 0xff},
            .distance = 1,
        };
        share += ms_pair_share(pattern, 0, 1);
    }
    if (share <= MOST_SIEVED)
        period->sieve = sieve;
}

static enum ms_status build(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error)
{
    struct runs *runs = calloc(1, sizeof(*runs));

    if (!runs)
        return ms_fail_nomem(error);
    runs->patterns = input->patterns;
    runs->kernels = input->kernels;
    for (size_t i = 0; i < input->n_mine; i++) {
        if (!add(runs, input->mine[i])) {
            destroy(runs);
            return ms_fail_nomem(error);
        }
    }
    for (uint32_t p = 1; p <= MS_MAX_PERIOD; p++)
        set_sieve(&runs->periods[p], runs->patterns);
    *engine_ret = runs;
    return MS_OK;
}

// The first place from `start` on, below start + p, at which the run is in the pattern's phase and
// the address is aligned; both recur, so within lcm(p, align) bytes or never.
static bool first_match(const struct pass *pass, const struct ms_pattern *pattern, size_t start,
                        size_t end, size_t *first_ret)
{
    uint32_t p = pass->period->test.period;
    size_t i = start;

    for (; i < start + p; i++) {
        if (i + pattern->length > end)
            return false;
        if (memcmp(pass->window->bytes + i, pattern->bytes, p) == 0)
            break;
    }
    if (i == start + p)
        return false;
    for (uint32_t turns = 0; turns < pattern->align; turns++, i += p) {
        if (i + pattern->length > end)
            return false;
        if (((pass->window->address + i) & (pattern->align - 1)) == 0) {
            *first_ret = i;
            return true;
        }
    }
    return false;
}

// Of a period and a power of two: the period has few factors of two, so few doublings do.
static uint32_t least_common_multiple(uint32_t period, uint32_t align)
{
    while ((period & (align - 1)) != 0)
        period *= 2;
    return period;
}

static bool emit_run(const struct pass *pass, uint32_t number, size_t start, size_t end)
{
    const struct ms_pattern *pattern = &pass->runs->patterns[number];
    const struct ms_window *window = pass->window;
    uint32_t stride = least_common_multiple(pass->period->test.period, pattern->align);
    size_t first, last;
    uint64_t count;

    if (!first_match(pass, pattern, start, end, &first) || first >= window->own_end)
        return true;
    last = end - pattern->length;
    if (last >= window->own_end)
        last = window->own_end - 1;
    // A division costs more than all the rest, and most runs are of one byte value.
    count = (stride == 1 ? last - first : (last - first) / stride) + 1;
    pass->counters->candidates[MS_ENGINE_RUNS]++;
    pass->counters->matches[MS_ENGINE_RUNS] += count;
    return ms_emit(pass->sink, window, number, window->address + first, pattern->length, count,
                   stride);
}

// Whether the open run has a byte that a pattern begins with: short runs, of zeros above all, are
// everywhere.
static bool may_start(const struct pass *pass)
{
    const uint8_t *bytes = pass->window->bytes + pass->open;
    bool may = false;

    for (uint32_t i = 0; i < pass->period->test.period; i++)
        may |= pass->period->starts[bytes[i]];
    return may;
}

// The run of the equal places [open, next): its bytes reach `period` further.
static bool close_run(struct pass *pass)
{
    size_t end = pass->next + pass->period->test.period;
    size_t n = pass->open < pass->next && may_start(pass) ? pass->period->n : 0;

    for (size_t i = 0; i < n; i++) {
        uint32_t number = pass->period->patterns[i];

        if (pass->runs->patterns[number].length > end - pass->open)
            break;
        if (!emit_run(pass, number, pass->open, end))
            return false;
    }
    pass->open = pass->next;
    return true;
}

// Equal places [first, end) of memory: part of the open run, or the first of another.
static bool add_places(struct pass *pass, size_t first, size_t end)
{
    if (first != pass->next) {
        if (!close_run(pass))
            return false;
        pass->open = first;
    }
    pass->next = end;
    return true;
}

// Whether a block of equal places can add to a run that is long enough for any pattern: it goes on
// with the open run, or holds enough places in a row, or ends in some that may go on. Chance
// neighbours, of which memory is full, are passed over here.
static bool matters(const struct pass *pass, uint64_t mask, size_t at)
{
    uint32_t places = pass->period->shortest - pass->period->test.period;

    if ((mask & 1) && pass->next == at)
        return true;
    for (uint32_t i = 1; i < places && i < MS_BLOCK_ELEMENTS && mask; i++)
        mask &= mask >> 1 | UINT64_C(1) << (MS_BLOCK_ELEMENTS - 1);
    return mask != 0;
}

static bool add_mask(struct pass *pass, uint64_t mask, size_t at)
{
    while (mask) {
        uint32_t first, count = ms_take_ones(&mask, &first);

        if (!add_places(pass, at + first, at + first + count))
            return false;
    }
    return true;
}

// The next block in which equal places may belong to a match, and a mask of these.
static size_t next_block(const struct pass *pass, const uint8_t *bytes, size_t block,
                         size_t n_blocks, uint64_t *mask)
{
    const struct period *period = pass->period;
    ms_next_block_fn *const(*next)[4] = pass->runs->kernels->next;

    if (period->sieve.n_pairs == 0)
        return next[MS_TEST_PERIOD][0](&period->test, bytes, block, n_blocks, mask);
    while ((block = next[MS_TEST_PAIRS][0](&period->sieve, bytes, block, n_blocks, mask)) <
           n_blocks) {
        if (next[MS_TEST_PERIOD][0](&period->test, bytes, block, block + 1, mask) == block)
            return block;
        block++;
    }
    return n_blocks;
}

// Places [first, first + n_places) are compared with those one period behind them.
static bool scan_places(struct pass *pass, size_t first, size_t n_places)
{
    const struct ms_test *test = &pass->period->test;
    ms_next_block_fn *next = pass->runs->kernels->next[MS_TEST_PERIOD][0];
    const uint8_t *bytes = pass->window->bytes + first;
    size_t n_blocks = n_places / MS_BLOCK_ELEMENTS, done = n_blocks * MS_BLOCK_ELEMENTS;
    uint8_t tail[MS_BLOCK_ELEMENTS + MS_MAX_PERIOD] = {0};
    uint64_t mask = 0;

    for (size_t block = next_block(pass, bytes, 0, n_blocks, &mask); block < n_blocks;
         block = next_block(pass, bytes, block + 1, n_blocks, &mask)) {
        size_t at = first + block * MS_BLOCK_ELEMENTS;

        if (matters(pass, mask, at) && !add_mask(pass, mask, at))
            return false;
    }
    if (done < n_places) {
        memcpy(tail, bytes + done, n_places - done + test->period);
        if (next(test, tail, 0, 1, &mask) == 0) {
            mask &= (UINT64_C(1) << (n_places - done)) - 1;
            if (!add_mask(pass, mask, first + done))
                return false;
        }
    }
    return close_run(pass);
}

// A run that began before own_start counts from there on; matches that start in the own part need
// `longest` - 1 bytes behind it.
static bool scan_period(struct pass *pass)
{
    const struct ms_window *window = pass->window;
    uint32_t p = pass->period->test.period;
    size_t end = window->own_end - 1 + pass->period->longest;

    if (end > window->length)
        end = window->length;
    if (end - window->own_start <= p)
        return true;
    pass->counters->bytes[MS_ENGINE_RUNS] += end - window->own_start;
    pass->open = pass->next = window->own_start;
    return scan_places(pass, window->own_start, end - window->own_start - p);
}

static enum ms_status scan(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error)
{
    const struct runs *runs = engine;

    (void)error;
    for (uint32_t p = 1; p <= MS_MAX_PERIOD; p++) {
        struct pass pass = {
            .runs = runs,
            .period = &runs->periods[p],
            .window = window,
            .sink = sink,
            .counters = &scratch->counters,
        };

        if (pass.period->n > 0 && !scan_period(&pass))
            return MS_STOPPED;
    }
    return MS_OK;
}

static void explain(const void *engine, ms_explain_pass_fn *pass, void *user)
{
    const struct runs *runs = engine;

    for (uint32_t p = 1; p <= MS_MAX_PERIOD; p++) {
        const struct period *period = &runs->periods[p];
        struct ms_explained_pass row = {
            .engine = MS_ENGINE_RUNS,
            .method = ms_explain_test(MS_TEST_PERIOD),
            .reason =
                period->sieve.n_pairs > 0
                    ? "where a pattern's first two bytes are, memory is compared with itself, a "
                      "period further on"
                    : "memory is compared with itself, a period further on",
            .candidates = -1,
        };

        for (size_t i = 0; i < period->n; i++)
            ms_explain_anchor(&row, period->patterns[i], 0,
                              runs->patterns[period->patterns[i]].length);
        if (period->n > 0)
            pass(user, &row);
    }
}

const struct ms_engine_ops ms_engine_runs = {
    .id = MS_ENGINE_RUNS,
    .build = build,
    .free = destroy,
    .scan = scan,
    .explain = explain,
};
