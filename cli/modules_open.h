// SPDX-License-Identifier: MIT
//
// The modules of a space, with what a user should be told about them.

#ifndef CLI_MODULES_OPEN_H
#define CLI_MODULES_OPEN_H

#include "listing.h"

// Finds the modules of a space, prints what was passed over unless --quiet. NULL after an error
// message, and if somebody interrupted, which is then told.
struct ms_modules *modules_open(struct listing *listing, size_t space);

// The same for who also lists what was found before somebody interrupted.
struct ms_modules *modules_open_part(struct listing *listing, size_t space);

// Frees them, after printing what was passed over since. NULL is allowed.
void modules_close(struct listing *listing, struct ms_modules *modules);

// Prints what was passed over of an image's modules, and whether there is no kernel.
void modules_print_notes(const struct ms_modules *modules, const char *image, const char *space);

// Whether a module is asked for by --module, or none is.
bool module_is_named(const struct settings *settings, const char *name, const char *file);

// "Sat Nov 20 09:30:02 2010", the time stamp of a module, in UTC; returns the position behind.
#define TIMESTAMP_ROOM 32
char *format_timestamp(char *at, uint32_t timestamp);

#endif
