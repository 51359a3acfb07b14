// SPDX-License-Identifier: MIT

#include "scan/ways.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

// The first two are for little memory.
static const size_t chunk_sizes[] = {1, 7, 4095, 4096, 5000, 65537, 2 << 20};
#define N_CHUNK_SIZES (sizeof(chunk_sizes) / sizeof(chunk_sizes[0]))

// FEW_WAYS: for builds that are slow, and of which only threads are of interest.
#ifdef FEW_WAYS
static const unsigned thread_counts[] = {2, 7, 3};
#define ONE_IN_THREADS 1
#else
static const unsigned thread_counts[] = {1, 2, 7};
#define ONE_IN_THREADS 4
#endif
#define N_THREAD_COUNTS (sizeof(thread_counts) / sizeof(thread_counts[0]))

size_t engine_masks(bool regexes, unsigned masks[8])
{
    size_t n = 0;

    masks[n++] = 0;
#ifdef MS_HAVE_HYPERSCAN
    masks[n++] = 1u << MS_ENGINE_HYPERSCAN;
    masks[n++] = 1u << MS_ENGINE_HYPERSCAN | 1u << MS_ENGINE_SCALAR | 1u << MS_ENGINE_RUNS;
#endif
    if (regexes)
        return n;
    masks[n++] = 1u << MS_ENGINE_SCALAR;
    masks[n++] = 1u << MS_ENGINE_WORDS;
    masks[n++] = 1u << MS_ENGINE_TEXTS;
    masks[n++] = 1u << MS_ENGINE_RUNS | 1u << MS_ENGINE_SCALAR;
    return n;
}

size_t usable_kernels(const char *names[8])
{
    size_t n = 0;

    for (size_t i = 0; ms_simd_name(i); i++) {
        if (ms_simd_usable(i))
            names[n++] = ms_simd_name(i);
    }
    return n;
}

static bool has_regexes(const struct known_query *query)
{
    for (size_t i = 0; i < query->n_patterns; i++) {
        if (query->patterns[i].whole)
            return true;
    }
    return false;
}

#ifndef FEW_WAYS
// == All ==

struct prepared {
    const char *name;
    const struct machine *machine;
    const struct known_query *query;
    struct known_answer answer;
    struct ms_image *images[2]; // read, mapped
    bool tiny;
};

static void check_way(const struct prepared *prepared, const struct ms_matcher *matcher,
                      const struct way *way)
{
    struct observation seen = observe(prepared->images[way->map], matcher, prepared->query, way);

    expect_answer(prepared->name, way, &seen, &prepared->answer);
    expect_engines(prepared->name, way, matcher, &seen.result);
    observation_release(&seen);
}

static void check_chunks(const struct prepared *prepared, const struct ms_matcher *matcher,
                         struct way way)
{
    for (size_t c = prepared->tiny ? 0 : 2; c < N_CHUNK_SIZES; c++) {
        for (size_t t = 0; t < N_THREAD_COUNTS; t++) {
            way.chunk_bytes = chunk_sizes[c];
            way.threads = thread_counts[t];
            // Mapped and read take turns: with the two rounds of folding, all pairs occur.
            way.map = (c + t + way.fold + way.engine_mask) & 1;
            check_way(prepared, matcher, &way);
        }
    }
}

static void check_engines(const struct prepared *prepared, struct way way)
{
    struct ms_matcher *matcher =
        make_matcher(prepared->query->patterns, prepared->query->n_patterns, &way);

    cr_assert(eq(str, (char *)(uintptr_t)ms_matcher_simd(matcher), (char *)(uintptr_t)way.simd));
    check_chunks(prepared, matcher, way);
    way.fold = true;
    check_chunks(prepared, matcher, way);
    ms_matcher_free(matcher);
}

#endif

void check_all_ways(const char *name, const struct machine *machine,
                    const struct known_query *query, bool tiny)
{
#ifdef FEW_WAYS
    uint64_t random = tiny;

    check_some_ways(name, machine, query, &random, 12);
#else
    struct prepared prepared = {name, machine, query, naive_answer(machine, query), {0}, tiny};
    unsigned masks[8];
    const char *kernels[8];
    size_t n_masks = engine_masks(has_regexes(query), masks);
    size_t n_kernels = usable_kernels(kernels);

    prepared.images[0] = machine_open(machine, 0);
    prepared.images[1] = machine_open(machine, MS_OPEN_MAP);
    for (size_t k = 0; k < n_kernels; k++) {
        for (size_t m = 0; m < n_masks; m++)
            check_engines(&prepared, (struct way){.simd = kernels[k], .engine_mask = masks[m]});
    }
    ms_image_close(prepared.images[0]);
    ms_image_close(prepared.images[1]);
    known_answer_release(&prepared.answer);
#endif
}

// == Some ==

static struct way draw_way(uint64_t *random, bool regexes)
{
    unsigned masks[8];
    const char *kernels[8];
    size_t n_masks = engine_masks(regexes, masks);
    size_t n_kernels = usable_kernels(kernels);

    return (struct way){
        .simd = kernels[random_below(random, n_kernels)],
        .engine_mask = masks[random_below(random, n_masks)],
        .chunk_bytes = random_one_in(random, 3) ? 1 + random_below(random, 200)
                                                : chunk_sizes[random_below(random, N_CHUNK_SIZES)],
        .threads =
            random_one_in(random, ONE_IN_THREADS) ? thread_counts[random_below(random, 3)] : 1,
        .map = random_one_in(random, 2),
        .fold = random_one_in(random, 2),
    };
}

void check_some_ways(const char *name, const struct machine *machine,
                     const struct known_query *query, uint64_t *random, size_t n)
{
    struct known_answer answer = naive_answer(machine, query);

    for (size_t i = 0; i < n; i++) {
        struct way way = draw_way(random, has_regexes(query));

        check_search(name, machine, query, &answer, &way);
    }
    known_answer_release(&answer);
}
