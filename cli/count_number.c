// SPDX-License-Identifier: MIT
//
// strtoull accepts signs, blanks and octal, none of which should pass here.

#include "count_number.h"

#include <stddef.h>
#include <string.h>

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

// Reads `length` characters.
static bool parse(const char *text, size_t length, uint64_t max, uint64_t *value_ret)
{
    bool hex = length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
    uint64_t base = hex ? 16 : 10, value = 0;

    for (size_t i = hex ? 2 : 0; i < length; i++) {
        uint64_t digit = (uint64_t)digit_value(text[i]);

        if (digit >= base || digit > max || value > (max - digit) / base)
            return false;
        value = value * base + digit;
    }
    *value_ret = value;
    return length > 0;
}

bool number_parse(const char *text, uint64_t max, uint64_t *value_ret)
{
    return parse(text, strlen(text), max, value_ret);
}

bool number_parse_size(const char *text, uint64_t max, uint64_t *value_ret)
{
    size_t length = strlen(text);
    char last = length > 0 ? (char)(text[length - 1] | 0x20) : '\0';
    unsigned shift = last == 'k' ? 10 : last == 'm' ? 20 : 0;

    if (!parse(text, length - (shift != 0), max >> shift, value_ret))
        return false;
    *value_ret <<= shift;
    return true;
}

bool number_parse_percent(const char *text, uint64_t *ppm_ret)
{
    size_t length = strlen(text);
    uint64_t whole, fraction = 0, scale = 10000;
    size_t whole_length;

    if (length > 0 && text[length - 1] == '%')
        length--;
    whole_length = strcspn(text, ".");
    if (whole_length > length)
        whole_length = length;
    if (!parse(text, whole_length, 100, &whole))
        return false;
    for (size_t i = whole_length + 1; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        scale /= 10;
        fraction += scale * (uint64_t)(text[i] - '0');
    }
    *ppm_ret = whole * 10000 + fraction;
    return *ppm_ret <= 1000000;
}
