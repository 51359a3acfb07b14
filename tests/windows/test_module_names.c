// SPDX-License-Identifier: MIT
//
// What is told of modules that no list names, by what their images say.

#include "windows/small_windows.h"

TestSuite(module_names);

enum { DEBUG = DRIVERS + 0x2000, RECORD = DRIVERS + 0x2100 };

// A driver that no list has, with a record of its PDB: of a GUID, or an old one of a time.
static struct windows unlisted(bool is_old, const char *pdb)
{
    struct windows windows = windows_of(10);
    uint64_t path = RECORD + (is_old ? 0x10 : 0x18);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x4000, ".text");
    poke(&windows, DRIVERS + 0x80 + 0xb8, DEBUG - DRIVERS, 4);
    poke(&windows, DRIVERS + 0x80 + 0xbc, 0x1c, 4);
    poke(&windows, DEBUG + 0xc, 2, 4);
    poke(&windows, DEBUG + 0x10, path - RECORD + strlen(pdb) + 1, 4);
    poke(&windows, DEBUG + 0x14, RECORD - DRIVERS, 4);
    put_text(&windows.machine, MEMORY + RECORD, is_old ? "NB10" : "RSDS");
    if (is_old) {
        poke(&windows, RECORD + 8, 0x4f712051, 4);
        poke(&windows, RECORD + 12, 0x1a, 4);
    } else {
        for (unsigned i = 0; i < 16; i++)
            poke(&windows, RECORD + 4 + i, 0x10 + i, 1);
        poke(&windows, RECORD + 20, 7, 4);
    }
    put_text(&windows.machine, MEMORY + path, pdb);
    return windows;
}

static const struct {
    const char *pdb, *name, *told;
} names[] = {
    {"d:\\src\\driver.pdb", "driver", "driver.pdb"},
    {"driver", "driver", "driver"},
    {"dr\xfc"
     "ck\xe9.pdb",
     "dr_ck_", "dr?ck?.pdb"}, // bytes of no known encoding
    {"a\x1b[31mb.pdb", "a__31mb", "a?[31mb.pdb"},
    {"c:\\", "imagefffff80000080000", ""},
};

Test(module_names, by_the_pdb)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct windows windows = unlisted(false, names[i].pdb);
        struct found_windows found = find_windows(&windows, MS_MODULES_SCAN);
        struct ms_module_info info = ms_modules_info(found.modules, 1);
        struct ms_module_details details;

        cr_assert(eq(str, (char *)(uintptr_t)info.name, (char *)(uintptr_t)names[i].name));
        cr_assert(eq(str, (char *)(uintptr_t)info.image_name, ""), "it may be any file's");
        cr_assert(ms_modules_details(found.modules, 1, &details, NULL) == MS_OK);
        cr_assert(eq(str, details.pdb_name, (char *)(uintptr_t)names[i].told));
        cr_assert(eq(str, details.pdb_guid, "13121110-1514-1716-1819-1A1B1C1D1E1F"));
        cr_assert(eq(str, details.pdb_key, "131211101514171618191A1B1C1D1E1F7"));
        release_found(&found);
        free(windows.machine.bytes);
    }
}

// An old PDB is asked for by its time and age.
Test(module_names, by_an_old_pdb)
{
    struct windows windows = unlisted(true, "c:\\old\\legacy.pdb");
    struct found_windows found = find_windows(&windows, MS_MODULES_SCAN);
    struct ms_module_details details;

    cr_assert(eq(str, (char *)(uintptr_t)ms_modules_info(found.modules, 1).name, "legacy"));
    cr_assert(ms_modules_details(found.modules, 1, &details, NULL) == MS_OK);
    cr_assert(eq(str, details.pdb_name, "legacy.pdb"));
    cr_assert(eq(str, details.pdb_guid, ""));
    cr_assert(eq(str, details.pdb_key, "4F7120511a"));
    release_found(&found);
    free(windows.machine.bytes);
}
