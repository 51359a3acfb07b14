// SPDX-License-Identifier: MIT
//
// A driver object, and what belongs to it: its extension, table of fast I/O, device objects, what
// it had the kernel keep for it.

#include "windows/drivers.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIVER_TYPE 4
#define DEVICE_TYPE 3

static const struct ms_driver_layout layouts[] = {
    {
        .pointer_bytes = 4,
        .bytes = 0xa8,
        .device = 0x4,
        .flags = 0x8,
        .start = 0xc,
        .size = 0x10,
        .section = 0x14,
        .extension = 0x18,
        .name = 0x1c,
        .fast_io = 0x28,
        .init = 0x2c,
        .start_io = 0x30,
        .unload = 0x34,
        .majors = 0x38,
        .extension_bytes = 0x18,
        .extension_driver = 0,
        .add_device = 0x4,
        .service = 0xc,
        .clients = 0x14,
        .device_driver = 0x8,
        .next_device = 0xc,
        .client_bytes = 0x8,
        .client_id = 0x4,
        .header_bytes = 0x18,
        .name_offset = 0xc,
        .info_mask = 0xe,
        .creator_bytes = 0x10,
        .name_info_bytes = 0x10,
        .name_info_name = 0x4,
        .fast_io_bytes = 0x70,
    },
    {
        .pointer_bytes = 8,
        .bytes = 0x150,
        .device = 0x8,
        .flags = 0x10,
        .start = 0x18,
        .size = 0x20,
        .section = 0x28,
        .extension = 0x30,
        .name = 0x38,
        .fast_io = 0x50,
        .init = 0x58,
        .start_io = 0x60,
        .unload = 0x68,
        .majors = 0x70,
        .extension_bytes = 0x30,
        .extension_driver = 0,
        .add_device = 0x8,
        .service = 0x18,
        .clients = 0x28,
        .device_driver = 0x8,
        .next_device = 0x10,
        .client_bytes = 0x10,
        .client_id = 0x8,
        .header_bytes = 0x30,
        .name_offset = 0x18,
        .info_mask = 0x1a,
        .creator_bytes = 0x20,
        .name_info_bytes = 0x20,
        .name_info_name = 0x8,
        .fast_io_bytes = 0xe0,
    },
};

#define MAX_OBJECT_BYTES    0x150
#define MAX_EXTENSION_BYTES 0x30
#define MAX_FAST_IO_BYTES   0xe0

const struct ms_driver_layout *ms_driver_layout_of(unsigned bits)
{
    return &layouts[bits == 64];
}

// == Whether there is one ==

static bool begins_driver(const struct ms_drivers *drivers, const uint8_t bytes[4])
{
    return ms_le16(bytes) == DRIVER_TYPE && ms_le16(bytes + 2) == drivers->layout->bytes;
}

static bool get_object(const struct ms_drivers *drivers, uint64_t address,
                       uint8_t bytes[MAX_OBJECT_BYTES])
{
    return ms_kernel_get(&drivers->modules->memory, address, bytes, drivers->layout->bytes) &&
           begins_driver(drivers, bytes);
}

enum ms_driver_look ms_driver_look(const struct ms_drivers *drivers, uint64_t address)
{
    uint8_t bytes[MAX_OBJECT_BYTES], begins[4];

    if (get_object(drivers, address, bytes))
        return MS_DRIVER_IS_THERE;
    if (ms_kernel_get(&drivers->modules->memory, address, begins, sizeof(begins)) &&
        !begins_driver(drivers, begins))
        return MS_DRIVER_IS_NONE;
    return MS_DRIVER_IS_MISSING;
}

bool ms_is_whole_driver(const struct ms_drivers *drivers, uint64_t address)
{
    const struct ms_driver_layout *layout = drivers->layout;
    uint8_t bytes[MAX_OBJECT_BYTES];
    uint64_t owner;

    return get_object(drivers, address, bytes) &&
           ms_kernel_pointer(&drivers->modules->memory,
                             ms_le(bytes + layout->extension, layout->pointer_bytes) +
                                 layout->extension_driver,
                             &owner) &&
           owner == address;
}

// == Texts ==

// What is there of a name whose end is not would be a wrong name. False without memory.
static bool read_text(const struct ms_drivers *drivers, const uint8_t *bytes, char **text_ret)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    struct ms_unicode_string string = ms_unicode_string_of(memory, bytes);

    if (ms_unicode_string_read(memory, string, MS_MAX_FILE_UNITS, text_ret) == MS_TEXT_MISSING &&
        *text_ret)
        (*text_ret)[0] = '\0';
    return *text_ret != NULL;
}

// By the directory that has it, else as the object says, else as its header does. False without
// memory.
static bool name_driver(const struct ms_drivers *drivers, struct ms_driver *driver)
{
    char *name = ms_driver_object_name(drivers, driver->found.address);
    const char *directory = driver->found.directory;
    int length = 0;

    if (!name)
        return false;
    if (name[0] != '\0' && directory) {
        length = asprintf(&driver->name, "%s%s", directory, name);
        free(name);
        if (length < 0)
            driver->name = NULL;
    } else if (driver->object_name[0] != '\0') {
        free(name);
        driver->name = strdup(driver->object_name);
    } else {
        driver->name = name;
    }
    return driver->name != NULL;
}

// == What belongs to it ==

static bool note_lost(struct ms_drivers *drivers, const struct ms_driver *driver, const char *what)
{
    return ms_notes_add(&drivers->notes,
                        "the driver object at 0x%" PRIx64 ": its %s is not in the image",
                        driver->found.address, what);
}

static bool note_chain(struct ms_drivers *drivers, const struct ms_driver *driver, const char *what,
                       enum ms_chain_end end)
{
    static const char *const ends[] = {
        [MS_CHAIN_BREAKS] = "breaks off",
        [MS_CHAIN_LOOPS] = "leads back into itself",
        [MS_CHAIN_TOO_LONG] = "is too long: the rest is left out",
    };

    return end == MS_CHAIN_WHOLE ||
           ms_notes_add(&drivers->notes, "the driver object at 0x%" PRIx64 ": its list of %s %s",
                        driver->found.address, what, ends[end]);
}

// How many devices from the first one on are devices of the driver.
static size_t count_devices(const struct ms_drivers *drivers, const struct ms_driver *driver)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    size_t n = 0;

    for (; n < driver->devices.list.n; n++) {
        uint64_t device = driver->devices.list.items[n], owner;
        uint8_t type[2];

        if (!ms_kernel_get(memory, device, type, sizeof(type)) || ms_le16(type) != DEVICE_TYPE ||
            !ms_kernel_pointer(memory, device + drivers->layout->device_driver, &owner) ||
            owner != driver->found.address)
            break;
    }
    return n;
}

// False without memory.
static bool read_devices(struct ms_drivers *drivers, struct ms_driver *driver, uint64_t first)
{
    size_t room = MS_MAX_DRIVER_DEVICES - drivers->n_devices, n;
    enum ms_chain_end end = ms_chain_read(&drivers->modules->memory, first,
                                          drivers->layout->next_device, room, &driver->devices);

    if (end == MS_CHAIN_NO_MEMORY)
        return false;
    drivers->n_devices += driver->devices.list.n;
    n = count_devices(drivers, driver);
    if (n < driver->devices.list.n)
        end = MS_CHAIN_BREAKS;
    driver->devices.list.n = n;
    return note_chain(drivers, driver, "devices", end);
}

static bool add_client(const struct ms_drivers *drivers, struct ms_driver *driver, uint64_t address)
{
    struct ms_driver_client client = {.address = address + drivers->layout->client_bytes};

    return !ms_kernel_pointer(&drivers->modules->memory, address + drivers->layout->client_id,
                              &client.id) ||
           ms_vec_push(&driver->clients, client);
}

static bool read_clients(struct ms_drivers *drivers, struct ms_driver *driver, uint64_t first)
{
    struct ms_chain chain = {0};
    enum ms_chain_end end =
        ms_chain_read(&drivers->modules->memory, first, 0, MS_MAX_DRIVER_CLIENTS, &chain);
    bool ok = end != MS_CHAIN_NO_MEMORY;

    for (size_t i = 0; ok && i < chain.list.n; i++)
        ok = add_client(drivers, driver, chain.list.items[i]);
    free(chain.list.items);
    return ok && note_chain(drivers, driver, "extensions", end);
}

static bool read_extension(struct ms_drivers *drivers, struct ms_driver *driver)
{
    const struct ms_driver_layout *layout = drivers->layout;
    uint8_t bytes[MAX_EXTENSION_BYTES] = {0};
    bool is_there =
        ms_kernel_get(&drivers->modules->memory, driver->extension, bytes, layout->extension_bytes);

    if (!is_there && driver->extension != 0 && !note_lost(drivers, driver, "extension"))
        return false;
    // Another one's says nothing of this driver.
    if (ms_le(bytes + layout->extension_driver, layout->pointer_bytes) != driver->found.address) {
        driver->service = strdup("");
        return driver->service != NULL;
    }
    return read_text(drivers, bytes + layout->service, &driver->service) &&
           ms_driver_add_pointer(driver, MS_DRIVER_ROUTINE, MS_DRIVER_ADD_DEVICE,
                                 driver->extension + layout->add_device,
                                 ms_le(bytes + layout->add_device, layout->pointer_bytes)) &&
           read_clients(drivers, driver, ms_le(bytes + layout->clients, layout->pointer_bytes));
}

// The table says itself how long it is; slots that it ends before are none.
static bool read_fast_io(struct ms_drivers *drivers, struct ms_driver *driver)
{
    const struct ms_driver_layout *layout = drivers->layout;
    struct ms_vmem memory = ms_kernel_vmem(&drivers->modules->memory);
    uint8_t bytes[MAX_FAST_IO_BYTES];
    bool present[MAX_FAST_IO_BYTES];
    uint32_t width = layout->pointer_bytes;
    size_t size, n_lost = 0;

    if (driver->fast_io == 0)
        return true;
    memory.read(memory.user, driver->fast_io, bytes, present, layout->fast_io_bytes);
    if (!present[0] || !present[3])
        return note_lost(drivers, driver, "table of fast I/O");
    size = ms_le32(bytes) < layout->fast_io_bytes ? ms_le32(bytes) : layout->fast_io_bytes;
    for (unsigned i = 0; (i + 2) * (size_t)width <= size; i++) {
        size_t at = (i + 1) * (size_t)width;

        if (!present[at] || !present[at + width - 1])
            n_lost++;
        else if (!ms_driver_add_pointer(driver, MS_DRIVER_FAST_IO, i, driver->fast_io + at,
                                        ms_le(bytes + at, width)))
            return false;
    }
    return n_lost == 0 || note_lost(drivers, driver, "table of fast I/O, all of it,");
}

// == Reading ==

static bool add_pointers(const struct ms_driver_layout *layout, struct ms_driver *driver,
                         const uint8_t *bytes)
{
    const uint16_t routines[] = {layout->init, layout->start_io, layout->unload};
    uint64_t address = driver->found.address;

    for (unsigned i = 0; i < sizeof(routines) / sizeof(routines[0]); i++)
        if (!ms_driver_add_pointer(driver, MS_DRIVER_ROUTINE, i, address + routines[i],
                                   ms_le(bytes + routines[i], layout->pointer_bytes)))
            return false;
    for (unsigned i = 0; i < MS_DRIVER_N_MAJORS; i++) {
        size_t at = layout->majors + i * (size_t)layout->pointer_bytes;

        driver->majors[i] = ms_le(bytes + at, layout->pointer_bytes);
        if (!ms_driver_add_pointer(driver, MS_DRIVER_MAJOR, i, address + at, driver->majors[i]))
            return false;
    }
    return true;
}

// The image is the module that begins where it does; a driver that the kernel made for a module of
// its own has none, but a routine in that module.
static size_t image_of(const struct ms_modules *modules, const struct ms_driver *driver,
                       uint64_t init)
{
    size_t module = ms_modules_at(modules, driver->start ? driver->start : init);

    if (module == MS_NO_MODULE || driver->start == 0)
        return module;
    return modules->list.items[module].base == driver->start ? module : MS_NO_MODULE;
}

static bool read_parts(struct ms_drivers *drivers, struct ms_driver *driver, const uint8_t *bytes)
{
    const struct ms_driver_layout *layout = drivers->layout;
    uint32_t width = layout->pointer_bytes;

    driver->flags = ms_le32(bytes + layout->flags);
    driver->start = ms_le(bytes + layout->start, width);
    driver->size = ms_le32(bytes + layout->size);
    driver->section = ms_le(bytes + layout->section, width);
    driver->extension = ms_le(bytes + layout->extension, width);
    driver->fast_io = ms_le(bytes + layout->fast_io, width);
    driver->module = image_of(drivers->modules, driver, ms_le(bytes + layout->init, width));
    return read_text(drivers, bytes + layout->name, &driver->object_name) &&
           name_driver(drivers, driver) && add_pointers(layout, driver, bytes) &&
           read_extension(drivers, driver) && read_fast_io(drivers, driver) &&
           read_devices(drivers, driver, ms_le(bytes + layout->device, width));
}

void ms_driver_release(struct ms_driver *driver)
{
    free(driver->name);
    free(driver->object_name);
    free(driver->service);
    free(driver->pointers.items);
    free(driver->devices.list.items);
    free(driver->clients.items);
}

bool ms_driver_read(struct ms_drivers *drivers, const struct ms_driver_candidate *candidate,
                    bool *taken_ret)
{
    struct ms_driver driver = {.found = *candidate};
    uint8_t bytes[MAX_OBJECT_BYTES];

    *taken_ret = get_object(drivers, candidate->address, bytes);
    if (!*taken_ret)
        return true;
    if (read_parts(drivers, &driver, bytes) && ms_vec_push(&drivers->list, driver))
        return true;
    ms_driver_release(&driver);
    return false;
}
