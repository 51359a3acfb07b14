// SPDX-License-Identifier: MIT
//
// Opening the images of the command line, with what a user should be told about them.

#ifndef CLI_IMAGE_OPEN_H
#define CLI_IMAGE_OPEN_H

#include "settings.h"

// An image, and the page tables that were found in it. Without spaces so far: space_choice.h.
struct opened {
    const char *path;
    struct ms_image *image;
    struct ms_spaces *spaces;
    const struct ms_range *hole; // that the file leaves out; NULL: none
    bool hole_found;             // by its page tables; else it was given
    struct ms_range hole_room;
};

// Opens an image and prints its warnings unless --quiet. Returns false after an error message,
// which has a hint where the argument of a search looks like something to search for. Released
// with image_close() either way.
bool image_open(struct opened *opened, const char *path, const struct settings *settings);
void image_close(struct opened *opened);

// Says, unless --quiet, that bytes could not be read: page tables, modules and the like may lie
// there. `bytes` is what ms_image_unread() has counted since; 0 says nothing.
void image_tell_unread(const char *path, uint64_t bytes, const struct settings *settings);

#endif
