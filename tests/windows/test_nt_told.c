// SPDX-License-Identifier: MIT
//
// Finding the kernel by what a container tells: the header of a crash dump, a processor's
// registers.

#include "space/machine_files.h"
#include "windows/small_windows.h"

TestSuite(nt_told);

#define IDT (KERNEL + 0x60000)

// Finds what is in an image whose root is told, and closes nothing.
static struct ms_system_info find_told(struct ms_image *image, struct found_windows *found)
{
    struct ms_error error = {0};

    found->image = image;
    found->spaces = spaces_found(image);
    cr_assert(ms_spaces_add(found->spaces, "kernel", &error) == MS_OK, "%s", error.text);
    cr_assert(ms_modules_create(found->spaces, 0, NULL, &found->modules, &error) == MS_OK, "%s",
              error.text);
    return ms_modules_system(found->modules);
}

static void check_origins(const struct ms_system_info *info, const char *base, const char *list,
                          const char *name)
{
    cr_assert(info->found && info->base == KERNEL + NT_IMAGE, "%s: %" PRIx64, name, info->base);
    cr_assert(eq(str, (char *)(uintptr_t)info->base_origin, (char *)(uintptr_t)base), "%s", name);
    cr_assert(info->module_list == KERNEL + LIST, "%s", name);
    cr_assert(eq(str, (char *)(uintptr_t)info->module_list_origin, (char *)(uintptr_t)list), "%s",
              name);
}

// == Crash dumps ==

static void no_headers(struct windows *windows)
{
    put64(&windows->machine, 0x4000, NT_IMAGE / 0x1000, 0);
}

static void no_block(struct windows *windows)
{
    poke(windows, KDBG + 0x10, 0, 8);
}

static void neither(struct windows *windows)
{
    no_headers(windows);
    no_block(windows);
}

// `told` is where the header has the block: 0 if it has none.
static const struct {
    const char *name;
    void (*spoil)(struct windows *windows);
    uint64_t told;
    const char *base, *list, *block;
} dumps[] = {
    {"all", NULL, KERNEL + KDBG, "KDBG", "KDBG", "crash-dump header"},
    {"block elsewhere", NULL, KERNEL + KDBG + 0x20, "crash-dump header", "KDBG", "search of nt"},
    {"no block", no_block, KERNEL + KDBG, "crash-dump header", "crash-dump header", ""},
    {"block alone", no_headers, KERNEL + KDBG, "KDBG", "KDBG", "crash-dump header"},
    {"list alone", neither, 0, "module list", "crash-dump header", ""},
    {"list, block elsewhere", no_headers, KERNEL + KDBG + 0x20, "module list", "KDBG",
     "search of nt"},
};

Test(nt_told, by_the_header_of_a_dump)
{
    for (size_t i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
        struct windows windows = windows_of(10);
        struct found_windows found;
        struct small_machine file;
        struct ms_system_info info;

        add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
        if (dumps[i].spoil)
            dumps[i].spoil(&windows);
        file = dump64_of(&windows.machine, ROOT);
        put_number(&file, 0x20, KERNEL + LIST, 8);
        put_number(&file, 0x80, dumps[i].told, 8);
        info = find_told(open_file(&file), &found);
        check_origins(&info, dumps[i].base, dumps[i].list, dumps[i].name);
        cr_assert(eq(str, (char *)(uintptr_t)info.debugger_data_origin,
                     (char *)(uintptr_t)dumps[i].block),
                  "%s", dumps[i].name);
        release_found(&found);
        free(windows.machine.bytes);
    }
}

// == Processors ==

// Entry of an interrupt, as x64 has them.
static void poke_gate(struct windows *windows, unsigned vector, uint64_t address)
{
    uint64_t at = IDT - KERNEL + 16 * (uint64_t)vector;

    poke(windows, at, address & 0xffff, 2);
    poke(windows, at + 2, 0x10, 2);
    poke(windows, at + 4, 0x8e00, 2);
    poke(windows, at + 6, address >> 16, 6);
}

// A page of a program's, at 1000.
static void map_program(struct windows *windows)
{
    put64(&windows->machine, ROOT, 0, 0x9067);
    put64(&windows->machine, 0x9000, 0, 0xa067);
    put64(&windows->machine, 0xa000, 0, 0xb067);
    put64(&windows->machine, 0xb000, 1, 0xc067);
}

// An entry that leads nowhere is passed over; the instruction that ran counts if the kernel's does.
static const struct {
    const char *name;
    uint64_t divide, debug, rip;
    unsigned level;
    const char *origin;
} processors[] = {
    {"first", KERNEL + NT_IMAGE + 0x1230, 0, 0x1000, 3, "interrupt table"},
    {"second", 0x7ff612345678, KERNEL + NT_IMAGE + 0x1230, 0x1000, 3, "interrupt table"},
    {"instruction", 0, 0, KERNEL + NT_IMAGE + 0x2000, 0, "running instruction"},
    {"a driver's below", 0, KERNEL + NT_IMAGE - 8, KERNEL + NT_IMAGE - 8, 0, "search"},
    {"a program's", 0, 0, 0x1000, 3, "search"},
};

Test(nt_told, by_a_processor)
{
    for (size_t i = 0; i < sizeof(processors) / sizeof(processors[0]); i++) {
        struct windows windows = windows_of(10);
        struct cpu cpu = {.cr0 = PAGING, .cr3 = ROOT, .cr4 = 0x20, .idt = IDT};
        struct found_windows found;
        struct ms_system_info info;

        add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
        map_program(&windows);
        poke_gate(&windows, 0, processors[i].divide);
        poke_gate(&windows, 3, processors[i].debug);
        cpu.rip = processors[i].rip;
        cpu.level = processors[i].level;
        info = find_told(open_qemu(&windows.machine, 0x3e, cpu), &found);
        check_origins(&info, processors[i].origin, "KDBG", processors[i].name);
        release_found(&found);
        free(windows.machine.bytes);
    }
}

// == Five levels of tables ==

// A kernel's half begins where the addresses have no room for more: what lies below that of four
// levels is looked through, too.
Test(nt_told, five_levels)
{
    const struct ms_modules_options options = {.flags = MS_MODULES_SCAN};
    struct windows windows = windows_of(10);
    struct small_machine *machine = &windows.machine;
    struct found_windows found = {0};
    uint64_t base = UINT64_C(0xff00000000000000) + DRIVERS;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x3000, ".text");
    put64(machine, 0x9000, 0x1ff, ROOT | 0x63);
    put64(machine, 0x9000, 0x100, 0xa063);
    put64(machine, 0xa000, 0, 0x2063);
    found.image = open_machine(machine);
    found.spaces = spaces_of(found.image, 0x9000, "x64-5", "kernel");
    cr_assert(ms_modules_create(found.spaces, 0, &options, &found.modules, NULL) == MS_OK);
    cr_assert(ms_modules_at(found.modules, base) != MS_NO_MODULE);
    cr_assert(ms_modules_at(found.modules, KERNEL + DRIVERS) != MS_NO_MODULE);
    cr_assert(ms_modules_system(found.modules).base == KERNEL + NT_IMAGE);
    release_found(&found);
    free(machine->bytes);
}

// == Version ==

// Writes the version resource of the kernel: 6.1.7601.
static void poke_version(struct windows *windows)
{
    static const char key[] = "VS_VERSION_INFO";
    const uint64_t root = NT_IMAGE + 0x4000, info = root + 0x200;

    poke(windows, NT_IMAGE + 0x80 + 0x98, 0x4000, 4); // the directory
    poke(windows, NT_IMAGE + 0x80 + 0x9c, 0x400, 4);
    for (unsigned level = 0; level < 3; level++) { // type, name, language: one each
        uint64_t table = root + 0x20 * (uint64_t)level;

        poke(windows, table + 0xe, 1, 2);
        poke(windows, table + 0x10, level == 0 ? 16 : 1, 4);
        poke(windows, table + 0x14, level == 2 ? 0x60 : 0x80000020 + 0x20 * level, 4);
    }
    poke(windows, root + 0x60, 0x4200, 4);
    poke(windows, root + 0x64, 0x100, 4);
    poke(windows, info, 0x100, 2);
    poke(windows, info + 2, 0x34, 2);
    for (unsigned i = 0; key[i]; i++)
        poke(windows, info + 6 + 2 * i, (uint8_t)key[i], 2);
    poke(windows, info + 0x28, 0xfeef04bd, 4);
    poke(windows, info + 0x28 + 0x10, 0x00060001, 4);
    poke(windows, info + 0x28 + 0x14, 0x1db10000, 4);
}

// What the kernel says of itself counts more than what its file does.
Test(nt_told, version_by_the_file)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_system_info info;

    poke_version(&windows);
    put_number(&windows.machine, 0x8000 + 0x260, 19041, 4);
    found = find_windows(&windows, 0);
    info = ms_modules_system(found.modules);
    cr_assert(info.major == 10 && info.minor == 0 && info.build == 19041);
    release_found(&found);

    put_number(&windows.machine, 0x8000 + 0x264, 0, 4); // no product of theirs
    found = find_windows(&windows, 0);
    info = ms_modules_system(found.modules);
    cr_assert(info.major == 6 && info.minor == 1 && info.build == 7601, "%u.%u.%u", info.major,
              info.minor, info.build);
    release_found(&found);
    free(windows.machine.bytes);
}
