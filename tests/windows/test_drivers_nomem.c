// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn, while driver objects are found: who asks is told, nothing is left,
// and nothing is told that would be told otherwise with memory.

#include "windows/driver_machine.h"
#include "windows/turns.h"

TestSuite(drivers_nomem);

// == What is asked ==

// All that was told, one number for each kind of thing.
struct told {
    size_t n_drivers, n_notes, n_pointers, n_hooked, n_devices, n_clients, n_letters;
};

static void count(const struct ms_drivers *drivers, struct told *told)
{
    told->n_drivers = ms_drivers_count(drivers);
    told->n_notes = ms_drivers_n_notes(drivers);
    for (size_t i = 0; i < told->n_drivers; i++) {
        struct ms_driver_info info = ms_drivers_info(drivers, i);

        told->n_pointers += info.n_pointers;
        told->n_hooked += info.n_hooked;
        told->n_devices += info.n_devices;
        told->n_clients += info.n_clients;
        told->n_letters += strlen(info.name) + strlen(info.object_name) + strlen(info.service);
    }
    for (size_t i = 0; i < told->n_notes; i++)
        told->n_letters += strlen(ms_drivers_note(drivers, i));
}

static enum ms_status ask(const struct ms_modules *modules, struct told *told)
{
    const struct ms_drivers_options options = {.flags = MS_DRIVERS_SCAN};
    struct ms_drivers *drivers = NULL;
    struct ms_error error;
    enum ms_status status = ms_drivers_create(modules, &options, &drivers, &error);

    *told = (struct told){0};
    if (!status)
        count(drivers, told);
    ms_drivers_free(drivers);
    return status;
}

// What is read of modules when it is first asked for is kept, and read again where memory lacked.
static void fail_each(const struct windows *windows)
{
    struct told whole, told;
    struct turn turn = first_turn();
    enum ms_status status;

    do {
        struct found_windows found = find_windows(windows, 0);

        begin_turn(&turn);
        status = ask(found.modules, &told);
        end_turn(&turn, status);
        cr_assert(ask(found.modules, &whole) == MS_OK);
        cr_assert(status != MS_OK || memcmp(&told, &whole, sizeof(told)) == 0,
                  "allocation %ld changes what is told", turn.n);
        release_found(&found);
        leaves_nothing(&turn);
    } while (turn.failed);
    cr_assert(whole.n_drivers == 2 && whole.n_devices == 1 && whole.n_clients == 1);
}

// == The machine ==

// A driver of a directory, with all that one can have, and one of pool; a chain that breaks off.
static struct driver_machine machine(void)
{
    struct driver_machine machine = driver_machine();
    struct windows *windows = &machine.windows;
    uint64_t disk = add_driver(&machine, "Disk", KERNEL + DRIVERS, 0x3000, KERNEL + 0x1a0000);

    add_driver(&machine, "Ghost", KERNEL + DRIVERS, 0x3000, KERNEL + UNSET);
    add_to_directory(&machine, DRIVER_TABLE, KERNEL + disk);
    poke(windows, DIRECTORY_ENTRIES + 0x40, KERNEL + GONE, 8);
    poke(windows, disk + 8, KERNEL + 0x180000, 8); // a device
    poke(windows, 0x180000, 3, 2);
    poke(windows, 0x180008, KERNEL + disk, 8);
    poke(windows, 0x180010, KERNEL + GONE, 8);
    poke(windows, disk + 0x150 + 0x28, KERNEL + 0x181000, 8); // what is kept for it
    poke(windows, disk + 0x50, KERNEL + GONE - 0x18, 8);      // fast I/O, cut
    poke(windows, GONE - 0x18, 0xe0, 4);
    return machine;
}

Test(drivers_nomem, each)
{
    struct driver_machine drivers = machine();

    fail_each(&drivers.windows);
    free(drivers.windows.machine.bytes);
}

// The directory of all objects is looked for in nt.
Test(drivers_nomem, without_variable)
{
    struct driver_machine drivers = machine();

    poke(&drivers.windows, KDBG + 0x98, 0, 8);
    poke(&drivers.windows, ROOT_TABLE + 0x50, KERNEL + DIRECTORY_ENTRIES + 0x800,
         8); // a third entry
    fail_each(&drivers.windows);
    free(drivers.windows.machine.bytes);
}
