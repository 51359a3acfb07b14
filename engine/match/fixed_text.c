// SPDX-License-Identifier: MIT
//
// Parsing of fixed patterns: sequences of values, text as bytes or as UTF-16, hex bytes. Each kind
// has one function, which appends element after element to a struct literal; the table is at the
// end.

#include "match/fixed_text.h"

#include "base/bytes.h"
#include "match/number.h"

#include <stdlib.h>
#include <string.h>

// A pattern while its text is read. `bytes` and `mask` grow together.
struct literal {
    struct ms_subject subject;
    size_t at; // what is read next
    uint32_t width;
    bool ignore_case;
    MS_VEC(uint8_t) bytes;
    MS_VEC(uint8_t) mask;
    MS_VEC(struct ms_value_range) ranges;
    bool masked; // some bits do not count
    struct ms_error *error;
};

static bool at_end(const struct literal *literal)
{
    return literal->at == literal->subject.length;
}

static char peek(const struct literal *literal)
{
    return literal->subject.text[literal->at];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct literal *literal)
{
    while (!at_end(literal) && is_blank(peek(literal)))
        literal->at++;
}

static enum ms_status fail(const struct literal *literal, size_t at, const char *complaint)
{
    return ms_fail_char(literal->error, &literal->subject, at, complaint);
}

// Appends a value that stands at `at` in the text. Bits that `mask` lacks do not count; `value`
// lacks them too.
static enum ms_status append(struct literal *literal, size_t at, uint64_t value, uint64_t mask,
                             uint32_t width)
{
    size_t n = literal->bytes.n;

    if (width > MS_MAX_LITERAL - n)
        return ms_fail_text(literal->error, &literal->subject, at,
                            "at character %zu the pattern exceeds %d bytes", at + 1,
                            MS_MAX_LITERAL);
    if (!ms_vec_reserve(&literal->bytes, width) || !ms_vec_reserve(&literal->mask, width))
        return ms_fail_nomem(literal->error);
    ms_put_le(literal->bytes.items + n, value, width);
    ms_put_le(literal->mask.items + n, mask, width);
    literal->bytes.n += width;
    literal->mask.n += width;
    literal->masked |= mask != ms_width_max(width);
    return MS_OK;
}

// == Values ==

// A value as written: its number, and where it starts.
struct operand {
    struct ms_number number;
    size_t start;
};

// Whether LO..HI goes on with its dots here.
static bool at_dots(const struct literal *literal)
{
    return literal->subject.length - literal->at >= 2 && peek(literal) == '.' &&
           literal->subject.text[literal->at + 1] == '.';
}

// 'abcd': the last character is the lowest byte.
static enum ms_status parse_constant(struct literal *literal, struct operand *operand)
{
    const char *first = literal->subject.text + operand->start + 1;
    const char *end = literal->subject.text + literal->subject.length;
    const char *quote = memchr(first, '\'', (size_t)(end - first));

    if (!quote)
        return fail(literal, operand->start, "has no closing '");
    if (quote == first)
        return fail(literal, operand->start, "starts a constant without characters");
    if (quote - first > literal->width)
        return ms_fail_text(literal->error, &literal->subject, operand->start,
                            "the constant at character %zu does not fit %u byte%s",
                            operand->start + 1, literal->width, literal->width == 1 ? "" : "s");
    for (; first < quote; first++)
        operand->number.value = operand->number.value << 8 | (uint8_t)*first;
    literal->at = (size_t)(quote - literal->subject.text) + 1;
    return MS_OK;
}

static enum ms_status parse_digits(struct literal *literal, struct operand *operand)
{
    struct ms_number_syntax syntax = {.base = 16, .width = literal->width, .wildcards = true};

    while (!at_end(literal) && !is_blank(peek(literal)) && !at_dots(literal))
        literal->at++;
    return ms_number_parse(&literal->subject, operand->start, literal->at, &syntax,
                           &operand->number, literal->error);
}

static enum ms_status parse_operand(struct literal *literal, struct operand *operand)
{
    *operand = (struct operand){.start = literal->at};
    if (!at_end(literal) && peek(literal) == '\'')
        return parse_constant(literal, operand);
    return parse_digits(literal, operand);
}

// Both ends of a range are known: appends it.
static enum ms_status append_range(struct literal *literal, const struct operand *lo,
                                   const struct operand *hi)
{
    const char *text = literal->subject.text;
    struct ms_value_range range = {
        .offset = (uint32_t)literal->bytes.n,
        .width = literal->width,
        .lo = lo->number.value,
        .hi = hi->number.value,
    };
    const char *wildcard = NULL;

    if (lo->number.unknown || hi->number.unknown)
        wildcard = memchr(text + lo->start, '?', literal->at - lo->start);
    if (wildcard)
        return fail(literal, (size_t)(wildcard - text), "cannot stand in LO..HI");
    if (range.hi < range.lo)
        return ms_fail_text(literal->error, &literal->subject, hi->start,
                            "the value at character %zu is below the one before the ..",
                            hi->start + 1);
    if (!ms_vec_push(&literal->ranges, range))
        return ms_fail_nomem(literal->error);
    return append(literal, lo->start, 0, 0, literal->width);
}

static enum ms_status parse_value(struct literal *literal)
{
    struct operand lo, hi;
    enum ms_status status = parse_operand(literal, &lo);

    if (status != MS_OK)
        return status;
    if (at_dots(literal)) {
        literal->at += 2;
        status = parse_operand(literal, &hi);
        if (status == MS_OK)
            status = append_range(literal, &lo, &hi);
    } else {
        uint64_t mask = ms_width_max(literal->width) & ~lo.number.unknown;
        status = append(literal, lo.start, lo.number.value, mask, literal->width);
    }
    if (status == MS_OK && !at_end(literal) && !is_blank(peek(literal)))
        return fail(literal, literal->at, "follows a value without a blank");
    return status;
}

static enum ms_status parse_values(struct literal *literal)
{
    for (skip_blanks(literal); !at_end(literal); skip_blanks(literal)) {
        enum ms_status status = parse_value(literal);

        if (status != MS_OK)
            return status;
    }
    return MS_OK;
}

// == Hex bytes ==

// The digit at `at` as the lowest nibble of a value and of a mask.
static bool read_nibble(const struct literal *literal, size_t at, uint8_t *value, uint8_t *mask)
{
    char c = literal->subject.text[at];
    int digit = c == '?' ? 0 : ms_hex_digit(c);

    if (digit < 0)
        return false;
    *value = (uint8_t)(*value << 4 | digit);
    *mask = (uint8_t)(*mask << 4 | (c == '?' ? 0 : 0xf));
    return true;
}

static enum ms_status parse_hex_byte(struct literal *literal)
{
    size_t at = literal->at;
    uint8_t value = 0, mask = 0;

    if (!read_nibble(literal, at, &value, &mask))
        return fail(literal, at, "is no hexadecimal digit");
    literal->at++;
    if (at_end(literal) || is_blank(peek(literal)))
        return fail(literal, at, "is half a byte: digits come in pairs");
    if (!read_nibble(literal, at + 1, &value, &mask))
        return fail(literal, at + 1, "is no hexadecimal digit");
    literal->at++;
    return append(literal, at, value, mask, 1);
}

// A stretch without blanks, which may start with 0x as other values may.
static enum ms_status parse_hex_group(struct literal *literal)
{
    const char *text = literal->subject.text + literal->at;
    enum ms_status status = MS_OK;

    if (literal->subject.length - literal->at > 2 && text[0] == '0' && (text[1] | 0x20) == 'x')
        literal->at += 2;
    do
        status = parse_hex_byte(literal);
    while (status == MS_OK && !at_end(literal) && !is_blank(peek(literal)));
    return status;
}

static enum ms_status parse_hex(struct literal *literal)
{
    for (skip_blanks(literal); !at_end(literal); skip_blanks(literal)) {
        enum ms_status status = parse_hex_group(literal);

        if (status != MS_OK)
            return status;
    }
    return MS_OK;
}

// == Text ==

// Appends a code unit. A letter whose case is ignored loses the bit that tells its cases apart.
static enum ms_status append_unit(struct literal *literal, size_t at, uint32_t unit, uint32_t width)
{
    uint32_t small = unit | 0x20;
    uint64_t mask = ms_width_max(width);

    if (literal->ignore_case && small >= 'a' && small <= 'z')
        mask &= ~UINT64_C(0x20);
    return append(literal, at, unit & mask, mask, width);
}

static enum ms_status parse_ascii(struct literal *literal)
{
    enum ms_status status = MS_OK;

    for (; status == MS_OK && !at_end(literal); literal->at++)
        status = append_unit(literal, literal->at, (uint8_t)peek(literal), 1);
    return status;
}

// UTF-8 by the number of continuation bytes. `least` refuses the overlong forms.
static const struct {
    uint8_t lead_mask;
    uint8_t lead;
    uint32_t least;
} utf8_forms[] = {
    {0x80, 0x00, 0},
    {0xe0, 0xc0, 0x80},
    {0xf0, 0xe0, 0x800},
    {0xf8, 0xf0, 0x10000},
};

static bool is_code_point(uint32_t c)
{
    return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

// Reads a code point with `n` continuation bytes.
static bool read_utf8_form(const uint8_t *bytes, size_t length, size_t n, uint32_t *c_ret)
{
    uint32_t c = bytes[0] & (uint8_t)~utf8_forms[n].lead_mask;

    if (length <= n)
        return false;
    for (size_t i = 1; i <= n; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
        c = c << 6 | (bytes[i] & 0x3f);
    }
    *c_ret = c;
    return c >= utf8_forms[n].least && is_code_point(c);
}

// Reads the code point at the start of `length` bytes; returns how many it took, 0 if it is none.
static size_t read_utf8(const uint8_t *bytes, size_t length, uint32_t *c_ret)
{
    for (size_t n = 0; n < sizeof(utf8_forms) / sizeof(utf8_forms[0]); n++) {
        if ((bytes[0] & utf8_forms[n].lead_mask) == utf8_forms[n].lead)
            return read_utf8_form(bytes, length, n, c_ret) ? n + 1 : 0;
    }
    return 0;
}

static enum ms_status append_code_point(struct literal *literal, uint32_t c)
{
    uint32_t high, low;

    if (c < 0x10000)
        return append_unit(literal, literal->at, c, 2);
    high = 0xd800 + (c - 0x10000) / 0x400;
    low = 0xdc00 + c % 0x400;
    return append(literal, literal->at, (uint64_t)low << 16 | high, UINT32_MAX, 4);
}

static enum ms_status parse_utf16(struct literal *literal)
{
    while (!at_end(literal)) {
        const uint8_t *bytes = (const uint8_t *)literal->subject.text + literal->at;
        uint32_t c;
        size_t used = read_utf8(bytes, literal->subject.length - literal->at, &c);
        enum ms_status status;

        if (used == 0)
            return fail(literal, literal->at, "is not valid UTF-8");
        status = append_code_point(literal, c);
        if (status != MS_OK)
            return status;
        literal->at += used;
    }
    return MS_OK;
}

// == The whole ==

static enum ms_status (*const parsers[MS_N_PATTERN_KINDS])(struct literal *) = {
    [MS_BYTE] = parse_values,  [MS_WORD] = parse_values, [MS_DWORD] = parse_values,
    [MS_QWORD] = parse_values, [MS_ASCII] = parse_ascii, [MS_UTF16] = parse_utf16,
    [MS_HEX] = parse_hex,
};

static void release(struct literal *literal)
{
    free(literal->bytes.items);
    free(literal->mask.items);
    free(literal->ranges.items);
}

// Hands over what was read.
static void finish(struct literal *literal, struct ms_pattern *pattern)
{
    if (!literal->masked) {
        free(literal->mask.items);
        literal->mask.items = NULL;
    }
    pattern->length = (uint32_t)literal->bytes.n;
    pattern->bytes = literal->bytes.items;
    pattern->mask = literal->mask.items;
    pattern->ranges = literal->ranges.items;
    pattern->n_ranges = literal->ranges.n;
}

enum ms_status ms_literal_parse(struct ms_pattern *pattern, struct ms_error *error)
{
    const struct ms_kind_facts *facts = ms_kind_facts(pattern->kind);
    struct literal literal = {
        .subject = {facts->name, pattern->text, pattern->text_length},
        .width = facts->size,
        .ignore_case = pattern->ignore_case,
        .error = error,
    };
    enum ms_status status = parsers[pattern->kind](&literal);

    if (status == MS_OK && literal.bytes.n == 0)
        status = ms_fail_text(error, &literal.subject, 0, "the pattern is empty");
    if (status == MS_OK)
        finish(&literal, pattern);
    else
        release(&literal);
    return status;
}
