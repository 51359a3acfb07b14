// SPDX-License-Identifier: MIT
//
// Any text as a pattern of any kind, as a pattern file, as a range and as an address. Patterns come
// from the user's command line, but pattern files are passed around: whoever can hand a user one
// feeds this. The input's first two bytes choose kind and options, the rest is the text:
//
//     byte 0    bits 0-2: the kind, bit 3: ignore case, bit 4: name it
//     byte 1    0: the kind's own alignment; 1-13: 1 << (n - 1); else itself, mostly invalid
//
// Held to: what is accepted is as pattern_set.h says, and matches memory that is made after it;
// what is refused has one line of text and a column in the text, and leaves the set as it was; a
// matcher of it compiles, or fails with a text.
//
// Regexes are compiled only while they are short: Hyperscan takes seconds for some of a few hundred
// characters, and is not what is tested.

#include "fuzz.h"

#include "match/pattern_set.h"

#define MAX_INPUT            4096
#define MAX_REGEX            40 // characters
#define MAX_REGEXES          2
#define MAX_TO_COMPILE       64 // patterns
#define MAX_BYTES_TO_COMPILE 4096

// == What was accepted ==

static void check_ranges(const struct ms_pattern *pattern)
{
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];
        uint32_t width = range->width;

        CHECK(width == 1 || width == 2 || width == 4 || width == 8, "width %u", width);
        CHECK(range->offset <= pattern->length && width <= pattern->length - range->offset,
              "range %zu is outside", i);
        CHECK(range->lo <= range->hi, "range %zu is empty", i);
        CHECK(width == 8 || range->hi >> 8 * width == 0, "range %zu is too wide", i);
        for (uint32_t at = range->offset; at < range->offset + width; at++)
            CHECK(pattern->mask[at] == 0 && pattern->bytes[at] == 0, "byte %u is not free", at);
    }
}

static void check_fixed(const struct ms_pattern *pattern)
{
    bool exact = true;

    CHECK(pattern->bytes && pattern->length > 0 && pattern->length <= MS_MAX_LITERAL, "length %u",
          pattern->length);
    CHECK(pattern->length % ms_pattern_kind_size(pattern->kind) == 0, "half an element");
    for (uint32_t i = 0; pattern->mask && i < pattern->length; i++) {
        CHECK((pattern->bytes[i] & ~pattern->mask[i]) == 0, "byte %u has bits beyond its mask", i);
        exact = exact && pattern->mask[i] == 0xff;
    }
    CHECK(!pattern->mask == (exact && pattern->n_ranges == 0), "a mask without need, or none");
    check_ranges(pattern);
}

// Memory made after the pattern must match, and one bit that it cares about less must not.
static void check_matches(const struct ms_pattern *pattern)
{
    uint8_t *memory = malloc(pattern->length);

    memcpy(memory, pattern->bytes, pattern->length);
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];

        for (uint32_t byte = 0; byte < range->width; byte++)
            memory[range->offset + byte] = (uint8_t)(range->hi >> 8 * byte);
    }
    CHECK(ms_pattern_matches(pattern, memory), "its own memory does not match");
    for (uint32_t i = 0; i < pattern->length; i += 1 + pattern->length / 16) {
        uint8_t mask = pattern->mask ? pattern->mask[i] : 0xff;

        memory[i] ^= (uint8_t)(mask & -mask);
        CHECK(mask == 0 || !ms_pattern_matches(pattern, memory), "byte %u does not count", i);
        memory[i] ^= (uint8_t)(mask & -mask);
    }
    free(memory);
}

static void check_pattern(const struct ms_patterns *patterns, size_t number)
{
    const struct ms_pattern *pattern = &patterns->all.items[number];
    struct ms_pattern_info info = ms_patterns_info(patterns, number);

    CHECK(ms_align_valid(pattern->align), "alignment %u", pattern->align);
    CHECK(info.kind == pattern->kind && info.align == pattern->align &&
              info.text_length == pattern->text_length && info.length == pattern->length,
          "the info differs");
    CHECK(info.name && info.text[info.text_length] == '\0', "no end");
    if (pattern->kind == MS_REGEX) {
        CHECK(pattern->length == 0 && !pattern->bytes, "a regex with bytes");
        return;
    }
    check_fixed(pattern);
    check_matches(pattern);
    if (pattern->kind == MS_ASCII && !pattern->ignore_case)
        CHECK(pattern->length == pattern->text_length &&
                  memcmp(pattern->bytes, pattern->text, pattern->length) == 0,
              "text is not itself");
}

// == Compiling ==

static bool worth_compiling(const struct ms_patterns *patterns)
{
    size_t n_bytes = 0, n_regexes = 0;

    for (size_t i = 0; i < patterns->all.n; i++) {
        const struct ms_pattern *pattern = &patterns->all.items[i];

        n_bytes += pattern->text_length;
        n_regexes += pattern->kind == MS_REGEX;
        if (pattern->kind == MS_REGEX && pattern->text_length > MAX_REGEX)
            return false;
    }
    return patterns->all.n > 0 && patterns->all.n <= MAX_TO_COMPILE && n_regexes <= MAX_REGEXES &&
           n_bytes <= MAX_BYTES_TO_COMPILE;
}

static void check_compiles(const struct ms_patterns *patterns)
{
    struct ms_matcher *matcher = NULL;
    struct ms_error error = {0};
    enum ms_status status;
    size_t n = 0;

    if (!worth_compiling(patterns))
        return;
    status = ms_matcher_create(patterns, NULL, &matcher, &error);
    if (status != MS_OK) {
        CHECK(!matcher, "a matcher came with a failure");
        CHECK(status == MS_ARGUMENT || status == MS_UNSUPPORTED, "compiling: %s", error.text);
        check_error(status, &error, "compiling");
        for (size_t i = 0; i < patterns->all.n; i++)
            n += patterns->all.items[i].kind == MS_REGEX;
        CHECK(n > 0, "fixed patterns do not compile: %s", error.text);
        return;
    }
    for (enum ms_engine engine = MS_ENGINE_SCALAR; engine < MS_N_ENGINES; engine++)
        n += ms_matcher_n_patterns(matcher, engine);
    CHECK(n == patterns->all.n, "%zu patterns of %zu are searched for", n, patterns->all.n);
    ms_matcher_free(matcher);
}

// == The ways in ==

static void add_one(struct ms_patterns *patterns, struct input *input, const char *text,
                    size_t length)
{
    unsigned choice = (unsigned)take(input, 1), align = (unsigned)take(input, 1);
    struct ms_pattern_options options = {
        .ignore_case = choice >> 3 & 1,
        .align = align >= 1 && align <= 13 ? 1u << (align - 1) : align,
        .name = choice >> 4 & 1 ? "name" : NULL,
    };
    struct ms_error error = {0};
    enum ms_status status = ms_patterns_add(patterns, (enum ms_pattern_kind)(choice & 7), text,
                                            length, &options, &error);

    CHECK(ms_patterns_count(patterns) == (status == MS_OK), "%zu patterns after status %d",
          ms_patterns_count(patterns), (int)status);
    if (status == MS_OK) {
        CHECK(patterns->all.items[0].text_length == length &&
                  memcmp(patterns->all.items[0].text, text, length) == 0,
              "the text is not kept");
        return;
    }
    CHECK(status == MS_ARGUMENT || status == MS_UNSUPPORTED, "adding: %s", error.text);
    check_error(status, &error, "adding");
    CHECK(error.column <= length + 1, "column %u of %zu characters", error.column, length);
}

// The column is in its line, which the text names.
static void check_place(const struct ms_error *error, const char *text, size_t length)
{
    unsigned line, column, at = 1;
    const char *start = text, *end;

    CHECK(sscanf(error->text, "FILE:%u:%u: ", &line, &column) == 2, "no place: %s", error->text);
    CHECK(column == error->column, "column %u in the text, %u in the error: %s", column,
          error->column, error->text);
    while (at < line && (end = memchr(start, '\n', length - (size_t)(start - text)))) {
        start = end + 1;
        at++;
    }
    CHECK(at == line, "line %u of %u: %s", line, at, error->text);
    end = memchr(start, '\n', length - (size_t)(start - text));
    end = end ? end : text + length;
    CHECK(column >= 1 && column <= (size_t)(end - start) + 1, "column %u of %zu characters: %s",
          column, (size_t)(end - start), error->text);
}

static void add_file(struct ms_patterns *patterns, const char *text, size_t length)
{
    // fmemopen() refuses an empty buffer.
    FILE *stream =
        length > 0 ? fmemopen((void *)(uintptr_t)text, length, "r") : fopen("/dev/null", "r");
    size_t before = ms_patterns_count(patterns);
    struct ms_error error = {0};
    enum ms_status status;

    if (!stream)
        abort();
    status = ms_patterns_add_stream(patterns, stream, "FILE", NULL, &error);
    fclose(stream);
    if (status == MS_OK)
        return;
    CHECK(ms_patterns_count(patterns) == before, "what failed left patterns behind");
    CHECK(status == MS_ARGUMENT || status == MS_UNSUPPORTED, "adding a file: %s", error.text);
    check_error(status, &error, "adding a file");
    check_place(&error, text, length);
}

static void check_numbers(const char *text, uint32_t element_size)
{
    struct ms_range range;
    struct ms_error error = {0};
    uint64_t address;
    bool physical;
    enum ms_status status = ms_range_parse(text, element_size, &range, &error);

    CHECK(status == MS_OK || status == MS_ARGUMENT, "a range: status %d", (int)status);
    if (status == MS_OK)
        CHECK(range.first <= range.last, "an empty range was accepted: %s", text);
    else
        check_error(status, &error, "a range");
    CHECK(status == MS_OK || error.column <= strlen(text) + 1, "column %u", error.column);
    status = ms_address_parse(text, &address, &physical, &error);
    CHECK(status == MS_OK || status == MS_ARGUMENT, "an address: status %d", (int)status);
    if (status != MS_OK)
        check_error(status, &error, "an address");
    CHECK(status == MS_OK || error.column <= strlen(text) + 1, "column %u", error.column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t sizes[] = {0, 1, 2, 4, 8};
    struct ms_patterns *one, *several;
    struct input input = {data, size};
    size_t length = size > 2 ? size - 2 : 0;
    char *text;

    if (size > MAX_INPUT || ms_patterns_create(&one, NULL) || ms_patterns_create(&several, NULL))
        return 0;
    text = calloc(1, length + 1);
    memcpy(text, data + (size - length), length);
    add_one(one, &input, text, length);
    add_file(several, text, length);
    check_numbers(text, sizes[length % 5]);
    if (one->all.n > 0)
        check_pattern(one, 0);
    check_compiles(one);
    for (size_t i = 0; i < several->all.n; i++)
        check_pattern(several, i);
    check_compiles(several);
    ms_patterns_free(one);
    ms_patterns_free(several);
    free(text);
    return 0;
}
