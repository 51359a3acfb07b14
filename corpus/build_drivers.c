// SPDX-License-Identifier: MIT
//
// Drivers: DRIVER_OBJECT and its extension, the table of fast I/O, device objects.

#include "build_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Where things are, by the width of pointers. */
struct driver_layout {
    uint16_t device, flags, start, size, section, extension, name, fast_io, init, start_io, unload;
    uint16_t majors, bytes;
    uint16_t add_device, service_name, client_extension, extension_bytes; // of DRIVER_EXTENSION
};

struct device_layout {
    uint16_t driver, next, flags, type, stack_size, bytes;
};

enum {
    DRIVER_OBJECT = 4,
    DEVICE_OBJECT = 3,
    N_MAJORS = POINTER_INIT - POINTER_MAJORS,
    EXECUTABLE = 0x20000000,
};

static const struct driver_layout driver_layouts[] = {
    {0x04, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x28, 0x2c, 0x30, 0x34, 0x38, 0xa8, 0x04, 0x0c, 0x14,
     0x20},
    {0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0x50, 0x58, 0x60, 0x68, 0x70, 0x150, 0x08, 0x18,
     0x28, 0x40},
};

static const struct device_layout device_layouts[] = {
    {0x08, 0x0c, 0x1c, 0x2c, 0x30, 0xb8},
    {0x08, 0x10, 0x30, 0x48, 0x4c, 0x150},
};

/** A driver being built. */
struct driver {
    struct object_builder *builder;
    const struct driver_spec *spec;
    struct driver_result *result;
    const struct driver_layout *layout;
    unsigned width;
};

/* ---- values ------------------------------------------------------------------------------ */

static uint64_t address_of(const struct driver *driver, const struct target *target)
{
    return machinery_address(driver->builder->nt->machinery, target, NULL);
}

/** What functions that a driver does not have lead to. */
static uint64_t invalid_request(const struct nt *nt)
{
    const struct symbol *symbol = module_symbol(nt->kernel, "IopInvalidDeviceRequest");
    if (symbol)
        return nt->kernel->spec->base + symbol->rva;
    for (size_t i = 0; i < nt->kernel->n_sections; i++) {
        if (nt->kernel->sections[i].flags & EXECUTABLE)
            return nt->kernel->spec->base + nt->kernel->sections[i].part.rva;
    }
    return nt->kernel->spec->base;
}

static void choose_image(const struct driver *driver)
{
    const struct driver_spec *spec = driver->spec;
    struct driver_result *result = driver->result;
    const struct module *module = NULL;
    if (spec->module) {
        module = machinery_find(driver->builder->nt->machinery, spec->module, strlen(spec->module));
        if (!module)
            fail_at(spec->place, "the name of a module behind 'image', not '%s'", spec->module);
        result->start = module->spec->base;
        result->size = module->size;
        result->section = module->listed[MISSING_ENTRY].rva;
        result->pointers[POINTER_INIT] =
            module->entry_point ? module->spec->base + module->entry_point : 0;
    }
    if (spec->start.text)
        result->start = address_of(driver, &spec->start);
    if (spec->has_size)
        result->size = spec->size;
}

static void choose_pointers(const struct driver *driver)
{
    uint64_t invalid = invalid_request(driver->builder->nt);
    for (size_t i = 0; i < N_POINTERS; i++) {
        const struct target *target = &driver->spec->pointers[i];
        if (target->text)
            driver->result->pointers[i] = address_of(driver, target);
        else if (i < N_MAJORS)
            driver->result->pointers[i] = invalid;
    }
}

/* ---- parts ------------------------------------------------------------------------------- */

static void add_fast_io(const struct driver *driver)
{
    uint64_t bytes = driver->spec->fast_io_bytes;
    if (!driver->spec->has_fast_io)
        return;
    struct pool_block table = builder_take(driver->builder, bytes, "FsIo", driver->spec->place);
    builder_store(table, 0, 4, bytes);
    for (size_t i = POINTER_FAST_IO; i < N_POINTERS; i++) {
        size_t at = (i - POINTER_FAST_IO + 1) * driver->width;
        if (at + driver->width <= bytes)
            builder_store(table, at, driver->width, driver->result->pointers[i]);
        else
            driver->result->pointers[i] = 0;
    }
    driver->result->fast_io = table.address;
}

/** The list leads from the last device to the first. */
static void add_devices(const struct driver *driver)
{
    const struct device_layout *layout = &device_layouts[driver->width == 8];
    const struct driver_spec *spec = driver->spec;
    uint64_t next = 0;
    for (size_t i = 0; i < spec->n_devices; i++) {
        const struct device_spec *device = &spec->devices[i];
        struct object_wish wish = {.length = layout->bytes,
                                   .has_name = device->name != NULL,
                                   .is_free = spec->is_free,
                                   .place = device->place};
        struct object object = object_create(driver->builder, TYPE_DEVICE, wish);
        builder_store(object.body, 0, 2, DEVICE_OBJECT);
        builder_store(object.body, 2, 2, layout->bytes);
        builder_store(object.body, 4, 4, 1); // references
        builder_store(object.body, layout->driver, driver->width,
                      driver->result->object.body.address);
        builder_store(object.body, layout->next, driver->width, next);
        builder_store(object.body, layout->flags, 4, device->flags);
        builder_store(object.body, layout->type, 4, device->type);
        builder_store(object.body, layout->stack_size, 1, 1);
        if (device->name && !spec->is_free)
            directory_insert(driver->builder, &driver->builder->directories[DIRECTORY_DEVICES],
                             &object, device->name, device->place);
        next = driver->result->devices[i] = object.body.address;
    }
    builder_store(driver->result->object.body, driver->layout->device, driver->width, next);
}

static void add_extensions(const struct driver *driver, struct pool_block extension)
{
    const struct driver_spec *spec = driver->spec;
    uint64_t next = 0;
    for (size_t i = 0; i < spec->n_extensions; i++) {
        struct pool_block block =
            builder_take(driver->builder, 4 * (size_t)driver->width, "DrvE", spec->place);
        builder_store(block, 0, driver->width, next);
        struct extension_result *result = &driver->result->extensions[i];
        result->id = address_of(driver, &spec->extensions[i]);
        result->address = block.address;
        builder_store(block, driver->width, driver->width, result->id);
        next = block.address;
    }
    builder_store(extension, driver->layout->client_extension, driver->width, next);
}

/** DRIVER_EXTENSION, which lies behind the driver. */
static void add_extension(const struct driver *driver)
{
    const struct driver_layout *layout = driver->layout;
    struct pool_block body = driver->result->object.body;
    struct pool_block extension = {body.address + layout->bytes, body.bytes + layout->bytes};
    builder_store(extension, 0, driver->width, body.address);
    builder_store(extension, layout->add_device, driver->width,
                  driver->result->pointers[POINTER_ADD_DEVICE]);
    builder_store_text(driver->builder, extension, layout->service_name, driver->spec->name,
                       driver->spec->place);
    add_extensions(driver, extension);
    builder_store(body, layout->extension, driver->width, extension.address);
}

static void store_driver(const struct driver *driver)
{
    const struct driver_layout *layout = driver->layout;
    const struct driver_result *result = driver->result;
    struct pool_block body = result->object.body;
    unsigned width = driver->width;
    char name[128];
    snprintf(name, sizeof(name), "\\%s\\%s", driver->spec->is_file_system ? "FileSystem" : "Driver",
             driver->spec->name);
    builder_store(body, 0, 2, DRIVER_OBJECT);
    builder_store(body, 2, 2, layout->bytes);
    builder_store(body, layout->flags, 4, driver->spec->flags);
    builder_store(body, layout->start, width, result->start);
    builder_store(body, layout->size, 4, result->size);
    builder_store(body, layout->section, width, result->section);
    builder_store_text(driver->builder, body, layout->name, name, driver->spec->place);
    builder_store(body, layout->fast_io, width, result->fast_io);
    builder_store(body, layout->init, width, result->pointers[POINTER_INIT]);
    builder_store(body, layout->start_io, width, result->pointers[POINTER_START_IO]);
    builder_store(body, layout->unload, width, result->pointers[POINTER_UNLOAD]);
    for (size_t i = 0; i < N_MAJORS; i++)
        builder_store(body, layout->majors + i * width, width, result->pointers[i]);
}

/* ---- all --------------------------------------------------------------------------------- */

static void build_driver(const struct driver *driver)
{
    const struct driver_spec *spec = driver->spec;
    enum object_directory directory =
        spec->is_file_system ? DIRECTORY_FILE_SYSTEMS : DIRECTORY_DRIVERS;
    driver->result->devices = allocate(spec->n_devices, sizeof(*driver->result->devices));
    driver->result->extensions = allocate(spec->n_extensions, sizeof(*driver->result->extensions));
    choose_image(driver);
    choose_pointers(driver);
    add_fast_io(driver);
    add_devices(driver);
    add_extension(driver);
    store_driver(driver);
    if (!spec->is_hidden && !spec->is_free)
        directory_insert(driver->builder, &driver->builder->directories[directory],
                         &driver->result->object, spec->name, spec->place);
}

void create_drivers(struct object_builder *builder)
{
    const struct objects_spec *spec = &builder->nt->spec->objects;
    const struct driver_layout *layout = &driver_layouts[builder->nt->width == 8];
    struct objects *objects = builder->objects;
    objects->drivers = allocate(spec->n_drivers, sizeof(*objects->drivers));
    for (size_t i = 0; i < spec->n_drivers; i++) {
        const struct driver_spec *driver = &spec->drivers[i];
        struct object_wish wish = {.length = (size_t)layout->bytes + layout->extension_bytes,
                                   .has_name = true,
                                   .is_free = driver->is_free,
                                   .infos = driver->infos,
                                   .place = driver->place};
        objects->drivers[i].object = object_create(builder, TYPE_DRIVER, wish);
    }
}

void build_drivers(struct object_builder *builder)
{
    const struct nt *nt = builder->nt;
    const struct objects_spec *spec = &nt->spec->objects;
    for (size_t i = 0; i < spec->n_drivers; i++) {
        struct driver driver = {builder, &spec->drivers[i], &builder->objects->drivers[i],
                                &driver_layouts[nt->width == 8], nt->width};
        build_driver(&driver);
    }
    for (size_t i = 0; i < spec->n_entries; i++)
        directory_add_entry(builder, &builder->directories[DIRECTORY_DRIVERS],
                            machinery_address(nt->machinery, &spec->entries[i].to, NULL),
                            spec->entries[i].name, spec->entries[i].to.place);
}
