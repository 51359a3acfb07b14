// SPDX-License-Identifier: MIT
//
// Errors about a text that somebody typed. They say what the text is, quote it (shortened around
// the fault if it is long, unprintable bytes as \xNN) and name the character at fault:
//
//     dword "7809004g": 'g' at character 8 is no hexadecimal digit

#ifndef MS_MATCH_QUOTE_H
#define MS_MATCH_QUOTE_H

#include "base/error.h"

#include <stddef.h>

// A text that is being parsed.
struct ms_subject {
    const char *what; // what it is in errors: "dword", "range"
    const char *text; // need not end in a NUL
    size_t length;
};

// MS_ARGUMENT about the byte at offset `at` of the subject, or about its end if `at` is its length.
enum ms_status ms_fail_text(struct ms_error *error, const struct ms_subject *subject, size_t at,
                            const char *format, ...) MS_PRINTF(4, 5);

// The same, the message starting with the byte at `at`, which exists, and its position.
enum ms_status ms_fail_char(struct ms_error *error, const struct ms_subject *subject, size_t at,
                            const char *complaint);

#endif
