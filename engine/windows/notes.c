// SPDX-License-Identifier: MIT

#include "windows/notes.h"

#include <stdio.h>
#include <stdlib.h>

bool ms_notes_add_list(struct ms_notes *notes, const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0)
        return false;
    if (ms_vec_push(&notes->lines, text))
        return true;
    free(text);
    return false;
}

bool ms_notes_add(struct ms_notes *notes, const char *format, ...)
{
    va_list arguments;
    bool ok;

    va_start(arguments, format);
    ok = ms_notes_add_list(notes, format, arguments);
    va_end(arguments);
    return ok;
}

void ms_notes_release(struct ms_notes *notes)
{
    for (size_t i = 0; i < notes->lines.n; i++)
        free(notes->lines.items[i]);
    free(notes->lines.items);
    *notes = (struct ms_notes){0};
}
