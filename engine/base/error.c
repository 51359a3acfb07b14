// SPDX-License-Identifier: MIT

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ms_status_name(enum ms_status status)
{
    static const char *const names[] = {
        [MS_OK] = "success",
        [MS_NOMEM] = "out of memory",
        [MS_IO] = "input/output error",
        [MS_MALFORMED] = "malformed image",
        [MS_UNSUPPORTED] = "not supported",
        [MS_ARGUMENT] = "bad argument",
        [MS_STOPPED] = "stopped",
        [MS_MISSING] = "memory is not in the image",
    };
    size_t index = (size_t)status;

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown status";
}

// Texts may quote an image or a pattern: what is not printable would break the one-line promise.
static void make_one_line(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '.';
    }
}

static void set(struct ms_error *error, enum ms_status status, int os_errno, size_t column)
{
    error->status = status;
    error->os_errno = os_errno;
    error->column = column > UINT32_MAX ? UINT32_MAX : (uint32_t)column;
}

#define FORMAT_TEXT(error, format)                                                                 \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        vsnprintf((error)->text, sizeof((error)->text), format, arguments);                        \
        va_end(arguments);                                                                         \
        make_one_line((error)->text);                                                              \
    } while (0)

enum ms_status ms_fail(struct ms_error *error, enum ms_status status, const char *format, ...)
{
    if (error) {
        set(error, status, 0, 0);
        FORMAT_TEXT(error, format);
    }
    return status;
}

enum ms_status ms_fail_errno(struct ms_error *error, int os_errno, const char *format, ...)
{
    if (error) {
        char reason[128];
        size_t used;

        set(error, MS_IO, os_errno, 0);
        FORMAT_TEXT(error, format);
        used = strlen(error->text);
        // The GNU variant: it may return a string of its own instead of filling the buffer.
        snprintf(error->text + used, sizeof(error->text) - used, ": %s",
                 strerror_r(os_errno, reason, sizeof(reason)));
    }
    return MS_IO;
}

enum ms_status ms_fail_at(struct ms_error *error, size_t column, const char *format, ...)
{
    if (error) {
        set(error, MS_ARGUMENT, 0, column);
        FORMAT_TEXT(error, format);
    }
    return MS_ARGUMENT;
}

enum ms_status ms_fail_nomem(struct ms_error *error)
{
    return ms_fail(error, MS_NOMEM, "out of memory");
}

enum ms_status ms_prepend(struct ms_error *error, enum ms_status status, const char *format, ...)
{
    if (error) {
        char below[sizeof(error->text)];
        size_t used;

        memcpy(below, error->text, sizeof(below));
        FORMAT_TEXT(error, format);
        used = strlen(error->text);
        snprintf(error->text + used, sizeof(error->text) - used, ": %s", below);
    }
    return status;
}
