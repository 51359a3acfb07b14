// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn, while modules are found and while their tables are read: who asks
// is told, nothing is left, and nothing is told that would be told otherwise with memory.

#include "windows/image_tables.h"
#include "windows/turns.h"

#include <memscan/imports.h>

TestSuite(modules_nomem);

// == The machine ==

enum {
    DRIVER = DRIVERS,
    HEADLESS = DRIVERS + 0x10000,
    UNLISTED = DRIVERS + 0x20000,
    EXPORTS = 0x1000, // RVAs
    IMPORTS = 0x2000,
};

// Three names, of which one is forwarded, and an ordinal; the linker's name.
static void poke_exports(struct windows *windows, uint64_t image, const char *name)
{
    uint64_t at = image + EXPORTS;

    poke_export(windows, image, EXPORTS, 0, "ZwClose", 0x5100);
    poke_export(windows, image, EXPORTS, 1, "ZwOpen", 0x5200);
    poke_export(windows, image, EXPORTS, 2, "ToOther", EXPORTS + 0x200);
    poke_text(windows, at + 0x200, "driver.#1");
    poke(windows, at + 0x14, 4, 4);
    poke(windows, at + 0x4c, 0x5400, 4); // of ordinal 4
    poke(windows, at + 0x0c, EXPORTS + 0x300, 4);
    poke_text(windows, at + 0x300, name);
}

static void poke_imports(struct windows *windows, uint64_t image)
{
    static const char *const dlls[] = {"ntoskrnl.exe", "not-loaded.dll"};

    poke_directory(windows, image, 1, IMPORTS, 0x3c);
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t at = image + IMPORTS + 0x14 * i, names = IMPORTS + 0x100 + 0x40 * i;

        poke(windows, at, names, 4);
        poke(windows, at + 0x0c, IMPORTS + 0x300 + 0x20 * i, 4);
        poke(windows, at + 0x10, names + 0x20, 4);
        poke_text(windows, image + IMPORTS + 0x300 + 0x20 * i, dlls[i]);
        poke(windows, image + names, IMPORTS + 0x400, 8);
        poke(windows, image + names + 8, UINT64_C(1) << 63 | 4, 8);
        poke(windows, image + names + 0x20, KERNEL + NT_IMAGE + 0x5200, 8);
        poke(windows, image + names + 0x28, KERNEL + NT_IMAGE + 0x5400, 8);
    }
    poke_text(windows, image + IMPORTS + 0x402, "ZwOpen");
}

static void poke_pool(struct windows *windows)
{
    poke(windows, 0x60000, 0x020b0000, 4);
    poke_text(windows, 0x60004, "MmLd");
    poke(windows, 0x60010, KERNEL + LIST, 8);
    poke(windows, 0x60018, KERNEL + LIST, 8);
    poke(windows, 0x60040, KERNEL + DRIVERS + 0x30000, 8);
    poke(windows, 0x60050, 0x5000, 4);
    poke_string(windows, 0x60058, KERNEL + TEXTS, 8); // path
    poke_string(windows, 0x60068, KERNEL + TEXTS, 8);
}

static struct windows machine(void)
{
    struct windows windows = windows_of(10);

    poke_exports(&windows, NT_IMAGE, "ntoskrnl.exe");
    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVER, 0x8000, ".text");
    poke_exports(&windows, DRIVER, "driver.sys");
    poke_imports(&windows, DRIVER);
    poke_pdb(&windows, DRIVER, 0x3000, "d.pdb");
    add_module(&windows, DRIVER, 0x8000, "driver.sys");
    add_module(&windows, HEADLESS, 0x3000, "driver.sys"); // a second one of that name
    poke(&windows, HEADLESS + 0x1000, KERNEL + NT_IMAGE + 0x5100, 8);
    poke(&windows, HEADLESS + 0x1008, KERNEL + NT_IMAGE + 0x5200, 8);
    poke_image(&windows, UNLISTED, 0x8000, ".text");
    poke_exports(&windows, UNLISTED, "unlisted.sys");
    poke_pool(&windows);
    poke(&windows, UNLOADED, KERNEL + 0x70000, 8);
    poke(&windows, LAST_UNLOADED, 1, 4);
    poke_string(&windows, 0x70000, KERNEL + TEXTS, 8);
    poke(&windows, 0x70010, KERNEL + 0x100000, 8);
    poke(&windows, 0x70018, KERNEL + 0x101000, 8);
    poke(&windows, entry_at(2), KERNEL + GONE, 8); // the list breaks off
    return windows;
}

// == What is asked ==

// All that was told, one number for each kind of thing.
struct told {
    size_t n_modules, n_notes, n_unloaded, n_symbols, n_sections, n_imports, n_exports, n_near,
        n_details, n_letters;
};

static int count_export(void *user, const struct ms_export *item)
{
    struct told *told = user;

    told->n_exports += item->length > 0;
    return 0;
}

static enum ms_status ask_module(const struct ms_modules *modules, size_t index, struct told *told)
{
    const struct ms_module_section *sections;
    struct ms_module_details details;
    const struct ms_symbol *symbols;
    const struct ms_import *imports;
    struct ms_error error;
    struct ms_near near;
    size_t n;
    int result;
    enum ms_status status =
        ms_modules_near(modules, ms_modules_info(modules, index).base + 0x5234, &near, &error);

    if (status)
        return status;
    told->n_near += near.symbol != NULL;
    status = ms_modules_sections(modules, index, &sections, &n, &error);
    if (status)
        return status;
    told->n_sections += n;
    status = ms_modules_imports(modules, index, &imports, &n, &error);
    if (status)
        return status;
    told->n_imports += n;
    if (n > 0)
        status = ms_modules_import_at(modules, imports[0].slot, &imports, &error);
    if (!status)
        status = ms_modules_symbols(modules, index, &symbols, &n, &error);
    if (status)
        return status;
    told->n_symbols += n;
    status = ms_modules_exports(modules, index, "*", count_export, told, &result, &error);
    if (!status)
        status = ms_modules_details(modules, index, &details, &error);
    told->n_details += !status && details.pdb_name[0] != '\0';
    return status;
}

// Of names, paths and notes.
static void count_letters(const struct ms_modules *modules, struct told *told)
{
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        struct ms_module_info info = ms_modules_info(modules, i);

        told->n_letters += strlen(info.name) + strlen(info.image_name) + strlen(info.path);
    }
    for (size_t i = 0; i < ms_modules_n_notes(modules); i++)
        told->n_letters += strlen(ms_modules_note(modules, i));
    for (size_t i = 0; i < ms_modules_n_unloaded(modules); i++)
        told->n_letters += strlen(ms_modules_unloaded(modules, i).name);
}

static enum ms_status ask_all(const struct ms_spaces *spaces, struct told *told)
{
    const struct ms_modules_options options = {.flags = MS_MODULES_SCAN};
    struct ms_modules *modules = NULL;
    struct ms_error error;
    enum ms_status status = ms_modules_create(spaces, 0, &options, &modules, &error);

    *told = (struct told){0};
    for (size_t i = 0; !status && i < ms_modules_count(modules); i++)
        status = ask_module(modules, i, told);
    if (!status) {
        told->n_modules = ms_modules_count(modules);
        told->n_notes = ms_modules_n_notes(modules);
        told->n_unloaded = ms_modules_n_unloaded(modules);
        count_letters(modules, told);
    }
    ms_modules_free(modules);
    return status;
}

static void fail_each(const struct windows *windows, const struct told *expected)
{
    struct ms_image *image = open_machine(&windows->machine);
    struct ms_spaces *spaces = spaces_of(image, ROOT, "x64", "kernel");
    struct told whole, told;
    enum ms_status status;
    struct turn turn;

    cr_assert(ask_all(spaces, &whole) == MS_OK);
    cr_assert(memcmp(&whole, expected, offsetof(struct told, n_letters)) == 0,
              "%zu modules, %zu notes, %zu unloaded, %zu symbols, %zu sections, %zu imports, %zu "
              "exports, %zu near, %zu details",
              whole.n_modules, whole.n_notes, whole.n_unloaded, whole.n_symbols, whole.n_sections,
              whole.n_imports, whole.n_exports, whole.n_near, whole.n_details);
    turn = first_turn();
    do {
        begin_turn(&turn);
        status = ask_all(spaces, &told);
        end_turn(&turn, status);
        leaves_nothing(&turn);
        cr_assert(status != MS_OK || memcmp(&told, &whole, sizeof(told)) == 0,
                  "allocation %ld changes what is told", turn.n);
    } while (turn.failed);
    cr_assert(turn.n > 100, "%ld", turn.n);
    ms_spaces_free(spaces);
    ms_image_close(image);
}

Test(modules_nomem, each)
{
    const struct told expected = {5, 1, 1, 9, 4, 6, 12, 3, 1, 0};
    struct windows windows = machine();

    fail_each(&windows, &expected);
    free(windows.machine.bytes);
}

// The base is looked for where nothing tells it, and KDBG then by its tag.
Test(modules_nomem, without_kdbg)
{
    const struct told expected = {5, 1, 0, 9, 4, 5, 12, 3, 1, 0}; // one export is moved
    struct windows windows = machine();

    for (uint64_t i = 0; i < 0x300; i++)
        poke(&windows, KDBG + i, 0, 1);
    poke_text(&windows, NT_IMAGE + EXPORTS + 0x400, "PsLoadedModuleList");
    poke(&windows, NT_IMAGE + EXPORTS + 0x40, LIST - NT_IMAGE, 4);
    fail_each(&windows, &expected);
    free(windows.machine.bytes);
}
