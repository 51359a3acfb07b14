// SPDX-License-Identifier: MIT
//
// How memscan pool --special prints what it found: as !pool writes special pool, with the bytes
// that overwrote it below; as rows for programs.

#ifndef CLI_SPECIAL_ROWS_H
#define CLI_SPECIAL_ROWS_H

#include "fields.h"
#include "memory_view.h"

// An image whose special pool was added to the case.
struct special_dump {
    const char *path;
    const struct view *view; // of the space, which is number 0
    const struct ms_modules *modules;
};

struct special_printer {
    const struct settings *settings;
    struct output *out;
    const struct ms_special_case *special;
    const struct special_dump *dumps; // by their numbers in the case
    size_t n_images;                  // of the command line
};

// The header of CSV.
void special_print_header(struct special_printer *printer);

// The pages of a dump.
void special_print_dump(struct special_printer *printer, size_t dump);

// What their garbage shares, and in text the search for the first.
void special_print_words(struct special_printer *printer);

// Who holds a value.
void special_print_owners(struct special_printer *printer, uint32_t value);

#endif
