// SPDX-License-Identifier: MIT
//
// Text to numbers and to bytes.

#include "quantity.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- quantities ----------------------------------------------------------------------- */

/** A number being read; `broken` is set once and checked at the end. */
struct cursor {
    const char *at;
    bool broken;
    bool too_large;
};

static uint64_t digits_of(struct cursor *cursor, unsigned base)
{
    const char *start = cursor->at;
    uint64_t value = 0;
    for (; isxdigit((unsigned char)*cursor->at); cursor->at++) {
        unsigned digit = (unsigned)(isdigit((unsigned char)*cursor->at)
                                        ? *cursor->at - '0'
                                        : tolower((unsigned char)*cursor->at) - 'a' + 10);
        if (digit >= base)
            break;
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            cursor->too_large = true;
    }
    if (cursor->at == start)
        cursor->broken = true;
    return value;
}

static bool skip_prefix(struct cursor *cursor, const char *prefix)
{
    if (strncasecmp(cursor->at, prefix, 2) != 0)
        return false;
    cursor->at += 2;
    return true;
}

static uint64_t factor_of(struct cursor *cursor)
{
    static const char suffixes[] = "KMGT";
    uint64_t value = digits_of(cursor, skip_prefix(cursor, "0x") ? 16 : 10);
    const char *suffix = *cursor->at ? strchr(suffixes, toupper((unsigned char)*cursor->at)) : NULL;
    if (suffix) {
        unsigned shift = 10 * (unsigned)(suffix - suffixes + 1);
        cursor->at++;
        if (value > UINT64_MAX >> shift)
            cursor->too_large = true;
        value <<= shift;
    }
    return value;
}

static uint64_t product_of(struct cursor *cursor)
{
    uint64_t value = factor_of(cursor);
    while (*cursor->at == '*' || *cursor->at == '/') {
        bool times = *cursor->at++ == '*';
        uint64_t factor = factor_of(cursor);
        if (times && __builtin_mul_overflow(value, factor, &value))
            cursor->too_large = true;
        if (!times && factor == 0)
            cursor->broken = true;
        else if (!times)
            value /= factor;
    }
    return value;
}

static uint64_t sum_of(struct cursor *cursor)
{
    uint64_t value = product_of(cursor);
    while (*cursor->at == '+' || *cursor->at == '-') {
        bool plus = *cursor->at++ == '+';
        uint64_t term = product_of(cursor);
        if (plus ? __builtin_add_overflow(value, term, &value)
                 : __builtin_sub_overflow(value, term, &value))
            cursor->too_large = true;
    }
    return value;
}

uint64_t quantity_of(const struct word *word, const char *what)
{
    struct cursor cursor = {.at = word->text};
    uint64_t value = sum_of(&cursor);
    if (cursor.broken || cursor.at != word->text + word->length)
        fail_at(word->place, "%s (a number such as 0x1000, 64K or 4G-2), not '%s'", what,
                word->text);
    if (cursor.too_large)
        fail_at(word->place, "%s between 0 and 2^64-1, not '%s'", what, word->text);
    return value;
}

/* ---- bytes ---------------------------------------------------------------------------- */

/** Bytes being collected. */
struct sink {
    struct bytes bytes;
    size_t capacity;
};

static void sink_byte(struct sink *sink, unsigned byte)
{
    sink->bytes.data = grow(sink->bytes.data, sink->bytes.length, &sink->capacity, 1);
    sink->bytes.data[sink->bytes.length++] = (uint8_t)byte;
}

static void sink_little_endian(struct sink *sink, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        sink_byte(sink, (unsigned)(value >> (8 * i)) & 0xff);
}

struct bytes hex_of(const struct word *word)
{
    struct sink sink = {0};
    size_t digits = strspn(word->text, "0123456789abcdefABCDEF");
    if (digits == 0 || digits % 2 != 0 || digits != word->length)
        fail_at(word->place, "an even number of hex digits, not '%s'", word->text);
    for (size_t i = 0; i < digits; i += 2) {
        const char pair[] = {word->text[i], word->text[i + 1], '\0'};
        sink_byte(&sink, (unsigned)strtoul(pair, NULL, 16));
    }
    return sink.bytes;
}

static struct bytes hex_value(const struct word *word, unsigned width)
{
    (void)width;
    return hex_of(word);
}

static struct bytes ascii_value(const struct word *word, unsigned width)
{
    struct sink sink = {0};
    (void)width;
    for (size_t i = 0; i < word->length; i++)
        sink_byte(&sink, (unsigned char)word->text[i]);
    return sink.bytes;
}

/** One word of hexadecimal numbers, each stored in `width` bytes. */
static struct bytes number_value(const struct word *word, unsigned width)
{
    struct sink sink = {0};
    struct cursor cursor = {.at = word->text};
    while (*cursor.at) {
        unsigned base = skip_prefix(&cursor, "0n") ? 10 : 16;
        if (base == 16)
            skip_prefix(&cursor, "0x");
        uint64_t value = digits_of(&cursor, base);
        if (cursor.broken || (*cursor.at && *cursor.at != ' '))
            fail_at(word->place, "hexadecimal numbers (0n for decimal), not '%s'", word->text);
        if (cursor.too_large || (width < 8 && value >> (8 * width)))
            fail_at(word->place, "values of %u bytes, not '%s'", width, word->text);
        sink_little_endian(&sink, value, width);
        cursor.at += strspn(cursor.at, " ");
    }
    return sink.bytes;
}

/** Decodes one UTF-8 sequence at `at`; fails on anything that Unicode forbids. */
static uint32_t code_point_at(const struct word *word, size_t *at)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)word->text[(*at)++];
    unsigned tail = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    uint32_t point = tail ? first & (0x3fu >> tail) : first;
    bool good = first < 0x80 || (first >= 0xc2 && first < 0xf5);
    for (unsigned i = 0; good && i < tail; i++) {
        unsigned char next = *at < word->length ? (unsigned char)word->text[(*at)++] : 0;
        good = (next & 0xc0) == 0x80;
        point = point << 6 | (next & 0x3fu);
    }
    if (!good || point < least[tail] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        fail_at(word->place, "text in UTF-8");
    return point;
}

static struct bytes utf16_value(const struct word *word, unsigned width)
{
    struct sink sink = {0};
    for (size_t at = 0; at < word->length;) {
        uint32_t point = code_point_at(word, &at);
        if (point >= 0x10000) {
            sink_little_endian(&sink, 0xd800 + ((point - 0x10000) >> 10), width);
            point = 0xdc00 + ((point - 0x10000) & 0x3ff);
        }
        sink_little_endian(&sink, point, width);
    }
    return sink.bytes;
}

const char value_kinds[] = "byte, word, dword, qword, ascii, utf16 or hex";

struct bytes value_of(const struct word *kind, const struct word *value)
{
    static const struct {
        const char *name;
        struct bytes (*read)(const struct word *word, unsigned width);
        unsigned width;
    } kinds[] = {
        {"byte", number_value, 1},  {"word", number_value, 2}, {"dword", number_value, 4},
        {"qword", number_value, 8}, {"ascii", ascii_value, 1}, {"utf16", utf16_value, 2},
        {"hex", hex_value, 1},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, kind->text) != 0)
            continue;
        struct bytes bytes = kinds[i].read(value, kinds[i].width);
        if (bytes.length == 0)
            fail_at(value->place, "a value that is not empty");
        return bytes;
    }
    fail_at(kind->place, "%s, not '%s'", value_kinds, kind->text);
}
