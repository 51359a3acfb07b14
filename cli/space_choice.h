// SPDX-License-Identifier: MIT
//
// Which address spaces of an image a command works on: those of --space, or what the command takes
// by default.

#ifndef CLI_SPACE_CHOICE_H
#define CLI_SPACE_CHOICE_H

#include "image_open.h"

enum space_default {
    DEFAULT_MEMORY, // kernel, then unmapped; without page tables physical
    DEFAULT_KERNEL, // which there has to be
    DEFAULT_ALL,    // physical, and with page tables kernel and unmapped
};

struct space_choice {
    enum space_default by_default;
    bool only_virtual; // spaces with physical addresses make no sense

    // Whether addresses or ranges are given, and of which kinds. They then say which spaces
    // DEFAULT_MEMORY means: kernel for those that are written as virtual ones, physical for others.
    bool has_virtual;
    bool has_physical;
};

// Notes the kind of a range that is given.
void space_choice_add_range(struct space_choice *choice, const struct ms_range *range);

// Adds the spaces to opened->spaces, and prints warnings about their tables unless --quiet. False,
// after an error message: a space is not there, or ranges, --writable or --executable do not fit
// the spaces.
bool spaces_choose(struct opened *opened, const struct settings *settings,
                   const struct space_choice *choice);

// Whether all spaces that were chosen have physical addresses. Those of ranges then are, too,
// however they are written.
bool spaces_all_physical(const struct ms_spaces *spaces);

// Sets whether an address is physical for the spaces that were chosen.
void range_fit(struct ms_range *range, const struct ms_spaces *spaces);

#endif
