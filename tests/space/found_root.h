// SPDX-License-Identifier: MIT
//
// Help for tests of how roots are found: which were, as text.

#ifndef TESTS_SPACE_FOUND_ROOT_H
#define TESTS_SPACE_FOUND_ROOT_H

#include "small_machine.h"

// "ADDRESS PAGING origin (remark)" of each root, one a line. A static buffer.
static inline char *roots_text(const struct ms_spaces *spaces)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ms_spaces_n_roots(spaces); i++) {
        struct ms_root root = ms_spaces_root(spaces, i);

        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%" PRIx64 " %s %s%s%s%s",
                             i ? "\n" : "", root.address, ms_paging_name(root.paging), root.origin,
                             root.remark[0] ? " (" : "", root.remark, root.remark[0] ? ")" : "");
    }
    return text;
}

// The roots found in an image, which is closed; `expected` as roots_text() has them.
static inline void expect_roots(struct ms_image *image, const char *expected, const char *name)
{
    struct ms_spaces *spaces = spaces_found(image);

    cr_expect(eq(str, roots_text(spaces), (char *)expected), "%s", name);
    ms_spaces_free(spaces);
    ms_image_close(image);
}

// Maps a page of 4 KiB for the kernel: x64 tables at `tables`, +1000 and +2000 below the root.
static inline void map_x64(struct small_machine *machine, uint64_t root, uint64_t tables,
                           uint64_t address, uint64_t page)
{
    put64(machine, root, address >> 39 & 511, tables | 0x63);
    put64(machine, tables, address >> 30 & 511, (tables + 0x1000) | 0x63);
    put64(machine, tables + 0x1000, address >> 21 & 511, (tables + 0x2000) | 0x63);
    put64(machine, tables + 0x2000, address >> 12 & 511, page | 0x63);
}

#endif
