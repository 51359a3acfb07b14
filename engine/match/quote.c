// SPDX-License-Identifier: MIT
//
// Quoting a text in an error. All is done in fixed buffers: reporting an error allocates nothing.

#include "match/quote.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    QUOTED_MAX = 48,    // bytes of a text that are quoted
    QUOTED_BEFORE = 32, // of them before the fault, if the text is longer
    ESCAPED_MAX = 4,    // characters that stand for one byte: \xNN
};

static size_t put_byte(char *out, char byte)
{
    bool printable = byte >= 0x20 && byte < 0x7f;
    int n = printable ? snprintf(out, ESCAPED_MAX + 1, "%c", byte)
                      : snprintf(out, ESCAPED_MAX + 1, "\\x%02x", (unsigned char)byte);

    return (size_t)n;
}

static void quote(char *out, const struct ms_subject *subject, size_t at)
{
    size_t first = 0;
    size_t end = subject->length;

    if (subject->length > QUOTED_MAX) {
        first = at > QUOTED_BEFORE ? at - QUOTED_BEFORE : 0;
        if (first > subject->length - QUOTED_MAX)
            first = subject->length - QUOTED_MAX;
        end = first + QUOTED_MAX;
    }
    out = stpcpy(out, first > 0 ? "\"..." : "\"");
    for (size_t i = first; i < end; i++)
        out += put_byte(out, subject->text[i]);
    strcpy(out, end < subject->length ? "...\"" : "\"");
}

enum ms_status ms_fail_text(struct ms_error *error, const struct ms_subject *subject, size_t at,
                            const char *format, ...)
{
    char quoted[(size_t)QUOTED_MAX * ESCAPED_MAX + sizeof("\"......\"")];
    char message[160];
    va_list arguments;

    if (!error)
        return MS_ARGUMENT;
    quote(quoted, subject, at);
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    return ms_fail_at(error, at + 1, "%s %s: %s", subject->what, quoted, message);
}

enum ms_status ms_fail_char(struct ms_error *error, const struct ms_subject *subject, size_t at,
                            const char *complaint)
{
    char byte[ESCAPED_MAX + 1];

    put_byte(byte, subject->text[at]);
    return ms_fail_text(error, subject, at, "'%s' at character %zu %s", byte, at + 1, complaint);
}
