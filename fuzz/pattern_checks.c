// SPDX-License-Identifier: MIT

#include "pattern_checks.h"

#include <memscan/search.h>

#define MAX_REGEX            40 // characters
#define MAX_REGEXES          2
#define MAX_TO_COMPILE       64 // patterns
#define MAX_BYTES_TO_COMPILE 2048

// == Bytes ==

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

// == Text ==

static bool is_letter(unsigned c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

// A byte of text: a letter whose case is ignored lacks one bit, all others count whole.
static void check_text_byte(const struct ms_pattern *pattern, size_t at, unsigned c, bool folded)
{
    unsigned mask = folded ? 0xdf : 0xff;

    CHECK(at < pattern->length, "the text is cut off");
    CHECK((pattern->mask ? pattern->mask[at] : 0xff) == mask && pattern->bytes[at] == (c & mask),
          "byte %zu is not that of the text", at);
}

static void check_ascii(const struct ms_pattern *pattern)
{
    CHECK(pattern->length == pattern->text_length, "%u bytes", pattern->length);
    for (size_t i = 0; i < pattern->length; i++) {
        unsigned c = (unsigned char)pattern->text[i];

        check_text_byte(pattern, i, c, pattern->ignore_case && is_letter(c));
    }
}

// The code point at text[*at], which is UTF-8, and *at behind it.
static uint32_t next_code_point(const char *text, size_t *at)
{
    uint32_t c = (unsigned char)text[(*at)++];
    uint32_t n = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;

    c &= n == 0 ? 0x7f : 0x3fu >> n;
    for (; n > 0; n--)
        c = c << 6 | ((unsigned char)text[(*at)++] & 0x3f);
    return c;
}

static void check_unit(const struct ms_pattern *pattern, size_t *n, uint32_t unit)
{
    check_text_byte(pattern, *n, unit & 0xff,
                    pattern->ignore_case && unit < 0x80 && is_letter(unit));
    check_text_byte(pattern, *n + 1, unit >> 8, false);
    *n += 2;
}

static void check_utf16(const struct ms_pattern *pattern)
{
    size_t at = 0, n = 0;

    while (at < pattern->text_length) {
        uint32_t c = next_code_point(pattern->text, &at);

        if (c >= 0x10000) {
            check_unit(pattern, &n, 0xd800 + (c - 0x10000) / 0x400);
            c = 0xdc00 + (c - 0x10000) % 0x400;
        }
        check_unit(pattern, &n, c);
    }
    CHECK(at == pattern->text_length && n == pattern->length, "%u bytes", pattern->length);
}

void check_pattern(const struct ms_patterns *patterns, size_t number)
{
    const struct ms_pattern *pattern = &patterns->all.items[number];
    struct ms_pattern_info info = ms_patterns_info(patterns, number);

    CHECK(ms_align_valid(pattern->align), "alignment %u", pattern->align);
    CHECK(info.kind == pattern->kind && info.align == pattern->align &&
              info.text_length == pattern->text_length && info.length == pattern->length,
          "the info differs");
    CHECK(info.name && info.text[info.text_length] == '\0', "no end");
    if (pattern->kind == MS_REGEX) {
        CHECK(!pattern->bytes && pattern->length <= MS_MAX_REGEX_MATCH, "a regex with bytes");
        return;
    }
    check_fixed(pattern);
    check_matches(pattern);
    if (pattern->kind == MS_ASCII)
        check_ascii(pattern);
    if (pattern->kind == MS_UTF16)
        check_utf16(pattern);
}

// == Written and read back ==

typedef MS_VEC(char) text_vec;

static void put(text_vec *text, const char *more, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!ms_vec_push(text, more[i]))
            abort();
    }
}

static void put_text(text_vec *text, const char *more)
{
    put(text, more, strlen(more));
}

static void put_quoted(text_vec *text, const char *word, size_t length)
{
    put_text(text, "\"");
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '"' || word[i] == '\\')
            put_text(text, "\\");
        put(text, word + i, 1);
    }
    put_text(text, "\"");
}

static void put_value(text_vec *text, const struct ms_pattern *pattern, uint32_t at, uint32_t width)
{
    static const char digits[] = "0123456789abcdef";

    for (uint32_t i = at + width; i-- > at;) {
        unsigned mask = pattern->mask ? pattern->mask[i] : 0xff;

        put(text, mask >> 4 ? &digits[pattern->bytes[i] >> 4] : "?", 1);
        put(text, mask & 15 ? &digits[pattern->bytes[i] & 15] : "?", 1);
    }
    put_text(text, " ");
}

// Ranges stand by ascending offset, each where an element is.
static void put_values(text_vec *text, const struct ms_pattern *pattern)
{
    uint32_t width = ms_pattern_kind_size(pattern->kind);
    size_t range = 0;

    for (uint32_t at = 0; at < pattern->length; at += width) {
        if (range < pattern->n_ranges && pattern->ranges[range].offset == at) {
            char both[48];

            snprintf(both, sizeof(both), "%llx..%llx ",
                     (unsigned long long)pattern->ranges[range].lo,
                     (unsigned long long)pattern->ranges[range].hi);
            put_text(text, both);
            range++;
        } else {
            put_value(text, pattern, at, width);
        }
    }
    CHECK(range == pattern->n_ranges, "range %zu is not where an element is", range);
}

static bool is_text(const struct ms_pattern *pattern)
{
    return ms_kind_facts(pattern->kind)->letters;
}

// What has no place on a line.
static bool is_writable(const struct ms_pattern *pattern)
{
    for (size_t i = 0; is_text(pattern) && i < pattern->text_length; i++) {
        if (memchr("\n\0", pattern->text[i], 2))
            return false;
    }
    return !strchr(pattern->name, '\n');
}

static void put_line(text_vec *text, const struct ms_pattern *pattern)
{
    char head[32];

    snprintf(head, sizeof(head), "%c%s/align=%u ", ms_kind_facts(pattern->kind)->letter,
             pattern->ignore_case && is_text(pattern) ? "/i" : "", pattern->align);
    put_text(text, head);
    if (is_text(pattern)) {
        put_quoted(text, pattern->text, pattern->text_length);
    } else {
        put_text(text, "\"");
        put_values(text, pattern);
        put_text(text, "\"");
    }
    put_text(text, " ");
    put_quoted(text, pattern->name, strlen(pattern->name));
    put_text(text, "\n");
}

static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t length)
{
    return !a == !b && (!a || memcmp(a, b, length) == 0);
}

static void check_same(const struct ms_pattern *a, const struct ms_pattern *b)
{
    CHECK(a->kind == b->kind && a->align == b->align && a->length == b->length &&
              strcmp(a->name, b->name) == 0 && a->n_ranges == b->n_ranges,
          "\"%s\" reads back as another pattern", a->text);
    CHECK(!is_text(a) || (a->ignore_case == b->ignore_case && a->text_length == b->text_length &&
                          memcmp(a->text, b->text, a->text_length) == 0),
          "\"%s\" reads back as another text", a->text);
    CHECK(same_bytes(a->bytes, b->bytes, a->length) && same_bytes(a->mask, b->mask, a->length),
          "\"%s\" reads back as other bytes", a->text);
    for (size_t i = 0; i < a->n_ranges; i++)
        CHECK(a->ranges[i].offset == b->ranges[i].offset && a->ranges[i].lo == b->ranges[i].lo &&
                  a->ranges[i].hi == b->ranges[i].hi && a->ranges[i].width == b->ranges[i].width,
              "\"%s\" reads back as another range", a->text);
}

static struct ms_patterns *read_back(const text_vec *text)
{
    FILE *stream = fmemopen(text->items, text->n, "r");
    struct ms_patterns *patterns;
    struct ms_error error;

    if (!stream || ms_patterns_create(&patterns, NULL))
        abort();
    CHECK(ms_patterns_add_stream(patterns, stream, "written", NULL, &error) == MS_OK, "%s",
          error.text);
    fclose(stream);
    return patterns;
}

void check_written(const struct ms_patterns *patterns)
{
    text_vec text = {0};
    struct ms_patterns *again;
    size_t n = 0;

    for (size_t i = 0; i < patterns->all.n; i++) {
        if (is_writable(&patterns->all.items[i]))
            put_line(&text, &patterns->all.items[i]);
    }
    if (text.n == 0)
        return;
    again = read_back(&text);
    for (size_t i = 0; i < patterns->all.n; i++) {
        if (!is_writable(&patterns->all.items[i]))
            continue;
        CHECK(n < again->all.n, "only %zu patterns are read back", n);
        check_same(&patterns->all.items[i], &again->all.items[n++]);
    }
    CHECK(n == again->all.n, "%zu patterns are read back, not %zu", again->all.n, n);
    ms_patterns_free(again);
    free(text.items);
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

void check_compiles(const struct ms_patterns *patterns)
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
