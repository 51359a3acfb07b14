// SPDX-License-Identifier: MIT
//
// What struct ms_drivers holds, and how it is made: candidates are collected, by directories and by
// pool; then their objects are read; and once all are known, their pointers are judged.

#ifndef MS_WINDOWS_DRIVERS_H
#define MS_WINDOWS_DRIVERS_H

#include "windows/driver_chain.h"
#include "windows/modules.h"
#include <memscan/drivers.h>

#define MS_MAX_DRIVERS        4096    // a real system has a few hundred
#define MS_MAX_DRIVER_DEVICES 0x10000 // of all drivers
#define MS_MAX_DRIVER_CLIENTS 64      // of one

// Where structures have their fields. All versions of Windows agree.
struct ms_driver_layout {
    uint16_t pointer_bytes;
    // DRIVER_OBJECT
    uint16_t bytes, device, flags, start, size, section, extension, name, fast_io, init, start_io,
        unload, majors;
    // DRIVER_EXTENSION, up to the last field that is read
    uint16_t extension_bytes, extension_driver, add_device, service, clients;
    // DEVICE_OBJECT
    uint16_t device_driver, next_device;
    // IO_CLIENT_EXTENSION
    uint16_t client_bytes, client_id;
    // OBJECT_HEADER, which the object follows
    uint16_t header_bytes, name_offset, info_mask;
    // OBJECT_HEADER_CREATOR_INFO, OBJECT_HEADER_NAME_INFO
    uint16_t creator_bytes, name_info_bytes, name_info_name;
    // FAST_IO_DISPATCH
    uint16_t fast_io_bytes;
};

const struct ms_driver_layout *ms_driver_layout_of(unsigned bits);

struct ms_driver_candidate {
    uint64_t address;
    unsigned sources;      // enum ms_driver_sources
    const char *directory; // "\\Driver\\"; NULL: in none that is known
    bool freed;
};

struct ms_driver_candidates {
    MS_VEC(struct ms_driver_candidate) list;
};

struct ms_driver {
    struct ms_driver_candidate found;
    char *name, *object_name, *service;
    uint32_t flags;
    uint64_t start, size;
    size_t module; // whose image it is
    uint64_t section, extension, fast_io;
    MS_VEC(struct ms_driver_pointer) pointers;
    uint64_t majors[MS_DRIVER_N_MAJORS];
    struct ms_chain devices;
    MS_VEC(struct ms_driver_client) clients;
    size_t n_hooked;
};

struct ms_drivers {
    const struct ms_modules *modules;
    const struct ms_driver_layout *layout;
    uint64_t root; // directory; 0: not found
    const char *root_origin;
    bool scanned;
    bool directories_whole; // all that they hold was read
    uint64_t unset;
    const char *unset_origin;
    MS_VEC(struct ms_driver) list; // by ascending address
    size_t n_devices;              // of all, with what was taken for some
    struct ms_notes notes;
};

// == Directories: driver_directory.c ==

// Finds the directory of all objects. False without memory.
bool ms_drivers_find_root(struct ms_drivers *drivers);

// Adds what the directories of drivers hold. False without memory.
bool ms_drivers_list(struct ms_drivers *drivers, struct ms_driver_candidates *candidates);

// The name that an object's header has, allocated; "": none, or not in the image. NULL without
// memory.
char *ms_driver_object_name(const struct ms_drivers *drivers, uint64_t object);

// == Pool: driver_scan.c ==

// Adds what pool holds.
enum ms_status ms_drivers_scan(struct ms_drivers *drivers, struct ms_watch *watch,
                               struct ms_driver_candidates *candidates, struct ms_error *error);

// == Objects: driver_object.c ==

enum ms_driver_look {
    MS_DRIVER_IS_THERE,
    MS_DRIVER_IS_NONE,    // something else
    MS_DRIVER_IS_MISSING, // not all of it is in the image, or nothing that would tell
};

// Whether a driver object is at an address.
enum ms_driver_look ms_driver_look(const struct ms_drivers *drivers, uint64_t address);

// Whether its extension is, too: by chance bytes do not look like both.
bool ms_is_whole_driver(const struct ms_drivers *drivers, uint64_t address);

// Adds the object of a candidate to the list; `*taken_ret` is false if none is there. False without
// memory.
bool ms_driver_read(struct ms_drivers *drivers, const struct ms_driver_candidate *candidate,
                    bool *taken_ret);
void ms_driver_release(struct ms_driver *driver);

// == Pointers: driver_pointers.c ==

// Adds a pointer that is not 0 to a driver's. False without memory.
bool ms_driver_add_pointer(struct ms_driver *driver, enum ms_driver_slot_kind kind, unsigned index,
                           uint64_t at, uint64_t value);

// Says of the pointers of all drivers where they lead.
bool ms_drivers_judge(struct ms_drivers *drivers);

// == Names: driver_names.c ==

// Of routines.
enum { MS_DRIVER_INIT, MS_DRIVER_START_IO, MS_DRIVER_UNLOAD, MS_DRIVER_ADD_DEVICE };

#define MS_DRIVER_N_FAST_IO 27

// Whether a module is one of those that handle requests for other drivers.
bool ms_is_framework(const char *module);

#endif
