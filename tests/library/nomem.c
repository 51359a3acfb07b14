// SPDX-License-Identifier: MIT
//
// Fails the n-th allocation for n = 1, 2, 3, ... until a scenario is over before it fails. Each
// time the engine must say MS_NOMEM, or do without; it must not crash, and, in a build with
// AddressSanitizer, not leak. A plain program, because Criterion forgives leaks.
//
//     nomem MACHINE IMAGE...
//
// MACHINE is an image with page tables for x64 at 0x1000, whose spaces are searched; of the others
// the last one is.
//
// The linker puts the functions below in the place of the allocating ones that the engine calls;
// what the C library calls inside is not reached. Hyperscan is told to take its scratch space here.

#include <memscan/memscan.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef MS_HAVE_HYPERSCAN
#include <hs.h>
#endif

// == Failing ==

static atomic_bool armed;
static atomic_bool failed;
static atomic_long left;
static bool from_then_on; // not only that one fails, but all behind it

static bool fails(void)
{
    long n;

    if (!atomic_load(&armed))
        return false;
    n = atomic_fetch_sub(&left, 1);
    if (n > 1 || (n < 1 && !from_then_on))
        return false;
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t n);
char *__real_strdup(const char *text);
int __real_vasprintf(char **text, const char *format, va_list arguments);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t n);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t n)
{
    return fails() ? NULL : __real_realloc(memory, n);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

// On failure the pointer is undefined: what uses it is found.
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    if (fails()) {
        *text = (char *)1;
        return -1;
    }
    return __real_vasprintf(text, format, arguments);
}

int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = __wrap_vasprintf(text, format, arguments);
    va_end(arguments);
    return n;
}

// What a hardened build calls in their place.
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return __wrap_vasprintf(text, format, arguments);
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
    va_list arguments;
    int n;

    (void)flag;
    va_start(arguments, format);
    n = __wrap_vasprintf(text, format, arguments);
    va_end(arguments);
    return n;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *context)
{
    return fails() ? EAGAIN : __real_pthread_create(thread, attributes, start, context);
}

// == Scenarios ==

static const char *path; // of the image that is opened

struct made {
    struct ms_image *image;
    struct ms_patterns *patterns;
    struct ms_matcher *matcher;
    struct ms_image *machine;
    struct ms_spaces *spaces; // of the machine
    struct ms_matcher *few;   // patterns, for spaces: each search compiles what it marks with
};

static struct made made; // what scenarios use that do not make it

static const struct {
    enum ms_pattern_kind kind;
    const char *text;
} pattern_texts[] = {
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

static enum ms_status add_patterns(struct ms_patterns *patterns, struct ms_error *error)
{
    struct ms_pattern_options options = {.name = "name", .ignore_case = true};
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < sizeof(pattern_texts) / sizeof(pattern_texts[0]) && !status; i++)
        status = ms_patterns_add(patterns, pattern_texts[i].kind, pattern_texts[i].text,
                                 strlen(pattern_texts[i].text), &options, error);
    return status;
}

static enum ms_status open_image(struct ms_error *error)
{
    enum ms_status status = MS_OK;

    for (unsigned map = 0; map < 2 && !status; map++) {
        struct ms_open_options options = {.flags = map ? MS_OPEN_MAP : 0};
        struct ms_image *image = NULL;

        status = ms_image_open(path, &options, &image, error);
        ms_image_close(image);
    }
    return status;
}

static enum ms_status compile_patterns(struct ms_error *error)
{
    struct ms_patterns *patterns = NULL;
    struct ms_matcher *matcher = NULL;
    enum ms_status status = ms_patterns_create(&patterns, error);

    if (!status)
        status = add_patterns(patterns, error);
    if (!status)
        status = ms_matcher_create(patterns, NULL, &matcher, error);
    ms_matcher_free(matcher);
    ms_patterns_free(patterns);
    return status;
}

static const char file_text[] = "# patterns\n"
                                "d 78090043 slop\n"
                                "a/i/align=4 \"se  \" tag\n"
                                "x \"48 8b ?? c3\"\n"
                                "q fffff80000000000..fffff80000ffffff range\n";

static enum ms_status read_pattern_file(struct ms_error *error)
{
    FILE *stream = fmemopen((void *)(uintptr_t)file_text, sizeof(file_text) - 1, "r");
    struct ms_patterns *patterns = NULL;
    enum ms_status status = stream ? ms_patterns_create(&patterns, error) : MS_NOMEM;

    if (!status)
        status = ms_patterns_add_stream(patterns, stream, "file", NULL, error);
    if (!status && ms_patterns_count(patterns) != 4)
        status = MS_MALFORMED;
    ms_patterns_free(patterns);
    if (stream)
        fclose(stream);
    return status;
}

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

static const struct ms_range ranges[] = {
    {.first = 0x1000, .last = 0x20fff},
    {.first = 0x10000, .last = 0x30000},
    {.first = 0x130000, .last = 0x150000},
    {.first = 0x23fff0, .last = 0x240010},
};

static uint64_t expected_hits[2]; // with ranges, and without

static enum ms_status search(unsigned threads, bool fold, bool with_ranges, struct ms_error *error)
{
    struct ms_search_callbacks callbacks = {.hit = ignore_hit, .gap = ignore_gap};
    struct ms_search_options options;
    struct ms_search_result result;
    enum ms_status status;

    ms_search_options_init(&options);
    options.threads = threads;
    options.fold = fold;
    options.chunk_bytes = 65536;
    options.ranges = ranges;
    options.n_ranges = with_ranges ? sizeof(ranges) / sizeof(ranges[0]) : 0;
    status = ms_search(made.image, made.matcher, &options, &callbacks, &result, error);
    if (status)
        return status;
    if (!atomic_load(&armed))
        expected_hits[with_ranges] = result.hits;
    else if (result.hits != expected_hits[with_ranges])
        status = MS_MALFORMED;
    ms_search_result_release(&result);
    return status;
}

static enum ms_status search_all(struct ms_error *error)
{
    return search(1, true, false, error);
}

static enum ms_status search_ranges(struct ms_error *error)
{
    return search(1, false, true, error);
}

static enum ms_status search_together(struct ms_error *error)
{
    return search(2, true, true, error);
}

static enum ms_status search_each_together(struct ms_error *error)
{
    return search(2, false, true, error);
}

// Whatever is where the root is said to be: it makes tables, holes and warnings.
static enum ms_status make_spaces(struct ms_error *error)
{
    static const char *const names[] = {"unmapped", "root:140000", "physical", "kernel"};
    const uint64_t root = 0x20000;
    const struct ms_spaces_options options = {.root = &root, .paging = "x64"};
    struct ms_spaces *spaces = NULL;
    enum ms_status status = ms_spaces_create(made.image, NULL, &spaces, error);

    ms_spaces_free(spaces);
    spaces = NULL;
    if (!status)
        status = ms_spaces_create(made.image, &options, &spaces, error);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !status; i++)
        status = ms_spaces_add(spaces, names[i], error);
    if (!status && ms_spaces_count(spaces) != 4)
        status = MS_MALFORMED;
    ms_spaces_free(spaces);
    return status;
}

static enum ms_status make_few(struct ms_error *error)
{
    static const char *const texts[] = {"78090043 02000000", "78090043"};
    struct ms_pattern_options options = {.align = 1};
    struct ms_patterns *patterns = NULL;
    enum ms_status status = ms_patterns_create(&patterns, error);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !status; i++)
        status = ms_patterns_add(patterns, MS_DWORD, texts[i], strlen(texts[i]), &options, error);
    if (!status)
        status = ms_patterns_add(patterns, MS_ASCII, "SECRET-WORDS-TOO", 16, &options, error);
#ifdef MS_HAVE_HYPERSCAN
    if (!status)
        status = ms_patterns_add(patterns, MS_REGEX, "SE[A-Z]+-", 9, NULL, error);
#endif
    if (!status)
        status = ms_matcher_create(patterns, NULL, &made.few, error);
    ms_patterns_free(patterns);
    return status;
}

static bool make_machine(void)
{
    static const char *const names[] = {"unmapped", "kernel", "root:1000"};
    const uint64_t root = 0x1000;
    const struct ms_spaces_options options = {.root = &root, .paging = "x64"};
    struct ms_error error = {0};
    enum ms_status status = make_few(&error);

    if (!status)
        status = ms_image_open(path, NULL, &made.machine, &error);
    if (!status)
        status = ms_spaces_create(made.machine, &options, &made.spaces, &error);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !status; i++)
        status = ms_spaces_add(made.spaces, names[i], &error);
    if (status)
        printf("%s\n", error.text);
    return !status;
}

static void free_machine(void)
{
    ms_matcher_free(made.few);
    ms_spaces_free(made.spaces);
    ms_image_close(made.machine);
}

static const struct ms_range space_ranges[] = {
    {.first = 0, .last = UINT64_MAX},
    {.first = 0xfffff80000000000, .last = 0xfffff80000001fff},
    {.first = 0x11000, .last = 0x17fff, .physical = true},
};

static uint64_t expected_in_spaces[2]; // as expected_hits[]

static enum ms_status search_machine(unsigned threads, bool once, bool with_ranges,
                                     struct ms_error *error)
{
    struct ms_search_callbacks callbacks = {.hit = ignore_hit, .gap = ignore_gap};
    struct ms_search_options options;
    struct ms_search_result result;
    enum ms_status status;

    ms_search_options_init(&options);
    options.spaces = made.spaces;
    options.threads = threads;
    options.once = once;
    options.edge = true;
    options.chunk_bytes = 8192;
    options.ranges = space_ranges;
    options.n_ranges = with_ranges ? sizeof(space_ranges) / sizeof(space_ranges[0]) : 0;
    status = ms_search(made.machine, made.few, &options, &callbacks, &result, error);
    if (status)
        return status;
    if (!atomic_load(&armed))
        expected_in_spaces[with_ranges] = result.hits + result.n_partial;
    else if (result.hits + result.n_partial != expected_in_spaces[with_ranges])
        status = MS_MALFORMED;
    ms_search_result_release(&result);
    return status;
}

static enum ms_status search_spaces(struct ms_error *error)
{
    return search_machine(1, true, false, error);
}

static enum ms_status search_spaces_together(struct ms_error *error)
{
    return search_machine(2, false, true, error);
}

static enum ms_status search_spaces_once_together(struct ms_error *error)
{
    return search_machine(3, true, false, error);
}

struct scenario {
    const char *name;
    enum ms_status (*run)(struct ms_error *error);
};

static const struct scenario opening = {"open", open_image};
static const struct scenario compiling[] = {
    {"compile patterns", compile_patterns},
    {"read a pattern file", read_pattern_file},
};
static const struct scenario searching[] = {
    {"make spaces", make_spaces},
    {"search", search_all},
    {"search ranges", search_ranges},
    {"search with two threads", search_together},
    {"search with two threads, not folded", search_each_together},
};
static const struct scenario searching_spaces[] = {
    {"search spaces", search_spaces},
    {"search ranges of spaces with two threads", search_spaces_together},
    {"search spaces with three threads", search_spaces_once_together},
};

// == Running ==

// A scenario that needs more allocations than that goes on for ever.
#define MAX_ALLOCATIONS 20000

static bool run_once(const struct scenario *scenario, long n)
{
    struct ms_error error = {0};
    enum ms_status status;

    atomic_store(&left, n);
    atomic_store(&failed, false);
    atomic_store(&armed, true);
    status = scenario->run(&error);
    atomic_store(&armed, false);
    if (status == MS_OK || (status == MS_NOMEM && atomic_load(&failed)))
        return true;
    printf("%s, %s: allocation %ld%s: %s: %s\n", scenario->name, path, n,
           from_then_on ? " and all behind it" : "", ms_status_name(status), error.text);
    return false;
}

static bool run_scenario(const struct scenario *scenario)
{
    struct ms_error error = {0};

    if (scenario->run(&error) != MS_OK) {
        printf("%s, %s: fails with all its memory: %s\n", scenario->name, path, error.text);
        return false;
    }
    for (int mode = 0; mode < 2; mode++) {
        long n = 0;

        from_then_on = mode;
        do {
            if (!run_once(scenario, ++n))
                return false;
        } while (atomic_load(&failed) && n < MAX_ALLOCATIONS);
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

static bool make(void)
{
    struct ms_error error = {0};
    bool good = !ms_patterns_create(&made.patterns, &error) &&
                !add_patterns(made.patterns, &error) &&
                !ms_matcher_create(made.patterns, NULL, &made.matcher, &error);

    if (!good)
        printf("%s\n", error.text);
    return good;
}

static bool search_image(void)
{
    struct ms_error error = {0};
    bool good;

    if (ms_image_open(path, NULL, &made.image, &error)) {
        printf("%s\n", error.text);
        return false;
    }
    good = run_scenarios(searching, sizeof(searching) / sizeof(searching[0]));
    ms_image_close(made.image);
    return good;
}

int main(int argc, char **argv)
{
    bool good = argc > 2 && make();

#ifdef MS_HAVE_HYPERSCAN
    // What its compiler takes is C++'s.
    hs_set_scratch_allocator(__wrap_malloc, free);
#endif
    path = "-";
    good = good && run_scenarios(compiling, sizeof(compiling) / sizeof(compiling[0]));
    if (good) {
        path = argv[1];
        good = make_machine() && run_scenarios(searching_spaces, sizeof(searching_spaces) /
                                                                     sizeof(searching_spaces[0]));
        free_machine();
    }
    for (int i = 2; i < argc && good; i++) {
        path = argv[i];
        good = run_scenario(&opening);
    }
    good = good && search_image();
    ms_matcher_free(made.matcher);
    ms_patterns_free(made.patterns);
    return good ? 0 : 1;
}
