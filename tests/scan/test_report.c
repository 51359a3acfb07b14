// SPDX-License-Identifier: MIT
//
// What a search tells its caller: limits, counts, and how it stops and goes on.

#include "scan/ways.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(report, .timeout = 120);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(text)  (const uint8_t *)(text)

static const struct known_pattern patterns[] = {
    {.kind = MS_BYTE, .text = "00", .step = 1, .length = 1, .bytes = BYTES("\0")},
    {.kind = MS_DWORD, .text = "00000000", .step = 4, .length = 4, .bytes = BYTES("\0\0\0\0")},
    {.kind = MS_HEX,
     .text = "4? 41",
     .step = 1,
     .length = 2,
     .bytes = BYTES("\x40\x41"),
     .mask = BYTES("\xf0\xff")},
    {.kind = MS_WORD,
     .text = "4100..42ff",
     .step = 2,
     .length = 2,
     .range_width = 2,
     .lo = 0x4100,
     .hi = 0x42ff},
    {.kind = MS_ASCII, .text = "nowhere", .step = 1, .length = 7, .bytes = BYTES("nowhere")},
};
static const struct known_query query = {.patterns = patterns, .n_patterns = COUNT(patterns)};

static const struct {
    size_t chunk_bytes;
    unsigned threads;
} runs[] = {{1 << 20, 1}, {64, 1}, {64, 3}, {1000, 2}};

struct searched {
    struct machine machine;
    struct ms_image *image;
    struct ms_matcher *matcher;
    struct known_answer answer;
};

static void open_searched(struct searched *all, size_t run_bytes)
{
    struct way way = {.simd = "scalar"};
    uint64_t random = 9;

    memset(all, 0, sizeof(*all));
    random_fill(&random, machine_add(&all->machine, 0x1001, run_bytes), run_bytes);
    random_fill(&random, machine_add(&all->machine, 0x1001 + run_bytes, 100), 100);
    random_fill(&random, machine_add(&all->machine, 0x1100 + run_bytes, 100), 100);
    machine_write_lime(&all->machine);
    all->image = machine_open(&all->machine, 0);
    all->matcher = make_matcher(patterns, COUNT(patterns), &way);
    all->answer = naive_answer(&all->machine, &query);
}

static void close_searched(struct searched *all)
{
    known_answer_release(&all->answer);
    ms_matcher_free(all->matcher);
    ms_image_close(all->image);
    machine_release(&all->machine);
}

// == Callers ==

// Keeps hits, and stops where it was told to.
struct caller {
    hit_vec hits;
    size_t gaps, progresses;
    size_t stop_at_hit, stop_at_gap, stop_at_progress; // counted from 1; 0: never
    size_t called_after_stop;
    bool stopped;
};

static int called(struct caller *caller, size_t n, size_t stop_at)
{
    caller->called_after_stop += caller->stopped;
    caller->stopped |= n == stop_at;
    return n == stop_at;
}

static int on_hit(void *user, const struct ms_hit *hit)
{
    struct caller *caller = user;

    KEEP(&caller->hits, *hit);
    return called(caller, caller->hits.n, caller->stop_at_hit);
}

static int on_gap(void *user, const struct ms_gap *gap)
{
    struct caller *caller = user;

    (void)gap;
    return called(caller, ++caller->gaps, caller->stop_at_gap);
}

static int on_progress(void *user, const struct ms_progress *progress)
{
    struct caller *caller = user;
    bool stop = ++caller->progresses == caller->stop_at_progress;

    (void)progress;
    // What was held back still comes: all below `next` is reported.
    return stop;
}

static struct ms_search_options options_of(size_t run, bool fold)
{
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.chunk_bytes = runs[run].chunk_bytes;
    options.threads = runs[run].threads;
    options.fold = fold;
    return options;
}

static enum ms_status search(const struct searched *all, const struct ms_search_options *options,
                             struct caller *caller, struct ms_search_result *result)
{
    struct ms_search_callbacks callbacks = {
        .hit = on_hit, .gap = on_gap, .progress = on_progress, .user = caller};

    return ms_search(all->image, all->matcher, options, &callbacks, result, NULL);
}

static void expect_counts(const struct searched *all, const struct ms_search_result *result)
{
    cr_assert(eq(u64, result->hits, all->answer.hits.n));
    cr_assert(eq(sz, result->n_patterns, COUNT(patterns)));
    for (size_t i = 0; i < COUNT(patterns); i++)
        cr_assert(eq(u64, result->pattern_hits[i], all->answer.pattern_hits[i]), "%s",
                  patterns[i].text);
}

// == Limits ==

// The first `max` hits of each pattern, of all in order.
static hit_vec first_hits(const hit_vec *hits, uint64_t max)
{
    uint64_t n[COUNT(patterns)] = {0};
    hit_vec first = {0};

    for (size_t i = 0; i < hits->n; i++) {
        if (n[hits->items[i].pattern]++ < max)
            KEEP(&first, hits->items[i]);
    }
    return first;
}

static void check_max_hits(const struct searched *all, size_t run, bool fold, uint64_t max)
{
    struct ms_search_options options = options_of(run, fold);
    struct way way = {"scalar", 0, runs[run].chunk_bytes, runs[run].threads, false, fold};
    hit_vec expected = first_hits(&all->answer.hits, max), each = {0};
    struct ms_search_result result;
    struct caller caller = {0};

    options.max_hits = max;
    cr_assert(eq(int, search(all, &options, &caller, &result), MS_OK));
    expect_counts(all, &result);
    naive_expand(&caller.hits, &each);
    expect_hits("max hits", &way, &each, &expected);
    cr_assert(eq(u64, result.max_hits_held, all->answer.hits.n - expected.n));
    cr_assert(eq(u64, result.coverage.scanned, all->answer.coverage.scanned));
    ms_search_result_release(&result);
    free(each.items);
    free(expected.items);
    free(caller.hits.items);
}

Test(report, max_hits_of_each_pattern_are_passed_and_all_are_counted)
{
    static const uint64_t limits[] = {0, 1, 2, 3, 4, 7, 100, 1000000, UINT64_MAX - 1, UINT64_MAX};
    struct searched all;

    open_searched(&all, 3000);
    for (size_t run = 0; run < COUNT(runs); run++) {
        for (size_t i = 0; i < 2 * COUNT(limits); i++)
            check_max_hits(&all, run, i & 1, limits[i / 2]);
    }
    close_searched(&all);
}

Test(report, count_only_counts_and_never_calls)
{
    struct searched all;

    open_searched(&all, 3000);
    for (size_t run = 0; run < COUNT(runs); run++) {
        struct ms_search_options options = options_of(run, true);
        struct ms_search_result result;
        struct caller caller = {0};

        options.count_only = true;
        cr_assert(eq(int, search(&all, &options, &caller, &result), MS_OK));
        expect_counts(&all, &result);
        cr_assert(zero(sz, caller.hits.n));
        cr_assert(eq(sz, caller.gaps, all.answer.gaps.n));
        cr_assert(zero(u64, result.max_hits_held));
        ms_search_result_release(&result);
    }
    close_searched(&all);
}

Test(report, callbacks_may_all_be_absent)
{
    struct ms_search_callbacks none = {0};
    struct searched all;

    open_searched(&all, 3000);
    for (size_t run = 0; run < COUNT(runs); run++) {
        struct ms_search_options options = options_of(run, true);
        struct ms_search_result result;

        cr_assert(
            eq(int, ms_search(all.image, all.matcher, &options, &none, &result, NULL), MS_OK));
        expect_counts(&all, &result);
        cr_assert(result.complete);
        ms_search_result_release(&result);
        cr_assert(zero(ptr, result.pattern_hits));
    }
    close_searched(&all);
}

// == Stopping and going on ==

static hit_vec expand_below(const hit_vec *hits, uint64_t next)
{
    hit_vec each = {0};
    size_t kept = 0;

    naive_expand(hits, &each);
    for (size_t i = 0; i < each.n; i++) {
        if (each.items[i].address < next)
            each.items[kept++] = each.items[i];
    }
    each.n = kept;
    return each;
}

// Searches until the caller stops, and then from `next` on: what was reported below `next` and the
// rest are all hits, none missing and none twice. False if the caller had no reason to stop.
static bool check_stop(const struct searched *all, size_t run, bool fold, struct caller caller)
{
    struct ms_search_options options = options_of(run, fold);
    struct way way = {"scalar", 0, runs[run].chunk_bytes, runs[run].threads, false, fold};
    struct ms_search_result result;
    enum ms_status status = search(all, &options, &caller, &result);
    struct caller rest = {0};
    hit_vec each = {0}, below;
    char name[100];

    snprintf(name, sizeof(name), "stop at hit %zu, gap %zu, progress %zu, next %#" PRIx64,
             caller.stop_at_hit, caller.stop_at_gap, caller.stop_at_progress, result.next);
    cr_assert(zero(sz, caller.called_after_stop), "%s", name);
    cr_assert(eq(int, result.complete, status == MS_OK), "%s", name);
    below = expand_below(&caller.hits, status == MS_OK ? UINT64_MAX : result.next);
    options.from = result.next;
    ms_search_result_release(&result);
    if (status != MS_OK) {
        cr_assert(eq(int, status, MS_STOPPED), "%s", name);
        cr_assert(eq(int, search(all, &options, &rest, &result), MS_OK));
        ms_search_result_release(&result);
    }
    naive_expand(&rest.hits, &each);
    for (size_t i = 0; i < each.n; i++)
        KEEP(&below, each.items[i]);
    expect_hits(name, &way, &below, &all->answer.hits);
    free(each.items);
    free(below.items);
    free(rest.hits.items);
    free(caller.hits.items);
    return status == MS_STOPPED;
}

Test(report, stopped_at_any_hit_it_goes_on_with_the_rest)
{
    struct searched all;

    open_searched(&all, 400);
    for (size_t run = 0; run < COUNT(runs); run++) {
        for (size_t fold = 0; fold < 2; fold++) {
            size_t n = 1;

            while (check_stop(&all, run, fold, (struct caller){.stop_at_hit = n}))
                n++;
            cr_assert(eq(sz, n - 1, fold ? all.answer.folded.n : all.answer.hits.n));
        }
    }
    close_searched(&all);
}

Test(report, stopped_at_any_progress_it_goes_on_with_the_rest)
{
    struct searched all;

    open_searched(&all, 3000);
    for (size_t run = 0; run < COUNT(runs); run++) {
        for (size_t fold = 0; fold < 2; fold++) {
            size_t n = 1;

            while (check_stop(&all, run, fold, (struct caller){.stop_at_progress = n}))
                n++;
            cr_assert(gt(sz, n, 1));
        }
    }
    close_searched(&all);
}

// No address is left to go on from. Found: the search stopped, and said to go on at the last byte,
// whose match then came twice.
Test(report, stopped_when_all_is_done_it_is_complete)
{
    struct searched all = {0};
    struct way way = {.simd = "scalar"};

    machine_add(&all.machine, -UINT64_C(64), 64);
    machine_write_lime(&all.machine);
    all.image = machine_open(&all.machine, 0);
    all.matcher = make_matcher(patterns, 1, &way);
    for (size_t n = 1; n <= 4; n++) {
        struct caller caller = {.stop_at_progress = n};
        struct ms_search_options options = {
            .chunk_bytes = 16, .threads = 1, .max_hits = UINT64_MAX};
        struct ms_search_result result;
        enum ms_status status = search(&all, &options, &caller, &result);

        cr_assert(eq(int, status, n < 4 ? MS_STOPPED : MS_OK));
        cr_assert(eq(int, result.complete, n == 4));
        cr_assert(eq(u64, result.hits, 16 * n));
        ms_search_result_release(&result);
        free(caller.hits.items);
    }
    close_searched(&all);
}

// Progress and a hit: the second stop comes while what was held back is passed on.
Test(report, stopped_twice_it_goes_on_with_the_rest)
{
    struct searched all;

    open_searched(&all, 400);
    for (size_t run = 0; run < COUNT(runs); run++) {
        for (size_t n = 1; n < 200; n++) {
            struct caller caller = {.stop_at_hit = n, .stop_at_progress = 1 + n % 5};

            check_stop(&all, run, n % 2, caller);
        }
    }
    close_searched(&all);
}

Test(report, stopped_at_a_gap_all_hits_have_been_passed)
{
    static const struct ms_range ranges[] = {{.first = 0, .last = 0x10ffff}};
    struct searched all;

    open_searched(&all, 400);
    for (size_t n = 1; n <= 4; n++) {
        struct ms_search_options options = options_of(1, true);
        struct caller caller = {.stop_at_gap = n};
        struct ms_search_result result;
        enum ms_status status;

        options.ranges = ranges;
        options.n_ranges = 1;
        status = search(&all, &options, &caller, &result);
        cr_assert(eq(int, status, n <= 3 ? MS_STOPPED : MS_OK));
        cr_assert(eq(int, result.complete, n > 3));
        cr_assert(eq(sz, caller.gaps, n < 3 ? n : 3));
        cr_assert(eq(sz, caller.hits.n, all.answer.folded.n));
        cr_assert(zero(sz, caller.called_after_stop));
        ms_search_result_release(&result);
        free(caller.hits.items);
    }
    close_searched(&all);
}

// == Floods ==

#define FLOOD_BYTES 100000

// Two bytes by turns: each match of "4?" is followed by one of another pattern, and no two of a
// dword's are in a row, so that a job yields more records than it may keep and hands over in parts.
static const struct known_pattern flood[] = {
    {.kind = MS_HEX,
     .text = "41 4?",
     .step = 1,
     .length = 2,
     .bytes = BYTES("\x41\x40"),
     .mask = BYTES("\xff\xf0")},
    {.kind = MS_HEX,
     .text = "42 4?",
     .step = 1,
     .length = 2,
     .bytes = BYTES("\x42\x40"),
     .mask = BYTES("\xff\xf0")},
    {.kind = MS_BYTE,
     .text = "4?",
     .step = 1,
     .length = 1,
     .bytes = BYTES("\x40"),
     .mask = BYTES("\xf0")},
};
static const struct known_query flood_query = {.patterns = flood, .n_patterns = COUNT(flood)};

static void make_flood(struct machine *machine)
{
    uint8_t *bytes = machine_add(machine, 0x1000, FLOOD_BYTES);

    for (size_t i = 0; i < FLOOD_BYTES; i++)
        bytes[i] = i % 2 ? 0x41 : 0x42;
    machine_write_lime(machine);
}

Test(report, jobs_that_find_too_much_hand_over_in_parts)
{
    static const struct way ways[] = {
        {"scalar", 0, 1 << 20, 1, false, false},
        {"scalar", 1u << MS_ENGINE_SCALAR, 50000, 3, true, false},
        {"scalar", 0, 65537, 2, false, false},
    };
    struct machine machine = {0};
    struct known_answer answer;

    make_flood(&machine);
    answer = naive_answer(&machine, &flood_query);
    for (size_t i = 0; i < COUNT(ways); i++)
        check_search("flood", &machine, &flood_query, &answer, &ways[i]);
    known_answer_release(&answer);
    machine_release(&machine);
}

// The whole image is one chunk: that progress comes more than once shows the parts.
Test(report, parts_are_reported_as_they_come)
{
    struct ms_search_options options = options_of(0, false);
    struct caller caller = {0};
    struct ms_search_callbacks callbacks = {
        .hit = on_hit, .progress = on_progress, .user = &caller};
    struct way way = {.simd = "scalar"};
    struct ms_matcher *matcher = make_matcher(flood, COUNT(flood), &way);
    struct ms_search_result result;
    struct machine machine = {0};
    struct ms_image *image;

    make_flood(&machine);
    image = machine_open(&machine, 0);
    cr_assert(eq(int, ms_search(image, matcher, &options, &callbacks, &result, NULL), MS_OK));
    cr_assert(eq(u64, result.counters.chunks > 3, true));
    cr_assert(gt(sz, caller.progresses, 3));
    free(caller.hits.items);
    ms_search_result_release(&result);
    ms_image_close(image);
    ms_matcher_free(matcher);
    machine_release(&machine);
}
