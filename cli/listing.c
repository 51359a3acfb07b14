// SPDX-License-Identifier: MIT
//
// All of an image's arguments are checked before its first line is printed.

#include "listing.h"

#include "escape.h"
#include "interrupt.h"
#include "message.h"
#include "progress.h"
#include <inttypes.h>
#include <string.h>

#define PREFIX_BYTES 1024

static void list_spaces(struct listing *listing)
{
    const struct lister *lister = listing->lister;

    view_open(&listing->view, listing->opened.image, listing->opened.spaces);
    for (size_t i = 0; i < view_count(&listing->view); i++)
        if (!lister->list_space(listing, i) || listing->outcome.interrupted)
            return;
    if (lister->finish != NULL)
        lister->finish(listing);
}

void listing_tell_interrupted(struct listing *listing)
{
    if (!interrupt_requested() || listing->outcome.interrupted)
        return;
    listing->outcome.interrupted = true;
    message("%s: interrupted", listing->opened.path);
}

static void list_image(struct listing *listing, const char *path)
{
    if (image_open(&listing->opened, path, listing->settings) &&
        spaces_choose(&listing->opened, listing->settings, &listing->lister->choice)) {
        if (!listing->any_opened)
            fields_header(&listing->out, listing->settings->format, listing->lister->columns);
        listing->any_opened = true;
        list_spaces(listing);
    } else {
        listing->outcome.error = true;
    }
    // A search through memory may end without a row, before which others stop.
    listing_tell_interrupted(listing);
    outcome_flush(&listing->outcome, &listing->out);
    if (listing->opened.image != NULL)
        image_tell_unread(path, ms_image_unread(listing->opened.image), listing->settings);
    image_close(&listing->opened);
}

int listing_run(const struct lister *lister, const struct settings *settings, char **images,
                size_t n_images)
{
    struct listing listing = {.lister = lister, .settings = settings, .n_images = n_images};

    if (!command_output_open(&listing.out))
        return EXIT_ERROR;
    interrupt_install();
    for (size_t i = 0; i < n_images && !listing.outcome.interrupted; i++)
        list_image(&listing, images[i]);
    return command_finish(&listing.outcome, &listing.out);
}

bool listing_stops(struct listing *listing, size_t space, uint64_t address)
{
    if (!interrupt_requested() || listing->outcome.interrupted)
        return listing->out.os_errno != 0;
    listing->outcome.interrupted = true;
    message("%s: interrupted before %s:0x%" PRIx64, listing->opened.path,
            view_space(&listing->view, space).name, address);
    return true;
}

void listing_search_begins(const struct listing *listing)
{
    progress_start(!listing->settings->quiet);
}

int listing_on_progress(void *user, const struct ms_progress *progress)
{
    struct listing *listing = user;

    if (progress->all_bytes > 0 && progress_update(progress->done_bytes, progress->all_bytes))
        output_flush(&listing->out);
    return interrupt_requested() || listing->out.os_errno != 0;
}

bool listing_search_ends(struct listing *listing, enum ms_status status,
                         const struct ms_error *error)
{
    progress_stop();
    if (status == MS_STOPPED)
        listing_tell_interrupted(listing);
    if (status == MS_OK || status == MS_STOPPED)
        return true;
    message_error(listing->opened.path, error);
    listing->outcome.error = true;
    return false;
}

void listing_print_prefix(struct listing *listing)
{
    const char *path = listing->opened.path;
    char prefix[PREFIX_BYTES + 1], *behind;

    if (listing->n_images < 2)
        return;
    behind = format_escaped(prefix, path, strlen(path), PREFIX_BYTES);
    *behind++ = ':';
    output_bytes(&listing->out, prefix, (size_t)(behind - prefix));
}

void listing_print_address(struct listing *listing, size_t space, uint64_t address)
{
    char text[VIEW_ADDRESS_ROOM];

    output_bytes(&listing->out, text,
                 (size_t)(view_format_address(text, &listing->view, space, address) - text));
}

void listing_print_physical(struct listing *listing, uint64_t address)
{
    char text[VIEW_ADDRESS_ROOM];

    output_bytes(&listing->out, text,
                 (size_t)(view_format_physical(text, &listing->view, address) - text));
}

void listing_print_row(struct listing *listing, const struct field *fields)
{
    fields_row(&listing->out, listing->settings->format, listing->lister->columns, fields);
}
