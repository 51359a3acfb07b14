// SPDX-License-Identifier: MIT
//
// Finding the kernel: by what points to it, with pieces missing.

#include "windows/small_windows.h"

static struct ms_system_info system_of(struct windows *windows, struct found_windows *found)
{
    *found = find_windows(windows, 0);
    return ms_modules_system(found->modules);
}

static void release(struct windows *windows, struct found_windows *found)
{
    release_found(found);
    free(windows->machine.bytes);
}

Test(nt, base_kdbg_and_list)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_system_info info = system_of(&windows, &found);

    cr_assert(info.found && info.base == KERNEL + NT_IMAGE);
    cr_assert(eq(str, (char *)(uintptr_t)info.base_origin, "search"));
    cr_assert(info.debugger_data == KERNEL + KDBG && !info.debugger_data_encoded);
    cr_assert(info.module_list == KERNEL + LIST);
    cr_assert(info.major == 10 && info.minor == 0);
    release(&windows, &found);
}

Test(nt, no_kernel)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    poke(&windows, NT_IMAGE, 0, 2);
    poke(&windows, KDBG + 0x10, 0, 4);
    cr_assert(eq(int, system_of(&windows, &found).found, false));
    cr_assert(eq(sz, ms_modules_count(found.modules), 0));
    cr_assert(ms_modules_at(found.modules, KERNEL) == MS_NO_MODULE);
    release(&windows, &found);
}

// Without its headers the kernel is found by the block that tells its base.
Test(nt, headers_missing)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_system_info info;

    put64(&windows.machine, 0x4000, NT_IMAGE / 0x1000, 0);
    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    info = system_of(&windows, &found);
    cr_assert(info.found && info.base == KERNEL + NT_IMAGE && info.size == 0x10000);
    cr_assert(eq(str, (char *)(uintptr_t)info.base_origin, "KDBG"));
    cr_assert(eq(str, modules_text(found.modules), "nt 10000+10000 list"));
    release(&windows, &found);
}

// What looks like such a block and is none leads nowhere.
Test(nt, headers_missing_and_false_blocks)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_system_info info;

    put64(&windows.machine, 0x4000, NT_IMAGE / 0x1000, 0);
    put_text(&windows.machine, MEMORY + NT_DATA + 0x10, "KDBG"); // text
    put_text(&windows.machine, MEMORY + NT_DATA + 0x50, "KDBG"); // whose base is no page
    poke(&windows, NT_DATA + 0x54, 0x360, 4);
    poke(&windows, NT_DATA + 0x58, KERNEL + 0x30001, 8);
    info = system_of(&windows, &found);
    cr_assert(info.base == KERNEL + NT_IMAGE && info.debugger_data == KERNEL + KDBG);
    release(&windows, &found);
}

Test(nt, low_stub)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    put_number(&windows.machine, 0x9000, UINT64_C(0x1000600e9), 8);
    put_number(&windows.machine, 0x9070, KERNEL + NT_IMAGE + 0x1100, 8);
    put_number(&windows.machine, 0x90a0, ROOT, 8);
    cr_assert(eq(str, (char *)(uintptr_t)system_of(&windows, &found).base_origin, "low stub"));
    release(&windows, &found);
}

// A block that lies about its base, or is none, is passed over.
Test(nt, false_blocks)
{
    struct windows windows = windows_of(10);
    struct found_windows found;

    poke_text(&windows, NT_DATA + 0x10, "KDBG"); // text
    poke_text(&windows, NT_DATA + 0x50, "KDBG"); // of another kernel
    poke(&windows, NT_DATA + 0x54, 0x360, 4);
    poke(&windows, NT_DATA + 0x58, KERNEL + 0x30000, 8);
    cr_assert(system_of(&windows, &found).debugger_data == KERNEL + KDBG);
    release(&windows, &found);
}

static const struct {
    uint64_t never, always, address;
} secrets[] = {
    {UINT64_C(0x0043c1d2e5a76b19), UINT64_C(0x9d1f00a2b3c4e5f7), KERNEL + NT_DATA + 0x800},
    {0, 0, KERNEL + NT_DATA + 0x800},
    {UINT64_C(0xffffffffffffffc0), 1, 0},
    {UINT64_C(0x8000000000000001), UINT64_MAX, KERNEL},
    {UINT64_C(0x123456789abcdeff), UINT64_C(0xfedcba9876543210), KERNEL + 8},
};

Test(nt, encoded)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        struct windows windows = windows_of(10);
        struct found_windows found;
        struct ms_system_info info;

        add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
        encode_kdbg(&windows, secrets[i].never, secrets[i].always, secrets[i].address);
        info = system_of(&windows, &found);
        cr_assert(info.debugger_data == KERNEL + KDBG && info.debugger_data_encoded, "%zu", i);
        cr_assert(info.module_list == KERNEL + LIST, "%zu", i);
        release(&windows, &found);
    }
}

// The page of the block is gone: nothing tells the list, and all else stands.
Test(nt, block_missing)
{
    struct windows windows = windows_of(10);
    struct found_windows found;
    struct ms_system_info info;

    put64(&windows.machine, 0x4000, NT_DATA / 0x1000, 0);
    info = system_of(&windows, &found);
    cr_assert(info.found && info.debugger_data == 0 && info.module_list == 0);
    cr_assert(has_note(found.modules, "the module list was not found"));
    release(&windows, &found);
}

// Hundreds of sections, each as large as the address space has room for. Looking through all that
// they claim would take minutes.
Test(nt, sections_that_lie)
{
    struct windows windows = windows_of(10);
    uint64_t nt = NT_IMAGE + 0x80, sections = nt + 0x108;
    struct found_windows found;
    struct ms_system_info info;

    for (uint64_t i = 0; i < 0x100; i++)
        poke(&windows, KDBG + i, 0, 1);
    poke(&windows, nt + 0x06, 700, 2);
    poke(&windows, nt + 0x50, 0xfffff000, 4);
    for (uint64_t i = 1; i < 700; i++) {
        poke(&windows, sections + 0x28 * i + 0x08, UINT32_MAX, 4);
        poke(&windows, sections + 0x28 * i + 0x0c, 0x1000, 4);
        poke(&windows, sections + 0x28 * i + 0x24, 0xc0000040, 4);
    }
    info = system_of(&windows, &found);
    cr_assert(info.base == KERNEL + NT_IMAGE && info.debugger_data == 0);
    release(&windows, &found);
}

Test(nt, space_must_be_virtual)
{
    struct windows windows = windows_of(10);
    struct ms_image *image = open_machine(&windows.machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "physical");
    struct ms_modules *modules = NULL;

    cr_assert(ms_modules_create(spaces, 0, NULL, &modules, NULL) == MS_ARGUMENT && !modules);
    ms_modules_free(modules);
    ms_spaces_free(spaces);
    ms_image_close(image);
    free(windows.machine.bytes);
}
