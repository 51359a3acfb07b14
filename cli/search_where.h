// SPDX-License-Identifier: MIT
//
// The ranges of a search: those of the command line, or those of modules and their sections.

#ifndef CLI_SEARCH_WHERE_H
#define CLI_SEARCH_WHERE_H

#include "attribution.h"
#include "settings.h"

// Where in a view to search.
struct search_where {
    struct ms_range *ranges; // as they are for the image
    size_t n;                // 0: everywhere
    size_t room;

    // Where ranges are those of modules, else NULL.
    const struct ms_modules *of;
    uint64_t slot_bytes;
    size_t *modules;              // of each range, ascending
    struct ms_coverage *coverage; // of each range, filled in by the search
};

// Whether the options ask for modules.
bool where_is_modules(const struct settings *settings);

// The given ranges, fitted to the spaces of an image. False after an error message, as in the next.
bool where_take_ranges(struct search_where *where, const struct ms_range *ranges, size_t n,
                       const struct ms_spaces *spaces);

// Ranges of the modules, or sections, that the options ask for: one or more. `image` is for
// messages.
bool where_take_modules(struct search_where *where, const struct settings *settings,
                        const struct ms_modules *modules, unsigned address_bits, const char *image);

// Released also on failure.
void where_release(struct search_where *where);

#endif
