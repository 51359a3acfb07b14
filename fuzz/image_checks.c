// SPDX-License-Identifier: MIT
//
// The checks of image_checks.h.
//
// The work of an input is bounded: many runs may lie over the same bytes of a small file, so what
// is read and searched is cut to the image's first stretch of SEARCHED_BYTES.

#include "image_checks.h"

#include "fuzz.h"

#define MAX_INPUT      (64u << 10)
#define SEARCHED_BYTES (16u << 10)
#define READ_RUNS      16
#define NEEDLE         2

struct expected {
    const uint8_t *file;
    size_t size;
};

// == What the image says ==

static void check_runs(const struct ms_image *image, const struct expected *expected)
{
    uint64_t next = 0;

    for (size_t i = 0; i < ms_image_n_runs(image); i++) {
        struct ms_run run = ms_image_run(image, i);

        CHECK(run.length > 0 && run.length - 1 <= UINT64_MAX - run.start, "run %zu wraps", i);
        CHECK(i == 0 || (run.start >= next && next != 0), "run %zu is not above the last", i);
        if (run.presence == MS_PRESENT)
            CHECK(run.offset <= expected->size && run.length <= expected->size - run.offset,
                  "run %zu is not in the file", i);
        else
            CHECK(run.offset == 0, "run %zu is absent and has an offset", i);
        next = run.start + run.length; // 0 at the top: then nothing may follow
    }
}

static void check_texts(const struct ms_image *image)
{
    unsigned bits = ms_image_address_bits(image);

    check_line(ms_image_format(image), "format");
    check_line(ms_image_machine(image), "machine");
    CHECK(bits == 32 || bits == 64, "%u address bits", bits);
    for (size_t i = 0; i < ms_image_n_facts(image); i++) {
        struct ms_fact fact = ms_image_fact(image, i);

        check_line(fact.name, "a fact's name");
        for (const char *c = fact.text; *c; c++)
            CHECK(*c >= ' ' && *c < 127, "fact %s: character 0x%02x", fact.name, (unsigned char)*c);
    }
    for (size_t i = 0; i < ms_image_n_warnings(image); i++)
        check_line(ms_image_warning(image, i), "a warning");
}

// == Reading ==

// The byte at an address by the list of runs, or -1.
UNWATCHED static int byte_at(const struct ms_image *image, const struct expected *expected,
                             uint64_t address)
{
    size_t low = 0, high = ms_image_n_runs(image);
    struct ms_run run;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (ms_image_run(image, middle).start <= address)
            low = middle;
        else
            high = middle;
    }
    run = ms_image_run(image, low);
    if (address < run.start || address - run.start >= run.length || run.presence != MS_PRESENT)
        return -1;
    return expected->file[run.offset + (address - run.start)];
}

UNWATCHED static void check_read(const struct ms_image *image, const struct expected *expected,
                                 uint64_t address)
{
    uint8_t bytes[24];
    bool present[sizeof(bytes)];
    size_t n = ms_image_read(image, address, bytes, present, sizeof(bytes)), n_present = 0;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        int byte = i > UINT64_MAX - address ? -1 : byte_at(image, expected, address + i);

        CHECK(present[i] == (byte >= 0), "presence of byte %zu", i);
        CHECK(bytes[i] == (byte >= 0 ? byte : 0), "byte %zu", i);
        n_present += present[i];
    }
    CHECK(n == n_present, "%zu bytes said to be there, %zu are", n, n_present);
}

static void check_reads(const struct ms_image *image, const struct expected *expected)
{
    size_t n = ms_image_n_runs(image);
    size_t step = n / READ_RUNS + 1;

    for (size_t i = 0; i < n; i += step) {
        struct ms_run run = ms_image_run(image, i);

        check_read(image, expected, run.start > 8 ? run.start - 8 : 0);
        check_read(image, expected, run.start + (run.length - 1));
        check_read(image, expected, run.start + run.length / 2);
    }
}

// == Searching ==

// What is searched, and what is to be found.
struct search {
    struct ms_range range;
    uint64_t hits;
    uint64_t present;
    uint64_t absent;
    uint64_t unmapped;
};

// The first part of the image that is worth a search.
static bool choose_range(const struct ms_image *image, struct ms_range *range)
{
    size_t n = ms_image_n_runs(image);
    uint64_t present = 0;

    if (n == 0)
        return false;
    range->first = ms_image_run(image, 0).start;
    for (size_t i = 0; i < n && present < SEARCHED_BYTES; i++) {
        struct ms_run run = ms_image_run(image, i);
        uint64_t length = run.length;

        if (run.presence == MS_PRESENT && length > SEARCHED_BYTES - present)
            length = SEARCHED_BYTES - present;
        present += run.presence == MS_PRESENT ? length : 0;
        range->last = run.start + (length - 1);
    }
    // All of the address space is a byte more than coverage can count, and so is left out.
    if (range->first == 0 && range->last == UINT64_MAX)
        range->last--;
    return true;
}

UNWATCHED static struct search naive(const struct ms_image *image, const struct expected *expected,
                                     struct ms_range range, const uint8_t *needle)
{
    struct search search = {.range = range};
    uint64_t next = range.first;
    int before = -1;

    for (size_t i = 0; i < ms_image_n_runs(image); i++) {
        struct ms_run run = ms_image_run(image, i);
        uint64_t last = run.start + (run.length - 1);

        if (run.start > range.last)
            break;
        last = last < range.last ? last : range.last;
        if (run.start != next)
            before = -1;
        search.unmapped += run.start - next;
        next = last + 1;
        if (run.presence != MS_PRESENT) {
            before = -1;
            search.absent += last - run.start + 1;
            continue;
        }
        search.present += last - run.start + 1;
        for (uint64_t at = 0; at <= last - run.start; at++) {
            uint8_t byte = expected->file[run.offset + at];

            search.hits += before == needle[0] && byte == needle[1];
            before = byte;
        }
    }
    search.unmapped += range.last + 1 - next; // of a range that was cut short of the top
    return search;
}

static void check_search(const struct ms_image *image, const struct ms_matcher *matcher,
                         const struct search *expected, size_t chunk_bytes, unsigned threads)
{
    const struct ms_search_callbacks callbacks = {0};
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_error error;
    const struct ms_coverage *got = &result.coverage;
    enum ms_status status;

    ms_search_options_init(&options);
    options.ranges = &expected->range;
    options.n_ranges = 1;
    options.chunk_bytes = chunk_bytes;
    options.threads = threads;
    options.count_only = true;
    status = ms_search(image, matcher, &options, &callbacks, &result, &error);
    CHECK(status == MS_OK, "search: %s", error.text);
    CHECK(result.complete, "search: not complete");
    CHECK(result.hits == expected->hits && result.pattern_hits[0] == expected->hits,
          "%llu hits, not %llu, in chunks of %zu", (unsigned long long)result.hits,
          (unsigned long long)expected->hits, chunk_bytes);
    CHECK(got->scanned == expected->present && got->absent == expected->absent &&
              got->unmapped == expected->unmapped && got->unreadable == 0 && got->paged_out == 0,
          "coverage, in chunks of %zu", chunk_bytes);
    CHECK(got->asked ==
              got->scanned + got->absent + got->unmapped + got->unreadable + got->paged_out,
          "coverage does not add up");
    ms_search_result_release(&result);
}

static struct ms_matcher *make_matcher(const uint8_t *needle)
{
    struct ms_patterns *patterns;
    struct ms_matcher *matcher;
    char text[8];

    snprintf(text, sizeof(text), "%02x%02x", needle[0], needle[1]);
    // The words engine compiles in no time.
    if (ms_patterns_create(&patterns, NULL) ||
        ms_patterns_add(patterns, MS_HEX, text, 2 * NEEDLE, NULL, NULL) ||
        ms_matcher_create(patterns,
                          &(struct ms_matcher_options){.engine_mask = 1u << MS_ENGINE_WORDS},
                          &matcher, NULL))
        abort();
    ms_patterns_free(patterns);
    return matcher;
}

static void check_searches(const struct ms_image *read, const struct ms_image *mapped,
                           const struct expected *expected, const uint8_t *needle)
{
    struct ms_matcher *matcher = make_matcher(needle);
    struct ms_range range = {0};

    if (choose_range(read, &range)) {
        struct search search = naive(read, expected, range, needle);

        check_search(read, matcher, &search, search.present / 16 + 1, 1);
        check_search(mapped, matcher, &search, 0, 1);
        // Threads take longer to start than all the rest.
        if (expected->size % 64 == 1)
            check_search(mapped, matcher, &search, search.present / 8 + 1, 2);
    }
    ms_matcher_free(matcher);
}

// == One file ==

// Two different bytes of the file that stand side by side, if there are any: nothing that matches
// everywhere, which takes long and proves nothing about containers.
static void choose_needle(const struct expected *expected, uint8_t *needle)
{
    size_t at = expected->size / 2;

    memset(needle, 0, NEEDLE);
    while (at + NEEDLE <= expected->size) {
        memcpy(needle, expected->file + at, NEEDLE);
        if (needle[0] != needle[1])
            return;
        at++;
    }
}

static void check_same(const struct ms_image *read, const struct ms_image *mapped)
{
    CHECK(strcmp(ms_image_format(read), ms_image_format(mapped)) == 0, "mapped: another format");
    CHECK(ms_image_n_runs(read) == ms_image_n_runs(mapped), "mapped: other runs");
    CHECK(ms_image_n_facts(read) == ms_image_n_facts(mapped), "mapped: other facts");
    CHECK(ms_image_n_warnings(read) == ms_image_n_warnings(mapped), "mapped: other warnings");
    for (size_t i = 0; i < ms_image_n_runs(read); i++) {
        struct ms_run a = ms_image_run(read, i), b = ms_image_run(mapped, i);

        CHECK(a.start == b.start && a.length == b.length && a.offset == b.offset &&
                  a.presence == b.presence,
              "mapped: run %zu", i);
    }
}

static struct ms_image *open_image(const struct memory_file *file, const char *format,
                                   unsigned flags)
{
    struct ms_open_options options = {.flags = flags, .format = format};
    struct ms_image *image = NULL;
    struct ms_error error = {0};
    enum ms_status status = ms_image_open(file->path, &options, &image, &error);

    if (status == MS_OK)
        return image;
    CHECK(!image, "an image came with a failure");
    CHECK(status == MS_MALFORMED || status == MS_UNSUPPORTED, "open: %s", error.text);
    check_error(status, &error, "open");
    return NULL;
}

static void check_image(const struct ms_image *read, const struct ms_image *mapped,
                        const struct expected *expected)
{
    uint8_t needle[NEEDLE];

    choose_needle(expected, needle);
    CHECK(ms_image_file_size(read) == expected->size, "the file's size");
    check_same(read, mapped);
    check_runs(read, expected);
    check_texts(read);
    check_reads(read, expected);
    check_searches(read, mapped, expected, needle);
}

// Opens the file as a container, or without a name as what it seems to be. Returns the name of what
// it was opened as, NULL if it was not.
static const char *check_format(const struct memory_file *file, const char *format,
                                const struct expected *expected)
{
    struct ms_image *read = open_image(file, format, 0);
    struct ms_image *mapped = open_image(file, format, MS_OPEN_MAP);
    const char *opened = NULL;

    CHECK(!read == !mapped, "read and mapped differ in whether the file opens");
    if (read) {
        check_image(read, mapped, expected);
        for (size_t i = 0; ms_format_name(i); i++) {
            if (strcmp(ms_format_name(i), ms_image_format(read)) == 0)
                opened = ms_format_name(i);
        }
        CHECK(opened, "an unknown format: %s", ms_image_format(read));
        CHECK(!format || strcmp(format, opened) == 0, "forced %s, opened as %s", format, opened);
    }
    ms_image_close(read);
    ms_image_close(mapped);
    return opened;
}

void check_image_file(const uint8_t *data, size_t size, const char *const *formats)
{
    struct expected expected = {data, size};
    struct memory_file file;
    const char *seems;

    if (size > MAX_INPUT)
        return;
    file = memory_file_open(data, size);
    seems = check_format(&file, NULL, &expected);
    for (; *formats; formats++) {
        if (!seems || strcmp(*formats, seems) != 0)
            check_format(&file, *formats, &expected);
    }
    memory_file_close(&file);
}
