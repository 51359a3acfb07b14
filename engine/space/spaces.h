// SPDX-License-Identifier: MIT
//
// What struct ms_spaces holds.

#ifndef MS_SPACE_SPACES_H
#define MS_SPACE_SPACES_H

#include "space/frames.h"
#include "space/space.h"
#include "space/tables.h"

#define MS_MAX_ROOTS 16

struct ms_found_root {
    uint64_t address; // with the mode's mask applied
    const struct ms_paging_mode *mode;
    bool is_windows; // its kernel is Windows'
    bool is_linux;   // ... Linux'
    char origin[64];
    char remark[160];
};

struct ms_space {
    char *name;
    enum ms_space_kind kind;
    const struct ms_paging_mode *mode; // NULL for MS_SPACE_PHYSICAL and MS_SPACE_UNMAPPED
    uint64_t root;
    uint32_t number;      // of a process or session
    uint32_t table;       // the topmost
    uint64_t first, last; // linear
};

struct ms_spaces {
    const struct ms_image *image;
    struct ms_present present;
    struct ms_tables tables;
    struct ms_layout warnings; // its warnings alone
    size_t n_warnings;         // without the lines that count those that were not kept

    struct ms_found_root roots[MS_MAX_ROOTS];
    size_t n_roots;
    const struct ms_paging_mode *mode; // of roots that are given by address alone; NULL: not known
    uint64_t kernel_first;             // linear
    struct ms_range hole;
    bool has_hole;

    MS_VEC(struct ms_space) list; // in the order of a search
    struct ms_frames frames;      // that are mapped, where the set has MS_SPACE_UNMAPPED
    bool frames_of_root;          // ... by root 0, for want of other spaces
};

// Fills the roots, the paging mode, the kernel's start and the hole; `options` is not NULL and has
// been checked.
enum ms_status ms_find_roots(struct ms_spaces *spaces, const struct ms_spaces_options *options,
                             struct ms_error *error);

// Sets the tables through which prototype entries are read.
void ms_spaces_set_kernel(struct ms_spaces *spaces, const struct ms_paging_mode *mode,
                          uint64_t root);

#endif
