// SPDX-License-Identifier: MIT
//
// A view without spaces and one of the physical space alone look the same.

#include "memory_view.h"

#include "escape.h"
#include <string.h>

#define NAME_BYTES 48

void view_open(struct view *view, const struct ms_image *image, const struct ms_spaces *spaces)
{
    size_t n_virtual = 0, n_physical = 0;

    *view = (struct view){.image = image, .spaces = spaces};
    for (size_t i = 0; i < view_count(view); i++) {
        struct ms_space_info info = view_space(view, i);

        *(space_is_physical(&info) ? &n_physical : &n_virtual) += 1;
    }
    view->names_virtual = n_virtual > 1;
    view->names_physical = n_physical > 1;
}

size_t view_count(const struct view *view)
{
    return view->spaces != NULL ? ms_spaces_count(view->spaces) : 1;
}

struct ms_space_info view_space(const struct view *view, size_t space)
{
    if (view->spaces != NULL)
        return ms_spaces_info(view->spaces, space);
    return (struct ms_space_info){
        .name = "physical",
        .kind = MS_SPACE_PHYSICAL,
        .address_bits = ms_image_address_bits(view->image),
    };
}

uint64_t view_top(const struct view *view, size_t space)
{
    struct ms_space_info info = view_space(view, space);

    return !space_is_physical(&info) && info.address_bits == 32 ? UINT32_MAX : UINT64_MAX;
}

// Matches of the space unmapped may begin or end in pages that are mapped elsewhere.
size_t view_read(const struct view *view, size_t space, uint64_t address, uint8_t *bytes,
                 bool *present, size_t length)
{
    struct ms_space_info info = view_space(view, space);

    if (space_is_physical(&info))
        return ms_image_read(view->image, address, bytes, present, length);
    return ms_spaces_read(view->spaces, space, address, bytes, present, length);
}

char *view_format_address(char *at, const struct view *view, size_t space, uint64_t address)
{
    struct ms_space_info info = view_space(view, space);
    bool physical = space_is_physical(&info);

    if (physical ? view->names_physical : view->names_virtual)
        at = format_text(format_escaped(at, info.name, strlen(info.name), NAME_BYTES), ":");
    return format_address(physical ? format_text(at, "p:") : at, address, info.address_bits);
}

char *view_format_physical(char *at, const struct view *view, uint64_t address)
{
    return format_address(format_text(at, "p:"), address, ms_image_address_bits(view->image));
}

char *format_page_flags(char *at, unsigned flags)
{
    at[0] = 'r';
    at[1] = flags & MS_PAGE_WRITABLE ? 'w' : '-';
    at[2] = flags & MS_PAGE_EXECUTABLE ? 'x' : '-';
    at[3] = flags & MS_PAGE_USER ? 'u' : '-';
    return at + PAGE_FLAGS_LENGTH;
}
