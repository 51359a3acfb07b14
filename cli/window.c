// SPDX-License-Identifier: MIT
//
// The window begins at the byte that was missed: matches come by ascending address.

#include "window.h"

#include <string.h>

static void open_space(struct window *window, size_t space)
{
    window->space = space;
    window->top = view_top(window->view, space);
    window->start = 0;
    window->length = 0;
}

void window_open(struct window *window, const struct view *view)
{
    window->view = view;
    open_space(window, 0);
}

void window_enter(struct window *window, size_t space)
{
    if (space != window->space)
        open_space(window, space);
}

static bool holds(const struct window *window, uint64_t address, size_t length)
{
    return address >= window->start && length <= window->length &&
           address - window->start <= window->length - length;
}

void window_read(struct window *window, uint64_t address, uint8_t *bytes, bool *present,
                 size_t length)
{
    size_t offset;

    if (!holds(window, address, length)) {
        window->start = address;
        window->length = WINDOW_BYTES;
        view_read(window->view, window->space, address, window->bytes, window->present,
                  WINDOW_BYTES);
    }
    offset = (size_t)(address - window->start);
    memcpy(bytes, window->bytes + offset, length);
    memcpy(present, window->present + offset, length * sizeof(*present));
}
