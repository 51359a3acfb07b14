// SPDX-License-Identifier: MIT

#include "scan/observe.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

#define WAY_FORMAT "%s: simd %s, engines %x, chunk %zu, threads %u, %s, %s"
#define WAY(name, way)                                                                             \
    (name), (way)->simd, (way)->engine_mask, (way)->chunk_bytes, (way)->threads,                   \
        (way)->map ? "mapped" : "read", (way)->fold ? "folded" : "each"

static void expect(const char *name, const struct way *way, const char *what, uint64_t seen,
                   uint64_t known)
{
    cr_assert(seen == known, WAY_FORMAT ": %s is %" PRIu64 ", not %" PRIu64, WAY(name, way), what,
              seen, known);
}

struct ms_patterns *make_patterns(const struct known_pattern *patterns, size_t n)
{
    struct ms_patterns *set = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, ms_patterns_create(&set, &error), MS_OK), "%s", error.text);
    for (size_t i = 0; i < n; i++) {
        struct ms_pattern_options options = {
            .ignore_case = patterns[i].ignore_case,
            .align = patterns[i].align,
        };

        cr_assert(eq(int,
                     ms_patterns_add(set, patterns[i].kind, patterns[i].text,
                                     strlen(patterns[i].text), &options, &error),
                     MS_OK),
                  "%s", error.text);
    }
    return set;
}

struct ms_matcher *make_matcher(const struct known_pattern *patterns, size_t n,
                                const struct way *way)
{
    struct ms_matcher_options options = {.simd = way->simd, .engine_mask = way->engine_mask};
    struct ms_patterns *set = make_patterns(patterns, n);
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, ms_matcher_create(set, &options, &matcher, &error), MS_OK), "%s", error.text);
    ms_patterns_free(set);
    return matcher;
}

// == Observing ==

static int keep_hit(void *user, const struct ms_hit *hit)
{
    struct observation *seen = user;

    return !ms_vec_push(&seen->hits, *hit);
}

static int keep_gap(void *user, const struct ms_gap *gap)
{
    struct observation *seen = user;

    return !ms_vec_push(&seen->gaps, *gap);
}

static int keep_progress(void *user, const struct ms_progress *progress)
{
    struct observation *seen = user;

    seen->progress_fell |= progress->done_bytes < seen->last_done;
    seen->last_done = progress->done_bytes;
    seen->all_bytes = progress->all_bytes;
    return 0;
}

struct observation observe(const struct ms_image *image, const struct ms_matcher *matcher,
                           const struct known_query *query, const struct way *way)
{
    struct observation seen = {0};
    struct ms_search_callbacks callbacks = {
        .hit = keep_hit, .gap = keep_gap, .progress = keep_progress, .user = &seen};
    struct ms_search_options options;
    struct ms_error error = {0};

    ms_search_options_init(&options);
    options.ranges = query->ranges;
    options.n_ranges = query->n_ranges;
    options.from = query->from;
    options.threads = way->threads;
    options.chunk_bytes = way->chunk_bytes;
    options.fold = way->fold;
    cr_assert(eq(int, ms_search(image, matcher, &options, &callbacks, &seen.result, &error), MS_OK),
              "%s", error.text);
    return seen;
}

void observation_release(struct observation *seen)
{
    free(seen->hits.items);
    free(seen->gaps.items);
    ms_search_result_release(&seen->result);
}

// == Comparing ==

void expect_hits(const char *name, const struct way *way, const hit_vec *seen, const hit_vec *known)
{
    size_t n = seen->n < known->n ? seen->n : known->n;

    for (size_t i = 0; i < n; i++) {
        const struct ms_hit *a = &seen->items[i], *b = &known->items[i];

        cr_assert(a->address == b->address && a->pattern == b->pattern && a->length == b->length &&
                      a->repeat == b->repeat && a->stride == b->stride,
                  WAY_FORMAT ": hit %zu is %#" PRIx64 " pattern %u length %u repeat %" PRIu64
                             " stride %u, not %#" PRIx64 " pattern %u length %u repeat %" PRIu64
                             " stride %u",
                  WAY(name, way), i, a->address, a->pattern, a->length, a->repeat, a->stride,
                  b->address, b->pattern, b->length, b->repeat, b->stride);
    }
    expect(name, way, "the number of hits", seen->n, known->n);
}

static void expect_gaps(const char *name, const struct way *way, const gap_vec *seen,
                        const gap_vec *known)
{
    expect(name, way, "the number of gaps", seen->n, known->n);
    for (size_t i = 0; i < known->n; i++) {
        expect(name, way, "a gap's start", seen->items[i].range.first, known->items[i].range.first);
        expect(name, way, "a gap's end", seen->items[i].range.last, known->items[i].range.last);
        expect(name, way, "a gap's reason", seen->items[i].reason, known->items[i].reason);
    }
}

static void expect_coverage(const char *name, const struct way *way, const struct ms_coverage *seen,
                            const struct ms_coverage *known)
{
    expect(name, way, "asked", seen->asked, known->asked);
    expect(name, way, "scanned", seen->scanned, known->scanned);
    expect(name, way, "unmapped", seen->unmapped, known->unmapped);
    expect(name, way, "paged_out", seen->paged_out, known->paged_out);
    expect(name, way, "absent", seen->absent, known->absent);
    expect(name, way, "unreadable", seen->unreadable, known->unreadable);
}

void expect_answer(const char *name, const struct way *way, const struct observation *seen,
                   const struct known_answer *answer)
{
    const struct ms_search_result *result = &seen->result;

    expect_hits(name, way, &seen->hits, way->fold ? &answer->folded : &answer->hits);
    expect_gaps(name, way, &seen->gaps, &answer->gaps);
    expect_coverage(name, way, &result->coverage, &answer->coverage);
    expect(name, way, "hits", result->hits, answer->hits.n);
    for (size_t i = 0; i < result->n_patterns; i++)
        expect(name, way, "a pattern's hits", result->pattern_hits[i], answer->pattern_hits[i]);
    expect(name, way, "max_hits_held", result->max_hits_held, 0u);
    expect(name, way, "complete", result->complete, true);
    expect(name, way, "hit callbacks", result->counters.hit_callbacks, seen->hits.n);
    expect(name, way, "falling progress", seen->progress_fell, false);
    expect(name, way, "the last progress", seen->last_done, seen->all_bytes);
}

// Whatever is scanned has been mapped or read.
static void expect_traffic(const char *name, const struct way *way,
                           const struct ms_search_result *result)
{
    const struct ms_search_counters *counters = &result->counters;

    if (!way->map)
        expect(name, way, "bytes mapped", counters->mapped_bytes, 0u);
    cr_assert(counters->mapped_bytes + counters->read_bytes >= result->coverage.scanned,
              WAY_FORMAT ": %" PRIu64 " bytes mapped, %" PRIu64 " read", WAY(name, way),
              counters->mapped_bytes, counters->read_bytes);
}

void expect_engines(const char *name, const struct way *way, const struct ms_matcher *matcher,
                    const struct ms_search_result *result)
{
    for (unsigned e = 0; e < MS_N_ENGINES; e++) {
        bool used = ms_matcher_n_patterns(matcher, (enum ms_engine)e) > 0;

        if (!used)
            expect(name, way, "bytes of an idle engine", result->counters.bytes[e], 0u);
        if (way->engine_mask && !(way->engine_mask & 1u << e))
            expect(name, way, "patterns of a forbidden engine", used, false);
        if (result->coverage.scanned >= 4096 && used && e != MS_ENGINE_HYPERSCAN)
            cr_assert(result->counters.bytes[e] > 0, WAY_FORMAT ": engine %s did not run",
                      WAY(name, way), ms_engine_name((enum ms_engine)e));
    }
    cr_assert(result->coverage.scanned == 0 || result->counters.chunks > 0);
    expect_traffic(name, way, result);
}

void check_search(const char *name, const struct machine *machine, const struct known_query *query,
                  const struct known_answer *answer, const struct way *way)
{
    struct ms_matcher *matcher = make_matcher(query->patterns, query->n_patterns, way);
    struct ms_image *image = machine_open(machine, way->map ? MS_OPEN_MAP : 0);
    struct observation seen = observe(image, matcher, query, way);

    expect_answer(name, way, &seen, answer);
    expect_engines(name, way, matcher, &seen.result);
    cr_assert(eq(str, (char *)(uintptr_t)ms_matcher_simd(matcher), (char *)(uintptr_t)way->simd));
    observation_release(&seen);
    ms_image_close(image);
    ms_matcher_free(matcher);
}
