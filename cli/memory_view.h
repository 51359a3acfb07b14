// SPDX-License-Identifier: MIT
//
// The memory that a command looks at, and how its addresses are written: as WinDbg does, p: in
// front of physical ones, and the name of the space where several spaces have addresses of one
// kind.

#ifndef CLI_MEMORY_VIEW_H
#define CLI_MEMORY_VIEW_H

#include "output.h"
#include <memscan/memscan.h>

struct view {
    const struct ms_image *image;
    const struct ms_spaces *spaces; // NULL: physical memory alone, which is space 0
    bool names_virtual;             // the name of the space is in front
    bool names_physical;
};

// Spaces may have none.
void view_open(struct view *view, const struct ms_image *image, const struct ms_spaces *spaces);

size_t view_count(const struct view *view);
struct ms_space_info view_space(const struct view *view, size_t space);

// Whether addresses of a space are physical ones.
static inline bool space_is_physical(const struct ms_space_info *info)
{
    return info->kind == MS_SPACE_PHYSICAL || info->kind == MS_SPACE_UNMAPPED;
}

static inline bool mapping_has_physical(const struct ms_mapping_info *mapping)
{
    return mapping->state == MS_MAPPED_PRESENT || mapping->state == MS_MAPPED_ABSENT;
}

// The last address of a space.
uint64_t view_top(const struct view *view, size_t space);

// As ms_image_read(), of what the addresses of a space stand for.
size_t view_read(const struct view *view, size_t space, uint64_t address, uint8_t *bytes,
                 bool *present, size_t length);

// What the next two write at most.
#define VIEW_ADDRESS_ROOM 96

// "fffff800`00d00813", "p:00d00813", "root:0x1ad000:00d00813", "unmapped:p:00d00813".
char *view_format_address(char *at, const struct view *view, size_t space, uint64_t address);

// A physical address, behind p:.
char *view_format_physical(char *at, const struct view *view, uint64_t address);

// What pages allow, "rwxu" with - for what they do not.
#define PAGE_FLAGS_LENGTH 4
char *format_page_flags(char *at, unsigned flags);

#endif
