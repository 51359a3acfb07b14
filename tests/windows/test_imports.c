// SPDX-License-Identifier: MIT
//
// Slots of import tables: what they ask for, where they point, and what is left if tables are gone.

#include "windows/image_tables.h"

#include <memscan/imports.h>

enum {
    // In an image.
    EXPORTS = 0x1000,
    IMPORTS = 0x2000,
    NAMES = 0x2100, // and of the second list behind
    TEXTS_AT = 0x2400,
    IAT = 0x2800,
    HAL_IMAGE = DRIVERS,
    DRIVER = DRIVERS + 0x10000,
    OTHER = DRIVERS + 0x20000,
};

#define NT(offset)  (KERNEL + NT_IMAGE + (offset))
#define HAL(offset) (KERNEL + HAL_IMAGE + (offset))

static void poke_forwarder(struct windows *windows, uint64_t image, unsigned index,
                           const char *name, const char *to)
{
    uint32_t text = EXPORTS + 0x200 + 0x20 * index;

    poke_text(windows, image + text, to);
    poke_export(windows, image, EXPORTS, index, name, text);
}

// Descriptor `list`, whose slots are 0x20 bytes apart.
static void poke_dll(struct windows *windows, uint64_t image, unsigned list, const char *dll)
{
    uint64_t at = image + IMPORTS + 0x14 * list;

    poke(windows, at, NAMES + 0x20 * list, 4);
    poke(windows, at + 0x0c, TEXTS_AT + 0x200 + 0x20 * list, 4);
    poke(windows, at + 0x10, IAT + 0x20 * list, 4);
    poke_text(windows, image + TEXTS_AT + 0x200 + 0x20 * list, dll);
    poke_directory(windows, image, 1, IMPORTS, 0x28);
    poke_directory(windows, image, 12, IAT, 0x60);
}

static void poke_slot(struct windows *windows, uint64_t image, unsigned list, unsigned index,
                      const char *name, uint64_t value)
{
    uint32_t text = TEXTS_AT + 0x80 * list + 0x20 * index;

    poke(windows, image + NAMES + 0x20 * list + 8 * index, text, 8);
    poke_text(windows, image + text + 2, name);
    poke(windows, image + IAT + 0x20 * list + 8 * index, value, 8);
}

// A kernel, a HAL, and two drivers without imports.
static struct windows four_modules(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_export(&windows, NT_IMAGE, EXPORTS, 0, "ZwClose", 0x5000);
    poke_export(&windows, NT_IMAGE, EXPORTS, 1, "ZwOpen", 0x5100);
    poke_export(&windows, NT_IMAGE, EXPORTS, 2, "ZwAlias", 0x5000);
    poke_forwarder(&windows, NT_IMAGE, 3, "ToHal", "HAL.HalStop");
    poke_forwarder(&windows, NT_IMAGE, 4, "ToOrdinal", "hal.#1");
    poke_forwarder(&windows, NT_IMAGE, 5, "Round", "HAL.Round");
    poke_image(&windows, HAL_IMAGE, 0x8000, ".text");
    add_module(&windows, HAL_IMAGE, 0x8000, "hal.dll");
    poke_export(&windows, HAL_IMAGE, EXPORTS, 0, "HalStop", 0x3000);
    poke_forwarder(&windows, HAL_IMAGE, 1, "Round", "ntoskrnl.Round");
    poke_image(&windows, DRIVER, 0x8000, ".text");
    add_module(&windows, DRIVER, 0x8000, "driver.sys");
    poke_image(&windows, OTHER, 0x8000, ".text");
    add_module(&windows, OTHER, 0x8000, "other.sys");
    return windows;
}

// A module's slots, one a line: RVA, kind, what is asked for, state, where it points.
static char *imports_text(const struct ms_modules *modules, const char *name)
{
    static char text[4096];
    const struct ms_import *imports = NULL;
    size_t used = 0, n = 0;
    uint64_t base = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ms_modules_count(modules); i++) {
        if (strcmp(ms_modules_info(modules, i).name, name) != 0)
            continue;
        base = ms_modules_info(modules, i).base;
        cr_assert(ms_modules_imports(modules, i, &imports, &n, NULL) == MS_OK);
    }
    for (size_t i = 0; i < n && used < sizeof(text) - 300; i++) {
        const struct ms_import *import = &imports[i];

        const char *points =
            import->module != MS_NO_MODULE ? ms_modules_info(modules, import->module).name : "-";
        size_t length = import->symbol ? import->symbol->length : strlen(points);

        used += (size_t)snprintf(
            text + used, sizeof(text) - used, "%s%" PRIx64 " %s %s!%.*s %s %.*s", i ? "\n" : "",
            import->slot - base, ms_import_kind_name(import->kind), import->asked_module,
            (int)import->asked_length, import->asked ? import->asked : "",
            ms_import_state_name(import->state), (int)length,
            import->symbol ? import->symbol->name : points);
    }
    return text;
}

static void check_flags(struct windows *windows, unsigned flags, const char *module,
                        const char *expected)
{
    struct found_windows found = find_windows(windows, flags);

    cr_assert(eq(str, imports_text(found.modules, module), (char *)(uintptr_t)expected));
    release_found(&found);
    free(windows->machine.bytes);
}

static void check(struct windows *windows, const char *module, const char *expected)
{
    check_flags(windows, 0, module, expected);
}

Test(imports, asked_and_real)
{
    struct windows windows = four_modules();

    poke_dll(&windows, DRIVER, 0, "NTOSKRNL.exe");
    poke_slot(&windows, DRIVER, 0, 0, "ZwAlias", NT(0x5000));
    poke_slot(&windows, DRIVER, 0, 1, "ZwOpen", KERNEL + OTHER + 0x1234);
    poke_slot(&windows, DRIVER, 0, 2, "ToHal", HAL(0x3000));
    check(&windows, "driver",
          "2800 normal nt!ZwAlias as-asked ZwAlias\n"
          "2808 normal nt!ZwOpen hooked other\n"
          "2810 normal nt!ToHal as-asked HalStop");
}

Test(imports, forwarders_by_ordinal_and_in_a_circle)
{
    struct windows windows = four_modules();

    poke_dll(&windows, DRIVER, 0, "ntkrnlpa.exe"); // the kernel by another name
    poke_slot(&windows, DRIVER, 0, 0, "ToOrdinal", HAL(0x3000));
    poke_slot(&windows, DRIVER, 0, 1, "Round", HAL(0x3000));
    poke_slot(&windows, DRIVER, 0, 2, "ToOrdinal", NT(0x5000));
    check(&windows, "driver",
          "2800 normal nt!ToOrdinal as-asked HalStop\n"
          "2808 normal nt!Round unknown HalStop\n"
          "2810 normal nt!ToOrdinal hooked ZwAlias");
}

// What is not loaded is told by names alone; what was never filled in is no hook.
Test(imports, not_loaded_and_not_bound)
{
    struct windows windows = four_modules();

    poke_dll(&windows, DRIVER, 0, "ext-ms-win.dll");
    poke_slot(&windows, DRIVER, 0, 0, "ZwOpen", NT(0x5100));
    poke_slot(&windows, DRIVER, 0, 1, "ZwOther", NT(0x5100));
    poke_slot(&windows, DRIVER, 0, 2, "ZwThird", 0x2440);
    check(&windows, "driver",
          "2800 normal ext_ms_win!ZwOpen as-asked ZwOpen\n"
          "2808 normal ext_ms_win!ZwOther unknown ZwOpen\n"
          "2810 normal ext_ms_win!ZwThird unbound -");
}

// The descriptor is something else's bytes: its slots are the IAT's.
Test(imports, overwritten_descriptors)
{
    struct windows windows = four_modules();

    poke_dll(&windows, DRIVER, 0, "\x01\x02 lie");
    poke_slot(&windows, DRIVER, 0, 0, "ZwOpen", NT(0x5100));
    poke_slot(&windows, DRIVER, 0, 1, "ZwClose", NT(0x5104));
    check(&windows, "driver", "2800 iat ! unknown ZwOpen");
}

Test(imports, iat_without_descriptors)
{
    struct windows windows = four_modules();

    poke_directory(&windows, DRIVER, 12, IAT, 0x28);
    poke(&windows, DRIVER + IAT, NT(0x5100), 8);
    poke(&windows, DRIVER + IAT + 8, KERNEL + OTHER + 0x10, 8);
    poke(&windows, DRIVER + IAT + 16, KERNEL + 0x1f0000, 8);
    poke(&windows, DRIVER + IAT + 24, KERNEL + DRIVER + 0x1234, 8); // a delayed one
    check(&windows, "driver",
          "2800 iat ! unknown ZwOpen\n"
          "2808 iat ! no-export other\n"
          "2810 iat ! no-export -\n"
          "2818 iat ! unbound driver");
}

struct word {
    uint32_t at; // RVA
    uint64_t value;
};

// A driver without headers, of which only such words are there.
static void check_words(const char *name, const struct word *words, const char *expected)
{
    struct windows windows = four_modules();
    struct found_windows found;

    poke(&windows, DRIVER, 0, 2);
    for (size_t i = 0; words[i].at; i++)
        poke(&windows, DRIVER + words[i].at, words[i].value, 8);
    found = find_windows(&windows, 0);
    cr_assert(eq(str, imports_text(found.modules, "driver"), (char *)(uintptr_t)expected), "%s",
              name);
    release_found(&found);
    free(windows.machine.bytes);
}

#define UNMAPPED (KERNEL + 0x1f0000) // in no module
#define LONE     "1000 by-value ! unknown ZwOpen"
#define PAIR     "1000 by-value ! unknown ZwAlias\n1008 by-value ! unknown ZwOpen"

Test(imports, by_value)
{
    static const struct {
        const char *name;
        struct word words[12];
        const char *expected;
    } cases[] = {
        {"a list", {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}}, PAIR},
        {"two lists",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1018, HAL(0x3000)}},
         PAIR "\n1018 by-value ! unknown HalStop"},
        {"lists that are apart",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1020, HAL(0x3000)}},
         PAIR},
        {"a forwarder leads elsewhere",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1010, HAL(0x3000)}},
         PAIR "\n1010 by-value ! unknown HalStop"},
        {"hooked: to a module",
         {{0x1000, NT(0x5000)}, {0x1008, KERNEL + OTHER}, {0x1010, NT(0x5100)}},
         "1000 by-value ! unknown ZwAlias\n1008 by-value ! unknown other\n"
         "1010 by-value ! unknown ZwOpen"},
        {"hooked: to no module",
         {{0x1000, NT(0x5000)}, {0x1008, UNMAPPED}, {0x1010, NT(0x5100)}},
         "1000 by-value ! unknown ZwAlias\n1008 by-value ! unknown -\n"
         "1010 by-value ! unknown ZwOpen"},
        {"one export", {{0x1000, NT(0x5100)}}, LONE},
        {"two single exports", {{0x1000, NT(0x5100)}, {0x1100, NT(0x5000)}}, ""},
        {"single exports beside a longer list",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1200, NT(0x5100)}, {0x1300, HAL(0x3000)}},
         PAIR},
        {"two rows as long: the first",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1400, NT(0x5100)}, {0x1408, NT(0x5000)}},
         PAIR},
        {"the longer row is behind",
         {{0x900, NT(0x5000)},
          {0x908, NT(0x5000)},
          {0x1000, NT(0x5000)},
          {0x1008, NT(0x5100)},
          {0x1018, HAL(0x3000)}},
         PAIR "\n1018 by-value ! unknown HalStop"},
        {"no 0 behind", {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1010, 7}}, ""},
        {"no 0 behind the second list",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1018, HAL(0x3000)}, {0x1020, 1}},
         PAIR},
        {"no 0 behind, but a pointer into the module itself",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5100)}, {0x1010, KERNEL + DRIVER + 64}},
         ""},
        {"a table of functions of which some are exports",
         {{0x1000, NT(0x5000)}, {0x1008, NT(0x5004)}, {0x1010, NT(0x5100)}, {0x1018, NT(0x5108)}},
         ""},
        {"a list begins with an export",
         {{0x1000, KERNEL + OTHER}, {0x1008, NT(0x5000)}, {0x1010, NT(0x5100)}},
         "1008 by-value ! unknown ZwAlias\n1010 by-value ! unknown ZwOpen"},
        {"at no slot's address", {{0x1004, NT(0x5000)}, {0x100c, NT(0x5100)}}, ""},
        {"across pages",
         {{0x1ff8, NT(0x5000)}, {0x2000, NT(0x5100)}},
         "1ff8 by-value ! unknown ZwAlias\n2000 by-value ! unknown ZwOpen"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_words(cases[i].name, cases[i].words, cases[i].expected);
}

// The page in which the row goes on is not there: it ends a list, and the row goes on behind it.
Test(imports, by_value_around_a_hole)
{
    struct windows windows = four_modules();

    poke(&windows, DRIVER, 0, 2);
    poke(&windows, DRIVER + 0x1ff0, NT(0x5000), 8);
    poke(&windows, DRIVER + 0x1ff8, NT(0x5100), 8);
    put64(&windows.machine, 0x4000, (DRIVER + 0x2000) / 0x1000, 0);
    poke(&windows, DRIVER + 0x3000, NT(0x5000), 8);
    poke(&windows, DRIVER + 0x3010, HAL(0x3000), 8);
    check(&windows, "driver",
          "1ff0 by-value ! unknown ZwAlias\n1ff8 by-value ! unknown ZwOpen\n"
          "3000 by-value ! unknown ZwAlias\n3010 by-value ! unknown HalStop");
}

// Of two modules with one file name, the listed one is meant.
Test(imports, listed_modules_first)
{
    const uint64_t unlisted = 0x70000;
    struct windows windows = four_modules();

    poke_image(&windows, unlisted, 0x8000, ".text");
    poke_export(&windows, unlisted, EXPORTS, 0, "HalStop", 0x3100);
    poke(&windows, unlisted + EXPORTS + 0x0c, EXPORTS + 0x300, 4);
    poke_text(&windows, unlisted + EXPORTS + 0x300, "hal.dll");
    poke_dll(&windows, DRIVER, 0, "HAL.DLL");
    poke_slot(&windows, DRIVER, 0, 0, "HalStop", HAL(0x3000));
    poke_slot(&windows, DRIVER, 0, 1, "HalStop", KERNEL + unlisted + 0x3100);
    check_flags(&windows, MS_MODULES_SCAN, "driver",
                "2800 normal hal!HalStop as-asked HalStop\n"
                "2808 normal hal!HalStop hooked HalStop");
}

Test(imports, lookup)
{
    static const struct {
        uint64_t address;
        uint64_t slot; // 0: none
    } cases[] = {
        {KERNEL + DRIVER + IAT - 1, 0},
        {KERNEL + DRIVER + IAT, KERNEL + DRIVER + IAT},
        {KERNEL + DRIVER + IAT + 7, KERNEL + DRIVER + IAT},
        {KERNEL + DRIVER + IAT + 8, 0},
        {KERNEL + DRIVER + IAT + 0x20, KERNEL + DRIVER + IAT + 0x20},
        {KERNEL + DRIVER + IAT + 0x28, 0},
        {KERNEL + OTHER + IAT, 0},
        {KERNEL, 0},
        {UINT64_MAX, 0},
    };
    struct windows windows = four_modules();
    struct found_windows found;

    poke_dll(&windows, DRIVER, 0, "ntoskrnl.exe");
    poke_slot(&windows, DRIVER, 0, 0, "ZwOpen", NT(0x5100));
    poke_dll(&windows, DRIVER, 1, "hal.dll");
    poke_slot(&windows, DRIVER, 1, 0, "HalStop", HAL(0x3000));
    found = find_windows(&windows, 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ms_import *import;

        cr_assert(ms_modules_import_at(found.modules, cases[i].address, &import, NULL) == MS_OK);
        cr_assert(eq(u64, import ? import->slot : 0, cases[i].slot), "case %zu", i);
    }
    release_found(&found);
    free(windows.machine.bytes);
}

static int add_export(void *user, const struct ms_export *item)
{
    char *text = user;
    size_t used = strlen(text);

    snprintf(text + used, 400 - used, "%.*s %" PRIx64 "%s;", (int)item->length, item->name,
             item->address ? item->address - KERNEL : 0, item->forwarded ? " f" : "");
    return item->length == 6 && memcmp(item->name, "ZwOpen", 6) == 0 ? 5 : 0;
}

Test(imports, exports_by_pattern)
{
    struct windows windows = four_modules();
    struct found_windows found = find_windows(&windows, 0);
    char text[400] = "";
    int result;

    cr_assert(ms_modules_exports(found.modules, 0, "*o*", add_export, text, &result, NULL) ==
              MS_OK);
    cr_assert(eq(int, result, 5)); // which ends it
    cr_assert(eq(str, text, "ZwClose 15000;ZwOpen 15100;"));
    text[0] = '\0';
    cr_assert(ms_modules_exports(found.modules, 0, "[tr]o*", add_export, text, &result, NULL) ==
              MS_OK);
    cr_assert(eq(int, result, 0));
    cr_assert(eq(str, text, "Round 0 f;ToHal 83000 f;ToOrdinal 83000 f;"));
    release_found(&found);
    free(windows.machine.bytes);
}

// What two lists have is told by each of them.
Test(imports, slots_of_two_lists)
{
    struct windows windows = four_modules();
    const uint64_t delay = DRIVER + 0x2a00;
    struct found_windows found;

    poke_dll(&windows, DRIVER, 0, "ntoskrnl.exe");
    for (unsigned i = 0; i < 2; i++)
        poke_slot(&windows, DRIVER, 0, i, i ? "ZwOpen" : "ZwClose", NT(i ? 0x5100 : 0x5000));
    poke_directory(&windows, DRIVER, 13, 0x2a00, 0x40);
    poke(&windows, delay, 1, 4);
    poke(&windows, delay + 0x04, TEXTS_AT + 0x200, 4);
    poke(&windows, delay + 0x0c, IAT, 4);
    poke(&windows, delay + 0x10, NAMES, 4);
    found = find_windows(&windows, 0);
    cr_assert(eq(str, imports_text(found.modules, "driver"),
                 "2800 normal nt!ZwClose as-asked ZwClose\n"
                 "2800 delayed nt!ZwClose as-asked ZwClose\n"
                 "2808 normal nt!ZwOpen as-asked ZwOpen\n"
                 "2808 delayed nt!ZwOpen as-asked ZwOpen"));
    release_found(&found);
    free(windows.machine.bytes);
}
