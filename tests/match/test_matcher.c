// SPDX-License-Identifier: MIT
//
// Matchers: making them, what they say of themselves, windows and pieces, sinks that refuse, and
// all engines side by side against the model.

#include "windows.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct model_profile mixed = {
    .name = "all engines",
    .kinds = "bwdqaux",
    .max_patterns = 12,
    .max_length = 70,
    .max_memory = 3000,
    .exact_percent = 70,
    .periodic_percent = 25,
    .aligned_percent = 25,
    .uniform_percent = 5,
};
static const struct model_profile floods = {
    .name = "all engines, floods",
    .kinds = "bwdqaux",
    .max_patterns = 8,
    .max_length = 300,
    .max_memory = 50000,
    .exact_percent = 80,
    .periodic_percent = 40,
    .aligned_percent = 25,
    .uniform_percent = 60,
};

Test(matcher, random_sets)
{
    check_random_cases(&mixed, 0, 200000, 1000);
}

Test(matcher, random_floods)
{
    check_random_cases(&floods, 0, 210000, 150);
}

Test(matcher, every_cut)
{
    check_every_cut(&mixed, 0, 220000, 12);
}

// == Making ==

Test(matcher, refusals)
{
    static const struct {
        const char *name;
        const char *simd;
        unsigned mask;
        const char *error;
    } cases[] = {
        {"a kernel that does not exist", "mmx", 0,
         "SIMD kernel \"mmx\": there is none of that name in this build"},
        {"a kernel without a name", "", 0,
         "SIMD kernel \"\": there is none of that name in this build"},
        {"an engine that cannot", NULL, ENGINE_BIT(MS_ENGINE_RUNS),
         "dword \"78090043\": none of the engines allowed can search for it"},
    };
    struct ms_patterns *patterns = model_set_of(MS_DWORD, "78090043", 0);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_matcher_options options = {.simd = cases[i].simd, .engine_mask = cases[i].mask};
        struct ms_matcher *matcher = NULL;
        struct ms_error error = {0};

        cr_expect(ms_matcher_create(patterns, &options, &matcher, &error) == MS_ARGUMENT, "%s",
                  cases[i].name);
        cr_expect_str_eq(error.text, cases[i].error);
        cr_expect_null(matcher, "%s", cases[i].name);
        cr_expect(ms_matcher_create(patterns, &options, &matcher, NULL) == MS_ARGUMENT,
                  "%s: without an error", cases[i].name);
    }
    ms_patterns_free(patterns);
}

Test(matcher, an_empty_set)
{
    struct ms_patterns *patterns = NULL;
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {0};

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    cr_expect(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_ARGUMENT, "status");
    cr_expect_str_eq(error.text, "there is no pattern to search for");
    ms_patterns_free(patterns);
    ms_matcher_free(NULL);
    ms_scratch_free(NULL);
}

Test(matcher, regexes_that_are_refused)
{
#ifdef MS_HAVE_HYPERSCAN
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"()", "matches nothing at all"},
        {"(", "Missing close parenthesis"},
        {"a{4097}", "at least 4097 bytes, and at most 4096 are found"},
        {"a{4097,}", "at least 4097 bytes, and at most 4096 are found"},
        {"[z-a]", "regex \"[z-a]\": "},
        {"(?>a)", "regex \"(?>a)\": "},
        {"\\1", "regex \"\\1\": "},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(MS_REGEX, cases[i].text, 0);
        struct ms_matcher *matcher = NULL;
        struct ms_error error = {0};

        cr_expect(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_ARGUMENT, "%s",
                  cases[i].text);
        cr_expect(strstr(error.text, cases[i].says), "%s: %s", cases[i].text, error.text);
        cr_expect_null(matcher, "%s", cases[i].text);
        ms_patterns_free(patterns);
    }
#else
    cr_skip_test("this build has no Hyperscan");
#endif
}

Test(matcher, environment_names_the_kernel)
{
    struct ms_patterns *patterns = model_set_of(MS_DWORD, "78090043", 0);
    struct ms_matcher_options options = {.simd = "scalar"};
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {0};

    setenv("MEMSCAN_SIMD", "scalar", 1);
    cr_assert(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_OK, "%s", error.text);
    cr_expect_str_eq(ms_matcher_simd(matcher), "scalar");
    ms_matcher_free(matcher);
    setenv("MEMSCAN_SIMD", "mmx", 1);
    cr_expect(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_ARGUMENT, "environment");
    cr_expect_str_eq(error.text, "SIMD kernel \"mmx\" (from MEMSCAN_SIMD): there is none of that "
                                 "name in this build");
    cr_assert(ms_matcher_create(patterns, &options, &matcher, &error) == MS_OK,
              "the option stands before the environment");
    ms_matcher_free(matcher);
    unsetenv("MEMSCAN_SIMD");
    cr_assert(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_OK, "%s", error.text);
    cr_expect_str_eq(ms_matcher_simd(matcher), ms_kernels_choose(NULL)->name);
    ms_matcher_free(matcher);
    ms_patterns_free(patterns);
}

Test(matcher, the_set_may_go)
{
    struct ms_patterns *patterns = model_set_of(MS_ASCII, "QQQ", 0);
    struct stretch stretch = {(const uint8_t *)"aQQQQ", 5, 0x1000, NULL, 0};
    struct runner runner = runner_create(matcher_for(patterns, 0, NULL), 5);

    ms_patterns_free(patterns);
    runner_scan(&runner, &stretch, 0, 5, "QQQ");
    cr_assert(runner.found.n == 2, "%zu matches", runner.found.n);
    cr_expect(runner.found.items[0].address == 0x1001 && runner.found.items[1].address == 0x1002,
              "addresses");
    runner_release(&runner);
}

Test(matcher, engine_names)
{
    static const char *const names[MS_N_ENGINES] = {"scalar", "words", "runs", "hyperscan",
                                                    "texts"};

    for (int i = 0; i < MS_N_ENGINES; i++)
        cr_expect_str_eq(ms_engine_name((enum ms_engine)i), names[i]);
    cr_expect_str_eq(ms_engine_name((enum ms_engine)MS_N_ENGINES), "unknown");
}

Test(matcher, margins)
{
    static const struct {
        enum ms_pattern_kind kind;
        const char *text;
        size_t before;
        size_t after;
        bool hyperscan;
    } cases[] = {
        {MS_BYTE, "43", 0, 0, false},
        {MS_DWORD, "78090043", 0, 3, false},
        {MS_DWORD, "78090043 1 2", 0, 11, false},
        {MS_ASCII, "twenty bytes of text", 0, 19, false},
        {MS_REGEX, "abc", 0, 2, true},
        {MS_REGEX, "ab?", 4096, 4095, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(cases[i].kind, cases[i].text, 0);
        struct ms_matcher *matcher;
        struct ms_margins margins;

#ifndef MS_HAVE_HYPERSCAN
        if (cases[i].hyperscan) {
            ms_patterns_free(patterns);
            continue;
        }
#endif
        matcher = matcher_for(patterns, 0, NULL);
        margins = ms_matcher_margins(matcher);
        cr_expect(margins.before == cases[i].before && margins.after == cases[i].after,
                  "%s: %zu before, %zu after", cases[i].text, margins.before, margins.after);
        ms_matcher_free(matcher);
        ms_patterns_free(patterns);
    }
}

Test(matcher, counters)
{
    static const char zeros[4096];
    struct ms_patterns *patterns = model_set_of(MS_DWORD, "0", 0);
    struct stretch stretch = {(const uint8_t *)zeros, sizeof(zeros), 0, NULL, 0};
    static const struct {
        enum ms_engine engine;
        bool hyperscan;
    } engines[] = {
        {MS_ENGINE_SCALAR, false},   {MS_ENGINE_WORDS, false}, {MS_ENGINE_RUNS, false},
        {MS_ENGINE_HYPERSCAN, true}, {MS_ENGINE_TEXTS, false},
    };

    for (size_t i = 0; i < MS_N_ENGINES; i++) {
        enum ms_engine engine = engines[i].engine;
        struct runner runner;

#ifndef MS_HAVE_HYPERSCAN
        if (engines[i].hyperscan)
            continue;
#endif
        runner = runner_create(matcher_for(patterns, ENGINE_BIT(engine), NULL), sizeof(zeros));
        runner_scan(&runner, &stretch, 0, sizeof(zeros), ms_engine_name(engine));
        for (int other = 0; other < MS_N_ENGINES; other++) {
            uint64_t matches = runner.scratch->counters.matches[other];

            cr_expect(matches == (other == (int)engine ? 1024 : 0), "%s: %" PRIu64 " by %d",
                      ms_engine_name(engine), matches, other);
        }
        cr_expect((runner.scratch->counters.match_callbacks > 0) == engines[i].hyperscan,
                  "%s: %" PRIu64 " callbacks", ms_engine_name(engine),
                  runner.scratch->counters.match_callbacks);
        // Not all of them: Hyperscan is not given uniform memory.
        cr_expect(runner.scratch->counters.bytes[engine] > 0, "%s: no bytes",
                  ms_engine_name(engine));
        runner_release(&runner);
    }
    ms_patterns_free(patterns);
}

// == Pieces ==

#define N_MANY 5

static const struct ms_range overlapping[N_MANY] = {
    {.first = 100, .last = 199}, {.first = 150, .last = 249}, {.first = 151, .last = 300},
    {.first = 300, .last = 399}, {.first = 390, .last = 500},
};

Test(matcher, window_allows)
{
    static const struct {
        const char *name;
        uint64_t address;
        uint64_t length;
        size_t n_pieces;
        bool allowed;
    } cases[] = {
        {"without pieces all is allowed", 5, 1000, 0, true},
        {"the whole of the first", 100, 100, N_MANY, true},
        {"one byte more is not", 100, 101, N_MANY, false},
        {"unless another piece has it", 151, 150, N_MANY, true},
        {"not from a byte before that", 150, 150, N_MANY, false},
        {"pieces that share one byte", 300, 100, N_MANY, true},
        {"and are not joined", 299, 3, N_MANY, false},
        {"the last byte", 500, 1, N_MANY, true},
        {"behind it", 501, 1, N_MANY, false},
        {"before the first", 99, 1, N_MANY, false},
        {"reaching in from before", 99, 2, N_MANY, false},
        {"one piece", 100, 100, 1, true},
        {"behind one piece", 199, 2, 1, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_window window = {.pieces = overlapping, .n_pieces = cases[i].n_pieces};

        cr_expect(ms_window_allows(&window, cases[i].address, cases[i].length) == cases[i].allowed,
                  "%s", cases[i].name);
    }
}

Test(matcher, pieces_at_the_top)
{
    static const struct ms_range top[] = {
        {.first = UINT64_MAX - 20, .last = UINT64_MAX - 5},
        {.first = UINT64_MAX - 10, .last = UINT64_MAX},
    };
    struct ms_window window = {.pieces = top, .n_pieces = 2};

    cr_expect(ms_window_allows(&window, UINT64_MAX, 1), "the last byte");
    cr_expect(ms_window_allows(&window, UINT64_MAX - 10, 11), "all of the last piece");
    cr_expect_not(ms_window_allows(&window, UINT64_MAX - 11, 12), "a byte more");
    cr_expect(ms_window_first_start(&window, UINT64_MAX) == UINT64_MAX - 10, "first start");
}

Test(matcher, window_first_start)
{
    struct ms_window window = {.pieces = overlapping, .n_pieces = N_MANY};

    for (uint64_t last = overlapping[0].first; last <= overlapping[N_MANY - 1].last; last++) {
        uint64_t first = last;

        while (first > 0 && ms_window_allows(&window, first - 1, last - first + 2))
            first--;
        cr_expect(ms_window_first_start(&window, last) == first,
                  "%" PRIu64 ": %" PRIu64 ", expected %" PRIu64, last,
                  ms_window_first_start(&window, last), first);
    }
}

// == Sinks that refuse ==

// Each call in turn is refused: the scan ends at once, and says so. Afterwards the scratch serves
// another scan, which finds everything.
static void check_refusals(const struct model_case *model, struct runner *runner, uint64_t seed)
{
    struct stretch stretch = {model->memory, model->length, model->address, NULL, 0};
    found_vec expected = model_find(model, &stretch);
    char context[80];
    uint64_t calls;

    runner->refuse_from = UINT64_MAX;
    runner_reset(runner);
    runner_scan(runner, &stretch, 0, stretch.length, "all");
    calls = runner->calls;
    for (uint64_t n = 0; n <= calls; n += 1 + n / 8) {
        enum ms_status status;

        snprintf(context, sizeof(context), "seed %" PRIu64 ", call %" PRIu64 " refused", seed, n);
        runner_reset(runner);
        runner->refuse_from = n;
        status = runner_scan(runner, &stretch, 0, stretch.length, context);
        cr_assert(status == (n < calls ? MS_STOPPED : MS_OK), "%s: status %d", context, status);
    }
    runner_reset(runner);
    runner->refuse_from = UINT64_MAX;
    runner_scan(runner, &stretch, 0, stretch.length, context);
    found_expect(&runner->found, &expected, context);
    free(expected.items);
}

static void check_refusing(unsigned mask, const char *kinds, uint32_t periodic_percent)
{
    struct model_profile profile = mixed;

    profile.kinds = kinds;
    profile.periodic_percent = periodic_percent;
    for (uint64_t seed = 230000; seed < 230060; seed++) {
        struct model_case model;
        struct ms_patterns *patterns;
        struct runner runner;

        model_case_random(&model, &profile, seed);
        patterns = model_case_set(&model);
        runner = runner_create(matcher_for(patterns, mask, NULL), model.length);
        check_refusals(&model, &runner, seed);
        runner_release(&runner);
        ms_patterns_free(patterns);
        model_case_release(&model);
    }
}

Test(matcher, sinks_refuse_words)
{
    check_refusing(ENGINE_BIT(MS_ENGINE_WORDS), "bwdqaux", 20);
}

Test(matcher, sinks_refuse_runs)
{
    check_refusing(ENGINE_BIT(MS_ENGINE_RUNS), "bwdqax", 100);
}

Test(matcher, sinks_refuse_scalar)
{
    check_refusing(ENGINE_BIT(MS_ENGINE_SCALAR), "bwdqaux", 20);
}

Test(matcher, sinks_refuse_texts)
{
    check_refusing(ENGINE_BIT(MS_ENGINE_TEXTS), "bwdqaux", 20);
}

Test(matcher, sinks_refuse_all)
{
    check_refusing(0, "bwdqaux", 20);
}

Test(matcher, sinks_refuse_hyperscan)
{
#ifdef MS_HAVE_HYPERSCAN
    check_refusing(ENGINE_BIT(MS_ENGINE_HYPERSCAN), "bwdqaux", 20);
#else
    cr_skip_test("this build has no Hyperscan");
#endif
}

// Large sets are compiled on several threads: nothing but the time differs.
Test(matcher, large_sets)
{
#ifdef MS_HAVE_HYPERSCAN
    struct stretch stretch = {(const uint8_t *)"ab17xx string 0042 ab38a", 24, 0x1000, NULL, 0};

    for (unsigned threads = 0; threads < 4; threads++) {
        struct ms_matcher_options options = {.threads = threads};
        struct ms_patterns *patterns = NULL;
        struct ms_matcher *matcher = NULL;
        struct runner runner;
        char text[32];

        cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK);
        for (int i = 0; i < 40; i++) {
            snprintf(text, sizeof(text), "ab%02d[xa]+", i);
            cr_assert(ms_patterns_add(patterns, MS_REGEX, text, strlen(text), NULL, NULL) == MS_OK);
            snprintf(text, sizeof(text), "string %04d", i);
            cr_assert(ms_patterns_add(patterns, MS_ASCII, text, strlen(text), NULL, NULL) == MS_OK);
        }
        cr_assert(ms_patterns_add(patterns, MS_ASCII, " string", 7, NULL, NULL) == MS_OK);
        cr_assert(ms_matcher_create(patterns, &options, &matcher, NULL) == MS_OK);
        runner = runner_create(matcher, 24);
        runner_scan(&runner, &stretch, 0, 24, "large");
        cr_expect(runner.found.n == 3, "%u threads: %zu found", threads, runner.found.n);
        runner_release(&runner);
        ms_patterns_free(patterns);
    }
#else
    cr_skip_test("this build has no Hyperscan");
#endif
}

// Of several patterns that are wrong, the first is told, whichever thread came upon it first.
Test(matcher, large_sets_fail_as_small_ones_do)
{
#ifdef MS_HAVE_HYPERSCAN
    for (int round = 0; round < 20; round++) {
        struct ms_patterns *patterns = NULL;
        struct ms_matcher *matcher = NULL;
        struct ms_error error = {0};

        cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK);
        for (int i = 0; i < 400; i++) {
            const char *text = i == 7 ? "(first)*" : i > 7 && i % 20 == 0 ? "(x|)" : "fine";

            cr_assert(ms_patterns_add(patterns, MS_REGEX, text, strlen(text), NULL, NULL) == MS_OK);
        }
        cr_expect(ms_matcher_create(patterns, NULL, &matcher, &error) == MS_ARGUMENT);
        cr_expect(strstr(error.text, "\"(first)*\""), "%s", error.text);
        cr_expect_null(matcher);
        cr_expect(ms_matcher_create(patterns, NULL, &matcher, NULL) == MS_ARGUMENT);
        ms_patterns_free(patterns);
    }
#else
    cr_skip_test("this build has no Hyperscan");
#endif
}
