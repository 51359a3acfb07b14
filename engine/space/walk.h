// SPDX-License-Identifier: MIT
//
// Looking up one address at a time, straight in the image: for what is asked before there are
// spaces (which root is right?) and for the prototype entries that tables point to.

#ifndef MS_SPACE_WALK_H
#define MS_SPACE_WALK_H

#include "space/pte.h"
#include <memscan/image.h>

// Physical memory as an image has it, or as it would if the file left out a hole: what lies at
// `hole_first` and above in the image is then memory `hole_bytes` further up.
struct ms_memory_view {
    const struct ms_image *image;
    uint64_t hole_first;
    uint64_t hole_bytes; // 0: as the image has it
};

// Copies memory. False: not all of it is there.
bool ms_memory_view_read(const struct ms_memory_view *view, uint64_t address, void *bytes,
                         size_t length);

struct ms_walker {
    struct ms_memory_view view;
    const struct ms_paging_mode *mode;
    uint64_t root;
    struct ms_pte_rules rules;
};

// What a virtual address maps to: MS_PTE_PAGE, with the physical address of the byte, or
// MS_PTE_NONE, MS_PTE_PAGED_OUT, MS_PTE_PROTOTYPE (not followed) or MS_PTE_UNREADABLE. The flags
// are those of the whole path.
struct ms_pte ms_walk(const struct ms_walker *walker, uint64_t address);

// Copies memory by its virtual address. False: not all of it is mapped and there.
bool ms_walk_read(const struct ms_walker *walker, uint64_t address, void *bytes, size_t length);

#endif
