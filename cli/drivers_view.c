// SPDX-License-Identifier: MIT

#include "drivers_view.h"

#include <inttypes.h>
#include <stdio.h>

void drivers_view_release(struct drivers_view *view)
{
    ms_pool_free(view->pool);
}

bool pointer_is_outside(const struct ms_driver_pointer *pointer)
{
    return pointer->place > MS_DRIVER_UNSET || pointer->has_trampoline;
}

bool pointer_is_told(const struct settings *settings, const struct ms_driver_pointer *pointer)
{
    return settings->hooked ? pointer->hooked : pointer_is_outside(pointer);
}

// == Names ==

// As WinDbg writes it.
static void format_unloaded(const struct ms_modules *modules, uint64_t address,
                            char room[SYMBOL_NAME_ROOM])
{
    char name[256];

    for (size_t i = 0; i < ms_modules_n_unloaded(modules); i++) {
        struct ms_unloaded_info driver = ms_modules_unloaded(modules, i);

        if (address < driver.base || address >= driver.end)
            continue;
        snprintf(name, sizeof(name), "<Unloaded_%.200s>", driver.name);
        format_offset(room, name, address - driver.base);
        return;
    }
}

// Exactly there, or by a symbol file before it: exports are too far apart to say whose code it is.
static bool names_place(const struct ms_near *near, uint64_t address)
{
    return near->symbol != NULL && (near->symbol->address == address || !near->symbol->exported);
}

void format_driver_target(const struct drivers_view *view, uint64_t address, size_t module,
                          char room[SYMBOL_NAME_ROOM])
{
    struct ms_module_info info;
    struct ms_near near;

    room[0] = '\0';
    if (module == MS_NO_MODULE) {
        format_unloaded(view->modules, address, room);
        return;
    }
    info = ms_modules_info(view->modules, module);
    if (ms_modules_near(view->modules, address, &near, NULL) != MS_OK ||
        !names_place(&near, address)) {
        format_offset(room, info.name, address - info.base);
        return;
    }
    format_symbol(room, info.name, near.symbol);
    if (near.symbol->address != address)
        snprintf(room + strlen(room), 24, "+0x%" PRIx64, address - near.symbol->address);
}

const char *driver_module_name(const struct drivers_view *view, const struct ms_driver_info *info)
{
    return info->module == MS_NO_MODULE ? "" : ms_modules_info(view->modules, info->module).name;
}

void format_driver_sources(char room[DRIVER_SOURCES_ROOM], unsigned sources)
{
    char *at = room;

    for (size_t i = 0; ms_driver_source_name(i) != NULL; i++) {
        if (!(sources >> i & 1))
            continue;
        if (at > room)
            *at++ = ',';
        at = format_text(at, ms_driver_source_name(i));
    }
    *at = '\0';
}

// == Pool ==

bool find_driver_block(struct drivers_view *view, uint64_t address, struct ms_pool_info *block_ret)
{
    if (!view->pool_tried && ms_pool_create(view->modules, &view->pool, NULL) != MS_OK)
        view->pool = NULL;
    view->pool_tried = true;
    return view->pool != NULL && ms_pool_at(view->pool, address, block_ret);
}
