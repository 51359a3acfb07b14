// SPDX-License-Identifier: MIT
//
// What the public interface offers over mappings: going over them, looking one up, reading.

#include "base/extent.h"
#include "space/spaces.h"

#include <string.h>

int ms_spaces_visit(const struct ms_spaces *spaces, size_t space, const struct ms_range *range,
                    int (*visit)(void *user, const struct ms_mapping_info *mapping), void *user)
{
    struct ms_mapping_cursor cursor;
    struct ms_mapping_info mapping;

    ms_mapping_cursor_start(&cursor, spaces, space, range);
    while (ms_mapping_cursor_next(&cursor, &mapping)) {
        int result = visit(user, &mapping);

        if (result)
            return result;
    }
    return 0;
}

bool ms_spaces_translate(const struct ms_spaces *spaces, size_t space, uint64_t address,
                         struct ms_mapping_info *mapping_ret)
{
    uint64_t page = ms_page_start(address);
    struct ms_range range = {.first = page, .last = page | (MS_PAGE_BYTES - 1)};
    struct ms_mapping_cursor cursor;

    ms_mapping_cursor_start(&cursor, spaces, space, &range);
    while (ms_mapping_cursor_next(&cursor, mapping_ret)) {
        if (address >= mapping_ret->first && address <= mapping_ret->last)
            return true;
    }
    return false;
}

static void clear(uint8_t *bytes, bool *present, size_t length)
{
    memset(bytes, 0, length);
    memset(present, false, length * sizeof(*present));
}

size_t ms_spaces_read(const struct ms_spaces *spaces, size_t space, uint64_t address,
                      uint8_t *bytes, bool *present, size_t length)
{
    struct ms_range range = {.first = address};
    struct ms_mapping_cursor cursor;
    struct ms_mapping_info mapping;
    size_t n_present = 0, at = 0; // so far: those before are read, or clear

    if (length == 0)
        return 0;
    range.last = address + ms_min_u64(length - 1, UINT64_MAX - address);
    ms_mapping_cursor_start(&cursor, spaces, space, &range);
    while (ms_mapping_cursor_next(&cursor, &mapping)) {
        size_t start = (size_t)(mapping.first - address);
        size_t n = (size_t)(mapping.last - mapping.first + 1);

        if (mapping.state != MS_MAPPED_PRESENT)
            continue;
        clear(bytes + at, present + at, start - at);
        n_present +=
            ms_image_read(spaces->image, mapping.physical, bytes + start, present + start, n);
        at = start + n;
    }
    clear(bytes + at, present + at, length - at);
    return n_present;
}
