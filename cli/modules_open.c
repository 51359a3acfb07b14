// SPDX-License-Identifier: MIT
//
// What commands share that know modules.

#include "modules_open.h"

#include "message.h"
#include "symbol_files.h"
#include <time.h>

void modules_print_notes(const struct ms_modules *modules, const char *image, const char *space)
{
    if (!ms_modules_system(modules).found)
        message("%s: no Windows kernel was found in the space %s", image, space);
    for (size_t i = 0; i < ms_modules_n_notes(modules); i++)
        message("%s: warning: %s", image, ms_modules_note(modules, i));
}

struct ms_modules *modules_open_part(struct listing *listing, size_t space)
{
    struct ms_modules_options options = modules_options(listing->settings);
    struct ms_modules *modules = NULL;
    struct ms_error error = {0};
    enum ms_status status;

    options.progress = listing_on_progress;
    options.user = listing;
    listing_search_begins(listing);
    status = ms_modules_create(listing->opened.spaces, space, &options, &modules, &error);
    if (!listing_search_ends(listing, status, &error))
        return NULL;
    listing->n_notes = ms_modules_n_notes(modules);
    // Of a kernel that would have been found there is nothing to tell.
    if (status != MS_OK && !ms_modules_system(modules).found)
        return modules;
    if (!listing->settings->quiet)
        modules_print_notes(modules, listing->opened.path, view_space(&listing->view, space).name);
    // What a search that was stopped has not found may be what a file is of.
    if (status == MS_OK && !symbol_files_check(listing->settings, modules, listing->opened.path))
        listing->outcome.error = true;
    return modules;
}

struct ms_modules *modules_open(struct listing *listing, size_t space)
{
    struct ms_modules *modules = modules_open_part(listing, space);

    if (modules == NULL || !listing->outcome.interrupted)
        return modules;
    ms_modules_free(modules);
    return NULL;
}

void modules_close(struct listing *listing, struct ms_modules *modules)
{
    if (modules == NULL)
        return;
    for (size_t i = listing->n_notes; !listing->settings->quiet && i < ms_modules_n_notes(modules);
         i++)
        message("%s: warning: %s", listing->opened.path, ms_modules_note(modules, i));
    ms_modules_free(modules);
}

bool module_is_named(const struct settings *settings, const char *name, const char *file)
{
    for (size_t i = 0; i < settings->n_module_globs; i++)
        if (ms_name_matches(settings->module_globs[i], name, strlen(name)) ||
            ms_name_matches(settings->module_globs[i], file, strlen(file)))
            return true;
    return settings->n_module_globs == 0;
}

char *format_timestamp(char *at, uint32_t timestamp)
{
    time_t seconds = (time_t)timestamp;
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL)
        return at;
    return at + strftime(at, TIMESTAMP_ROOM, "%a %b %d %H:%M:%S %Y", &parts);
}
