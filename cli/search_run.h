// SPDX-License-Identifier: MIT
//
// Runs a search over images: opens each, finds out where to search, and stands between the
// library's callbacks and a printer.

#ifndef CLI_SEARCH_RUN_H
#define CLI_SEARCH_RUN_H

#include "command.h"
#include "image_open.h"
#include "print.h"
#include "search_query.h"
#include "search_where.h"
#include "space_choice.h"

struct search_run;

// What a command finds besides the matches of a search, in the same space and order of addresses.
struct search_also {
    // Reports what there is up to an address, inclusive: before a hit is printed, and at the end.
    // MS_STOPPED: interrupted. Other failures end the search of the image.
    enum ms_status (*report)(struct search_run *run, uint64_t last, struct ms_error *error);
    // Below this address all has been reported, and nothing else.
    uint64_t (*next)(const struct search_run *run);
    // Adds what was found to the hits of the search; which of them these are.
    const struct code_counts *(*end)(const struct search_run *run, struct ms_search_result *result);
    void (*stats)(const struct search_run *run); // --stats
};

// What a command searches for.
struct search_job {
    const struct settings *settings;
    const struct printer *printer;
    char **images;
    size_t n_images;
    struct space_choice choice;
    bool in_modules; // only modules are searched

    // What is searched for; where `resolve` is not NULL, it is of no use before that.
    struct search_query *query;

    // Makes the query for an image that has been opened. False after an error message, or if
    // somebody interrupted while modules were looked for.
    bool (*resolve)(struct search_run *run);
    const struct search_also *also; // NULL: nothing else is looked for
    void *user;                     // for that, and for the printer
};

struct search_run {
    const struct search_job *job;
    struct print_context context;
    struct view view;
    struct window window;
    struct attribution attribution;
    uint64_t unread; // bytes that could not be read before the search: see ms_image_unread()
    struct search_where where;
    size_t first_space;
    struct outcome outcome;

    enum ms_status also_status; // why search_also.report() stopped the search; MS_OK: it did not
    struct ms_error also_error;
    uint64_t n_hits; // that were passed to the printer
};

// Searches the images. Returns the exit status.
int search_run(const struct search_job *job);

// How many hits of each kind are to be printed.
uint64_t search_max_hits(const struct search_run *run);

#endif
