// SPDX-License-Identifier: MIT
//
// memscan modules: what a Windows kernel has loaded.

#include "address_list.h"
#include "message.h"
#include "module_rows.h"
#include "modules_open.h"

// Whether a module is asked for by address, if any is given.
static bool has_address(const struct address_list *addresses, uint64_t base, uint64_t end)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (addresses->items[i].address >= base && addresses->items[i].address < end)
            return true;
    return addresses->count == 0;
}

// False: nothing more is to be listed.
static bool list_loaded(struct listing *listing, size_t space, const struct ms_modules *modules)
{
    bool any = false;

    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        struct ms_module_info info = ms_modules_info(modules, i);

        if (listing_stops(listing, space, info.base))
            return false;
        if (!has_address(listing->lister->user, info.base, info.end) ||
            !module_is_named(listing->settings, info.name, info.image_name))
            continue;
        if (!any)
            module_rows_header(listing, space, NULL);
        any = true;
        listing->outcome.found = true;
        if (!module_row_print(listing, space, modules, i))
            return false;
    }
    return true;
}

static void list_unloaded(struct listing *listing, size_t space, const struct ms_modules *modules)
{
    bool any = false;

    for (size_t i = 0; i < ms_modules_n_unloaded(modules); i++) {
        struct ms_unloaded_info driver = ms_modules_unloaded(modules, i);

        if (!has_address(listing->lister->user, driver.base, driver.end) ||
            !module_is_named(listing->settings, driver.name, driver.name))
            continue;
        if (!any)
            module_rows_header(listing, space, "Unloaded modules:");
        any = true;
        unloaded_row_print(listing, space, &driver);
        listing->outcome.found = true;
    }
}

static bool list_space(struct listing *listing, size_t space)
{
    struct ms_modules *modules = modules_open_part(listing, space);
    bool go_on = true;

    if (modules == NULL)
        return true;
    go_on = list_loaded(listing, space, modules);
    if (go_on && listing->settings->unloaded)
        list_unloaded(listing, space, modules);
    modules_close(listing, modules);
    return go_on;
}

static bool read_addresses(struct address_list *addresses, const struct settings *settings)
{
    for (size_t i = 0; i < settings->n_at; i++)
        if (!address_list_add(addresses, settings->at[i], false))
            return false;
    return true;
}

int command_modules(const struct settings *settings)
{
    struct address_list addresses = {0};
    const struct lister lister = {
        .columns = &module_columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
        .user = &addresses,
    };
    int status = EXIT_ERROR;

    if (settings->n_operands == 0) {
        message("no image: name the files to describe: see memscan modules --help");
        return EXIT_ERROR;
    }
    if (read_addresses(&addresses, settings))
        status = listing_run(&lister, settings, settings->operands, settings->n_operands);
    address_list_release(&addresses);
    return status;
}
