// SPDX-License-Identifier: MIT
//
// memscan search: all images for what the command line says.

#include "explain_print.h"
#include "message.h"
#include "search_run.h"

static bool check_where(const struct settings *settings)
{
    bool modules = where_is_modules(settings);

    if (modules && settings->n_ranges > 0)
        message("--range: not together with modules, which are ranges of their own: leave one out");
    return !modules || settings->n_ranges == 0;
}

static struct space_choice space_choice_of(const struct settings *settings,
                                           const struct search_query *query)
{
    struct space_choice choice = {.by_default = DEFAULT_MEMORY};

    if (where_is_modules(settings))
        choice = (struct space_choice){.by_default = DEFAULT_KERNEL, .only_virtual = true};
    for (size_t i = 0; i < query->n_ranges; i++)
        space_choice_add_range(&choice, &query->ranges[i]);
    return choice;
}

int command_search(const struct settings *settings)
{
    struct search_query query = {0};
    struct search_job job = {
        .settings = settings,
        .printer = printer_find(settings),
        .images = settings->operands,
        .n_images = settings->n_operands,
        .in_modules = where_is_modules(settings),
        .query = &query,
    };
    int status = EXIT_ERROR;

    if (job.printer == NULL || !check_where(settings))
        return EXIT_ERROR;
    if (settings->explain && !explain_check(settings))
        return EXIT_ERROR;
    if (settings->n_operands == 0 && settings->n_patterns > 0 && !settings->explain) {
        message("no image: name the files to search: see memscan --help");
    } else if (search_query_make(&query, settings)) {
        job.choice = space_choice_of(settings, &query);
        status = settings->explain ? explain_print(&query, settings) : search_run(&job);
    }
    search_query_release(&query);
    return status;
}
