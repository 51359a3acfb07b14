// SPDX-License-Identifier: MIT
//
// Parsing of numbers, shared by patterns, pattern files and ranges.

#include "match/number.h"

// A number while its digits are read.
struct digits {
    const struct ms_subject *subject;
    size_t at;
    size_t end;
    uint32_t base;
    bool wildcards;
};

int ms_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

uint64_t ms_width_max(uint32_t width)
{
    return UINT64_MAX >> (64 - 8 * width);
}

static void read_prefix(struct digits *digits)
{
    const char *text = digits->subject->text + digits->at;
    char letter;

    if (digits->end - digits->at < 2 || text[0] != '0')
        return;
    letter = text[1] | 0x20;
    if (letter != 'x' && letter != 'n')
        return;
    digits->base = letter == 'x' ? 16 : 10;
    digits->at += 2;
}

static bool is_wildcard(const struct digits *digits, char c)
{
    return c == '?' && digits->wildcards && digits->base == 16;
}

static bool is_digit(const struct digits *digits, char c)
{
    int value = ms_hex_digit(c);

    return is_wildcard(digits, c) || (value >= 0 && (uint32_t)value < digits->base);
}

// Whether the backtick at `at` stands between two digits. What stands before it, from `digits->at`
// on, has been read: it ends in a digit, as a backtick is read only if a digit follows.
static bool splits_digits(const struct digits *digits, size_t at)
{
    return at > digits->at && at + 1 < digits->end &&
           is_digit(digits, digits->subject->text[at + 1]);
}

// Returns false if the number does not fit 64 bits any more.
static bool add_digit(struct ms_number *number, const struct digits *digits, char c)
{
    bool any = c == '?';
    uint64_t digit = any ? 0 : (uint64_t)ms_hex_digit(c);

    if (number->unknown >> 60)
        return false;
    number->unknown = number->unknown << 4 | (any ? 0xf : 0);
    return !__builtin_mul_overflow(number->value, digits->base, &number->value) &&
           !__builtin_add_overflow(number->value, digit, &number->value);
}

static enum ms_status fail_digit(const struct digits *digits, size_t at, struct ms_error *error)
{
    if (digits->subject->text[at] == '`')
        return ms_fail_char(error, digits->subject, at, "does not stand between two digits");
    return ms_fail_char(error, digits->subject, at,
                        digits->base == 16 ? "is no hexadecimal digit" : "is no decimal digit");
}

// Reads all digits; *fits_ret says whether they made a number of 64 bits.
static enum ms_status read_digits(const struct digits *digits, struct ms_number *number,
                                  bool *fits_ret, struct ms_error *error)
{
    *fits_ret = true;
    for (size_t at = digits->at; at < digits->end; at++) {
        char c = digits->subject->text[at];

        if (c == '`' && splits_digits(digits, at))
            continue;
        if (!is_digit(digits, c))
            return fail_digit(digits, at, error);
        // A digit that is none is the better complaint, so the rest is looked at all the same.
        *fits_ret = *fits_ret && add_digit(number, digits, c);
    }
    return MS_OK;
}

enum ms_status ms_number_parse(const struct ms_subject *subject, size_t first, size_t end,
                               const struct ms_number_syntax *syntax, struct ms_number *number_ret,
                               struct ms_error *error)
{
    struct digits digits = {subject, first, end, syntax->base, syntax->wildcards};
    struct ms_number number = {0};
    enum ms_status status;
    bool fits;

    read_prefix(&digits);
    if (digits.at == end)
        return ms_fail_text(error, subject, end, "a number is missing at character %zu", end + 1);
    status = read_digits(&digits, &number, &fits, error);
    if (status != MS_OK)
        return status;
    if (!fits || (number.value | number.unknown) > ms_width_max(syntax->width))
        return ms_fail_text(error, subject, first,
                            "the number at character %zu does not fit %u byte%s", first + 1,
                            syntax->width, syntax->width == 1 ? "" : "s");
    *number_ret = number;
    return MS_OK;
}
