// SPDX-License-Identifier: MIT
//
// A module's tables are read when something is first asked of them, whatever that is. Each
// allocation fails in turn while it is: who asks is told, may ask again, and then is told all.

#include "windows/small_windows.h"
#include "windows/turns.h"

#include <memscan/code_refs.h>
#include <memscan/imports.h>

TestSuite(tables_nomem);

enum {
    EXPORTS = DRIVERS + 0x2000,
    SLOTS = DRIVERS + 0x3000, // of the directory of imports
    CODE = DRIVERS + 0x1000,
    COUNT = 40, // exports, and slots
};

static void poke_directory(struct windows *windows, unsigned index, uint64_t at, uint32_t size)
{
    poke(windows, DRIVERS + 0x80 + 0x88 + 8 * index, at - DRIVERS, 4);
    poke(windows, DRIVERS + 0x80 + 0x8c + 8 * index, size, 4);
}

// A driver with exports and slots; others that are not in the image, of which one is unloaded.
static struct windows machine(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x8000, ".text");
    add_module(&windows, DRIVERS, 0x8000, "driver.sys");
    for (uint64_t i = 0; i < 3; i++)
        add_module(&windows, 0x200000 + 0x10000 * i, 0x1000, "gone.sys");
    poke_directory(&windows, 0, EXPORTS, 0x28);
    poke(&windows, EXPORTS + 0x10, 1, 4);
    poke(&windows, EXPORTS + 0x14, COUNT, 4);
    poke(&windows, EXPORTS + 0x1c, EXPORTS - DRIVERS + 0x100, 4);
    poke_directory(&windows, 12, SLOTS, 8 * COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        poke(&windows, EXPORTS + 0x100 + 4 * i, 0x1000 + 16 * i, 4);
        poke(&windows, SLOTS + 8 * i, KERNEL + NT_IMAGE + 0x5000 + i, 8);
        poke(&windows, CODE + 16 * i, 0xe8, 1); // a call of the next one
        poke(&windows, CODE + 16 * i + 1, 11, 4);
    }
    poke(&windows, UNLOADED, KERNEL + GONE - 0x20, 8);
    poke(&windows, LAST_UNLOADED, 3, 4);
    return windows;
}

// == What is asked ==

static int count_export(void *user, const struct ms_export *item)
{
    size_t *n = user;

    *n += item->length > 0;
    return 0;
}

static enum ms_status ask_exports(const struct found_windows *found, size_t *n_ret)
{
    int result;

    return ms_modules_exports(found->modules, 1, "*", count_export, n_ret, &result, NULL);
}

static enum ms_status ask_symbols(const struct found_windows *found, size_t *n_ret)
{
    const struct ms_symbol *symbols;

    return ms_modules_symbols(found->modules, 1, &symbols, n_ret, NULL);
}

static enum ms_status ask_import(const struct found_windows *found, size_t *n_ret)
{
    const struct ms_import *import = NULL;
    enum ms_status status =
        ms_modules_import_at(found->modules, KERNEL + SLOTS + 8 * (COUNT - 1), &import, NULL);

    *n_ret = import ? COUNT : 0;
    return status;
}

static enum ms_status ask_section(const struct found_windows *found, size_t *n_ret)
{
    uint64_t last;
    enum ms_status status =
        ms_modules_section_last(found->modules, KERNEL + DRIVERS + 0x1010, &last, NULL);

    *n_ret = status == MS_OK && last == KERNEL + DRIVERS + 0x1fff ? COUNT : 0;
    return status;
}

static enum ms_status ask_modules(const struct found_windows *found, size_t *n_ret)
{
    struct ms_modules *modules = NULL;
    enum ms_status status = ms_modules_create(found->spaces, 0, NULL, &modules, NULL);

    if (status == MS_OK && has_note(modules, "unloaded drivers that are not in the image"))
        *n_ret = COUNT;
    ms_modules_free(modules);
    return status;
}

#ifdef MS_HAVE_ZYDIS
// Of all code, with modules; the last call leads behind what is counted.
static enum ms_status ask_code(const struct found_windows *found, bool everywhere, size_t *n_ret)
{
    const struct ms_range code = {.first = KERNEL + CODE, .last = KERNEL + CODE + 16 * COUNT};
    const struct ms_code_refs_options options = {.spaces = found->spaces,
                                                 .modules = found->modules,
                                                 .targets = &code,
                                                 .n_targets = 1,
                                                 .ranges = &code,
                                                 .n_ranges = everywhere ? 0 : 1,
                                                 .everywhere = everywhere};
    struct ms_code_refs *refs = NULL;
    bool is_found = true;
    enum ms_status status = ms_code_refs_create(&options, &refs, NULL);

    *n_ret = 0;
    while (status == MS_OK && is_found) {
        struct ms_code_ref ref;

        status = ms_code_refs_next(refs, UINT64_MAX, &is_found, &ref, NULL);
        *n_ret += status == MS_OK && is_found;
    }
    ms_code_refs_free(refs);
    return status;
}

static enum ms_status ask_code_of_modules(const struct found_windows *found, size_t *n_ret)
{
    return ask_code(found, false, n_ret);
}

static enum ms_status ask_all_code(const struct found_windows *found, size_t *n_ret)
{
    return ask_code(found, true, n_ret);
}
#endif

static const struct {
    const char *name;
    enum ms_status (*ask)(const struct found_windows *found, size_t *n_ret);
} questions[] = {
    {"exports", ask_exports},      {"symbols", ask_symbols},   {"import", ask_import},
    {"section", ask_section},      {"modules", ask_modules},
#ifdef MS_HAVE_ZYDIS
    {"code", ask_code_of_modules}, {"all code", ask_all_code},
#endif
};

static bool fail_one(const struct windows *windows, size_t question, struct turn *turn)
{
    struct found_windows found = find_windows(windows, 0);
    enum ms_status status;
    size_t n = 0, again = 0;

    begin_turn(turn);
    status = questions[question].ask(&found, &n);
    end_turn(turn, status);
    cr_assert(status != MS_OK || n == COUNT, "%s, allocation %ld: %zu", questions[question].name,
              turn->n, n);
    cr_assert(questions[question].ask(&found, &again) == MS_OK && again == COUNT, "%s again",
              questions[question].name);
    release_found(&found);
    leaves_nothing(turn);
    return turn->failed;
}

Test(tables_nomem, each)
{
    struct windows windows = machine();

    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        struct turn turn = first_turn();

        while (fail_one(&windows, i, &turn))
            ;
        cr_assert(gt(long, turn.n, 3), "%s", questions[i].name);
    }
    free(windows.machine.bytes);
}
