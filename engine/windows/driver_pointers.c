// SPDX-License-Identifier: MIT
//
// Where the pointers of driver objects lead, and which are hooked: see struct ms_driver_pointer.

#include "windows/drivers.h"
#include "windows/trampoline.h"

#include <stdlib.h>
#include <string.h>

#define MIN_UNSET 8 // slots that have the same routine of nt

bool ms_driver_add_pointer(struct ms_driver *driver, enum ms_driver_slot_kind kind, unsigned index,
                           uint64_t at, uint64_t value)
{
    struct ms_driver_pointer pointer = {
        .kind = kind,
        .index = index,
        .slot = ms_driver_slot_name(kind, index),
        .at = at,
        .value = value,
        .target = value,
    };

    return value == 0 || ms_vec_push(&driver->pointers, pointer);
}

// == What is not set ==

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

// The value that most of them are; of several the lowest.
static uint64_t most_common(uint64_t *values, size_t n)
{
    uint64_t best = 0;
    size_t n_best = MIN_UNSET - 1;

    if (n > 0)
        qsort(values, n, sizeof(*values), compare);
    for (size_t i = 0, first = 0; i < n; i++) {
        if (values[i] != values[first])
            first = i;
        if (i - first + 1 > n_best) {
            n_best = i - first + 1;
            best = values[i];
        }
    }
    return best;
}

// By the symbol, else what most slots have that lead into nt. False without memory.
static bool find_unset(struct ms_drivers *drivers, size_t kernel)
{
    uint64_t *values;
    size_t n = 0;

    drivers->unset = ms_nt_symbol(&drivers->modules->nt, "IopInvalidDeviceRequest");
    drivers->unset_origin = drivers->unset ? "symbols" : "";
    if (drivers->unset || kernel == MS_NO_MODULE)
        return true;
    values = calloc(drivers->list.n * MS_DRIVER_N_MAJORS + 1, sizeof(*values));
    if (!values)
        return false;
    for (size_t i = 0; i < drivers->list.n; i++)
        for (size_t k = 0; k < MS_DRIVER_N_MAJORS; k++) {
            uint64_t value = drivers->list.items[i].majors[k];

            if (value != 0 && ms_modules_at(drivers->modules, value) == kernel)
                values[n++] = value;
        }
    drivers->unset = most_common(values, n);
    drivers->unset_origin = drivers->unset ? "use" : "";
    free(values);
    return true;
}

// == Places ==

static enum ms_driver_place place_in_module(const struct ms_drivers *drivers,
                                            const struct ms_driver *driver, uint64_t address,
                                            size_t module)
{
    const struct ms_module *item = &drivers->modules->list.items[module];

    if (address == drivers->unset)
        return MS_DRIVER_UNSET;
    if (module == driver->module)
        return MS_DRIVER_IMAGE;
    if (item->base == drivers->modules->nt.base)
        return MS_DRIVER_KERNEL;
    return (item->sources & MS_MODULE_LIST) && ms_is_framework(item->name) ? MS_DRIVER_FRAMEWORK
                                                                           : MS_DRIVER_MODULE;
}

// Where no module begins at the driver's start, its image is what it says, but for modules in it.
static bool is_in_image(const struct ms_driver *driver, uint64_t address)
{
    return driver->module == MS_NO_MODULE && driver->start != 0 &&
           driver->size <= MS_MAX_MODULE_SIZE && address >= driver->start &&
           address - driver->start < driver->size;
}

static enum ms_driver_place place_of(const struct ms_drivers *drivers,
                                     const struct ms_driver *driver, uint64_t address,
                                     size_t *module_ret)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    struct ms_mapping_info mapping;

    *module_ret = MS_NO_MODULE;
    if (!ms_in_kernel(memory, address, 1))
        return MS_DRIVER_USER;
    *module_ret = ms_modules_at(drivers->modules, address);
    if (*module_ret != MS_NO_MODULE)
        return place_in_module(drivers, driver, address, *module_ret);
    if (is_in_image(driver, address))
        return MS_DRIVER_IMAGE;
    if (!ms_spaces_translate(memory->spaces, memory->space, address, &mapping))
        return MS_DRIVER_UNMAPPED;
    return mapping.state == MS_MAPPED_PRESENT ? MS_DRIVER_MEMORY : MS_DRIVER_ABSENT;
}

// == Hooks ==

static bool leads_astray(const struct ms_driver *driver, enum ms_driver_place place)
{
    bool has_image = driver->module != MS_NO_MODULE || driver->start != 0;

    return place > MS_DRIVER_MODULE || (place == MS_DRIVER_MODULE && has_image);
}

// Whether a trampoline is a module's own, which calls others through its memory.
static bool is_thunk(const struct ms_modules *modules, const struct ms_driver_pointer *pointer)
{
    return pointer->through != 0 && pointer->module != MS_NO_MODULE &&
           pointer->target_module != MS_NO_MODULE &&
           ms_modules_at(modules, pointer->through) == pointer->module;
}

static void follow(const struct ms_drivers *drivers, const struct ms_driver *driver,
                   struct ms_driver_pointer *pointer)
{
    struct ms_trampoline trampoline;
    enum ms_driver_place place;
    size_t module;

    if (!ms_trampoline_follow(&drivers->modules->memory, pointer->value, &trampoline))
        return;
    place = place_of(drivers, driver, trampoline.target, &module);
    if (place == pointer->place && module == pointer->module && place < MS_DRIVER_MEMORY)
        return;
    pointer->has_trampoline = true;
    pointer->target = trampoline.target;
    pointer->through = trampoline.through;
    pointer->target_place = place;
    pointer->target_module = module;
}

static void judge(const struct ms_drivers *drivers, struct ms_driver *driver,
                  struct ms_driver_pointer *pointer)
{
    pointer->place = place_of(drivers, driver, pointer->value, &pointer->module);
    pointer->target_place = pointer->place;
    pointer->target_module = pointer->module;
    follow(drivers, driver, pointer);
    pointer->hooked =
        leads_astray(driver, pointer->place) ||
        (leads_astray(driver, pointer->target_place) && !is_thunk(drivers->modules, pointer));
    driver->n_hooked += pointer->hooked;
}

bool ms_drivers_judge(struct ms_drivers *drivers)
{
    if (!find_unset(drivers, ms_modules_at(drivers->modules, drivers->modules->nt.base)))
        return false;
    for (size_t i = 0; i < drivers->list.n; i++) {
        struct ms_driver *driver = &drivers->list.items[i];

        for (size_t k = 0; k < driver->pointers.n; k++)
            judge(drivers, driver, &driver->pointers.items[k]);
    }
    return true;
}

void ms_drivers_trampoline_text(const struct ms_drivers *drivers, uint64_t address,
                                char text_ret[MS_TRAMPOLINE_TEXT])
{
    struct ms_trampoline trampoline;

    text_ret[0] = '\0';
    if (ms_trampoline_follow(&drivers->modules->memory, address, &trampoline))
        memcpy(text_ret, trampoline.text, MS_TRAMPOLINE_TEXT);
}

_Static_assert(MS_TRAMPOLINE_TEXT == MS_TRAMPOLINE_ROOM, "texts are copied whole");
