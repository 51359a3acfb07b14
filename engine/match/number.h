// SPDX-License-Identifier: MIT
//
// Numbers as people type them: hexadecimal or decimal by default, 0x and 0n in front to say which,
// a backtick between two digits, and in patterns `?` for any nibble.

#ifndef MS_MATCH_NUMBER_H
#define MS_MATCH_NUMBER_H

#include "match/quote.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_number {
    uint64_t value;   // a ? counts as 0
    uint64_t unknown; // the bits that stand under a ?
};

struct ms_number_syntax {
    uint32_t base;  // of a number without 0x or 0n: 16 or 10
    uint32_t width; // the bytes that it must fit, 1 to 8; zeros in front do not count
    bool wildcards; // allow ? for the digits of a hexadecimal number
};

// Parses the bytes [first, end) of the subject, all of which must belong to the number.
enum ms_status ms_number_parse(const struct ms_subject *subject, size_t first, size_t end,
                               const struct ms_number_syntax *syntax, struct ms_number *number_ret,
                               struct ms_error *error);

// The value of a digit, 0 to 15, or -1.
int ms_hex_digit(char c);

// The largest value of `width` bytes, 1 to 8.
uint64_t ms_width_max(uint32_t width);

#endif
