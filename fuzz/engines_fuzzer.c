// SPDX-License-Identifier: MIT
//
// Fixed patterns and memory, both made from the input, searched by the engines and kernels that the
// input chooses, in the chunks, ranges and threads that it chooses: the answer must be that of the
// loop below. Nobody feeds this input to memscan; what it reaches is what a stranger's image and a
// stranger's pattern file reach together.
//
// The input, every part of which may be missing:
//
//     config     engines and kernels, how to search, chunk size           8 bytes
//     patterns   a count, then for each: form, alignment, contents        see add_pattern()
//     layout     base address, runs, holes between them                   see make_layout()
//     ranges     a count, then for each: first byte, length               see make_ranges()
//     memory     instructions: these bytes, a fill, a period, a pattern,  see make_memory()
//                a copy of what came before
//
// Memory goes two ways: to ms_matcher_scan() in windows that are exactly as large as promised, so
// that a sanitizer sees what is read outside; and through ms_search() as a LiME image, whose runs
// touch in memory but not in the file.

#include "fuzz.h"

#include "match/matcher.h"

#define MAX_INPUT    4096
#define MAX_MEMORY   (16u << 10)
#define MAX_PATTERNS 40
#define MAX_FORMS    12
#define MAX_RUNS     4
#define MAX_RANGES   3
#define MAX_LONG     5000 // bytes of a long literal
#define MAX_MATCHES  12000
#define LIME_HEADER  32

struct match {
    uint64_t address;
    uint32_t pattern;
};

struct matches {
    MS_VEC(struct match) all;
};

struct run {
    uint64_t start;
    uint32_t offset; // in the memory
    uint32_t length;
};

struct config {
    const char *simd;
    unsigned engine_mask;
    bool map, fold, count_only;
    unsigned threads;
    size_t chunk_bytes;
    uint64_t max_hits;
};

struct situation {
    struct config config;
    struct ms_patterns *patterns;
    struct run runs[MAX_RUNS];
    size_t n_runs;
    struct ms_range ranges[MAX_RANGES];
    size_t n_ranges;
    uint64_t from;
    uint8_t memory[MAX_MEMORY];
    size_t size;
};

// == Reading the input ==

static struct config take_config(struct input *input)
{
    static const unsigned masks[8] = {
        0, // the planner's choice
        1u << MS_ENGINE_WORDS,
        1u << MS_ENGINE_RUNS | 1u << MS_ENGINE_WORDS,
        1u << MS_ENGINE_HYPERSCAN,
        1u << MS_ENGINE_HYPERSCAN | 1u << MS_ENGINE_RUNS,
        1u << MS_ENGINE_SCALAR,
        1u << MS_ENGINE_WORDS | 1u << MS_ENGINE_HYPERSCAN,
        1u << MS_ENGINE_RUNS | 1u << MS_ENGINE_SCALAR,
    };
    unsigned engines = (unsigned)take(input, 1), how = (unsigned)take(input, 1);
    struct config config = {
        .engine_mask = masks[engines & 7],
        .simd = engines & 8         ? "scalar"
                : ms_simd_usable(0) ? ms_simd_name(0)
                                    : "scalar",
        .map = how & 1,
        .fold = how & 2,
        .count_only = (how & 12) == 12,
        // Threads take longer to start than all the rest.
        .threads = (how & 0xf0) == 0xf0 ? 3 : 1,
        .chunk_bytes = (size_t)take(input, 2),
        .max_hits = take(input, 2),
    };

    take(input, 2);
    // Few chunks: small ones where there is little memory, see limit_chunks().
    if (config.max_hits == 0)
        config.max_hits = UINT64_MAX;
    return config;
}

// == Patterns ==

struct text {
    char bytes[4 * MAX_LONG];
    size_t length;
};

static void put_hex(struct text *text, uint8_t byte, uint8_t wild)
{
    static const char digits[] = "0123456789abcdef";

    text->bytes[text->length++] = wild & 1 ? '?' : digits[byte >> 4];
    text->bytes[text->length++] = wild & 2 ? '?' : digits[byte & 15];
}

// Bytes, some with wild nibbles.
static void make_bytes(struct text *text, struct input *input, bool wild)
{
    size_t n = 1 + (size_t)take(input, 1) % 80;

    for (size_t i = 0; i < n; i++)
        put_hex(text, (uint8_t)take(input, 1), wild ? (uint8_t)take(input, 1) : 0);
}

static void put_value(struct text *text, uint64_t value, uint32_t width, uint64_t wild)
{
    for (uint32_t i = width; i-- > 0;)
        put_hex(text, (uint8_t)(value >> 8 * i), (uint8_t)(wild >> 2 * i));
}

static void make_value(struct text *text, struct input *input, uint32_t width)
{
    unsigned form = (unsigned)take(input, 1);
    uint64_t value = take(input, width);

    if ((form & 3) == 3) {
        uint64_t span = take(input, form >> 2 & 3);
        uint64_t most = width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;

        put_value(text, value, width, 0);
        text->bytes[text->length++] = '.';
        text->bytes[text->length++] = '.';
        value = span > most - value ? most : value + span;
        form = 0;
    }
    put_value(text, value, width, (form & 3) == 2 ? take(input, 2) : 0);
}

static void make_values(struct text *text, struct input *input, uint32_t width, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            text->bytes[text->length++] = ' ';
        make_value(text, input, width);
    }
}

static void make_text(struct text *text, struct input *input, bool ascii)
{
    size_t n = 1 + (size_t)take(input, 1) % 80;

    for (size_t i = 0; i < n; i++) {
        char byte = (char)take(input, 1);

        text->bytes[text->length++] = ascii ? (char)((byte & 63) + '?') : byte;
    }
}

static void make_periodic(struct text *text, struct input *input)
{
    size_t period = 1 + (size_t)take(input, 1) % 20, length = 1 + (size_t)take(input, 2) % 600;
    uint8_t bytes[20];

    for (size_t i = 0; i < period; i++)
        bytes[i] = (uint8_t)take(input, 1);
    for (size_t i = 0; i < length; i++)
        put_hex(text, bytes[i % period], 0);
}

// Mostly one byte, with something else in it: anchors must be found, and verified far around.
static void make_long(struct text *text, struct input *input)
{
    size_t length = 1 + (size_t)take(input, 2) % MAX_LONG, at = (size_t)take(input, 2) % length;
    uint8_t filling = (uint8_t)take(input, 1), other = (uint8_t)take(input, 1);
    size_t n_other = 1 + (size_t)take(input, 1) % 8;

    for (size_t i = 0; i < length; i++)
        put_hex(text, i >= at && i < at + n_other ? (uint8_t)(other + i - at) : filling, 0);
}

// Values that differ by a step: enough of them for the kernels that look values up.
static void add_family(struct ms_patterns *patterns, struct input *input, uint32_t width)
{
    uint64_t value = take(input, width), step = take(input, width);
    size_t n = 1 + (size_t)take(input, 1) % 20;

    for (size_t i = 0; i < n && patterns->all.n < MAX_PATTERNS; i++, value += step) {
        struct text text;

        text.length = 0;
        put_value(&text, value, width, 0);
        ms_patterns_add(patterns, (enum ms_pattern_kind)(MS_BYTE + __builtin_ctz(width)),
                        text.bytes, text.length, NULL, NULL);
    }
}

static void add_pattern(struct ms_patterns *patterns, struct input *input)
{
    unsigned form = (unsigned)take(input, 1), align = (unsigned)take(input, 1) % 16;
    struct ms_pattern_options options = {
        .ignore_case = form & 0x80,
        .align = align >= 1 && align <= 13 ? 1u << (align - 1) : 0,
    };
    enum ms_pattern_kind kind = MS_HEX;
    struct text text;

    if (patterns->all.n >= MAX_PATTERNS)
        return;
    text.length = 0; // the rest is large, and needs no clearing
    switch (form & 7) {
    case 7:
        add_family(patterns, input, 1u << (form >> 3 & 3));
        return;
    case 0:
    case 1:
        kind = (enum ms_pattern_kind)(MS_BYTE + (form >> 3 & 3));
        make_values(&text, input, ms_pattern_kind_size(kind), form & 1 ? 1 + (form >> 5 & 3) : 1);
        break;
    case 2:
        kind = MS_ASCII;
        make_text(&text, input, false);
        break;
    case 3:
        kind = MS_UTF16;
        make_text(&text, input, true);
        break;
    case 4:
        make_periodic(&text, input);
        break;
    case 5:
        make_long(&text, input);
        break;
    default:
        make_bytes(&text, input, form & 8);
    }
    // What is refused is not there: patterns_fuzzer looks into that.
    ms_patterns_add(patterns, kind, text.bytes, text.length, &options, NULL);
}

// == Memory ==

static void put_byte(struct situation *situation, uint8_t byte)
{
    if (situation->size < MAX_MEMORY)
        situation->memory[situation->size++] = byte;
}

static void put_pattern(struct situation *situation, size_t number, size_t cut)
{
    const struct ms_pattern *pattern;
    size_t at = situation->size;

    if (number >= situation->patterns->all.n)
        return;
    pattern = &situation->patterns->all.items[number];
    for (size_t i = 0; i < pattern->length; i++)
        put_byte(situation, pattern->bytes[i]);
    for (size_t i = 0; i < pattern->n_ranges && situation->size == at + pattern->length; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];

        for (uint32_t byte = 0; byte < range->width; byte++)
            situation->memory[at + range->offset + byte] = (uint8_t)(range->lo >> 8 * byte);
    }
    situation->size -= situation->size - at > cut ? cut : 0;
}

static void put_period(struct situation *situation, struct input *input, size_t period)
{
    size_t start = situation->size, length = (size_t)take(input, 2) % 0x2400;

    for (size_t i = 0; i < length; i++) {
        if (i < period)
            put_byte(situation, (uint8_t)take(input, 1));
        else if (start + i < MAX_MEMORY)
            put_byte(situation, situation->memory[start + i - period]);
    }
}

static void put_copy(struct situation *situation, struct input *input)
{
    size_t back = (size_t)take(input, 2), length = (size_t)take(input, 1) + 1;

    if (back == 0 || back > situation->size)
        return;
    for (size_t i = 0; i < length && situation->size < MAX_MEMORY; i++)
        put_byte(situation, situation->memory[situation->size - back]);
}

static void make_memory(struct situation *situation, struct input *input)
{
    while (input->left > 0 && situation->size < MAX_MEMORY) {
        unsigned code = (unsigned)take(input, 1);

        if (code < 0x60) {
            for (unsigned i = 0; i <= (code & 31); i++)
                put_byte(situation, (uint8_t)take(input, 1));
        } else if (code < 0xa0) {
            put_period(situation, input, 1 + (code & 7));
        } else if (code < 0xe0) {
            put_pattern(situation, code & 8 ? (size_t)take(input, 1) : code & 7,
                        code & 0x10 ? (size_t)take(input, 1) : 0);
        } else {
            put_copy(situation, input);
        }
    }
}

// == Where memory lies ==

struct layout_choice {
    unsigned base;
    uint64_t offset;
    size_t n_runs;
    uint16_t cuts[MAX_RUNS];
    uint8_t gaps[MAX_RUNS];
    uint16_t from;
    size_t n_ranges;
    uint16_t firsts[MAX_RANGES], lengths[MAX_RANGES];
};

static struct layout_choice take_layout(struct input *input)
{
    struct layout_choice choice = {.base = (unsigned)take(input, 1)};

    choice.offset = take(input, 2);
    choice.n_runs = 1 + (size_t)take(input, 1) % MAX_RUNS;
    for (size_t i = 0; i < choice.n_runs; i++) {
        choice.cuts[i] = (uint16_t)take(input, 2);
        choice.gaps[i] = (uint8_t)take(input, 1);
    }
    choice.n_ranges = (size_t)take(input, 1) % (MAX_RANGES + 1);
    for (size_t i = 0; i < choice.n_ranges; i++) {
        choice.firsts[i] = (uint16_t)take(input, 2);
        choice.lengths[i] = (uint16_t)take(input, 2);
    }
    choice.from = (uint16_t)take(input, 2);
    return choice;
}

// Cuts the memory into runs, with holes between them or none, from the base on; or so that the last
// byte is the last there is.
static void make_layout(struct situation *situation, const struct layout_choice *choice)
{
    uint64_t at = 0, base = choice->offset;
    uint32_t offset = 0;

    for (size_t i = 0; i < choice->n_runs && offset < situation->size; i++) {
        size_t left = situation->size - offset;
        size_t length = i + 1 == choice->n_runs ? left : 1 + choice->cuts[i] % left;

        at += i > 0 ? choice->gaps[i] : 0;
        situation->runs[i] = (struct run){at, offset, (uint32_t)length};
        situation->n_runs++;
        at += length;
        offset += (uint32_t)length;
    }
    if ((choice->base & 3) == 3)
        base = -at;
    else if ((choice->base & 3) == 2)
        base = (UINT64_C(1) << (choice->base >> 2)) - choice->offset % (at + 1);
    if (base > -at && at > 0)
        base = -at;
    for (size_t i = 0; i < situation->n_runs; i++)
        situation->runs[i].start += base;
}

static void make_ranges(struct situation *situation, const struct layout_choice *choice)
{
    uint64_t base = situation->runs[0].start;

    for (size_t i = 0; i < choice->n_ranges; i++) {
        struct ms_range *range = &situation->ranges[i];

        range->first = base + choice->firsts[i] < base ? UINT64_MAX : base + choice->firsts[i];
        range->last = range->first + choice->lengths[i];
        if (range->last < range->first)
            range->last = UINT64_MAX;
    }
    situation->n_ranges = choice->n_ranges;
    situation->from = choice->from & 1 ? base + (choice->from >> 1) : 0;
    if (situation->from < base)
        situation->from = 0;
}

// == What is to be found ==

// The segment that the run begins or goes on: the runs' memory is one block, so is a segment's.
struct segment {
    uint64_t start;
    const uint8_t *bytes;
    size_t length;
};

static struct segment take_segment(const struct situation *situation, size_t *run)
{
    const struct run *runs = situation->runs;
    struct segment segment = {runs[*run].start, situation->memory + runs[*run].offset,
                              runs[*run].length};

    while (++*run < situation->n_runs &&
           runs[*run].start == runs[*run - 1].start + runs[*run - 1].length)
        segment.length += runs[*run].length;
    return segment;
}

UNWATCHED static bool in_ranges(const struct situation *situation, uint64_t address,
                                uint32_t length)
{
    for (size_t i = 0; i < situation->n_ranges; i++) {
        if (address >= situation->ranges[i].first &&
            address + (length - 1) <= situation->ranges[i].last)
            return true;
    }
    return situation->n_ranges == 0;
}

UNWATCHED static void find_in_segment(const struct situation *situation,
                                      const struct segment *segment, bool limited,
                                      struct matches *found)
{
    const struct ms_patterns *patterns = situation->patterns;

    for (size_t at = 0; at < segment->length; at++) {
        uint64_t address = segment->start + at;

        for (uint32_t i = 0; i < patterns->all.n; i++) {
            const struct ms_pattern *pattern = &patterns->all.items[i];
            uint8_t mask = pattern->mask ? pattern->mask[0] : 0xff;

            if ((segment->bytes[at] & mask) != pattern->bytes[0] || address % pattern->align != 0 ||
                pattern->length > segment->length - at ||
                !ms_pattern_matches(pattern, segment->bytes + at))
                continue;
            if (!limited ||
                (address >= situation->from && in_ranges(situation, address, pattern->length)))
                ms_vec_push(&found->all, (struct match){address, i});
        }
    }
}

// `limited`: by the ranges and the first address.
static struct matches find_all(const struct situation *situation, bool limited)
{
    struct matches found = {0};

    for (size_t run = 0; run < situation->n_runs;) {
        struct segment segment = take_segment(situation, &run);

        find_in_segment(situation, &segment, limited, &found);
    }
    return found;
}

UNWATCHED static int compare(const void *left, const void *right)
{
    const struct match *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

UNWATCHED static void check_same(const struct matches *got, const struct matches *expected,
                                 const char *how)
{
    size_t n = got->all.n < expected->all.n ? got->all.n : expected->all.n, i = 0;

    while (i < n && compare(&got->all.items[i], &expected->all.items[i]) == 0)
        i++;
    CHECK(i == expected->all.n || i == got->all.n ||
              compare(&got->all.items[i], &expected->all.items[i]) > 0,
          "%s: found pattern %u at 0x%llx, where it is not", how, got->all.items[i].pattern,
          (unsigned long long)got->all.items[i].address);
    CHECK(i == expected->all.n, "%s: pattern %u at 0x%llx is not found", how,
          expected->all.items[i].pattern, (unsigned long long)expected->all.items[i].address);
    CHECK(i == got->all.n, "%s: found pattern %u at 0x%llx, where it is not", how,
          got->all.items[i].pattern, (unsigned long long)got->all.items[i].address);
}

UNWATCHED static void sort(struct matches *matches)
{
    size_t i = 1;

    while (i < matches->all.n && compare(&matches->all.items[i - 1], &matches->all.items[i]) <= 0)
        i++;
    if (i < matches->all.n)
        qsort(matches->all.items, matches->all.n, sizeof(struct match), compare);
}

// == Windows ==

struct collector {
    struct ms_sink sink; // must be first
    const struct situation *situation;
    struct matches found;
    uint64_t next[MAX_PATTERNS]; // no match of a pattern may come below
};

static bool collect(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                    uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    struct collector *collector = (struct collector *)sink;
    uint64_t own_last = window->address + window->own_end - 1;

    CHECK(count > 0 && stride > 0, "an empty emission");
    CHECK(length == collector->situation->patterns->all.items[pattern].length, "length %u", length);
    for (uint64_t i = 0; i < count; i++, address += stride) {
        CHECK(address >= window->address + window->own_start && address <= own_last,
              "pattern %u at 0x%llx begins outside the own part", pattern,
              (unsigned long long)address);
        CHECK(address >= collector->next[pattern], "pattern %u goes back", pattern);
        collector->next[pattern] = address + 1;
        ms_vec_push(&collector->found.all, (struct match){address, pattern});
    }
    return true;
}

static void scan_window(struct collector *collector, const struct ms_matcher *matcher,
                        struct ms_scratch *scratch, const struct segment *segment, size_t own_start,
                        size_t own_end)
{
    struct ms_margins margins = ms_matcher_margins(matcher);
    size_t first = own_start > margins.before ? own_start - margins.before : 0;
    size_t end =
        segment->length - own_end > margins.after ? own_end + margins.after : segment->length;
    uint8_t *bytes = malloc(end - first);
    struct ms_window window = {
        .bytes = bytes,
        .length = end - first,
        .address = segment->start + first,
        .own_start = own_start - first,
        .own_end = own_end - first,
    };
    struct ms_error error;

    memcpy(bytes, segment->bytes + first, end - first);
    CHECK(ms_matcher_scan(matcher, scratch, &window, &collector->sink, &error) == MS_OK,
          "a window: %s", error.text);
    free(bytes);
}

// Few windows: each costs an allocation and some calls.
static size_t limit_chunk(size_t wanted, size_t length)
{
    size_t least = length / 24 + 1;

    return wanted == 0 ? length : wanted > least ? wanted : least;
}

static void check_windows(const struct situation *situation, const struct ms_matcher *matcher,
                          const struct matches *expected)
{
    struct collector collector = {.sink = {.take = collect}, .situation = situation};
    struct ms_scratch *scratch;

    if (ms_scratch_create(matcher, &scratch, NULL))
        abort();
    for (size_t run = 0; run < situation->n_runs;) {
        struct segment segment = take_segment(situation, &run);
        size_t chunk = limit_chunk(situation->config.chunk_bytes, segment.length), end;

        for (size_t at = 0; at < segment.length; at = end) {
            end = segment.length - at > chunk ? at + chunk : segment.length;
            scan_window(&collector, matcher, scratch, &segment, at, end);
        }
    }
    sort(&collector.found);
    check_same(&collector.found, expected, "windows");
    ms_scratch_free(scratch);
    free(collector.found.all.items);
}

// == Searches ==

static struct memory_file write_lime(const struct situation *situation)
{
    static const uint8_t magic[8] = {'E', 'M', 'i', 'L', 1};
    uint8_t *bytes = malloc(situation->size + situation->n_runs * LIME_HEADER), *out = bytes;
    struct memory_file file;

    for (size_t i = 0; i < situation->n_runs; i++) {
        const struct run *run = &situation->runs[i];
        uint64_t last = run->start + run->length - 1;

        memset(out, 0, LIME_HEADER);
        memcpy(out, magic, sizeof(magic));
        for (unsigned byte = 0; byte < 8; byte++) {
            out[8 + byte] = (uint8_t)(run->start >> 8 * byte);
            out[16 + byte] = (uint8_t)(last >> 8 * byte);
        }
        memcpy(out + LIME_HEADER, situation->memory + run->offset, run->length);
        out += LIME_HEADER + run->length;
    }
    file = memory_file_open(bytes, (size_t)(out - bytes));
    free(bytes);
    return file;
}

struct taken {
    const struct situation *situation;
    struct matches found;
    uint64_t passed[MAX_PATTERNS];
    struct ms_hit last;
};

static int take_hit(void *user, const struct ms_hit *hit)
{
    struct taken *taken = user;
    struct match here = {hit->address, hit->pattern};
    struct match before = {taken->last.address, taken->last.pattern};

    CHECK(taken->last.repeat == 0 || compare(&here, &before) > 0, "hits are out of order");
    CHECK(hit->repeat == 1 || (taken->situation->config.fold && hit->repeat >= 3),
          "%llu matches in one hit", (unsigned long long)hit->repeat);
    taken->passed[hit->pattern] += hit->repeat;
    for (uint64_t i = 0; i < hit->repeat; i++)
        ms_vec_push(&taken->found.all,
                    (struct match){hit->address + i * hit->stride, hit->pattern});
    taken->last = *hit;
    return 0;
}

// Of each pattern, the first `max_hits` matches.
static void cut_matches(struct matches *matches, uint64_t max_hits)
{
    uint64_t passed[MAX_PATTERNS] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < matches->all.n; i++) {
        if (passed[matches->all.items[i].pattern]++ < max_hits)
            matches->all.items[kept++] = matches->all.items[i];
    }
    matches->all.n = kept;
}

static void check_counts(const struct ms_search_result *result, const struct matches *expected)
{
    uint64_t counts[MAX_PATTERNS] = {0};
    const struct ms_coverage *got = &result->coverage;

    for (size_t i = 0; i < expected->all.n; i++)
        counts[expected->all.items[i].pattern]++;
    for (size_t i = 0; i < result->n_patterns; i++)
        CHECK(result->pattern_hits[i] == counts[i], "%llu matches of pattern %zu, not %llu",
              (unsigned long long)result->pattern_hits[i], i, (unsigned long long)counts[i]);
    CHECK(result->hits == expected->all.n, "the counts do not add up");
    CHECK(result->complete, "not complete");
    CHECK(got->asked ==
                  got->scanned + got->absent + got->unmapped + got->unreadable + got->paged_out &&
              got->unreadable == 0 && got->absent == 0,
          "coverage does not add up");
}

UNWATCHED static void check_scanned(const struct situation *situation,
                                    const struct ms_coverage *coverage)
{
    uint64_t n = 0;

    for (size_t i = 0; i < situation->n_runs; i++) {
        const struct run *run = &situation->runs[i];

        for (uint32_t at = 0; at < run->length; at++)
            n += run->start + at >= situation->from && in_ranges(situation, run->start + at, 1);
    }
    CHECK(coverage->scanned == n, "%llu bytes scanned, not %llu",
          (unsigned long long)coverage->scanned, (unsigned long long)n);
}

static void check_search(const struct situation *situation, const struct ms_matcher *matcher,
                         const struct ms_image *image)
{
    const struct config *config = &situation->config;
    struct taken taken = {.situation = situation};
    struct ms_search_callbacks callbacks = {.hit = take_hit, .user = &taken};
    struct ms_search_options options = {
        .ranges = situation->ranges,
        .n_ranges = situation->n_ranges,
        .from = situation->from,
        .threads = config->threads,
        .chunk_bytes = limit_chunk(config->chunk_bytes, situation->size),
        .max_hits = config->max_hits,
        .fold = config->fold,
        .count_only = config->count_only,
    };
    struct ms_search_result result;
    struct ms_error error;
    struct matches expected = find_all(situation, true);

    CHECK(ms_search(image, matcher, &options, &callbacks, &result, &error) == MS_OK, "search: %s",
          error.text);
    check_counts(&result, &expected);
    check_scanned(situation, &result.coverage);
    cut_matches(&expected, config->count_only ? 0 : config->max_hits);
    // A fold comes where it begins, matches of other patterns inside it behind it.
    sort(&taken.found);
    check_same(&taken.found, &expected, "search");
    ms_search_result_release(&result);
    free(taken.found.all.items);
    free(expected.all.items);
}

static void check_image(const struct situation *situation, const struct ms_matcher *matcher)
{
    struct memory_file file = write_lime(situation);
    struct ms_open_options options = {
        .flags = situation->config.map ? MS_OPEN_MAP : 0,
        .format = "lime",
    };
    struct ms_image *image;
    struct ms_error error;

    CHECK(ms_image_open(file.path, &options, &image, &error) == MS_OK, "open: %s", error.text);
    check_search(situation, matcher, image);
    ms_image_close(image);
    memory_file_close(&file);
}

// == One input ==

static bool make_situation(struct situation *situation, struct input *input)
{
    struct layout_choice layout;
    size_t n_patterns;

    situation->config = take_config(input);
    n_patterns = 1 + (size_t)take(input, 1) % MAX_FORMS;
    for (size_t i = 0; i < n_patterns; i++)
        add_pattern(situation->patterns, input);
    layout = take_layout(input);
    make_memory(situation, input);
    if (situation->patterns->all.n == 0 || situation->size == 0)
        return false;
    make_layout(situation, &layout);
    make_ranges(situation, &layout);
    return true;
}

static void check_matcher(const struct situation *situation, const struct matches *expected)
{
    struct ms_matcher_options options = {situation->config.simd, situation->config.engine_mask};
    struct ms_matcher *matcher;

    // An engine may refuse a pattern that is not its own.
    if (ms_matcher_create(situation->patterns, &options, &matcher, NULL))
        return;
    check_windows(situation, matcher, expected);
    check_image(situation, matcher);
    ms_matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct situation *situation;

    if (size > MAX_INPUT || !(situation = calloc(1, sizeof(*situation))))
        return 0;
    if (ms_patterns_create(&situation->patterns, NULL))
        abort();
    if (make_situation(situation, &input)) {
        struct matches expected = find_all(situation, false);

        // More take long, and teach nothing new.
        if (expected.all.n <= MAX_MATCHES)
            check_matcher(situation, &expected);
        free(expected.all.items);
    }
    ms_patterns_free(situation->patterns);
    free(situation);
    return 0;
}
