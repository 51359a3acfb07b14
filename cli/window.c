// SPDX-License-Identifier: MIT
//
// The window begins at the byte that was missed: matches come by ascending address.

#include "window.h"

#include <string.h>

void window_open(struct window *window, const struct ms_image *image)
{
    window->image = image;
    window->start = 0;
    window->length = 0;
}

static bool holds(const struct window *window, uint64_t address, size_t length)
{
    return address >= window->start && length <= window->length &&
           address - window->start <= window->length - length;
}

size_t window_read(struct window *window, uint64_t address, uint8_t *bytes, bool *present,
                   size_t length)
{
    size_t n_present = 0, offset;

    if (!holds(window, address, length)) {
        window->start = address;
        window->length = WINDOW_BYTES;
        ms_image_read(window->image, address, window->bytes, window->present, WINDOW_BYTES);
    }
    offset = (size_t)(address - window->start);
    memcpy(bytes, window->bytes + offset, length);
    memcpy(present, window->present + offset, length * sizeof(*present));
    for (size_t i = 0; i < length; i++)
        n_present += present[i];
    return n_present;
}
