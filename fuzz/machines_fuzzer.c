// SPDX-License-Identifier: MIT
//
// One machine in every container that can hold it: the image builder, which shares no code with the
// engine, writes each, and the same search gives the same hits, counts and coverage in all of them,
// those of a loop over the machine's memory. The input is described in machine.h. Nobody feeds it
// to memscan; what it tests is that readers and writer agree about each container.
//
// Writing and searching ten images takes long: an input chooses a few of those that can hold its
// machine.
//
// Some containers hold whole pages alone, and raw images have zeros where others have holes: they
// hold more than the machine has, so they are searched in the ranges of the machine's memory.

#include "machine.h"

#include <inttypes.h>

struct holder {
    const char *name;   // the builder's
    const char *format; // the engine's
    enum { EXACTLY, PADDED, PAGES } holds;
    uint64_t end; // of the memory that it can hold, or that it can hold in a small file
};

static const struct holder holders[] = {
    {"lime", "lime", EXACTLY, PHYSICAL_LIMIT},
    {"elf64", "elf64", EXACTLY, PHYSICAL_LIMIT},
    {"elf32", "elf32", EXACTLY, UINT64_C(1) << 32},
    {"raw", "raw", PADDED, UINT64_C(1) << 26},
    {"crash64-full", "crashdump64", PAGES, PHYSICAL_LIMIT},
    {"crash64-bitmap", "crashdump64", PAGES, UINT64_C(1) << 28},
    {"crash64-kernel", "crashdump64", PAGES, UINT64_C(1) << 28},
    {"crash32-full", "crashdump32", PAGES, UINT64_C(1) << 32},
    {"crash32-bitmap", "crashdump32", PAGES, UINT64_C(1) << 28},
    {"crash32pae-full", "crashdump32", PAGES, UINT64_C(1) << 44},
};

#define N_HOLDERS   (sizeof(holders) / sizeof(holders[0]))
#define MAX_CLIPPED (MAX_RUNS * MAX_RANGES)
#define AT_ONCE     3 // containers

// == The matcher ==

static void add_needle(struct ms_patterns *patterns, const struct needle *needle)
{
    static const char digits[] = "0123456789abcdef";
    struct ms_pattern_options options = {.align = needle->align};
    char text[2 * MAX_NEEDLE];
    struct ms_error error;

    for (size_t i = 0; i < needle->length; i++) {
        text[2 * i] = needle->mask[i] & 0xf0 ? digits[needle->bytes[i] >> 4] : '?';
        text[2 * i + 1] = needle->mask[i] & 0x0f ? digits[needle->bytes[i] & 15] : '?';
    }
    CHECK(ms_patterns_add(patterns, MS_HEX, text, 2 * needle->length, &options, &error) == MS_OK,
          "pattern: %s", error.text);
}

static struct ms_matcher *make_matcher(const struct machine_case *machine)
{
    bool hyperscan = (machine->how & BIT_HYPERSCAN) == BIT_HYPERSCAN;
    struct ms_matcher_options options = {
        .engine_mask = hyperscan ? 0
                                 : 1u << MS_ENGINE_WORDS | 1u << MS_ENGINE_RUNS |
                                       1u << MS_ENGINE_TEXTS | 1u << MS_ENGINE_SCALAR,
    };
    struct ms_patterns *patterns;
    struct ms_matcher *matcher;
    struct ms_error error;

    CHECK(ms_patterns_create(&patterns, &error) == MS_OK, "patterns: %s", error.text);
    for (size_t i = 0; i < machine->n_needles; i++)
        add_needle(patterns, &machine->needles[i]);
    CHECK(ms_matcher_create(patterns, &options, &matcher, &error) == MS_OK, "matcher: %s",
          error.text);
    ms_patterns_free(patterns);
    return matcher;
}

// == One image ==

struct checked {
    const struct holder *holder;
    const struct machine_case *machine;
    const struct answer *answer;
    const struct ms_matcher *matcher;
    struct ms_image *image;
    size_t n_hits; // that the callback was given
};

UNWATCHED static int on_hit(void *user, const struct ms_hit *hit)
{
    struct checked *checked = user;
    const struct answer *answer = checked->answer;
    const struct machine_hit *expected = &answer->hits[checked->n_hits];

    CHECK(checked->n_hits < answer->n_hits, "%s: too many hits: 0x%" PRIx64 ", pattern %u",
          checked->holder->name, hit->address, hit->pattern);
    CHECK(hit->address == expected->address && hit->pattern == expected->needle,
          "%s: hit %zu is 0x%" PRIx64 ", pattern %u, not 0x%" PRIx64 ", pattern %u",
          checked->holder->name, checked->n_hits, hit->address, hit->pattern, expected->address,
          expected->needle);
    CHECK(hit->repeat == 1 && hit->length == checked->machine->needles[hit->pattern].length,
          "%s: hit %zu", checked->holder->name, checked->n_hits);
    checked->n_hits++;
    return 0;
}

// The parts of the ranges that are the machine's memory. Returns their number.
static size_t clip_ranges(const struct machine_case *machine, struct ms_range *clipped)
{
    static const struct ms_range everything = {.first = 0, .last = UINT64_MAX};
    size_t n = 0;

    for (size_t i = 0; i < machine->n_stretches; i++) {
        const struct stretch_of_memory *stretch = &machine->stretches[i];
        uint64_t end = stretch->start + stretch->length - 1;

        for (size_t k = 0; k < (machine->n_ranges ? machine->n_ranges : 1); k++) {
            struct ms_range range = machine->n_ranges ? machine->ranges[k] : everything;

            range.first = range.first > stretch->start ? range.first : stretch->start;
            range.last = range.last < end ? range.last : end;
            if (range.first <= range.last)
                clipped[n++] = range;
        }
    }
    return n;
}

static void check_result(const struct checked *checked, const struct ms_search_result *result,
                         uint64_t asked)
{
    const struct answer *answer = checked->answer;
    const struct ms_coverage *got = &result->coverage;
    const char *name = checked->holder->name;

    CHECK(result->complete, "%s: not complete", name);
    CHECK(result->hits == answer->n_hits, "%s: %" PRIu64 " hits, not %zu", name, result->hits,
          answer->n_hits);
    for (size_t i = 0; i < checked->machine->n_needles; i++)
        CHECK(result->pattern_hits[i] == answer->needle_hits[i], "%s: hits of pattern %zu", name,
              i);
    CHECK(got->asked == asked && got->scanned == answer->scanned &&
              got->unmapped == asked - answer->scanned && got->absent == 0 &&
              got->unreadable == 0 && got->paged_out == 0,
          "%s: coverage: scanned %" PRIu64 " of %" PRIu64 ", not %" PRIu64 " of %" PRIu64, name,
          got->scanned, got->asked, answer->scanned, asked);
}

static void check_search(struct checked *checked)
{
    const struct machine_case *machine = checked->machine;
    const struct ms_search_callbacks callbacks = {.hit = on_hit, .user = checked};
    bool exact = checked->holder->holds == EXACTLY;
    struct ms_range clipped[MAX_CLIPPED];
    struct ms_search_options options;
    struct ms_search_result result;
    struct ms_error error;

    ms_search_options_init(&options);
    options.ranges = exact ? machine->ranges : clipped;
    options.n_ranges = exact ? machine->n_ranges : clip_ranges(machine, clipped);
    options.chunk_bytes = machine->chunk_bytes;
    options.fold = false;
    options.count_only = checked->answer->n_hits > MAX_HITS;
    options.threads = (machine->how & BIT_THREADS) == BIT_THREADS ? 2 : 1;
    if (!exact && options.n_ranges == 0)
        return; // no memory in the ranges: without any, all would be searched
    CHECK(ms_search(checked->image, checked->matcher, &options, &callbacks, &result, &error) ==
              MS_OK,
          "%s: search: %s", checked->holder->name, error.text);
    CHECK(options.count_only || checked->n_hits == checked->answer->n_hits,
          "%s: %zu hits were given", checked->holder->name, checked->n_hits);
    check_result(checked, &result, exact ? checked->answer->asked : checked->answer->scanned);
    ms_search_result_release(&result);
}

// What the memory's borders read as.
static void check_reads(const struct checked *checked)
{
    const struct machine_case *machine = checked->machine;

    for (size_t i = 0; i < machine->n_stretches; i++) {
        const struct stretch_of_memory *stretch = &machine->stretches[i];
        size_t n = stretch->length < 16 ? stretch->length : 16;
        size_t before = stretch->length - n;
        uint8_t bytes[17];
        bool present[sizeof(bytes)];

        ms_image_read(checked->image, stretch->start + before, bytes, present, n + 1);
        for (size_t k = 0; k < n; k++)
            CHECK(present[k] && bytes[k] == machine->memory[stretch->offset + before + k],
                  "%s: byte at 0x%" PRIx64, checked->holder->name, stretch->start + before + k);
        CHECK(checked->holder->holds != EXACTLY || !present[n], "%s: there is a byte at 0x%" PRIx64,
              checked->holder->name, stretch->start + before + n);
    }
}

static struct ms_image *open_written(const struct holder *holder, const struct memory_file *file,
                                     bool map)
{
    struct ms_open_options options = {
        .flags = map ? MS_OPEN_MAP : 0,
        // Memory may begin with another container's magic number.
        .format = holder->holds == PADDED ? holder->format : NULL,
    };
    struct ms_image *image = NULL;
    struct ms_error error;

    CHECK(ms_image_open(file->path, &options, &image, &error) == MS_OK, "%s: open: %s",
          holder->name, error.text);
    CHECK(strcmp(ms_image_format(image), holder->format) == 0, "%s: opened as %s", holder->name,
          ms_image_format(image));
    // Of a raw image it is said that it ends within a page.
    CHECK(ms_image_n_warnings(image) == 0 || holder->holds == PADDED, "%s: warning: %s",
          holder->name, ms_image_warning(image, 0));
    return image;
}

// == All of them ==

static uint64_t end_of(const struct spec *spec)
{
    uint64_t end = 0;

    for (size_t i = 0; i < spec->n_runs; i++) {
        if (spec->runs[i].start + spec->runs[i].length > end)
            end = spec->runs[i].start + spec->runs[i].length;
    }
    return end;
}

// The caller closes it.
static struct memory_file write_image(const struct holder *holder, struct machine_case *machine)
{
    struct memory_file file = memory_file_open(NULL, 0);
    struct outfile out = {.path = holder->name, .fd = file.fd};
    struct image image;

    image_plan(&image, holder->holds == PAGES ? &machine->rounded : &machine->exact,
               container_find(holder->name));
    image_write(&image, &out);
    image_release(&image);
    return file;
}

static void check_holder(const struct holder *holder, struct machine_case *machine,
                         const struct answer *answer, const struct ms_matcher *matcher)
{
    struct memory_file file = write_image(holder, machine);
    struct checked checked = {
        .holder = holder,
        .machine = machine,
        .answer = answer,
        .matcher = matcher,
        .image = open_written(holder, &file, (holder - holders) % 2),
    };

    check_reads(&checked);
    check_search(&checked);
    ms_image_close(checked.image);
    memory_file_close(&file);
}

static void check_holders(struct machine_case *machine, const struct answer *answer,
                          const struct ms_matcher *matcher)
{
    const struct holder *able[N_HOLDERS];
    size_t n_able = 0;

    for (size_t i = 0; i < N_HOLDERS; i++) {
        bool pages = holders[i].holds == PAGES;

        if (end_of(pages ? &machine->rounded : &machine->exact) <= holders[i].end)
            able[n_able++] = &holders[i];
    }
    for (size_t i = 0; i < n_able && i < AT_ONCE; i++)
        check_holder(able[(machine->containers + i) % n_able], machine, answer, matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine_case machine; // too large for the stack
    static struct answer answer;
    struct input input = {data, size};
    struct fill_map keys = {0};
    struct ms_matcher *matcher;

    machine_take(&machine, &input);
    fill_map_create(&keys, machine.fills, machine.exact.n_fills, machine.exact.seed);
    fill_map_release(&keys);
    machine_fill(&machine);
    machine_answer(&machine, &answer);
    matcher = make_matcher(&machine);
    check_holders(&machine, &answer, matcher);
    ms_matcher_free(matcher);
    return 0;
}
