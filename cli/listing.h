// SPDX-License-Identifier: MIT
//
// Commands that list something of the spaces of images: one after the other, as rows of text or
// fields.

#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include "command.h"
#include "fields.h"
#include "image_open.h"
#include "memory_view.h"
#include "space_choice.h"

struct listing;

// What a command does.
struct lister {
    const struct columns *columns;
    struct space_choice choice;

    // Lists a space. Returns false if listing_stops() told to stop. After an interruption there is
    // no next space.
    bool (*list_space)(struct listing *listing, size_t space);

    // After all spaces of an image; NULL: nothing is left to do.
    void (*finish)(struct listing *listing);

    void *user; // for the two
};

struct listing {
    const struct lister *lister;
    const struct settings *settings;
    size_t n_images;
    bool any_opened; // image so far
    struct output out;
    struct outcome outcome; // `found` is set by the lister
    struct opened opened;   // the image that is being listed
    struct view view;       // of its spaces
    size_t n_notes;         // about the modules of a space, that were printed when they were found
};

// Lists images. Returns the exit status.
int listing_run(const struct lister *lister, const struct settings *settings, char **images,
                size_t n_images);

// Whether to stop before an address of a space: the output failed, or somebody interrupted, which
// is then told. Where that was told before, because it ended a search through memory, what had been
// found until then is still to be listed. For callbacks of ms_spaces_visit().
bool listing_stops(struct listing *listing, size_t space, uint64_t address);

// == Searches through memory ==

// These take long: listing_search_begins(), then a function of the library with this callback
// `progress` and the listing as its user, and with what that returns listing_search_ends().
void listing_search_begins(const struct listing *listing);
int listing_on_progress(void *user, const struct ms_progress *progress);

// Whether there is a result, be it a part of one: somebody interrupted, which is then told. False
// after an error message.
bool listing_search_ends(struct listing *listing, enum ms_status status,
                         const struct ms_error *error);

// Tells that somebody interrupted, if it is so and has not been told.
void listing_tell_interrupted(struct listing *listing);

// What a line of text begins with where there are several images.
void listing_print_prefix(struct listing *listing);

// An address of a space, and one that is physical.
void listing_print_address(struct listing *listing, size_t space, uint64_t address);
void listing_print_physical(struct listing *listing, uint64_t address);

// A row for programs, of the lister's columns.
void listing_print_row(struct listing *listing, const struct field *fields);

#endif
