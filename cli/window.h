// SPDX-License-Identifier: MIT
//
// A few pages of a space, read at once: a call to the library for each of ten million matches would
// cost more than all the printing.

#ifndef CLI_WINDOW_H
#define CLI_WINDOW_H

#include "memory_view.h"

#define WINDOW_BYTES 4096

struct window {
    const struct view *view;
    size_t space;
    uint64_t top; // the last address of the space
    uint64_t start;
    size_t length; // 0: nothing read so far
    uint8_t bytes[WINDOW_BYTES];
    bool present[WINDOW_BYTES];
};

// Forgets what was read, and reads from space 0 of `view` from now on.
void window_open(struct window *window, const struct view *view);

// Reads from another space from now on, or from the same.
void window_enter(struct window *window, size_t space);

// Sets up to WINDOW_BYTES bytes and which of them are present, as ms_image_read() does.
void window_read(struct window *window, uint64_t address, uint8_t *bytes, bool *present,
                 size_t length);

#endif
