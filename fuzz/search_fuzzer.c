// SPDX-License-Identifier: MIT
//
// Fixed patterns in memory, both made from the input, searched by ms_search() in a LiME image whose
// runs touch in memory but not in the file: hits, counts, folds, coverage and gaps must be those of
// a loop over every address, mapped and read, with one thread or three. Nobody feeds this input to
// memscan; what it reaches is what a stranger's image and a stranger's pattern file reach together.
//
// The input: 8 bytes of configuration, then a situation (situation.h).
//
//     byte 0      bits 0-2: engines, see take_config(); bit 3: the scalar kernel
//     byte 1      bit 1: fold; bits 2-3: 3: only count; bits 4-7: 15: with 2 and 3 threads, too
//     bytes 2-3   bytes of a chunk
//     bytes 4-5   hits of a pattern that are reported, 0: all
//     byte 6      bits 0-3: 0: no stop; else stop in this call of the progress callback, and go on
//     byte 7      unused

#include "search_expect.h"

#define MAX_INPUT   2048
#define MAX_MATCHES 3000 // below the number of lines that a fold is cut at
#define MAX_THREADS 3
#define MAX_CHUNKS  24 // each costs some calls

#define MAX_WORDS_MEMORY 2048

struct config {
    unsigned engine_mask;
    const char *simd;
    bool fold, count_only;
    unsigned max_threads;
    size_t chunk_bytes;
    uint64_t max_hits;
    unsigned stop_at;
};

static struct config take_config(struct input *input)
{
    unsigned engines = (unsigned)take(input, 1), how = (unsigned)take(input, 1);
    struct config config = {
        .engine_mask = 1u << MS_ENGINE_WORDS | 1u << MS_ENGINE_RUNS,
        .simd = engines & 8 ? "scalar" : NULL,
        .fold = how & 2,
        .count_only = (how & 12) == 12,
        // Threads take longer to start than all the rest.
        .max_threads = how >> 4 == 15 ? MAX_THREADS : 1,
        .chunk_bytes = (size_t)take(input, 2),
        .max_hits = take(input, 2),
        .stop_at = (unsigned)take(input, 1) & 15,
    };

    take(input, 1);
    if ((engines & 7) == 7) // the planner's choice; Hyperscan takes long to compile
        config.engine_mask = 0;
    else if ((engines & 7) == 6)
        config.engine_mask = 1u << MS_ENGINE_SCALAR;
    else if ((engines & 7) == 5)
        config.engine_mask = 1u << MS_ENGINE_TEXTS;
    if (config.max_hits == 0)
        config.max_hits = UINT64_MAX;
    return config;
}

// == One search ==

struct search {
    const struct situation *situation;
    const struct config *config;
    const struct expected *expected;
    const struct ms_matcher *matcher;
    const struct ms_image *image;
    unsigned threads;
    char how[48];
};

// What the callbacks were given.
struct taken {
    const struct search *search;
    MS_VEC(struct ms_hit) hits;
    MS_VEC(struct ms_gap) gaps;
    unsigned progress_calls;
    unsigned stop_at; // 0: never
};

static int take_hit(void *user, const struct ms_hit *hit)
{
    struct taken *taken = user;
    const struct ms_hit *before = taken->hits.n ? &taken->hits.items[taken->hits.n - 1] : NULL;
    const char *how = taken->search->how;

    CHECK(!before || before->address < hit->address ||
              (before->address == hit->address && before->pattern < hit->pattern),
          "%s: hits are out of order", how);
    CHECK(hit->repeat == 1 || (taken->search->config->fold && hit->repeat >= 3),
          "%s: %llu matches in one hit", how, (unsigned long long)hit->repeat);
    CHECK(taken->gaps.n == 0, "%s: a hit behind a gap", how);
    if (!ms_vec_push(&taken->hits, *hit))
        abort();
    return 0;
}

static int take_gap(void *user, const struct ms_gap *gap)
{
    struct taken *taken = user;

    if (!ms_vec_push(&taken->gaps, *gap))
        abort();
    return 0;
}

static int take_progress(void *user, const struct ms_progress *progress)
{
    struct taken *taken = user;

    CHECK(progress->done_bytes <= progress->all_bytes, "%s: more done than there is",
          taken->search->how);
    return ++taken->progress_calls == taken->stop_at;
}

static void taken_release(struct taken *taken)
{
    free(taken->hits.items);
    free(taken->gaps.items);
}

static enum ms_status run(struct taken *taken, uint64_t from, struct ms_search_result *result)
{
    const struct search *search = taken->search;
    size_t least = search->situation->size / MAX_CHUNKS + 1;
    struct ms_search_callbacks callbacks = {
        .hit = take_hit, .gap = take_gap, .progress = take_progress, .user = taken};
    struct ms_search_options options = {
        .ranges = search->situation->ranges,
        .n_ranges = search->situation->n_ranges,
        .from = from,
        .threads = search->threads,
        .chunk_bytes = search->config->chunk_bytes,
        .max_hits = search->config->max_hits,
        .fold = search->config->fold,
        .count_only = search->config->count_only,
    };
    struct ms_error error;
    enum ms_status status;

    if (options.chunk_bytes > 0 && options.chunk_bytes < least)
        options.chunk_bytes = least;
    status = ms_search(search->image, search->matcher, &options, &callbacks, result, &error);
    CHECK(status == MS_OK || (status == MS_STOPPED && taken->stop_at > 0), "%s: %s", search->how,
          error.text);
    return status;
}

// == Comparing ==

// The matches that the hits stand for.
static void unfold(const struct taken *taken, struct matches *found)
{
    for (size_t i = 0; i < taken->hits.n; i++) {
        const struct ms_hit *hit = &taken->hits.items[i];

        for (uint64_t n = 0; n < hit->repeat; n++)
            matches_add(found, hit->address + n * hit->stride, hit->pattern, hit->length);
    }
}

// Of each pattern, the first `max_hits` matches; nothing where they are only counted.
static void expect_hits(const struct search *search, struct matches *expected)
{
    uint64_t most = search->config->count_only ? 0 : search->config->max_hits;
    uint64_t passed[MAX_PATTERNS] = {0};

    for (size_t i = 0; i < search->expected->matches.all.n; i++) {
        const struct match *match = &search->expected->matches.all.items[i];

        if (passed[match->pattern]++ < most)
            matches_add(expected, match->address, match->pattern, match->length);
    }
}

static void check_hits(const struct search *search, struct matches *found)
{
    struct matches expected = {0};

    expect_hits(search, &expected);
    // A fold comes where it begins, matches of other patterns inside it behind it.
    matches_sort(found);
    matches_expect(found, &expected, search->how);
    matches_release(&expected);
}

static void check_folds(const struct search *search, const struct taken *taken)
{
    const struct expected *expected = search->expected;

    if (!search->config->fold || search->config->count_only ||
        search->config->max_hits != UINT64_MAX || !expected->folds_known)
        return;
    for (size_t i = 0; i < taken->hits.n && i < expected->folds.n; i++) {
        const struct ms_hit *got = &taken->hits.items[i], *right = &expected->folds.items[i];

        CHECK(got->address == right->address && got->repeat == right->repeat &&
                  got->pattern == right->pattern && got->stride == right->stride,
              "%s: hit %zu stands for %llu of pattern %u at 0x%llx, not %llu of %u at 0x%llx",
              search->how, i, (unsigned long long)got->repeat, got->pattern,
              (unsigned long long)got->address, (unsigned long long)right->repeat, right->pattern,
              (unsigned long long)right->address);
    }
    CHECK(taken->hits.n == expected->folds.n, "%s: %zu hits, not %zu", search->how, taken->hits.n,
          expected->folds.n);
}

static void check_result(const struct search *search, const struct ms_search_result *result)
{
    const struct ms_coverage *got = &result->coverage, *right = &search->expected->coverage;

    CHECK(result->n_patterns == search->situation->patterns->all.n, "%s", search->how);
    for (size_t i = 0; i < result->n_patterns; i++)
        CHECK(result->pattern_hits[i] == search->expected->counts[i],
              "%s: %llu matches of pattern %zu, not %llu", search->how,
              (unsigned long long)result->pattern_hits[i], i,
              (unsigned long long)search->expected->counts[i]);
    CHECK(result->hits == search->expected->matches.all.n, "%s: the counts do not add up",
          search->how);
    CHECK(result->complete, "%s: not complete", search->how);
    CHECK(got->asked == right->asked && got->scanned == right->scanned &&
              got->unmapped == right->unmapped,
          "%s: asked %llu, scanned %llu, unmapped %llu; not %llu, %llu, %llu", search->how,
          (unsigned long long)got->asked, (unsigned long long)got->scanned,
          (unsigned long long)got->unmapped, (unsigned long long)right->asked,
          (unsigned long long)right->scanned, (unsigned long long)right->unmapped);
    CHECK(got->unreadable == 0 && got->absent == 0 && got->paged_out == 0,
          "%s: there is more than memory and holes", search->how);
}

// == The ways to search ==

static void check_whole(const struct search *search)
{
    struct taken taken = {.search = search};
    struct matches found = {0};
    struct ms_search_result result;

    run(&taken, search->situation->from, &result);
    check_result(search, &result);
    unfold(&taken, &found);
    check_hits(search, &found);
    check_folds(search, &taken);
    expected_gaps(search->expected, search->situation, taken.gaps.items, taken.gaps.n);
    ms_search_result_release(&result);
    matches_release(&found);
    taken_release(&taken);
}

// Stopped by the progress callback, and gone on from where the result says: both parts together
// are the whole, and nothing is in both.
static void check_resumed(const struct search *search)
{
    struct taken first = {.search = search, .stop_at = search->config->stop_at};
    struct taken second = {.search = search};
    struct ms_search_result result, rest = {0};
    struct matches found = {0};

    if (run(&first, search->situation->from, &result) == MS_STOPPED) {
        CHECK(!result.complete, "%s: stopped, and complete", search->how);
        unfold(&first, &found);
        for (size_t i = 0; i < found.all.n; i++)
            CHECK(found.all.items[i].address < result.next, "%s: reported beyond 0x%llx",
                  search->how, (unsigned long long)result.next);
        run(&second, result.next, &rest);
    } else {
        unfold(&first, &found);
    }
    unfold(&second, &found);
    CHECK(result.hits + rest.hits == search->expected->matches.all.n,
          "%s: stopped at 0x%llx, %llu and %llu hits are not %zu", search->how,
          (unsigned long long)result.next, (unsigned long long)result.hits,
          (unsigned long long)rest.hits, search->expected->matches.all.n);
    check_hits(search, &found);
    ms_search_result_release(&result);
    ms_search_result_release(&rest);
    matches_release(&found);
    taken_release(&first);
    taken_release(&second);
}

static void check_image(struct search *search, const char *path, bool map)
{
    struct ms_open_options options = {.flags = map ? MS_OPEN_MAP : 0, .format = "lime"};
    struct ms_image *image;
    struct ms_error error;

    CHECK(ms_image_open(path, &options, &image, &error) == MS_OK, "open: %s", error.text);
    search->image = image;
    for (unsigned threads = 1; threads <= search->config->max_threads; threads++) {
        search->threads = threads;
        snprintf(search->how, sizeof(search->how), "%s, %u threads", map ? "mapped" : "read",
                 threads);
        check_whole(search);
        // Each of the two passes on as many as are allowed, so all must be.
        if (search->config->stop_at > 0 && search->config->max_hits == UINT64_MAX)
            check_resumed(search);
    }
    ms_image_close(image);
}

static void check_situation(const struct situation *situation, const struct config *config,
                            const struct expected *expected)
{
    struct ms_matcher_options options = {.simd = config->simd, .engine_mask = config->engine_mask};
    struct search search = {.situation = situation, .config = config, .expected = expected};
    struct memory_file file;
    struct ms_matcher *matcher;
    struct ms_error error;

    CHECK(ms_matcher_create(situation->patterns, &options, &matcher, &error) == MS_OK,
          "a matcher: %s", error.text);
    search.matcher = matcher;
    file = lime_file(situation->memory, situation->runs, situation->n_runs);
    check_image(&search, file.path, false);
    check_image(&search, file.path, true);
    memory_file_close(&file);
    ms_matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct config config = take_config(&input);
    size_t most = config.engine_mask == 0 ? MAX_MEMORY : MAX_WORDS_MEMORY;
    struct situation *situation = size > MAX_INPUT ? NULL : situation_create(&input, most);
    struct expected expected;

    if (!situation)
        return 0;
    // More take long, and teach nothing new.
    if (expected_make(&expected, situation, MAX_MATCHES))
        check_situation(situation, &config, &expected);
    expected_release(&expected);
    situation_free(situation);
    return 0;
}
