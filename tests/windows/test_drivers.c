// SPDX-License-Identifier: MIT
//
// Driver objects: where they are found, and what they say.

#include "windows/driver_machine.h"

// The drivers, one a line: name, sources, what is special. A static buffer.
static char *drivers_text(const struct ms_drivers *drivers)
{
    static char text[8192];
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ms_drivers_count(drivers) && used < sizeof(text) - 600; i++) {
        struct ms_driver_info info = ms_drivers_info(drivers, i);

        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%s%s%s", i ? "\n" : "",
                                 info.name, info.sources & MS_DRIVER_LIST ? " list" : "",
                                 info.sources & MS_DRIVER_POOL ? " pool" : "",
                                 info.freed ? " freed" : "", info.hidden ? " hidden" : "");
    }
    return text;
}

static void check(struct driver_machine *machine, unsigned flags, const char *expected,
                  const char *note)
{
    struct found_drivers found = find_drivers(machine, flags);

    cr_assert(eq(str, drivers_text(found.drivers), (char *)(uintptr_t)expected));
    cr_assert(note ? drivers_note(found.drivers, note) : ms_drivers_n_notes(found.drivers) == 0,
              "%s", note ? note : ms_drivers_note(found.drivers, 0));
    release_drivers(machine, &found);
}

// == Where they are found ==

Test(drivers, directories)
{
    struct driver_machine machine = two_drivers();
    struct found_drivers found = find_drivers(&machine, 0);
    struct ms_drivers_system system = ms_drivers_system(found.drivers);

    cr_assert(system.root_directory == KERNEL + ROOT_TABLE && !system.scanned);
    cr_assert(eq(str, (char *)(uintptr_t)system.root_origin, "KDBG"));
    cr_assert(system.unset == KERNEL + UNSET);
    cr_assert(eq(str, (char *)(uintptr_t)system.unset_origin, "use"));
    cr_assert(eq(str, drivers_text(found.drivers), "\\Driver\\Disk list\n\\FileSystem\\Sys list"));
    release_drivers(&machine, &found);
}

// A part of a name would be a wrong name: the object's own is told then, or none.
Test(drivers, names_that_break_off)
{
    for (int i = 0; i < 2; i++) {
        struct driver_machine machine = two_drivers();
        struct windows *windows = &machine.windows;
        uint64_t text = i ? GONE - 4 : OBJECTS + 0x2800;
        static const char own[] = "\\Driver\\Own";

        poke_string(windows, DISK_BODY - 0x70 + 8, KERNEL + GONE - 4, 8);
        poke_string(windows, DISK_BODY + 0x38, KERNEL + text, 2 * strlen(own));
        for (size_t c = 0; c < (i ? 2 : strlen(own)); c++)
            poke(windows, text + 2 * c, (uint8_t)own[c], 2);
        check(&machine, 0,
              i ? " list\n\\FileSystem\\Sys list" : "\\Driver\\Own list\n\\FileSystem\\Sys list",
              NULL);
    }
}

Test(drivers, no_drivers)
{
    struct driver_machine machine = driver_machine();

    check(&machine, 0, "", NULL);
}

Test(drivers, root_without_variable)
{
    struct driver_machine machine = two_drivers();
    struct found_drivers found;

    poke(&machine.windows, KDBG + 0x98, 0, 8);
    poke(&machine.windows, ROOT_TABLE + 0x50, KERNEL + DIRECTORY_ENTRIES + 0x800,
         8); // a third entry
    found = find_drivers(&machine, 0);
    cr_assert(
        eq(str, (char *)(uintptr_t)ms_drivers_system(found.drivers).root_origin, "search of nt"));
    cr_assert(eq(str, drivers_text(found.drivers), "\\Driver\\Disk list\n\\FileSystem\\Sys list"));
    release_drivers(&machine, &found);
}

// Without directories pool tells, and the objects' own names; here they have none.
Test(drivers, no_root)
{
    struct driver_machine machine = two_drivers();

    poke(&machine.windows, ROOT_VARIABLE, 0, 8);
    check(&machine, 0, "Disk pool\nSys pool", "the directory of objects was not found");
}

Test(drivers, scan_finds_hidden_and_freed)
{
    struct driver_machine machine = two_drivers();

    add_driver(&machine, "Ghost", OTHER, 0x3000, OTHER);
    add_driver(&machine, "Gone", OTHER, 0x3000, OTHER);
    poke(&machine.windows, OBJECTS + 0x5000 + 3, 0, 1);       // the type of a free block
    poke_text(&machine.windows, OBJECTS + 0x4004, "Dri\xf6"); // protected
    check(&machine, MS_DRIVERS_SCAN,
          "\\Driver\\Disk list pool\n\\FileSystem\\Sys list pool\nGhost pool hidden\n"
          "Gone pool freed",
          NULL);
}

// Where a directory was not read whole, nobody knows what it has.
Test(drivers, nothing_is_hidden_in_broken_directories)
{
    static const struct {
        uint64_t at, value;
        const char *note;
    } cases[] = {
        {DIRECTORY_ENTRIES + 0x40, KERNEL + GONE, "chains of the directory \\Driver"},
        {DIRECTORY_ENTRIES + 0x68, KERNEL + GONE, "entries of the directory \\FileSystem that are"},
        {DIRECTORY_ENTRIES + 0x28, KERNEL + GONE, "the directory \\FileSystem was not found"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct driver_machine machine = two_drivers();
        struct found_drivers found;

        add_driver(&machine, "Ghost", OTHER, 0x3000, OTHER);
        poke(&machine.windows, cases[i].at, cases[i].value, 8);
        found = find_drivers(&machine, MS_DRIVERS_SCAN);
        cr_assert(eq(sz, ms_drivers_count(found.drivers), 3));
        for (size_t k = 0; k < 3; k++)
            cr_assert(not(ms_drivers_info(found.drivers, k).hidden), "case %zu", i);
        cr_assert(drivers_note(found.drivers, cases[i].note), "case %zu", i);
        release_drivers(&machine, &found);
    }
}

// What only looks like one by its tag is none.
Test(drivers, scan_takes_no_other_blocks)
{
    static const struct {
        const char *name;
        uint64_t at, value;
        size_t width;
    } cases[] = {
        {"type", 0, 5, 2},
        {"size", 2, 0xa8, 2},
        {"extension", 0x30, KERNEL + 0x1000, 8},
        {"extension that is not there", 0x30, KERNEL + GONE, 8},
        {"owner of the extension", EXTENSION - OBJECT_BODY, 0, 8},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct driver_machine machine = driver_machine();
        uint64_t body = add_driver(&machine, "Ghost", OTHER, 0x3000, OTHER);

        poke(&machine.windows, body + cases[i].at, cases[i].value, cases[i].width);
        check(&machine, MS_DRIVERS_SCAN, "", NULL);
    }
}

// == Directories that lie ==

static const struct {
    const char *name;
    uint64_t at, value;
    const char *expected, *note;
} damages[] = {
    {"entry loops", DIRECTORY_ENTRIES + 0x40, KERNEL + DIRECTORY_ENTRIES + 0x40,
     "\\Driver\\Disk list\n\\FileSystem\\Sys list", "chains of the directory \\Driver that break"},
    {"entry leads nowhere", DIRECTORY_ENTRIES + 0x40, KERNEL + GONE,
     "\\Driver\\Disk list\n\\FileSystem\\Sys list", "chains of the directory \\Driver that break"},
    {"entry is a program's", DIRECTORY_ENTRIES + 0x60, 0x10000,
     "\\Driver\\Disk list\n\\FileSystem\\Sys list", "chains of the directory \\FileSystem"},
    {"object is not there", DIRECTORY_ENTRIES + 0x48, KERNEL + GONE, "\\FileSystem\\Sys list",
     "entries of the directory \\Driver that are not in the image: 1"},
    {"object is at the end", DIRECTORY_ENTRIES + 0x48, UINT64_MAX - 8, "\\FileSystem\\Sys list",
     "entries of the directory \\Driver that are not in the image: 1"},
    {"object is none", DIRECTORY_ENTRIES + 0x48, KERNEL + NT_IMAGE, "\\FileSystem\\Sys list",
     "entries of the directory \\Driver that are no driver objects: 1"},
    {"object is none, where others are, too", DIRECTORY_ENTRIES + 0x68, KERNEL + NT_IMAGE,
     "\\Driver\\Disk list", NULL},
    {"object is cut", DIRECTORY_ENTRIES + 0x48, KERNEL + GONE - 8, "\\FileSystem\\Sys list",
     "entries of the directory \\Driver that are not in the image: 1"},
    {"the same twice", DIRECTORY_ENTRIES + 0x68, KERNEL + DISK_BODY, "\\Driver\\Disk list", NULL},
};

Test(drivers, directories_that_lie)
{
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        struct driver_machine machine = two_drivers();

        poke(&machine.windows, GONE - 8, 0x01500004, 4); // how a driver object begins
        poke(&machine.windows, damages[i].at, damages[i].value, 8);
        check(&machine, 0, damages[i].expected, damages[i].note);
    }
}

// == What they say ==

static void poke_name(struct driver_machine *machine, uint64_t at, uint64_t text, const char *name)
{
    poke_string(&machine->windows, at, KERNEL + text, 2 * strlen(name));
    for (size_t i = 0; name[i]; i++)
        poke(&machine->windows, text + 2 * i, (uint8_t)name[i], 2);
}

Test(drivers, names)
{
    struct driver_machine machine = two_drivers();
    struct found_drivers found;
    struct ms_driver_info info;

    poke_name(&machine, DISK_BODY + 0x38, 0x190000, "\\Driver\\Liar");
    poke_name(&machine, DISK_BODY + 0x150 + 0x18, 0x191000, "disk service");
    poke(&machine.windows, SYS_BODY - 0x30 + 0x1a, 0, 1);
    found = find_drivers(&machine, 0);
    info = ms_drivers_info(found.drivers, 0);
    cr_assert(eq(str, (char *)(uintptr_t)info.name, "\\Driver\\Disk"));
    cr_assert(eq(str, (char *)(uintptr_t)info.object_name, "\\Driver\\Liar"));
    cr_assert(eq(str, (char *)(uintptr_t)info.service, "disk service"));
    cr_assert(eq(str, (char *)(uintptr_t)ms_drivers_info(found.drivers, 1).name, ""));
    release_drivers(&machine, &found);
}

static void poke_device(struct driver_machine *machine, uint64_t at, uint64_t driver, uint64_t next)
{
    poke(&machine->windows, at, 3, 2);
    poke(&machine->windows, at + 8, KERNEL + driver, 8);
    poke(&machine->windows, at + 0x10, next, 8);
}

static const struct {
    const char *name;
    uint64_t next, driver; // of the last one
    size_t n;
    const char *note;
} device_lists[] = {
    {"whole", 0, DISK_BODY, 3, NULL},
    {"loop", KERNEL + 0x180000, DISK_BODY, 3, "its list of devices leads back into itself"},
    {"loop of two", KERNEL + 0x181000, DISK_BODY, 3, "its list of devices leads back into itself"},
    {"loop of one", KERNEL + 0x182000, DISK_BODY, 3, "its list of devices leads back into itself"},
    {"break", KERNEL + GONE, DISK_BODY, 3, "its list of devices breaks off"},
    {"another's", 0, SYS_BODY, 2, "its list of devices breaks off"},
};

Test(drivers, devices)
{
    for (size_t i = 0; i < sizeof(device_lists) / sizeof(device_lists[0]); i++) {
        struct driver_machine machine = two_drivers();
        struct found_drivers found;

        poke(&machine.windows, DISK_BODY + 8, KERNEL + 0x180000, 8);
        poke_device(&machine, 0x180000, DISK_BODY, KERNEL + 0x181000);
        poke_device(&machine, 0x181000, DISK_BODY, KERNEL + 0x182000);
        poke_device(&machine, 0x182000, device_lists[i].driver, device_lists[i].next);
        found = find_drivers(&machine, 0);
        cr_assert(eq(sz, ms_drivers_info(found.drivers, 0).n_devices, device_lists[i].n), "%s",
                  device_lists[i].name);
        cr_assert(device_lists[i].note ? drivers_note(found.drivers, device_lists[i].note)
                                       : ms_drivers_n_notes(found.drivers) == 0,
                  "%s", device_lists[i].name);
        release_drivers(&machine, &found);
    }
}

Test(drivers, extensions)
{
    struct driver_machine machine = two_drivers();
    struct found_drivers found;
    struct ms_driver_info info;

    poke(&machine.windows, DISK_BODY + 0x150 + 0x28, KERNEL + 0x180000, 8);
    poke(&machine.windows, 0x180000, KERNEL + 0x180100, 8);
    poke(&machine.windows, 0x180008, DISK + 0x40, 8);
    poke(&machine.windows, 0x180100, KERNEL + 0x180000, 8);
    poke(&machine.windows, 0x180108, DISK + 0x50, 8);
    found = find_drivers(&machine, 0);
    info = ms_drivers_info(found.drivers, 0);
    cr_assert(eq(sz, info.n_clients, 2));
    cr_assert(info.clients[0].id == DISK + 0x40 && info.clients[0].address == KERNEL + 0x180010);
    cr_assert(drivers_note(found.drivers, "its list of extensions leads back into itself"));
    release_drivers(&machine, &found);
}

// == Names ==

Test(drivers, tables_of_names)
{
    cr_assert(eq(str, (char *)(uintptr_t)ms_driver_slot_name(MS_DRIVER_ROUTINE, 3), "AddDevice"));
    cr_assert(ms_driver_slot_name(MS_DRIVER_ROUTINE, 4) == NULL);
    cr_assert(eq(str, (char *)(uintptr_t)ms_driver_slot_name(MS_DRIVER_MAJOR, 0x1b), "IRP_MJ_PNP"));
    cr_assert(ms_driver_slot_name(MS_DRIVER_MAJOR, 28) == NULL);
    cr_assert(eq(str, (char *)(uintptr_t)ms_driver_slot_name(MS_DRIVER_FAST_IO, 26),
                 "ReleaseForCcFlush"));
    cr_assert(ms_driver_slot_name(MS_DRIVER_FAST_IO, 27) == NULL);
    cr_assert(eq(str, (char *)(uintptr_t)ms_driver_place_name(MS_DRIVER_USER), "user"));
    cr_assert(ms_driver_place_name(MS_DRIVER_USER + 1) == NULL);
    cr_assert(ms_driver_slot_kind_name(3) == NULL && ms_driver_source_name(2) == NULL);
}
