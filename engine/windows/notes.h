// SPDX-License-Identifier: MIT
//
// Lines that tell the user what was passed over, and why. Zero-initialised there are none.

#ifndef MS_WINDOWS_NOTES_H
#define MS_WINDOWS_NOTES_H

#include "base/error.h"
#include "base/vec.h"

#include <stdarg.h>

struct ms_notes {
    MS_VEC(char *) lines;
};

// Adds a line. False without memory.
bool ms_notes_add(struct ms_notes *notes, const char *format, ...) MS_PRINTF(2, 3);
bool ms_notes_add_list(struct ms_notes *notes, const char *format, va_list arguments)
    MS_PRINTF(2, 0);

void ms_notes_release(struct ms_notes *notes);

#endif
