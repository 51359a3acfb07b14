// SPDX-License-Identifier: MIT
//
// Fails the n-th allocation for n = 1, 2, 3, ... until a scenario is over before it fails. Each
// time the engine must say MS_NOMEM, or do without; it must not crash, and leave nothing. A plain
// program: a sanitizer sees leaks of what is not counted, too, and Criterion forgives them.
//
//     nomem MACHINE IMAGE...
//
// MACHINE is an image with page tables for x64 at 0x1000, whose spaces are searched; of the others
// the last one is.
//
// Hyperscan is told to take its scratch space, and what it tells of expressions, from the
// allocations that fail; what its compiler takes is C++'s.

#include "base/failing_memory.h"

#include <memscan/memscan.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef MS_HAVE_HYPERSCAN
#include <hs.h>
#endif

// A thread that cannot be started fails as an allocation does.
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context)
{
    return fails() ? EAGAIN : __real_pthread_create(thread, attributes, start, context);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *path; // of the image that is opened

struct scenario {
    const char *name;
    enum ms_status (*run)(const struct scenario *scenario, struct ms_error *error);
    // Of a search:
    struct subject *subject;
    unsigned threads;
    bool fold;
    bool once;
    bool in_ranges;
};

// == Patterns ==

struct pattern_text {
    enum ms_pattern_kind kind;
    const char *text;
};

static const struct pattern_text all_kinds[] = {
    {MS_DWORD, "78090043"},
    {MS_DWORD, "78090043 0200????"},
    {MS_QWORD, "fffff80000000000..fffff80000ffffff"},
    {MS_BYTE, "00"},
    {MS_WORD, "'ab'"},
    {MS_ASCII, "Se  "},
    {MS_UTF16, "pagefile"},
    {MS_HEX, "48 ?3 e? 28"},
    {MS_HEX, "00 01 00 01 00 01 00 01 00 01"},
#ifdef MS_HAVE_HYPERSCAN
    {MS_REGEX, "fo+|ba[rz]"},
    {MS_REGEX, "[a-f]{3,9}x*"},
    {MS_REGEX, "ab.d"},
#endif
};

// For spaces: each search compiles what it marks with.
static const struct pattern_text few[] = {
    {MS_DWORD, "78090043 02000000"},
    {MS_DWORD, "78090043"},
    {MS_ASCII, "SECRET-WORDS-TOO"},
#ifdef MS_HAVE_HYPERSCAN
    {MS_REGEX, "SE[A-Z]+-"},
#endif
};

static enum ms_status make_matcher(const struct pattern_text *texts, size_t n,
                                   const struct ms_pattern_options *options,
                                   struct ms_matcher **matcher_ret, struct ms_error *error)
{
    struct ms_patterns *patterns = NULL;
    enum ms_status status = ms_patterns_create(&patterns, error);

    for (size_t i = 0; i < n && !status; i++)
        status = ms_patterns_add(patterns, texts[i].kind, texts[i].text, strlen(texts[i].text),
                                 options, error);
    if (!status)
        status = ms_matcher_create(patterns, NULL, matcher_ret, error);
    ms_patterns_free(patterns);
    return status;
}

static enum ms_status match_all_kinds(struct ms_matcher **matcher_ret, struct ms_error *error)
{
    const struct ms_pattern_options options = {.name = "name", .ignore_case = true};

    return make_matcher(all_kinds, COUNT(all_kinds), &options, matcher_ret, error);
}

static enum ms_status match_few(struct ms_matcher **matcher_ret, struct ms_error *error)
{
    const struct ms_pattern_options options = {.align = 1};

    return make_matcher(few, COUNT(few), &options, matcher_ret, error);
}

static enum ms_status compile_patterns(const struct scenario *scenario, struct ms_error *error)
{
    struct ms_matcher *matcher = NULL;
    enum ms_status status = match_all_kinds(&matcher, error);

    (void)scenario;
    ms_matcher_free(matcher);
    return status;
}

static const char file_text[] = "# patterns\n"
                                "d 78090043 slop\n"
                                "a/i/align=4 \"se  \" tag\n"
                                "x \"48 8b ?? c3\"\n"
                                "q fffff80000000000..fffff80000ffffff range\n";

static enum ms_status read_pattern_file(const struct scenario *scenario, struct ms_error *error)
{
    FILE *stream = fmemopen((void *)(uintptr_t)file_text, sizeof(file_text) - 1, "r");
    struct ms_patterns *patterns = NULL;
    enum ms_status status = stream ? ms_patterns_create(&patterns, error) : MS_NOMEM;

    (void)scenario;
    if (!status)
        status = ms_patterns_add_stream(patterns, stream, "file", NULL, error);
    if (!status && ms_patterns_count(patterns) != 4)
        status = MS_MALFORMED;
    ms_patterns_free(patterns);
    if (stream)
        fclose(stream);
    return status;
}

// == Images and spaces ==

// What is searched, with what and where.
struct subject {
    size_t chunk_bytes;
    const struct ms_range *ranges;
    size_t n_ranges;
    struct ms_image *image;
    struct ms_spaces *spaces; // NULL: the image's memory is searched
    struct ms_matcher *matcher;
    uint64_t n_hits[2]; // everywhere, and in the ranges
};

static const struct ms_range memory_ranges[] = {
    {.first = 0x1000, .last = 0x20fff},
    {.first = 0x10000, .last = 0x30000},
    {.first = 0x130000, .last = 0x150000},
    {.first = 0x23fff0, .last = 0x240010},
};

static const struct ms_range space_ranges[] = {
    {.first = 0, .last = UINT64_MAX},
    {.first = 0xfffff80000000000, .last = 0xfffff80000001fff},
    {.first = 0x11000, .last = 0x17fff, .physical = true},
};

static struct subject memory = {
    .chunk_bytes = 65536, .ranges = memory_ranges, .n_ranges = COUNT(memory_ranges)};
static struct subject machine = {
    .chunk_bytes = 8192, .ranges = space_ranges, .n_ranges = COUNT(space_ranges)};

static enum ms_status add_spaces(const struct ms_image *image, uint64_t root,
                                 const char *const *names, struct ms_spaces **spaces_ret,
                                 struct ms_error *error)
{
    const struct ms_spaces_options options = {.root = &root, .paging = "x64"};
    enum ms_status status = ms_spaces_create(image, &options, spaces_ret, error);

    for (size_t i = 0; names[i] && !status; i++)
        status = ms_spaces_add(*spaces_ret, names[i], error);
    return status;
}

static enum ms_status open_memory(struct ms_error *error)
{
    enum ms_status status = ms_image_open(path, NULL, &memory.image, error);

    return status ? status : match_all_kinds(&memory.matcher, error);
}

static enum ms_status open_machine(struct ms_error *error)
{
    static const char *const names[] = {"unmapped", "kernel", "root:1000", NULL};
    enum ms_status status = ms_image_open(path, NULL, &machine.image, error);

    if (!status)
        status = match_few(&machine.matcher, error);
    return status ? status : add_spaces(machine.image, 0x1000, names, &machine.spaces, error);
}

static void close_subject(const struct subject *subject)
{
    ms_matcher_free(subject->matcher);
    ms_spaces_free(subject->spaces);
    ms_image_close(subject->image);
}

static enum ms_status open_image(const struct scenario *scenario, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    (void)scenario;
    for (unsigned map = 0; map < 2 && !status; map++) {
        struct ms_open_options options = {.flags = map ? MS_OPEN_MAP : 0};
        struct ms_image *image = NULL;

        status = ms_image_open(path, &options, &image, error);
        ms_image_close(image);
    }
    return status;
}

// Whatever is where the root is said to be: it makes tables, holes and warnings.
static enum ms_status make_spaces(const struct scenario *scenario, struct ms_error *error)
{
    static const char *const names[] = {"unmapped", "root:140000", "physical", "kernel", NULL};
    const struct ms_image *image = scenario->subject->image;
    struct ms_spaces *spaces = NULL;
    enum ms_status status = ms_spaces_create(image, NULL, &spaces, error);

    ms_spaces_free(spaces);
    spaces = NULL;
    if (!status)
        status = add_spaces(image, 0x20000, names, &spaces, error);
    if (!status && ms_spaces_count(spaces) != 4)
        status = MS_MALFORMED;
    ms_spaces_free(spaces);
    return status;
}

// == Searches ==

static int ignore_hit(void *user, const struct ms_hit *hit)
{
    (void)user;
    (void)hit;
    return 0;
}

static int ignore_gap(void *user, const struct ms_gap *gap)
{
    (void)user;
    (void)gap;
    return 0;
}

static enum ms_status search(const struct scenario *scenario, struct ms_error *error)
{
    const struct ms_search_callbacks callbacks = {.hit = ignore_hit, .gap = ignore_gap};
    struct subject *subject = scenario->subject;
    uint64_t *n_hits = &subject->n_hits[scenario->in_ranges];
    struct ms_search_options options;
    struct ms_search_result result;
    enum ms_status status;

    ms_search_options_init(&options);
    options.spaces = subject->spaces;
    options.threads = scenario->threads;
    options.fold = scenario->fold;
    options.once = scenario->once;
    options.edge = subject->spaces != NULL;
    options.chunk_bytes = subject->chunk_bytes;
    options.ranges = subject->ranges;
    options.n_ranges = scenario->in_ranges ? subject->n_ranges : 0;
    status = ms_search(subject->image, subject->matcher, &options, &callbacks, &result, error);
    if (status)
        return status;
    if (!atomic_load(&armed))
        *n_hits = result.hits + result.n_partial;
    else if (result.hits + result.n_partial != *n_hits)
        status = MS_MALFORMED;
    ms_search_result_release(&result);
    return status;
}

// == Running ==

static const struct scenario opening[] = {{"open", .run = open_image}};
static const struct scenario compiling[] = {
    {"compile patterns", .run = compile_patterns},
    {"read a pattern file", .run = read_pattern_file},
};
static const struct scenario of_machine[] = {
    {"search spaces", search, &machine, .threads = 1, .fold = true, .once = true},
    {"search ranges of spaces with two threads", search, &machine, .threads = 2, .fold = true,
     .in_ranges = true},
    {"search spaces with three threads", search, &machine, .threads = 3, .fold = true,
     .once = true},
};
static const struct scenario of_memory[] = {
    {"make spaces", make_spaces, .subject = &memory},
    {"search", search, &memory, .threads = 1, .fold = true},
    {"search ranges", search, &memory, .threads = 1, .in_ranges = true},
    {"search with two threads", search, &memory, .threads = 2, .fold = true, .in_ranges = true},
    {"search with two threads, not folded", search, &memory, .threads = 2, .in_ranges = true},
};

// A scenario that needs more allocations than that goes on for ever.
#define MAX_ALLOCATIONS 20000

static bool run_once(const struct scenario *scenario, long n, bool all_behind, bool *failed_ret)
{
    long before = atomic_load(&n_live), n_left_over;
    struct ms_error error = {0};
    enum ms_status status;

    fail_allocation(n, all_behind);
    status = scenario->run(scenario, &error);
    *failed_ret = fail_no_more();
    n_left_over = atomic_load(&n_live) - before;
    if (n_left_over == 0 && (status == MS_OK || (status == MS_NOMEM && *failed_ret)))
        return true;
    printf("%s, %s: allocation %ld%s: %s: %s; leaves %ld\n", scenario->name, path, n,
           all_behind ? " and all behind it" : "", ms_status_name(status), error.text, n_left_over);
    return false;
}

static bool run_scenario(const struct scenario *scenario)
{
    struct ms_error error = {0};

    if (scenario->run(scenario, &error) != MS_OK) {
        printf("%s, %s: fails with all its memory: %s\n", scenario->name, path, error.text);
        return false;
    }
    for (int all_behind = 0; all_behind < 2; all_behind++) {
        bool has_failed = true;
        long n = 0;

        while (has_failed && n < MAX_ALLOCATIONS) {
            if (!run_once(scenario, ++n, all_behind, &has_failed))
                return false;
        }
        if (n == MAX_ALLOCATIONS || n == 1) {
            printf("%s, %s: %ld allocations\n", scenario->name, path, n);
            return false;
        }
    }
    return true;
}

static bool run_scenarios(const struct scenario *scenarios, size_t n)
{
    bool good = true;

    for (size_t i = 0; i < n; i++)
        good = run_scenario(&scenarios[i]) && good;
    return good;
}

static bool opens(enum ms_status (*open)(struct ms_error *error))
{
    struct ms_error error = {0};
    bool good = !open(&error);

    if (!good)
        printf("%s\n", error.text);
    return good;
}

int main(int argc, char **argv)
{
    bool good = argc > 2;

#ifdef MS_HAVE_HYPERSCAN
    hs_set_scratch_allocator(malloc, free);
    hs_set_misc_allocator(malloc, free);
#endif
    path = "-";
    good = good && run_scenarios(compiling, COUNT(compiling));
    if (good) {
        path = argv[1];
        good = opens(open_machine) && run_scenarios(of_machine, COUNT(of_machine));
    }
    for (int i = 2; i < argc && good; i++) {
        path = argv[i];
        good = run_scenarios(opening, COUNT(opening));
    }
    good = good && opens(open_memory) && run_scenarios(of_memory, COUNT(of_memory));
    close_subject(&memory);
    close_subject(&machine);
    return good ? 0 : 1;
}
