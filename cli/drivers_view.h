// SPDX-License-Identifier: MIT
//
// What is printed of driver objects, by whichever format: which pointers, and what they are called.

#ifndef CLI_DRIVERS_VIEW_H
#define CLI_DRIVERS_VIEW_H

#include "listing.h"
#include "owner.h"
#include <memscan/drivers.h>

struct drivers_view {
    struct listing *listing;
    size_t space;
    const struct ms_modules *modules;
    const struct ms_drivers *drivers;
    struct ms_pool *pool; // NULL: not yet needed, or there is none
    bool pool_tried;
};

void drivers_view_release(struct drivers_view *view);

// Whether a pointer leaves the driver's image, for more than what the driver does not handle.
bool pointer_is_outside(const struct ms_driver_pointer *pointer);

// Whether it is to be told where only pointers outside are: with --hooked, only hooked ones.
bool pointer_is_told(const struct settings *settings, const struct ms_driver_pointer *pointer);

// "vicm+0x6973c", "nt!FsRtlCopyRead", "<Unloaded_foo.sys>+0x10": what is at an address that lies in
// a module, or where one was; else "".
void format_driver_target(const struct drivers_view *view, uint64_t address, size_t module,
                          char room[SYMBOL_NAME_ROOM]);

// The block of pool that an address outside of modules lies in. False: none that is known.
bool find_driver_block(struct drivers_view *view, uint64_t address, struct ms_pool_info *block_ret);

// The name of the module that is a driver's image; "": there is none.
const char *driver_module_name(const struct drivers_view *view, const struct ms_driver_info *info);

// "list", "pool", "list,pool": where a driver object was found.
#define DRIVER_SOURCES_ROOM 16
void format_driver_sources(char room[DRIVER_SOURCES_ROOM], unsigned sources);

// == Formats ==

// As !drvobj prints it: drivers_text.c. `first`: of all that are printed of this image.
void driver_print_text(struct drivers_view *view, const struct ms_driver_info *info, bool first);

// As an object, or as a row for each pointer: drivers_rows.c.
extern const struct columns driver_columns;
void driver_print_json(struct drivers_view *view, const struct ms_driver_info *info);
void driver_print_rows(struct drivers_view *view, const struct ms_driver_info *info);

#endif
