// SPDX-License-Identifier: MIT
//
// Patterns of each shape that an engine treats in its own way: written as text, since what is
// compiled comes from the parser. What the parser refuses is not there: pattern_fuzzer looks into
// that.

#include "situation.h"

#define MAX_FORMS 12
#define MAX_LONG  1200 // bytes of a literal

struct text {
    size_t length;
    char bytes[4 * MAX_LONG];
};

static void put_char(struct text *text, char c)
{
    text->bytes[text->length++] = c;
}

static void put_hex(struct text *text, uint8_t byte, uint8_t wild)
{
    static const char digits[] = "0123456789abcdef";

    put_char(text, wild & 1 ? '?' : digits[byte >> 4]);
    put_char(text, wild & 2 ? '?' : digits[byte & 15]);
}

static void put_value(struct text *text, uint64_t value, uint32_t width, uint64_t wild)
{
    for (uint32_t i = width; i-- > 0;)
        put_hex(text, (uint8_t)(value >> 8 * i), (uint8_t)(wild >> 2 * i));
}

// == Shapes ==

// A value, one with wild nibbles, or a range of values.
static void make_value(struct text *text, struct input *input, uint32_t width)
{
    unsigned form = (unsigned)take(input, 1);
    uint64_t value = take(input, width);

    if ((form & 3) == 3) {
        uint64_t span = take(input, form >> 2 & 3);
        uint64_t most = width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;

        put_value(text, value, width, 0);
        put_char(text, '.');
        put_char(text, '.');
        value = span > most - value ? most : value + span;
        form = 0;
    }
    put_value(text, value, width, (form & 3) == 2 ? take(input, 2) : 0);
}

static enum ms_pattern_kind make_values(struct text *text, struct input *input, unsigned form)
{
    enum ms_pattern_kind kind = (enum ms_pattern_kind)(MS_BYTE + (form >> 3 & 3));
    size_t n = form & 1 ? 1 + (form >> 5 & 3) : 1;

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            put_char(text, ' ');
        make_value(text, input, ms_pattern_kind_size(kind));
    }
    return kind;
}

static enum ms_pattern_kind make_ascii(struct text *text, struct input *input, unsigned form)
{
    size_t n = 1 + (size_t)take(input, 1) % 80;

    (void)form;
    for (size_t i = 0; i < n; i++)
        put_char(text, (char)take(input, 1));
    return MS_ASCII;
}

// Of characters that UTF-8 has as one byte.
static enum ms_pattern_kind make_utf16(struct text *text, struct input *input, unsigned form)
{
    size_t n = 1 + (size_t)take(input, 1) % 80;

    (void)form;
    for (size_t i = 0; i < n; i++)
        put_char(text, (char)((take(input, 1) & 63) + '?'));
    return MS_UTF16;
}

static enum ms_pattern_kind make_periodic(struct text *text, struct input *input, unsigned form)
{
    size_t period = 1 + (size_t)take(input, 1) % 20, length = 1 + (size_t)take(input, 2) % 100;
    uint8_t bytes[20];

    (void)form;
    for (size_t i = 0; i < period; i++)
        bytes[i] = (uint8_t)take(input, 1);
    for (size_t i = 0; i < length; i++)
        put_hex(text, bytes[i % period], 0);
    return MS_HEX;
}

// Anchors are 64 bytes at most. Few literals are longer than the 1,024 bytes that the words engine
// looks at for its own: looking takes long.
static size_t take_length(struct input *input)
{
    size_t value = (size_t)take(input, 2);

    return value >> 13 == 7 ? MAX_LONG - value % 200 : 1 + value % 100;
}

// Mostly one byte, with something else in it: anchors must be found, and verified far around.
static enum ms_pattern_kind make_long(struct text *text, struct input *input, unsigned form)
{
    size_t length = take_length(input), at = (size_t)take(input, 2) % length;
    uint8_t filling = (uint8_t)take(input, 1), other = (uint8_t)take(input, 1);
    size_t n_other = 1 + (size_t)take(input, 1) % 8;

    (void)form;
    for (size_t i = 0; i < length; i++)
        put_hex(text, i >= at && i < at + n_other ? (uint8_t)(other + i - at) : filling, 0);
    return MS_HEX;
}

// Bytes, some with wild nibbles.
static enum ms_pattern_kind make_bytes(struct text *text, struct input *input, unsigned form)
{
    size_t n = 1 + (size_t)take(input, 1) % 80;

    for (size_t i = 0; i < n; i++)
        put_hex(text, (uint8_t)take(input, 1), form & 8 ? (uint8_t)take(input, 1) : 0);
    return MS_HEX;
}

// == Patterns ==

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
    static enum ms_pattern_kind (*const shapes[])(struct text * text, struct input * input,
                                                  unsigned form) = {
        make_values, make_values, make_ascii, make_utf16, make_periodic, make_long, make_bytes,
    };
    unsigned form = (unsigned)take(input, 1), align = (unsigned)take(input, 1) % 16;
    struct ms_pattern_options options = {
        .ignore_case = form & 0x80,
        .align = align >= 1 && align <= 13 ? 1u << (align - 1) : 0,
    };
    enum ms_pattern_kind kind;
    struct text text;

    if (patterns->all.n >= MAX_PATTERNS)
        return;
    if ((form & 7) == 7) {
        add_family(patterns, input, 1u << (form >> 3 & 3));
        return;
    }
    text.length = 0; // the rest is large, and needs no clearing
    kind = shapes[form & 7](&text, input, form);
    ms_patterns_add(patterns, kind, text.bytes, text.length, &options, NULL);
}

void situation_add_patterns(struct ms_patterns *patterns, struct input *input)
{
    size_t n = 1 + (size_t)take(input, 1) % MAX_FORMS;

    for (size_t i = 0; i < n; i++)
        add_pattern(patterns, input);
}
