// SPDX-License-Identifier: MIT
//
// Driver objects of a Windows kernel: what they are called, whose images they have, and where their
// routines lead.

#ifndef MEMSCAN_DRIVERS_H
#define MEMSCAN_DRIVERS_H

#include <memscan/modules.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Finding them ==

enum ms_drivers_flags {
    // Look through the whole kernel's half for pool blocks that hold driver objects, also those
    // that no directory has. It is done without asking where the directories cannot be reached.
    MS_DRIVERS_SCAN = 1u << 0,
};

struct ms_drivers_options {
    unsigned flags; // enum ms_drivers_flags

    // Called while memory is looked through, and may stop it, as that of struct ms_modules_options.
    int (*progress)(void *user, const struct ms_progress *progress);
    void *user;
};

// The driver objects of one address space. Does not change once made: any number of threads may use
// it.
struct ms_drivers;

// Finds the driver objects of the kernel that modules were found of: by the directories \Driver and
// \FileSystem, and where asked for by pool. `modules` must outlive the result. `options` may be
// NULL. What is not found or not in the image stops nothing but itself; see ms_drivers_note().
// MS_MISSING: there is no Windows kernel. MS_ARGUMENT: a flag that does not exist. MS_STOPPED: by
// `progress`; the result then has what was found until then, and is freed as ever. MS_NOMEM, and
// what ms_search() fails with.
MS_API enum ms_status ms_drivers_create(const struct ms_modules *modules,
                                        const struct ms_drivers_options *options,
                                        struct ms_drivers **drivers_ret, struct ms_error *error);
MS_API void ms_drivers_free(struct ms_drivers *drivers); // NULL is allowed

// What was not found or passed over, one line each.
MS_API size_t ms_drivers_n_notes(const struct ms_drivers *drivers);
MS_API const char *ms_drivers_note(const struct ms_drivers *drivers, size_t index);

// What is known of them all.
struct ms_drivers_system {
    uint64_t root_directory;  // of the kernel's objects; 0: not found
    const char *root_origin;  // who said so: "KDBG", "symbols", "search of nt", ""
    bool scanned;             // memory was looked through, perhaps not to its end
    uint64_t unset;           // nt's routine for what a driver does not handle; 0: not known
    const char *unset_origin; // "symbols", "use": it is the one that most slots have; ""
    bool follows_trampolines; // there is Zydis in this build
};
MS_API struct ms_drivers_system ms_drivers_system(const struct ms_drivers *drivers);

// == Pointers ==

// Where an address is, seen from a driver object.
enum ms_driver_place {
    MS_DRIVER_IMAGE,     // in its image
    MS_DRIVER_UNSET,     // nt's routine for what a driver does not handle
    MS_DRIVER_KERNEL,    // in nt
    MS_DRIVER_FRAMEWORK, // in a module that handles requests for other drivers: Wdf01000, CLASSPNP
    MS_DRIVER_MODULE,    // in another module
    MS_DRIVER_MEMORY,    // in the kernel's half, in no module: pool or such
    MS_DRIVER_ABSENT,    // ... which is not in the image: paged out, or left out of it
    MS_DRIVER_UNMAPPED,  // nothing is mapped there
    MS_DRIVER_USER,      // not in the kernel's half
};

// "image", "unset", "kernel", "framework", "module", "memory", "absent", "unmapped", "user"; NULL
// past the last.
MS_API const char *ms_driver_place_name(size_t place);

enum ms_driver_slot_kind {
    MS_DRIVER_ROUTINE, // DriverInit, DriverStartIo, DriverUnload, AddDevice
    MS_DRIVER_MAJOR,   // of the table of 28 functions
    MS_DRIVER_FAST_IO,
};

// "routine", "major", "fast-io"; NULL past the last.
MS_API const char *ms_driver_slot_kind_name(size_t kind);

#define MS_DRIVER_N_MAJORS 28

// "DriverUnload", "IRP_MJ_CREATE", "FastIoQueryOpen": the slots of a kind from 0 on; NULL past the
// last. Routines stand in the order above.
MS_API const char *ms_driver_slot_name(enum ms_driver_slot_kind kind, size_t index);

// A pointer to code that a driver object, or its table of fast I/O, has.
//
// It is hooked if it leads neither into the driver's image, nor into nt or a framework; or if the
// trampoline that it leads to does not. A trampoline is code that does nothing but go on somewhere
// else. One that lies in a module and takes its target from memory of the same module, as from an
// import slot, is that module's own way to call another one: it hooks nothing unless it leads into
// no module at all. Where nothing tells a driver's image, what leads into any module is not hooked.
struct ms_driver_pointer {
    enum ms_driver_slot_kind kind;
    unsigned index;   // in its table, from 0
    const char *slot; // "DriverUnload", "IRP_MJ_CREATE", "FastIoQueryOpen"
    uint64_t at;      // where the pointer lies
    uint64_t value;
    enum ms_driver_place place; // of the value
    size_t module;              // that it lies in; MS_NO_MODULE: none
    bool hooked;

    bool has_trampoline; // there is one at the value, and it leaves what the value lies in
    uint64_t target;     // where it goes; without one, the value
    uint64_t through;    // memory that it takes its target from; 0: none
    enum ms_driver_place target_place;
    size_t target_module;
};

// The instructions of the trampoline at an address as Intel writes them, "; " between them; "":
// there is none.
#define MS_TRAMPOLINE_TEXT 400 // bytes that it takes, with its 0
MS_API void ms_drivers_trampoline_text(const struct ms_drivers *drivers, uint64_t address,
                                       char text_ret[MS_TRAMPOLINE_TEXT]);

// == Driver objects ==

enum ms_driver_sources {
    MS_DRIVER_LIST = 1u << 0, // an object directory
    MS_DRIVER_POOL = 1u << 1, // a pool block with the tag Driv
};

// "list", "pool", by index from 0, which is the bit's number; NULL past the last.
MS_API const char *ms_driver_source_name(size_t index);

// What a driver has told the kernel to keep for it.
struct ms_driver_client {
    uint64_t id;      // an address that only the driver has
    uint64_t address; // of what is kept
};

// Texts are UTF-8 without NUL. They and arrays live as long as the drivers.
struct ms_driver_info {
    uint64_t address;
    const char *name;        // "\\Driver\\Disk", by the directory where that has it; ""
    const char *object_name; // as the object itself says; ""
    const char *service;     // its key in the registry; ""
    unsigned sources;        // enum ms_driver_sources
    bool freed;              // its block of pool is: the driver is gone
    bool hidden;             // it is not, but no directory has it, and these were read whole
    uint32_t flags;
    uint64_t start;   // of its image, as the object says; 0: the kernel made it for the module that
    uint64_t size;    // its DriverInit lies in
    size_t module;    // that is its image; MS_NO_MODULE: none begins there
    uint64_t section; // entry of the module list
    uint64_t extension; // DRIVER_EXTENSION
    uint64_t fast_io;   // the table; 0: none

    const struct ms_driver_pointer *pointers; // routines, majors, fast I/O: those that are not 0
    size_t n_pointers;
    size_t n_hooked; // of them
    uint64_t majors[MS_DRIVER_N_MAJORS];
    const uint64_t *devices; // device objects
    size_t n_devices;
    const struct ms_driver_client *clients;
    size_t n_clients;
};

// By ascending address.
MS_API size_t ms_drivers_count(const struct ms_drivers *drivers);
MS_API struct ms_driver_info ms_drivers_info(const struct ms_drivers *drivers, size_t index);

#ifdef __cplusplus
}
#endif

#endif
