// SPDX-License-Identifier: MIT
//
// Filling a struct ms_error. Every function accepts error == NULL and returns the status, so that a
// failure is one line: return ms_fail(error, MS_MALFORMED, "...").

#ifndef MS_BASE_ERROR_H
#define MS_BASE_ERROR_H

#include <memscan/status.h>

#define MS_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))

enum ms_status ms_fail(struct ms_error *error, enum ms_status status, const char *format, ...)
    MS_PRINTF(3, 4);

// MS_IO, with ": " and the system's text for `os_errno` behind the given one.
enum ms_status ms_fail_errno(struct ms_error *error, int os_errno, const char *format, ...)
    MS_PRINTF(3, 4);

// MS_ARGUMENT about the character at `column` (from 1) of a text.
enum ms_status ms_fail_at(struct ms_error *error, size_t column, const char *format, ...)
    MS_PRINTF(3, 4);

enum ms_status ms_fail_nomem(struct ms_error *error);

// Puts context and ": " in front of the text of a failure that came from below; returns its status.
enum ms_status ms_prepend(struct ms_error *error, enum ms_status status, const char *format, ...)
    MS_PRINTF(3, 4);

#endif
