// SPDX-License-Identifier: MIT
//
// Fixed patterns in memory, both made from the input, searched by each engine with each kernel that
// this processor has, in windows: all must find what the loop in situation.c finds. Nobody feeds
// this input to memscan; what it reaches is what a stranger's image and a stranger's pattern file
// reach together.
//
// The input: 8 bytes of configuration, then a situation (situation.h).
//
//     byte 0      bits 0-2: 6: the planner's choice, too; 7: Hyperscan for all patterns, too.
//     Compiling
//                 for Hyperscan takes as long as all the rest
//     byte 1      where the windows' bytes lie, from a multiple of 16
//     bytes 2-3   bytes of a window
//     bytes 4-5   bytes of the first one
//     bytes 6-7   unused

#include "windows.h"

#define MAX_INPUT   2048
#define MAX_MATCHES 4000

// Kernels need some blocks; Hyperscan is kept from uniform memory, which has to be larger for that.
#define MAX_KERNEL_MEMORY 1536

// The oracle inside the engine tries each pattern at each address: not where that takes long.
#define MAX_TRIALS (12u << 10)

#define BIT(engine) (1u << (engine))
#define NO_MASK     (~0u)

struct config {
    unsigned slow_mask; // of engines that are tried beside the fast ones; NO_MASK: none
    struct cuts cuts;
};

static struct config take_config(struct input *input)
{
    unsigned engines = (unsigned)take(input, 1) & 7;
    struct config config = {.slow_mask = NO_MASK};

    if (engines == 6)
        config.slow_mask = 0;
    else if (engines == 7)
        config.slow_mask = BIT(MS_ENGINE_HYPERSCAN);
    config.cuts.shift = (unsigned)take(input, 1) & 31;
    config.cuts.chunk = (size_t)take(input, 2);
    config.cuts.first = (size_t)take(input, 2);
    take(input, 2);
    return config;
}

struct check {
    const struct situation *situation;
    struct cuts cuts;
    const struct matches *expected;
};

static void check_matcher(const struct check *check, const struct ms_matcher *matcher,
                          const char *how)
{
    struct window_scan *scan = window_scan_create(matcher);

    for (size_t run = 0; run < check->situation->n_runs;) {
        struct segment segment = situation_segment(check->situation, &run);

        window_scan_add(scan, &segment, NULL, 0, check->cuts);
    }
    matches_expect(window_scan_found(scan), check->expected, how);
    window_scan_free(scan);
}

// The engines of the mask, where each pattern is taken by one of them. False if the engine `needed`
// takes none.
static bool check_engines(const struct check *check, unsigned mask, enum ms_engine needed,
                          const char *simd)
{
    struct ms_matcher_options options = {.simd = simd, .engine_mask = mask};
    struct ms_matcher *matcher;
    char how[64];
    bool any;

    if (ms_matcher_create(check->situation->patterns, &options, &matcher, NULL))
        return false;
    snprintf(how, sizeof(how), "engines 0x%x, kernel %s", mask, ms_matcher_simd(matcher));
    any = ms_matcher_n_patterns(matcher, needed) > 0;
    if (any)
        check_matcher(check, matcher, how);
    ms_matcher_free(matcher);
    return any;
}

// With each kernel; the runs beside the words, which take what no run is.
static void check_kernels(const struct check *check)
{
    unsigned words = BIT(MS_ENGINE_WORDS), both = words | BIT(MS_ENGINE_RUNS);
    bool runs = true;

    for (size_t k = 0; ms_simd_name(k); k++) {
        if (!ms_simd_usable(k))
            continue;
        check_engines(check, words, MS_ENGINE_WORDS, ms_simd_name(k));
        check_engines(check, BIT(MS_ENGINE_TEXTS), MS_ENGINE_TEXTS, ms_simd_name(k));
        runs = runs && check_engines(check, both, MS_ENGINE_RUNS, ms_simd_name(k));
    }
}

static void check_all(const struct check *check, unsigned slow_mask)
{
    size_t trials = check->situation->size * check->situation->patterns->all.n;

    check_kernels(check);
    if (trials <= MAX_TRIALS)
        check_engines(check, BIT(MS_ENGINE_SCALAR), MS_ENGINE_SCALAR, "scalar");
    if (slow_mask != NO_MASK)
        check_engines(check, slow_mask, MS_ENGINE_HYPERSCAN, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct config config = take_config(&input);
    size_t most = config.slow_mask == NO_MASK ? MAX_KERNEL_MEMORY : MAX_MEMORY;
    struct situation *situation = size > MAX_INPUT ? NULL : situation_create(&input, most);
    struct matches expected = {0};
    struct check check = {situation, config.cuts, &expected};

    if (!situation)
        return 0;
    // More take long, and teach nothing new.
    if (situation_find(situation, false, MAX_MATCHES, &expected))
        check_all(&check, config.slow_mask);
    matches_release(&expected);
    situation_free(situation);
    return 0;
}
