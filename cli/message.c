// SPDX-License-Identifier: MIT
//
// Messages are put together in one buffer and written at once, so that those of two processes on
// one terminal do not mix.

#include "message.h"

#include "escape.h"
#include "progress.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_ROOM 8192
#define LINE_ROOM    ((size_t)2 * MESSAGE_ROOM) // escaped: also a path of 4,095 bytes that all need it

void message(const char *format, ...)
{
    char text[MESSAGE_ROOM];
    char line[LINE_ROOM + 16] = "memscan: ";
    size_t length = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    length = (size_t)(format_escaped(line + length, text, strlen(text), LINE_ROOM) - line);
    line[length++] = '\n';
    progress_erase();
    fwrite(line, 1, length, stderr);
    fflush(stderr);
}

void message_error(const char *what, const struct ms_error *error)
{
    const char *text = error->text[0] != '\0' ? error->text : ms_status_name(error->status);

    message("%s%s%s", what != NULL ? what : "", what != NULL ? ": " : "", text);
}

void message_no_memory(void)
{
    message("%s", ms_status_name(MS_NOMEM));
}
