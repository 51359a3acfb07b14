// SPDX-License-Identifier: MIT
//
// A few pages of an image, read at once: a call to the library for each of ten million matches
// would cost more than all the printing.

#ifndef CLI_WINDOW_H
#define CLI_WINDOW_H

#include <memscan/memscan.h>

#define WINDOW_BYTES 4096

struct window {
    const struct ms_image *image;
    uint64_t start;
    size_t length; // 0: nothing read so far
    uint8_t bytes[WINDOW_BYTES];
    bool present[WINDOW_BYTES];
};

// Forgets what was read, and reads from `image` from now on.
void window_open(struct window *window, const struct ms_image *image);

// As ms_image_read(), for up to WINDOW_BYTES bytes.
size_t window_read(struct window *window, uint64_t address, uint8_t *bytes, bool *present,
                   size_t length);

#endif
