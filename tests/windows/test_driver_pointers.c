// SPDX-License-Identifier: MIT
//
// Pointers of driver objects: where they lead, and which are hooked.

#include "windows/driver_machine.h"

#define POOL_CODE (KERNEL + 0x1a0000)

// The pointers of a driver that are not in its image, one a line. A static buffer.
static char *pointers_text(const struct ms_drivers *drivers, size_t index)
{
    static char text[8192];
    struct ms_driver_info info = ms_drivers_info(drivers, index);
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < info.n_pointers && used < sizeof(text) - 600; i++) {
        const struct ms_driver_pointer *pointer = &info.pointers[i];

        if (pointer->place == MS_DRIVER_IMAGE && !pointer->has_trampoline)
            continue;
        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%s %s%s%s%s", used ? "\n" : "", pointer->slot,
            ms_driver_place_name(pointer->place), pointer->has_trampoline ? " to " : "",
            pointer->has_trampoline ? ms_driver_place_name(pointer->target_place) : "",
            pointer->hooked ? " hooked" : "");
    }
    return text;
}

enum { ABSENT = 0x1a2000 }; // a page that is mapped to what is behind the image's end

// What the routine of a major leads to, for a driver whose others are its own.
struct pointer_case {
    const char *name;
    uint64_t value;
    const char *code; // hex, at POOL_CODE
    const char *expected;
};

static const struct pointer_case pointer_cases[] = {
    {"image", DISK + 0x1100, "", ""},
    {"kernel", KERNEL + NT_IMAGE + 0x6000, "", "IRP_MJ_READ kernel"},
    {"unset", KERNEL + UNSET, "", "IRP_MJ_READ unset"},
    {"framework", CLASS + 0x100, "", "IRP_MJ_READ framework"},
    {"module", OTHER + 0x100, "", "IRP_MJ_READ module hooked"},
    {"pool", POOL_CODE, "c3", "IRP_MJ_READ memory hooked"},
    {"behind the image", DISK + 0x3000, "", "IRP_MJ_READ memory hooked"},
    {"not in the image", KERNEL + ABSENT, "", "IRP_MJ_READ absent hooked"},
    {"not mapped", KERNEL + GONE, "", "IRP_MJ_READ unmapped hooked"},
    {"user", 0x10000, "", "IRP_MJ_READ user hooked"},
#ifdef MS_HAVE_ZYDIS
    {"trampoline", POOL_CODE, "48b800010a0000f8ffffffe0", "IRP_MJ_READ memory to module hooked"},
    {"trampoline back", POOL_CODE, "48b80011080000f8ffffffe0",
     "IRP_MJ_READ memory to image hooked"},
#endif
};

static struct found_drivers find_pointers(struct driver_machine *machine, uint64_t value)
{
    poke(&machine->windows, DISK_BODY + 0x70 + 8 * 3, value, 8);
    return find_drivers(machine, 0);
}

static void poke_code(struct driver_machine *machine, uint64_t address, const char *hex)
{
    for (size_t i = 0; i < strlen(hex) / 2; i++) {
        unsigned byte;

        cr_assert(sscanf(hex + 2 * i, "%2x", &byte) == 1);
        poke(&machine->windows, address - KERNEL + i, byte, 1);
    }
}

Test(driver_pointers, pointers)
{
    for (size_t i = 0; i < sizeof(pointer_cases) / sizeof(pointer_cases[0]); i++) {
        struct driver_machine machine = two_drivers();
        struct found_drivers found;

        poke_code(&machine, POOL_CODE, pointer_cases[i].code);
        put64(&machine.windows.machine, 0x4000, ABSENT / 0x1000, 0x10000063);
        found = find_pointers(&machine, pointer_cases[i].value);
        cr_assert(
            eq(str, pointers_text(found.drivers, 0), (char *)(uintptr_t)pointer_cases[i].expected),
            "%s", pointer_cases[i].name);
        release_drivers(&machine, &found);
    }
}

#ifdef MS_HAVE_ZYDIS

// The first bytes of a function of the driver's, of nt's or of a framework's.
static const struct {
    const char *name;
    uint64_t value;
    const char *code;
    const char *expected;
} patches[] = {
    {"function jumps within its image", DISK + 0x1100, "e9fb000000", ""},
    {"function jumps out of its image", DISK + 0x1100, "e9fbef0100",
     "IRP_MJ_READ image to module hooked"},
    {"function jumps to nt", DISK + 0x1100, "e9fb4ef9ff", "IRP_MJ_READ image to kernel"},
    {"nt jumps out", KERNEL + NT_IMAGE + 0x6000, "48b800010a0000f8ffffffe0",
     "IRP_MJ_READ kernel to module hooked"},
    {"framework jumps to pool", CLASS + 0x100, "48b800001a0000f8ffffffe0",
     "IRP_MJ_READ framework to memory hooked"},
    {"thunk to a module", DISK + 0x1100, "ff25fa0e0000", "IRP_MJ_READ image to module"},
};

Test(driver_pointers, functions_that_jump)
{
    for (size_t i = 0; i < sizeof(patches) / sizeof(patches[0]); i++) {
        struct driver_machine machine = two_drivers();
        struct found_drivers found;

        poke_code(&machine, patches[i].value, patches[i].code);
        poke(&machine.windows, DRIVERS + 0x2000, OTHER + 0x100, 8); // an import slot
        found = find_pointers(&machine, patches[i].value);
        cr_assert(eq(str, pointers_text(found.drivers, 0), (char *)(uintptr_t)patches[i].expected),
                  "%s", patches[i].name);
        release_drivers(&machine, &found);
    }
}

Test(driver_pointers, thunk_to_no_module)
{
    struct driver_machine machine = two_drivers();
    struct found_drivers found;
    char text[MS_TRAMPOLINE_TEXT];

    poke_code(&machine, DISK + 0x1100, "ff25fa0e0000");
    poke(&machine.windows, DRIVERS + 0x2000, POOL_CODE, 8);
    found = find_pointers(&machine, DISK + 0x1100);
    cr_assert(eq(str, pointers_text(found.drivers, 0), "IRP_MJ_READ image to memory hooked"));
    ms_drivers_trampoline_text(found.drivers, DISK + 0x1100, text);
    cr_assert(eq(str, text, "jmp [0xfffff80000082000]"));
    ms_drivers_trampoline_text(found.drivers, KERNEL + GONE, text);
    cr_assert(eq(str, text, ""));
    release_drivers(&machine, &found);
}

#endif

// The image is the module that begins where the object says, whatever size that tells.
static const struct {
    const char *name;
    uint64_t start;
    uint32_t size;
    uint64_t init;
    const char *expected;
} images[] = {
    {"size that lies", DISK, UINT32_MAX, 0, "IRP_MJ_READ module hooked"},
    {"size of 0", DISK, 0, 0, "IRP_MJ_READ module hooked"},
    {"start in a module", OTHER + 0x1000, 0x2000, 0, "IRP_MJ_READ module hooked"},
    {"the other module", OTHER, 0x3000, 0, ""},
    {"no start", 0, 0, OTHER + 0x10, ""},
    {"nothing", 0, 0, 0, "IRP_MJ_READ module"},
};

Test(driver_pointers, images)
{
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
        struct driver_machine machine = driver_machine();
        uint64_t body = add_driver(&machine, "Disk", images[i].start, images[i].size, 0);
        struct found_drivers found;

        list_driver(&machine, body);
        poke(&machine.windows, body + 0x58, images[i].init, 8);
        poke(&machine.windows, body + 0x70 + 8 * 3, OTHER + 0x100, 8);
        found = find_drivers(&machine, 0);
        cr_assert(eq(str, pointers_text(found.drivers, 0), (char *)(uintptr_t)images[i].expected),
                  "%s", images[i].name);
        release_drivers(&machine, &found);
    }
}

// A driver whose image no list has.
Test(driver_pointers, image_without_module)
{
    struct driver_machine machine = driver_machine();
    struct found_drivers found;

    list_driver(&machine, add_driver(&machine, "Ghost", POOL_CODE, 0x1000, POOL_CODE + 0xfff));
    found = find_drivers(&machine, 0);
    cr_assert(ms_drivers_info(found.drivers, 0).module == MS_NO_MODULE);
    cr_assert(eq(str, pointers_text(found.drivers, 0), ""));
    release_drivers(&machine, &found);
}

// == Fast I/O ==

static const struct {
    const char *name;
    uint32_t size;
    uint64_t table;
    const char *expected, *note;
} fast_io[] = {
    {"whole", 0xe0, 0x180000,
     "FastIoCheckIfPossible module hooked\nFastIoRead module hooked\n"
     "ReleaseForCcFlush module hooked",
     NULL},
    {"longer than known", UINT32_MAX, 0x180000,
     "FastIoCheckIfPossible module hooked\nFastIoRead module hooked\n"
     "ReleaseForCcFlush module hooked",
     NULL},
    {"short", 0x18, 0x180000, "FastIoCheckIfPossible module hooked\nFastIoRead module hooked",
     NULL},
    {"in the middle of a slot", 0x17, 0x180000, "FastIoCheckIfPossible module hooked", NULL},
    {"empty", 8, 0x180000, "", NULL},
    {"cut", 0xe0, GONE - 0x18, "FastIoCheckIfPossible module hooked\nFastIoRead module hooked",
     "its table of fast I/O, all of it, is not in the image"},
    {"not there", 0xe0, GONE, "", "its table of fast I/O is not in the image"},
};

Test(driver_pointers, fast_io)
{
    for (size_t i = 0; i < sizeof(fast_io) / sizeof(fast_io[0]); i++) {
        struct driver_machine machine = two_drivers();
        uint64_t table = fast_io[i].table;
        struct found_drivers found;

        poke(&machine.windows, DISK_BODY + 0x50, KERNEL + table, 8);
        if (table < GONE) {
            poke(&machine.windows, table, fast_io[i].size, 4);
            poke(&machine.windows, table + 8, OTHER, 8);
            poke(&machine.windows, table + 0x10, OTHER + 0x10, 8);
        }
        if (table == 0x180000)
            poke(&machine.windows, table + 0xd8, OTHER + 0x10, 8);
        found = find_drivers(&machine, 0);
        cr_assert(eq(str, pointers_text(found.drivers, 0), (char *)(uintptr_t)fast_io[i].expected),
                  "%s", fast_io[i].name);
        cr_assert(fast_io[i].note ? drivers_note(found.drivers, fast_io[i].note)
                                  : ms_drivers_n_notes(found.drivers) == 0,
                  "%s", fast_io[i].name);
        release_drivers(&machine, &found);
    }
}
