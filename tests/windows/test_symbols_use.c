// SPDX-License-Identifier: MIT
//
// Symbol files and modules: which belong together, and what modules gain by them.

#include "windows/image_tables.h"

#include "windows/imports.h"
#include "windows/isf_file.h"

TestSuite(symbols_use);

#ifdef MS_HAVE_JANSSON

#define MAX_FILES 3

enum {
    RSDS = 0x9000,    // RVA of the kernel's record of its PDB
    EXPORTS = 0xa000, // of its exports
    DRIVER = DRIVERS,
};

// A kernel in its list, with both.
static struct windows windows_with_pdb(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_pdb(&windows, NT_IMAGE, RSDS, "c:\\b\\ntkrnlmp.pdb");
    poke_export(&windows, NT_IMAGE, EXPORTS, 0, "Beta", 0x1100);
    poke_export(&windows, NT_IMAGE, EXPORTS, 1, "Delta", 0x1100);
    return windows;
}

// Modules that were found with symbol files.
struct with_files {
    struct windows windows;
    struct ms_symbols *symbols[MAX_FILES];
    struct found_windows found;
};

static struct with_files find_with(struct windows windows, const char *first, const char *second)
{
    struct with_files with = {.windows = windows};
    struct ms_modules_options options = {.n_symbols = second ? 2 : 1};

    with.symbols[0] = open_isf(first);
    with.symbols[1] = second ? open_isf(second) : NULL;
    options.symbols = with.symbols;
    with.found = find_windows_with(&with.windows, &options);
    return with;
}

static void release(struct with_files *with)
{
    release_found(&with->found);
    for (size_t i = 0; i < MAX_FILES; i++)
        ms_symbols_free(with->symbols[i]);
    free(with->windows.machine.bytes);
}

static bool has_remark(const struct with_files *with, size_t file, const char *text)
{
    return strstr(ms_modules_symbols_use(with->found.modules, file).remark, text) != NULL;
}

// == Names ==

#define NAMES                                                                                      \
    "{\"Beta\":{\"address\":4352},\"Alpha\":{\"address\":4352},\"Zeta\":{\"address\":4608},"       \
    "\"Delta\":{\"address\":16},\"Far\":{\"address\":65536},\"Below\":{\"address\":-1}}"

// The names at an address, exports in capitals, with blanks between. A static buffer.
static char *names_at(const struct with_files *with, uint64_t offset)
{
    static char text[200];
    struct ms_near near;
    size_t used = 0;

    text[0] = '\0';
    cr_assert(ms_modules_near(with->found.modules, KERNEL + offset, &near, NULL) == MS_OK);
    for (size_t i = 0; near.symbol && i < near.n_same; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.*s%s", i ? " " : "",
                                 (int)near.symbol[i].length, near.symbol[i].name,
                                 near.symbol[i].exported ? "!" : "");
    return text;
}

Test(symbols_use, names_join_exports)
{
    struct with_files with = find_with(windows_with_pdb(), ISF(NAMES, "{}"), NULL);
    struct ms_symbols_use use = ms_modules_symbols_use(with.found.modules, 0);
    const struct ms_symbol *symbols;
    size_t n;

    cr_assert(use.used && use.checked && use.module == 0);
    cr_assert(eq(str, (char *)(uintptr_t)use.remark, ""));
    cr_assert(eq(str, names_at(&with, NT_IMAGE + 0x11ff), "Beta! Delta! Alpha"));
    cr_assert(eq(str, names_at(&with, NT_IMAGE + 0x1200), "Zeta"));
    cr_assert(eq(str, names_at(&with, NT_IMAGE + 0x10ff), "Delta"));
    cr_assert(ms_modules_symbols(with.found.modules, 0, &symbols, &n, NULL) == MS_OK);
    cr_assert(eq(sz, n, 5));
    cr_assert(has_note(with.found.modules, "symbols that lie outside of nt, left out: 2"));
    release(&with);
}

// Slots of import tables are told by exports: what else has a name is not imported.
Test(symbols_use, exports_stay_exports)
{
    struct with_files with = find_with(windows_with_pdb(), ISF(NAMES, "{}"), NULL);
    const struct ms_module_detail *detail = ms_module_detail(with.found.modules, 0);
    const struct ms_symbol *symbol;

    symbol = ms_symbol_exactly(detail, KERNEL + NT_IMAGE + 0x1100, NULL);
    cr_assert(symbol && symbol->exported);
    cr_assert(eq(
        ptr, (void *)(uintptr_t)ms_symbol_exactly(detail, KERNEL + NT_IMAGE + 0x1200, NULL), NULL));
    release(&with);
}

Test(symbols_use, driver_without_headers)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;
    struct ms_symbols_use use;

    add_module(&windows, DRIVER, 0x2000, "Disk-A.sys");
    with =
        find_with(windows,
                  ISF_OF(ISF_PDB(ISF_GUID, 9, "disk_a.pdb", 34404),
                         "{\"DriverEntry\":{\"address\":64},\"Behind\":{\"address\":8192}}", "{}"),
                  NULL);
    use = ms_modules_symbols_use(with.found.modules, 0);
    cr_assert(use.used && !use.checked && use.module == 1);
    cr_assert(has_remark(&with, 0, "used for Disk_A because of its name"));
    cr_assert(eq(str, names_at(&with, DRIVER + 0x50), "DriverEntry"));
    cr_assert(has_note(with.found.modules, "symbols that lie outside of Disk_A, left out: 1"));
    release(&with);
}

// == Whose they are ==

#define FILE_OF(guid, age, name, machine)                                                          \
    ISF_OF(ISF_PDB(guid, age, name, machine), "{\"Alpha\":{\"address\":4352}}", "{}")
#define OTHER_GUID "F0112233445566778899AABBCCDDEEFF"

static const struct {
    const char *name, *file;
    bool record; // that tells the PDB is there
    bool used, checked;
    const char *remark; // a part of it
} fits[] = {
    {"same", FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404), true, true, true, ""},
    {"same with another name", FILE_OF(ISF_GUID, 7, "unknown.pdb", 34404), true, true, true, ""},
    {"other GUID", FILE_OF(OTHER_GUID, 7, "ntkrnlmp.pdb", 34404), true, false, false,
     "not used: nt wants the PDB ntkrnlmp.pdb with GUID " ISF_GUID
     " and age 7, it is for GUID " OTHER_GUID " and age 7"},
    {"other age", FILE_OF(ISF_GUID, 8, "NTKRNLMP.PDB", 34404), true, false, false,
     "and age 7, it is for GUID " ISF_GUID " and age 8"},
    {"other kernel", FILE_OF(OTHER_GUID, 7, "ntoskrnl.pdb", 34404), true, false, false,
     "nt wants the PDB ntkrnlmp.pdb"},
    {"other machine", FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 332), true, false, false,
     "it is for machines of 32 bits, the image is of one of 64"},
    {"other module", FILE_OF(OTHER_GUID, 7, "disk.pdb", 34404), true, false, false,
     "no module is left that wants the PDB disk.pdb with GUID " OTHER_GUID},
    {"no record", FILE_OF(OTHER_GUID, 1, "ntkrnlmp.pdb", 34404), false, true, false,
     "used for nt because of its name"},
    {"no record, other kernel", FILE_OF(OTHER_GUID, 1, "ntkrpamp.pdb", 34404), false, true, false,
     "used for nt because of its name"},
    {"no record, other machine", FILE_OF(OTHER_GUID, 1, "ntkrnlmp.pdb", 332), false, false, false,
     "it is for machines of 32 bits"},
    {"no record, other module", FILE_OF(ISF_GUID, 7, "hal.pdb", 34404), false, false, false,
     "no module is left"},
};

Test(symbols_use, belonging_together)
{
    for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
        struct windows windows = windows_with_pdb();
        struct with_files with;
        struct ms_symbols_use use;

        if (!fits[i].record)
            poke(&windows, NT_IMAGE + RSDS + 0x40, 0, 4);
        with = find_with(windows, fits[i].file, NULL);
        use = ms_modules_symbols_use(with.found.modules, 0);
        cr_expect(use.used == fits[i].used && use.checked == fits[i].checked, "%s", fits[i].name);
        cr_expect(use.module == (use.used ? 0 : MS_NO_MODULE), "%s", fits[i].name);
        cr_expect(has_remark(&with, 0, fits[i].remark), "%s: %s", fits[i].name, use.remark);
        cr_expect(fits[i].used == !strcmp(names_at(&with, NT_IMAGE + 0x1100), "Beta! Delta! Alpha"),
                  "%s", fits[i].name);
        release(&with);
    }
}

// Each for its own module, in any order; a second one for the same module is not used.
Test(symbols_use, several_files)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;

    add_module(&windows, DRIVER, 0x2000, "disk.sys");
    with = find_with(windows, FILE_OF(ISF_GUID, 9, "disk.pdb", 34404),
                     FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404));
    cr_assert(ms_modules_symbols_use(with.found.modules, 0).module == 1);
    cr_assert(ms_modules_symbols_use(with.found.modules, 1).module == 0);
    release(&with);
    with = find_with(windows_with_pdb(), FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404),
                     FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404));
    cr_assert(ms_modules_symbols_use(with.found.modules, 0).used);
    cr_assert(ms_modules_symbols_use(with.found.modules, 1).used == false);
    cr_assert(has_remark(&with, 1, "no module is left"));
    release(&with);
}

// What tells its PDB gets the file, whatever is called like it.
Test(symbols_use, name_counts_less_than_record)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;
    struct ms_symbols_use use;

    add_module(&windows, DRIVER, 0x2000, "disk.sys"); // without headers
    poke_image(&windows, DRIVER + 0x10000, 0x10000, ".text");
    poke_pdb(&windows, DRIVER + 0x10000, RSDS, "disk.pdb");
    add_module(&windows, DRIVER + 0x10000, 0x10000, "renamed.sys");
    poke(&windows, NT_IMAGE + RSDS + 0x54, 8, 4); // of another age: not the kernel's
    with = find_with(windows, FILE_OF(ISF_GUID, 7, "disk.pdb", 34404), NULL);
    use = ms_modules_symbols_use(with.found.modules, 0);
    cr_assert(use.used && use.checked && use.module == 2);
    cr_assert(eq(str, (char *)(uintptr_t)use.remark, ""));
    cr_assert(eq(str, names_at(&with, DRIVER + 0x11100), "Alpha"));
    cr_assert(eq(str, names_at(&with, DRIVER + 0x1100), ""));
    release(&with);
}

// A file is for one module, though another one has the same record.
Test(symbols_use, copies_do_not_count)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;

    poke_image(&windows, DRIVER, 0x10000, ".text");
    poke_pdb(&windows, DRIVER, RSDS, "ntkrnlmp.pdb");
    add_module(&windows, DRIVER, 0x10000, "copy.sys");
    with = find_with(windows, FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404), NULL);
    cr_assert(ms_modules_symbols_use(with.found.modules, 0).module == 0);
    cr_assert(eq(str, names_at(&with, DRIVER + 0x1100), ""));
    release(&with);
}

Test(symbols_use, no_kernel)
{
    struct windows windows = windows_of(10);
    struct with_files with;

    poke(&windows, NT_IMAGE, 0, 2);
    poke(&windows, KDBG + 0x10, 0, 4);
    with = find_with(windows, FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404), NULL);
    cr_assert(has_remark(&with, 0, "no Windows kernel was found"));
    release(&with);
}

// == The kernel's variables ==

// RVAs, in decimal: NT_DATA is 8000.
#define VARIABLES                                                                                  \
    "{\"KdDebuggerDataBlock\":{\"address\":33280},\"PsLoadedModuleList\":{\"address\":33024},"     \
    "\"MmUnloadedDrivers\":{\"address\":34304},\"MmLastUnloadedDriver\":{\"address\":34312},"      \
    "\"NtBuildLab\":{\"address\":34560},\"NtBuildNumber\":{\"address\":34816}}"

static void poke_unloaded(struct windows *windows, uint64_t array, uint64_t start)
{
    poke(windows, UNLOADED, KERNEL + array, 8);
    poke(windows, LAST_UNLOADED, 1, 4);
    poke_string(windows, array, KERNEL + TEXTS + 0x8000, 8);
    poke(windows, array + start, KERNEL + 0x70000, 8);
    poke(windows, array + start + 8, KERNEL + 0x71000, 8);
    for (size_t i = 0; i < 4; i++)
        poke(windows, TEXTS + 0x8000 + 2 * i, (uint8_t) "gone"[i], 2);
}

Test(symbols_use, block_by_symbol)
{
    struct with_files with = find_with(windows_with_pdb(), ISF(VARIABLES, "{}"), NULL);
    struct ms_system_info info = ms_modules_system(with.found.modules);

    cr_assert(info.debugger_data == KERNEL + KDBG);
    cr_assert(eq(str, (char *)(uintptr_t)info.debugger_data_origin, "symbols"));
    cr_assert(eq(str, (char *)(uintptr_t)info.module_list_origin, "KDBG"));
    release(&with);
}

Test(symbols_use, variables_without_block)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;
    struct ms_system_info info;

    poke(&windows, KDBG + 0x10, 0, 4);
    poke(&windows, NT_DATA + 0x800, 0xf0004a61, 4);
    put_number(&windows.machine, 0x8000 + 0x264, 0, 4); // the shared page tells no version
    poke_text(&windows, NT_DATA + 0x700, "19041.1.lab");
    poke_unloaded(&windows, 0x60000, 0x10);
    with = find_with(windows, ISF(VARIABLES, "{}"), NULL);
    info = ms_modules_system(with.found.modules);
    cr_assert(eq(u64, info.debugger_data, 0));
    cr_assert(info.module_list == KERNEL + LIST);
    cr_assert(eq(str, (char *)(uintptr_t)info.module_list_origin, "symbols"));
    cr_assert(eq(str, (char *)(uintptr_t)info.build_lab, "19041.1.lab"));
    cr_assert(eq(u32, info.build, 19041));
    cr_assert(eq(str, modules_text(with.found.modules), "nt 10000+10000 list"));
    cr_assert(eq(sz, ms_modules_n_unloaded(with.found.modules), 1));
    cr_assert(eq(str, (char *)(uintptr_t)ms_modules_unloaded(with.found.modules, 0).name, "gone"));
    release(&with);
}

// Symbols of another kernel say nothing.
Test(symbols_use, variables_of_another)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;

    poke(&windows, KDBG + 0x10, 0, 4);
    with = find_with(windows,
                     ISF_OF(ISF_PDB(OTHER_GUID, 7, "ntkrnlmp.pdb", 34404), VARIABLES, "{}"), NULL);
    cr_assert(eq(u64, ms_modules_system(with.found.modules).module_list, 0));
    release(&with);
}

// Without a list there is no module "nt", and still it is the kernel's file.
Test(symbols_use, kernel_in_no_list)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;
    struct ms_symbols_use use;

    poke(&windows, KDBG + 0x10, 0, 4);
    with = find_with(windows, FILE_OF(ISF_GUID, 7, "ntkrnlmp.pdb", 34404), NULL);
    use = ms_modules_symbols_use(with.found.modules, 0);
    cr_assert(use.used && use.checked && use.module == MS_NO_MODULE);
    release(&with);
}

// == Structures ==

// Entries whose fields stand elsewhere.
#define OTHER_LAYOUT                                                                               \
    "{\"_KLDR_DATA_TABLE_ENTRY\":{\"size\":256,\"fields\":{"                                       \
    "\"DllBase\":{\"offset\":160},\"SizeOfImage\":{\"offset\":168},"                               \
    "\"FullDllName\":{\"offset\":176},\"BaseDllName\":{\"offset\":192},"                           \
    "\"CheckSum\":{\"offset\":208}}},"                                                             \
    "\"_UNLOADED_DRIVERS\":{\"size\":64,\"fields\":{"                                              \
    "\"Name\":{\"offset\":0},\"StartAddress\":{\"offset\":32},"                                    \
    "\"EndAddress\":{\"offset\":40},\"CurrentTime\":{\"offset\":48}}}}"

static void move_fields(struct windows *windows)
{
    const uint64_t entry = entry_at(0), text = TEXTS;

    for (uint64_t at = 0x10; at < 0xa0; at += 8)
        poke(windows, entry + at, 0, 8);
    poke(windows, entry + 160, KERNEL + NT_IMAGE, 8);
    poke(windows, entry + 168, 0x10000, 4);
    poke_string(windows, entry + 176, 0, 0);
    poke_string(windows, entry + 192, KERNEL + text, 2 * strlen("ntoskrnl.exe"));
    poke(windows, entry + 208, 0x5678, 4);
}

Test(symbols_use, layout_of_the_file)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;

    move_fields(&windows);
    poke_unloaded(&windows, 0x60000, 32);
    with = find_with(windows, ISF("{}", OTHER_LAYOUT), NULL);
    cr_assert(eq(str, modules_text(with.found.modules), "nt 10000+10000 list"));
    cr_assert(eq(sz, ms_modules_n_unloaded(with.found.modules), 1));
    cr_assert(eq(u64, ms_modules_unloaded(with.found.modules, 0).end, KERNEL + 0x71000));
    release(&with);
}

Test(symbols_use, layout_of_the_file_is_needed)
{
    struct windows windows = windows_with_pdb();
    struct with_files with;

    move_fields(&windows);
    with = find_with(windows, ISF("{}", "{}"), NULL);
    cr_assert(eq(sz, ms_modules_count(with.found.modules), 0));
    release(&with);
}

#else

Test(symbols_use, not_built_in)
{
    cr_skip("this memscan was built without jansson");
}

#endif
