// SPDX-License-Identifier: MIT
//
// What modules and pool cost, in this process: finding modules, telling whose hits are, searching
// all of the kernel's space for pointers to one of them; finding pool blocks by their tag, and
// telling in which block hits are.

#include "bench_sections.h"

#include <stdlib.h>
#include <string.h>

struct opened {
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_modules *modules;
};

static void close_all(struct opened *opened)
{
    ms_modules_free(opened->modules);
    ms_spaces_free(opened->spaces);
    ms_image_close(opened->image);
}

// False after a message; closed by the caller also then.
static bool open_all(const struct bench_image *image, struct opened *opened)
{
    const struct ms_open_options options = {.flags = MS_OPEN_MAP, .format = "raw"};
    const struct spaces_setup setup = {.find = true};
    struct ms_error error = {0};

    *opened = (struct opened){0};
    if (ms_image_open(image->path, &options, &opened->image, &error) == MS_OK)
        opened->spaces = spaces_make(&setup, opened->image);
    if (opened->spaces &&
        ms_modules_create(opened->spaces, 0, NULL, &opened->modules, &error) == MS_OK &&
        ms_modules_count(opened->modules) > 0)
        return true;
    fprintf(stderr, "memscan-bench: %s: no modules: %s\n", image->path, error.text);
    return false;
}

// == Going over them ==

// All that memscan modules prints.
static bool describe(const struct ms_modules *modules)
{
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        struct ms_module_details details;

        if (ms_modules_details(modules, i, &details, NULL) != MS_OK)
            return false;
    }
    return true;
}

static bool list(const struct running *running, struct measurement *before, struct measurement *ret)
{
    struct opened opened;
    bool ok = open_all(running->image, &opened);

    (void)before;
    ok = ok && describe(opened.modules);
    ret->hits = ok ? ms_modules_count(opened.modules) : 0;
    close_all(&opened);
    return ok;
}

// == Searching ==

static struct ms_matcher *matcher_of(enum ms_pattern_kind kind, const char *text)
{
    struct ms_patterns *patterns = NULL;
    struct ms_matcher *matcher = NULL;

    if (ms_patterns_create(&patterns, NULL) == MS_OK &&
        ms_patterns_add(patterns, kind, text, strlen(text), NULL, NULL) == MS_OK)
        ms_matcher_create(patterns, NULL, &matcher, NULL);
    ms_patterns_free(patterns);
    return matcher;
}

static bool search(const struct opened *opened, const struct ms_matcher *matcher,
                   const struct ms_search_options *options,
                   const struct ms_search_callbacks *callbacks, uint64_t *hits_ret)
{
    struct ms_search_result result;
    struct ms_error error = {0};

    if (matcher &&
        ms_search(opened->image, matcher, options, callbacks, &result, &error) == MS_OK) {
        *hits_ret = result.hits;
        ms_search_result_release(&result);
        return true;
    }
    fprintf(stderr, "memscan-bench: modules: %s\n", error.text);
    return false;
}

static struct ms_search_options options_of(const struct opened *opened)
{
    struct ms_search_options options;

    ms_search_options_init(&options);
    options.threads = 1;
    options.spaces = opened->spaces;
    return options;
}

// Pointers into the module in the middle, anywhere in the kernel's space.
static bool find_pointers(const struct running *running, struct measurement *before,
                          struct measurement *ret)
{
    const struct ms_search_callbacks callbacks = {0};
    struct ms_matcher *matcher = NULL;
    struct opened opened;
    char text[64];
    bool ok = read_image(running->image->path, 1, before);
    double start = now_seconds(), processor_start = processor_seconds();

    ok = ok && open_all(running->image, &opened);
    if (ok) {
        struct ms_search_options options = options_of(&opened);
        struct ms_module_info info =
            ms_modules_info(opened.modules, ms_modules_count(opened.modules) / 2);

        snprintf(text, sizeof(text), "%llx..%llx", (unsigned long long)info.base,
                 (unsigned long long)info.end - 1);
        matcher = matcher_of(MS_QWORD, text);
        ok = search(&opened, matcher, &options, &callbacks, &ret->hits);
        close_all(&opened);
    }
    ret->seconds = now_seconds() - start;
    ret->processor_seconds = processor_seconds() - processor_start;
    ms_matcher_free(matcher);
    return ok;
}

static int drop_hit(void *user, const struct ms_hit *hit)
{
    (void)user;
    (void)hit;
    return 0;
}

static int attribute_hit(void *user, const struct ms_hit *hit)
{
    const struct ms_modules *modules = user;
    const struct ms_import *slot;
    struct ms_near near;

    return ms_modules_near(modules, hit->address, &near, NULL) != MS_OK ||
           ms_modules_import_at(modules, hit->address, &slot, NULL) != MS_OK;
}

static bool time_hits(const struct opened *opened, const struct ms_range *ranges, size_t n,
                      int (*take)(void *user, const struct ms_hit *hit), void *user,
                      struct measurement *ret)
{
    const struct ms_search_callbacks callbacks = {.hit = take, .user = user};
    struct ms_search_options options = options_of(opened);
    struct ms_matcher *matcher = matcher_of(MS_HEX, "48 8b");
    double start = now_seconds(), processor_start = processor_seconds();
    bool ok;

    options.ranges = ranges;
    options.n_ranges = n;
    ok = search(opened, matcher, &options, &callbacks, &ret->hits);
    ret->seconds = now_seconds() - start;
    ret->processor_seconds = processor_seconds() - processor_start;
    ms_matcher_free(matcher);
    return ok;
}

// What often occurs in code, in all modules: first only found, then attributed.
static bool attribute(const struct running *running, struct measurement *before,
                      struct measurement *ret)
{
    struct ms_range *ranges = NULL;
    struct opened opened;
    bool ok = open_all(running->image, &opened);
    size_t n = ok ? ms_modules_count(opened.modules) : 0;

    ranges = calloc(n + 1, sizeof(*ranges));
    for (size_t i = 0; ranges && i < n; i++) {
        struct ms_module_info info = ms_modules_info(opened.modules, i);

        ranges[i] = (struct ms_range){.first = info.base, .last = info.end - 1};
    }
    ok = ok && ranges && time_hits(&opened, ranges, n, drop_hit, NULL, before) &&
         time_hits(&opened, ranges, n, attribute_hit, opened.modules, ret);
    free(ranges);
    close_all(&opened);
    return ok;
}

// == Pool ==

static int count_block(void *user, const struct ms_pool_info *info)
{
    (void)info;
    ++*(uint64_t *)user;
    return 0;
}

static bool find_blocks(const struct running *running, const char *pattern,
                        struct measurement *before, struct measurement *ret)
{
    const struct ms_pool_pass pass = {.threads = 1, .block = count_block, .user = &ret->hits};
    struct ms_pool *pool = NULL;
    struct opened opened;
    bool ok = read_image(running->image->path, 1, before);
    double start = now_seconds(), processor_start = processor_seconds();

    ok = ok && open_all(running->image, &opened);
    if (ok) {
        ok = ms_pool_create(opened.modules, &pool, NULL) == MS_OK &&
             ms_pool_find(pool, pattern, &pass, NULL) == MS_OK;
        ms_pool_free(pool);
        close_all(&opened);
    }
    ret->seconds = now_seconds() - start;
    ret->processor_seconds = processor_seconds() - processor_start;
    return ok;
}

// The blocks of the loader's, anywhere in the kernel's space.
static bool find_tag(const struct running *running, struct measurement *before,
                     struct measurement *ret)
{
    return find_blocks(running, "MmLd", before, ret);
}

// The same, of a pattern by which nothing can be searched for.
static bool find_tags(const struct running *running, struct measurement *before,
                      struct measurement *ret)
{
    return find_blocks(running, "*Ld", before, ret);
}

static int attribute_to_pool(void *user, const struct ms_hit *hit)
{
    struct ms_pool_info info;

    ms_pool_at(user, hit->address, &info);
    return 0;
}

// What often occurs, in memory that is no module's: first only found, then attributed.
static bool attribute_pool(const struct running *running, struct measurement *before,
                           struct measurement *ret)
{
    const struct ms_range ranges[] = {
        {.first = 0xffff9f0000000000, .last = 0xffff9f000003ffff},
        {.first = 0xffffa00000000000, .last = 0xffffa00003ffffff},
    };
    struct ms_pool *pool = NULL;
    struct opened opened;
    bool ok = open_all(running->image, &opened) &&
              ms_pool_create(opened.modules, &pool, NULL) == MS_OK &&
              time_hits(&opened, ranges, 2, drop_hit, NULL, before) &&
              time_hits(&opened, ranges, 2, attribute_to_pool, pool, ret);

    ms_pool_free(pool);
    close_all(&opened);
    return ok;
}

// == Rounds ==

static const struct {
    const char *row;
    const char *before; // what memscan is held against
    bool (*measure)(const struct running *running, struct measurement *before,
                    struct measurement *ret);
} kinds[] = {
    {"modules-list", NULL, list},         {"modules-refs", "R", find_pointers},
    {"modules-hits", "alone", attribute}, {"pool-tag", "R", find_tag},
    {"pool-tags", "R", find_tags},        {"pool-hits", "alone", attribute_pool},
};

static size_t kind_of(const struct row *row)
{
    size_t i = 0;

    while (strcmp(kinds[i].row, row->name) != 0)
        i++;
    return i;
}

bool measure_modules(struct bench *bench, struct running *running)
{
    struct row_result *result = running->result;
    size_t kind = kind_of(result->row);
    struct runner *against = result_runner(result, kinds[kind].before ? kinds[kind].before : "-");
    struct runner *memscan = result_runner(result, "memscan");
    double start = now_seconds(), processor_start = processor_seconds();
    struct measurement before = {0}, measured = {0};

    (void)bench;
    if (!kinds[kind].measure(running, &before, &measured))
        return false;
    if (!kinds[kind].before) {
        measured.seconds = now_seconds() - start;
        measured.processor_seconds = processor_seconds() - processor_start;
    } else {
        runner_add(against, &before);
    }
    runner_add(memscan, &measured);
    return true;
}

bool check_modules(const struct row *row, const struct bench_image *image)
{
    struct row_result result = {.row = row};
    struct running running = {.result = &result, .image = image};
    struct measurement before = {0}, measured = {0};
    bool ok = kinds[kind_of(row)].measure(&running, &before, &measured) && measured.hits > 0 &&
              (before.hits == 0 || before.hits == measured.hits);

    printf("%-14s %s, %llu\n", row->name, ok ? "found" : "wrong",
           (unsigned long long)measured.hits);
    return ok;
}
