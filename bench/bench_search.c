// SPDX-License-Identifier: MIT
//
// A search through libmemscan, as a program would run it.

#include "bench.h"

#include <malloc.h>
#include <string.h>

// How often memory is looked at: a look takes some 10 microseconds.
#define SAMPLE_SECONDS 0.02

static bool failed(const char *what, const struct ms_error *error)
{
    fprintf(stderr, "memscan-bench: %s: %s\n", what, error->text);
    return false;
}

static enum ms_status add_patterns(struct ms_patterns *set, const struct row *row,
                                   const struct row_pattern *patterns, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < row->n_patterns && status == MS_OK; i++) {
        struct ms_pattern_options options = {
            .ignore_case = patterns[i].ignore_case,
            .align = patterns[i].align,
        };

        status = ms_patterns_add(set, patterns[i].kind, pattern_text(&patterns[i]),
                                 strlen(pattern_text(&patterns[i])), &options, error);
    }
    return status;
}

bool search_prepare(const struct row *row, const struct row_pattern *patterns, unsigned engine_mask,
                    struct prepared_search *ret)
{
    struct ms_matcher_options options = {.engine_mask = engine_mask};
    struct ms_patterns *set = NULL;
    struct ms_error error;
    enum ms_status status = ms_patterns_create(&set, &error);
    double start;

    // What earlier rows left behind is not this row's.
    malloc_trim(0);
    *ret = (struct prepared_search){.bytes_before = anonymous_bytes(0)};
    if (status == MS_OK)
        status = add_patterns(set, row, patterns, &error);
    start = now_seconds();
    if (status == MS_OK)
        status = ms_matcher_create(set, &options, &ret->matcher, &error);
    ret->compile_seconds = now_seconds() - start;
    ms_patterns_free(set);
    return status == MS_OK || failed(row->name, &error);
}

void search_release(struct prepared_search *search)
{
    ms_matcher_free(search->matcher);
    search->matcher = NULL;
}

struct sampler {
    double next;
    uint64_t peak_bytes;
};

static int sample(void *user, const struct ms_progress *progress)
{
    struct sampler *sampler = user;
    double now = now_seconds();
    uint64_t bytes;

    (void)progress;
    if (now < sampler->next)
        return 0;
    bytes = anonymous_bytes(0);
    sampler->peak_bytes = bytes > sampler->peak_bytes ? bytes : sampler->peak_bytes;
    sampler->next = now + SAMPLE_SECONDS;
    return 0;
}

// False after a message.
static bool count_all(const struct prepared_search *search, const struct ms_image *image,
                      const struct spaces_setup *setup, unsigned threads, struct sampler *sampler,
                      struct ms_search_result *result)
{
    const struct ms_search_callbacks callbacks = {.progress = sample, .user = sampler};
    struct ms_spaces *spaces = setup ? spaces_make(setup, image) : NULL;
    struct ms_search_options options;
    struct ms_error error;
    bool ok = !setup || spaces;

    ms_search_options_init(&options);
    options.count_only = true;
    options.threads = threads;
    options.spaces = spaces;
    if (ok && ms_search(image, search->matcher, &options, &callbacks, result, &error))
        ok = failed("searching", &error);
    ms_spaces_free(spaces);
    return ok;
}

static bool open_and_search(const struct prepared_search *search, const struct bench_image *image,
                            unsigned flags, const struct spaces_setup *setup, unsigned threads,
                            struct measurement *ret)
{
    const struct ms_open_options open_options = {.flags = flags, .format = "raw"};
    struct sampler sampler = {0};
    struct ms_search_result result;
    struct ms_image *opened;
    struct ms_error error;
    double start = now_seconds(), processor_start = processor_seconds();
    bool ok;

    if (ms_image_open(image->path, &open_options, &opened, &error))
        return failed(image->path, &error);
    ok = count_all(search, opened, setup, threads, &sampler, &result);
    ms_image_close(opened);
    if (!ok)
        return false;
    *ret = (struct measurement){
        .seconds = now_seconds() - start,
        .processor_seconds = processor_seconds() - processor_start,
        .hits = result.hits,
        .peak_bytes = sampler.peak_bytes > search->bytes_before
                          ? sampler.peak_bytes - search->bytes_before
                          : 0,
    };
    ms_search_result_release(&result);
    return true;
}

bool search_image(const struct prepared_search *search, const struct bench_image *image,
                  const struct spaces_setup *setup, unsigned threads, struct measurement *ret)
{
    return open_and_search(search, image, MS_OPEN_MAP, setup, threads, ret);
}

bool search_image_read(const struct prepared_search *search, const struct bench_image *image,
                       unsigned threads, struct measurement *ret)
{
    return open_and_search(search, image, 0, NULL, threads, ret);
}
