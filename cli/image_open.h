// SPDX-License-Identifier: MIT
//
// Opening the images of the command line, with what a user should be told about them.

#ifndef CLI_IMAGE_OPEN_H
#define CLI_IMAGE_OPEN_H

#include "settings.h"

// Opens an image and prints its warnings unless --quiet. Returns NULL after an error message, which
// has a hint where the argument looks like something else than a file.
struct ms_image *image_open(const char *path, const struct settings *settings);

#endif
