// SPDX-License-Identifier: MIT
//
// memscan drivers: driver objects, and which of their pointers lead elsewhere.

#include "drivers_view.h"
#include "message.h"
#include "modules_open.h"

// The part of a name behind its last backslash.
static const char *last_part(const char *name)
{
    const char *slash = strrchr(name, '\\');

    return slash != NULL ? slash + 1 : name;
}

static bool is_asked_for(const struct settings *settings, const struct ms_driver_info *info)
{
    if (settings->hooked && info->n_hooked == 0)
        return false;
    return settings_ask_for(settings, info->name) ||
           settings_ask_for(settings, last_part(info->name));
}

static void print_driver(struct drivers_view *view, const struct ms_driver_info *info, bool first)
{
    enum output_format format = view->listing->settings->format;

    if (format == FORMAT_JSONL)
        driver_print_json(view, info);
    else if (format == FORMAT_CSV)
        driver_print_rows(view, info);
    else
        driver_print_text(view, info, first);
}

static bool list_drivers(struct drivers_view *view)
{
    struct listing *listing = view->listing;
    bool first = true;

    for (size_t i = 0; i < ms_drivers_count(view->drivers); i++) {
        struct ms_driver_info info = ms_drivers_info(view->drivers, i);

        if (listing_stops(listing, view->space, info.address))
            return false;
        if (!is_asked_for(listing->settings, &info))
            continue;
        print_driver(view, &info, first);
        first = false;
        listing->outcome.found = true;
    }
    return true;
}

static void print_notes(const struct listing *listing, const struct ms_drivers *drivers)
{
    for (size_t i = 0; i < ms_drivers_n_notes(drivers); i++)
        message("%s: warning: %s", listing->opened.path, ms_drivers_note(drivers, i));
    if (!ms_drivers_system(drivers).follows_trampolines)
        message(
            "%s: warning: this memscan was built without Zydis, so trampolines are not followed",
            listing->opened.path);
}

static bool list_kernel(struct listing *listing, size_t space, const struct ms_modules *modules)
{
    struct drivers_view view = {.listing = listing, .space = space, .modules = modules};
    const struct ms_drivers_options options = {
        .flags = listing->settings->scan ? MS_DRIVERS_SCAN : 0,
        .progress = listing_on_progress,
        .user = listing,
    };
    struct ms_drivers *drivers = NULL;
    struct ms_error error = {0};
    enum ms_status status;
    bool go_on;

    listing_search_begins(listing);
    status = ms_drivers_create(modules, &options, &drivers, &error);
    if (!listing_search_ends(listing, status, &error))
        return true;
    if (!listing->settings->quiet)
        print_notes(listing, drivers);
    view.drivers = drivers;
    go_on = list_drivers(&view);
    drivers_view_release(&view);
    ms_drivers_free(drivers);
    return go_on;
}

static bool list_space(struct listing *listing, size_t space)
{
    struct ms_modules *modules = modules_open_part(listing, space);
    bool go_on = true;

    if (modules == NULL)
        return true;
    if (ms_modules_system(modules).found)
        go_on = list_kernel(listing, space, modules);
    modules_close(listing, modules);
    return go_on;
}

int command_drivers(const struct settings *settings)
{
    const struct lister lister = {
        .columns = &driver_columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
    };

    if (settings->n_operands == 0) {
        message("no image: name the files to look in: see memscan drivers --help");
        return EXIT_ERROR;
    }
    return listing_run(&lister, settings, settings->operands, settings->n_operands);
}
