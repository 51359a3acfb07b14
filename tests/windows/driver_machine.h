// SPDX-License-Identifier: MIT
//
// Driver objects in small machines with a Windows kernel: in object directories and in pool. Each
// has a block of pool with headers of pool and object.

#ifndef TESTS_WINDOWS_DRIVER_MACHINE_H
#define TESTS_WINDOWS_DRIVER_MACHINE_H

#include "windows/small_windows.h"

#include <memscan/drivers.h>

// Where modules begin.
#define DISK  (KERNEL + DRIVERS)
#define CLASS (KERNEL + DRIVERS + 0x10000)
#define OTHER (KERNEL + DRIVERS + 0x20000)

enum {
    ROOT_VARIABLE = NT_DATA + 0x700, // ObpRootDirectoryObject
    ROOT_TABLE = 0x100000,           // the directory of all objects
    DIRECTORY_ENTRIES = 0x103000,    // 20 bytes each
    OBJECTS = 0x110000,              // blocks of pool, 1000 bytes each
    OBJECT_BODY = 0x90,              // in a block: behind headers of pool, name, creator and object
    DRIVER_TABLE = OBJECTS + OBJECT_BODY, // the first two objects are directories
    SYSTEM_TABLE = OBJECTS + 0x1000 + OBJECT_BODY,
    EXTENSION = OBJECT_BODY + 0x150,
    OBJECT_TEXT = 0x300,
    UNSET = NT_IMAGE + 0x5000, // IopInvalidDeviceRequest
};

struct driver_machine {
    struct windows windows;
    size_t n_entries, n_objects;
};

// Puts an object into a directory, at the head of a chain of its own.
static inline void add_to_directory(struct driver_machine *machine, uint64_t table, uint64_t body)
{
    uint64_t entry = DIRECTORY_ENTRIES + 0x20 * machine->n_entries++;
    size_t chain = machine->n_entries % 37;

    poke(&machine->windows, entry, 0, 8);
    poke(&machine->windows, entry + 8, body, 8);
    poke(&machine->windows, table + 8 * chain, KERNEL + entry, 8);
}

// A name of ASCII in the header of the object at `body`, which is in a block of OBJECTS.
static inline void name_object(struct windows *windows, uint64_t body, const char *name)
{
    uint64_t text = body - OBJECT_BODY + OBJECT_TEXT;

    poke(windows, body - 0x30 + 0x1a, 3, 1); // creator and name
    poke_string(windows, body - 0x30 - 0x40 + 8, KERNEL + text, 2 * strlen(name));
    for (size_t i = 0; name[i]; i++)
        poke(windows, text + 2 * i, (uint8_t)name[i], 2);
}

// A block with an object, whose body's offset it returns.
static inline uint64_t add_object(struct driver_machine *machine, const char *tag, const char *name)
{
    struct windows *windows = &machine->windows;
    uint64_t block = OBJECTS + 0x1000 * machine->n_objects++;

    poke(windows, block, 0x02800000, 4); // the whole of 800 bytes, nonpaged, allocated
    poke_text(windows, block + 4, tag);
    poke(windows, block + 0x800, 0x00800080, 4);
    name_object(windows, block + OBJECT_BODY, name);
    return block + OBJECT_BODY;
}

// A driver whose majors are all the same.
static inline uint64_t add_driver(struct driver_machine *machine, const char *name, uint64_t image,
                                  uint32_t size, uint64_t major)
{
    struct windows *windows = &machine->windows;
    uint64_t body = add_object(machine, "Driv", name), extension = body - OBJECT_BODY + EXTENSION;

    poke(windows, body, 4, 2);
    poke(windows, body + 2, 0x150, 2);
    poke(windows, body + 0x18, image, 8);
    poke(windows, body + 0x20, size, 4);
    poke(windows, body + 0x30, KERNEL + extension, 8);
    poke(windows, extension, KERNEL + body, 8);
    for (unsigned i = 0; i < MS_DRIVER_N_MAJORS; i++)
        poke(windows, body + 0x70 + 8 * i, major, 8);
    return body;
}

// A kernel, the modules disk, classpnp and other, and directories without drivers.
static inline struct driver_machine driver_machine(void)
{
    struct driver_machine machine = {.windows = windows_of(10)};
    struct windows *windows = &machine.windows;
    uint64_t drivers, systems;

    add_module(windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    add_module(windows, DRIVERS, 0x3000, "disk.sys");
    add_module(windows, DRIVERS + 0x10000, 0x3000, "CLASSPNP.SYS");
    add_module(windows, DRIVERS + 0x20000, 0x3000, "other.sys");
    poke(windows, KDBG + 0x98, KERNEL + ROOT_VARIABLE, 8);
    poke(windows, ROOT_VARIABLE, KERNEL + ROOT_TABLE, 8);
    drivers = add_object(&machine, "Dire", "Driver");
    systems = add_object(&machine, "Dire", "FileSystem");
    add_to_directory(&machine, ROOT_TABLE, KERNEL + drivers);
    add_to_directory(&machine, ROOT_TABLE, KERNEL + systems);
    return machine;
}

static inline void list_driver(struct driver_machine *machine, uint64_t body)
{
    add_to_directory(machine, DRIVER_TABLE, KERNEL + body);
}

// Disk, whose functions are its own, and Sys in \FileSystem.
static inline struct driver_machine two_drivers(void)
{
    struct driver_machine machine = driver_machine();

    list_driver(&machine, add_driver(&machine, "Disk", DISK, 0x3000, DISK + 0x1000));
    add_to_directory(&machine, SYSTEM_TABLE,
                     KERNEL + add_driver(&machine, "Sys", OTHER, 0x3000, KERNEL + UNSET));
    return machine;
}

#define DISK_BODY (OBJECTS + 0x2000 + OBJECT_BODY)
#define SYS_BODY  (OBJECTS + 0x3000 + OBJECT_BODY)

// == What is found ==

struct found_drivers {
    struct found_windows windows;
    struct ms_drivers *drivers;
};

static inline struct found_drivers find_drivers(const struct driver_machine *machine,
                                                unsigned flags)
{
    const struct ms_drivers_options options = {.flags = flags};
    struct found_drivers found = {.windows = find_windows(&machine->windows, 0)};
    struct ms_error error = {0};

    cr_assert(ms_drivers_create(found.windows.modules, &options, &found.drivers, &error) == MS_OK,
              "%s", error.text);
    return found;
}

static inline void release_drivers(struct driver_machine *machine, struct found_drivers *found)
{
    ms_drivers_free(found->drivers);
    release_found(&found->windows);
    free(machine->windows.machine.bytes);
}

static inline bool drivers_note(const struct ms_drivers *drivers, const char *text)
{
    for (size_t i = 0; i < ms_drivers_n_notes(drivers); i++)
        if (strstr(ms_drivers_note(drivers, i), text))
            return true;
    return false;
}

#endif
