// SPDX-License-Identifier: MIT
//
// The statements about drivers: their functions, devices and extensions.

#include "spec_objects.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_NAME = 64, N_MAJORS = POINTER_INIT - POINTER_MAJORS };

const char *const fast_io_names[N_POINTERS - POINTER_FAST_IO] = {
    "FastIoCheckIfPossible",
    "FastIoRead",
    "FastIoWrite",
    "FastIoQueryBasicInfo",
    "FastIoQueryStandardInfo",
    "FastIoLock",
    "FastIoUnlockSingle",
    "FastIoUnlockAll",
    "FastIoUnlockAllByKey",
    "FastIoDeviceControl",
    "AcquireFileForNtCreateSection",
    "ReleaseFileForNtCreateSection",
    "FastIoDetachDevice",
    "FastIoQueryNetworkOpenInfo",
    "AcquireForModWrite",
    "MdlRead",
    "MdlReadComplete",
    "PrepareMdlWrite",
    "MdlWriteComplete",
    "FastIoReadCompressed",
    "FastIoWriteCompressed",
    "MdlReadCompleteCompressed",
    "MdlWriteCompleteCompressed",
    "FastIoQueryOpen",
    "ReleaseForModWrite",
    "AcquireForCcFlush",
    "ReleaseForCcFlush",
};

/** The table's size in bytes, with what is before its pointers. */
static uint64_t fast_io_bytes(const struct parser *parser)
{
    uint64_t width = nt_mode(parser)->address_bits == 32 ? 4 : 8;
    return (1 + ITEMS(fast_io_names)) * width;
}

static struct driver_spec *last_driver(struct parser *parser)
{
    struct objects_spec *objects = objects_of(parser);
    if (objects->n_drivers == 0)
        fail_at(parser->lexer.words[0].place, "'driver NAME' on an earlier line");
    return &objects->drivers[objects->n_drivers - 1];
}

/** A name in the object directory. */
static char *next_object_name(struct parser *parser)
{
    struct place place = place_here(parser);
    const char *name = next_text(parser, "a name");
    bool is_good = strlen(name) <= MAX_NAME;
    for (const char *c = name; *c; c++)
        is_good = is_good && *c >= ' ' && *c <= '~' && *c != '\\';
    if (!is_good)
        fail_at(place, "a name of 1 to %d bytes of ASCII without \\", MAX_NAME);
    return copy_text(name);
}

static struct target copy_target(const struct target *target)
{
    return (struct target){copy_text(target->text), target->place};
}

/** Takes an address for each of the pointers from `first` on. */
static void take_pointers(struct parser *parser, size_t first, size_t count)
{
    struct driver_spec *driver = last_driver(parser);
    struct target target = next_target(parser, "an address");
    for (size_t i = first; i < first + count; i++)
        set_target(&driver->pointers[i], copy_target(&target));
    free(target.text);
}

/* ---- functions --------------------------------------------------------------------------- */

/** major N|all PLACE */
static void parse_major(struct parser *parser)
{
    last_driver(parser);
    if (accept(parser, "all"))
        take_pointers(parser, POINTER_MAJORS, N_MAJORS);
    else
        take_pointers(parser, next_below(parser, "all or a major function", N_MAJORS), 1);
}

/** fast-io NAME|all PLACE */
static void parse_fast_io(struct parser *parser)
{
    struct driver_spec *driver = last_driver(parser);
    if (!driver->has_fast_io)
        driver->fast_io_bytes = fast_io_bytes(parser);
    driver->has_fast_io = true;
    if (accept(parser, "all")) {
        take_pointers(parser, POINTER_FAST_IO, ITEMS(fast_io_names));
        return;
    }
    size_t i = 0;
    while (i < ITEMS(fast_io_names) && !accept(parser, fast_io_names[i]))
        i++;
    if (i == ITEMS(fast_io_names))
        fail_at(place_here(parser), "all or a name of FAST_IO_DISPATCH");
    take_pointers(parser, POINTER_FAST_IO + i, 1);
}

/** fast-io-size N */
static void parse_fast_io_size(struct parser *parser)
{
    struct driver_spec *driver = last_driver(parser);
    struct place place = place_here(parser);
    driver->has_fast_io = true;
    driver->fast_io_bytes = next_quantity(parser, "a size");
    if (driver->fast_io_bytes < 4 || driver->fast_io_bytes > fast_io_bytes(parser))
        fail_at(place, "a size of 4 to %llu", (unsigned long long)fast_io_bytes(parser));
}

/* ---- devices, extensions ----------------------------------------------------------------- */

static void take_device_type(struct parser *parser, void *item)
{
    ((struct device_spec *)item)->type = next_u32(parser, "a type");
}

static void take_device_flags(struct parser *parser, void *item)
{
    ((struct device_spec *)item)->flags = next_u32(parser, "flags");
}

static void take_device_name(struct parser *parser, void *item)
{
    struct device_spec *device = item;
    free(device->name);
    device->name = next_object_name(parser);
}

/** device [name NAME] [type N] [flags N] */
static void parse_device(struct parser *parser)
{
    static const struct option options[] = {
        {"name", take_device_name}, {"type", take_device_type}, {"flags", take_device_flags}};
    struct driver_spec *driver = last_driver(parser);
    struct device_spec device = {.type = 0x22, .place = parser->lexer.words[0].place};
    next_options(parser, options, ITEMS(options), &device);
    driver->devices =
        grow(driver->devices, driver->n_devices, &driver->devices_capacity, sizeof(device));
    driver->devices[driver->n_devices++] = device;
}

/** extension PLACE */
static void parse_extension(struct parser *parser)
{
    struct driver_spec *driver = last_driver(parser);
    struct target id = next_target(parser, "an address");
    driver->extensions =
        grow(driver->extensions, driver->n_extensions, &driver->extensions_capacity, sizeof(id));
    driver->extensions[driver->n_extensions++] = id;
}

/* ---- drivers ----------------------------------------------------------------------------- */

static void take_pointer(struct parser *parser, void *item, enum driver_pointer pointer)
{
    set_target(&((struct driver_spec *)item)->pointers[pointer], next_target(parser, "an address"));
}

static void take_init(struct parser *parser, void *item)
{
    take_pointer(parser, item, POINTER_INIT);
}

static void take_start_io(struct parser *parser, void *item)
{
    take_pointer(parser, item, POINTER_START_IO);
}

static void take_unload(struct parser *parser, void *item)
{
    take_pointer(parser, item, POINTER_UNLOAD);
}

static void take_add_device(struct parser *parser, void *item)
{
    take_pointer(parser, item, POINTER_ADD_DEVICE);
}

static void take_image(struct parser *parser, void *item)
{
    struct driver_spec *driver = item;
    free(driver->module);
    driver->module = copy_text(next_text(parser, "a module's name"));
}

static void take_in(struct parser *parser, void *item)
{
    struct driver_spec *driver = item;
    driver->is_file_system = accept(parser, "FileSystem");
    if (!driver->is_file_system)
        require(parser, "Driver");
}

static void take_start(struct parser *parser, void *item)
{
    set_target(&((struct driver_spec *)item)->start, next_target(parser, "an address"));
}

static void take_size(struct parser *parser, void *item)
{
    struct driver_spec *driver = item;
    driver->size = next_u32(parser, "a size");
    driver->has_size = true;
}

static void take_flags(struct parser *parser, void *item)
{
    ((struct driver_spec *)item)->flags = next_u32(parser, "flags");
}

static void take_hidden(struct parser *parser, void *item)
{
    (void)parser;
    ((struct driver_spec *)item)->is_hidden = true;
}

static void take_free(struct parser *parser, void *item)
{
    (void)parser;
    ((struct driver_spec *)item)->is_free = true;
}

static void take_infos(struct parser *parser, void *item)
{
    ((struct driver_spec *)item)->infos = next_infos(parser);
}

static void check_new(const struct objects_spec *objects, const struct driver_spec *driver)
{
    for (size_t i = 0; i < objects->n_drivers; i++) {
        if (strcmp(objects->drivers[i].name, driver->name) == 0)
            fail_at(driver->place, "a name that no other driver has");
    }
}

/** driver NAME [OPTION]... */
static void parse_driver(struct parser *parser)
{
    static const struct option options[] = {
        {"image", take_image},   {"in", take_in},       {"start", take_start},
        {"size", take_size},     {"init", take_init},   {"start-io", take_start_io},
        {"unload", take_unload}, {"flags", take_flags}, {"add-device", take_add_device},
        {"hidden", take_hidden}, {"free", take_free},   {"infos", take_infos},
    };
    struct objects_spec *objects = objects_of(parser);
    struct driver_spec driver = {.place = place_here(parser), .flags = 0x12};
    driver.name = next_object_name(parser);
    check_new(objects, &driver);
    next_options(parser, options, ITEMS(options), &driver);
    objects->drivers =
        grow(objects->drivers, objects->n_drivers, &objects->drivers_capacity, sizeof(driver));
    objects->drivers[objects->n_drivers++] = driver;
}

/** entry-of NAME ADDRESS */
static void parse_entry(struct parser *parser)
{
    struct objects_spec *objects = objects_of(parser);
    struct entry_spec entry = {.name = next_object_name(parser)};
    entry.to = next_target(parser, "an address");
    objects->entries =
        grow(objects->entries, objects->n_entries, &objects->entries_capacity, sizeof(entry));
    objects->entries[objects->n_entries++] = entry;
}

bool parse_driver_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"driver", parse_driver},         {"major", parse_major},
        {"fast-io", parse_fast_io},       {"fast-io-size", parse_fast_io_size},
        {"device", parse_device},         {"extension", parse_extension},
        {"directory-entry", parse_entry},
    };
    return statement_find(parser, statements, ITEMS(statements), name);
}
