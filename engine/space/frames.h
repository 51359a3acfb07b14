// SPDX-License-Identifier: MIT
//
// Which pages of memory are mapped: a bit for each page that the image holds a byte of.

#ifndef MS_SPACE_FRAMES_H
#define MS_SPACE_FRAMES_H

#include "space/tables.h"

struct ms_frames {
    uint64_t *bits; // by the page's number, see present.h; NULL: none were made
};

// `frames` is zero-initialised, or made before; no page is mapped. False without memory.
bool ms_frames_clear(struct ms_frames *frames, const struct ms_present *present);
void ms_frames_release(struct ms_frames *frames);

// Adds what the tables from `root` on map in the linear range [first, last]. Takes each table once,
// however often it is used, and clears the marks that it leaves at the tables.
void ms_frames_add(struct ms_frames *frames, const struct ms_present *present,
                   struct ms_tables *tables, const struct ms_paging_mode *mode, uint32_t root,
                   uint64_t first, uint64_t last);

static inline bool ms_frames_mapped(const struct ms_frames *frames, uint64_t page)
{
    return frames->bits[page / 64] >> page % 64 & 1;
}

// The first page from `page` on, below `end`, that is mapped or not, as `mapped` says; `end` if
// there is none.
uint64_t ms_frames_find(const struct ms_frames *frames, uint64_t page, uint64_t end, bool mapped);

#endif
