// SPDX-License-Identifier: MIT
//
// Each allocation of the engine's fails in turn while symbol files are read and modules take them:
// the status says so, or it does without, and nothing is left. Those of liblzma are not reached.

#include "windows/small_windows.h"
#include "windows/turns.h"

#include "windows/isf_file.h"

#include <jansson.h>

TestSuite(symbols_nomem);

#define N_FILES 3

// For the kernel by its name, for nobody, and of another machine; with symbols that lie outside.
static const char *const texts[N_FILES] = {
    ISF("{\"A\":{\"address\":4096},\"B\":{\"address\":4100},\"C\":{\"address\":99999}}", "{}"),
    ISF_OF(ISF_PDB(ISF_GUID, 1, "nosuch.pdb", 34404), "{}", "{}"),
    ISF_OF(ISF_PDB(ISF_GUID, 1, "ntoskrnl.pdb", 332), "{}", "{}"),
};

struct subject {
    struct memory_file files[N_FILES];
    struct ms_spaces *spaces;
};

static enum ms_status look_up(const struct ms_modules *modules, struct ms_error *error)
{
    struct ms_near near;
    enum ms_status status = ms_modules_near(modules, KERNEL + NT_IMAGE + 0x1004, &near, error);

    return status || (near.symbol && strcmp(near.symbol->name, "B") == 0) ? status : MS_MALFORMED;
}

// All that is done with symbol files.
static void use_all(const struct subject *subject, struct turn *turn)
{
    struct ms_symbols *symbols[N_FILES] = {NULL};
    struct ms_modules_options options = {.symbols = symbols, .n_symbols = N_FILES};
    struct ms_modules *modules = NULL;
    struct ms_error error = {0};
    enum ms_status status = MS_OK;

    begin_turn(turn);
    for (size_t i = 0; !status && i < N_FILES; i++)
        status = ms_symbols_open(subject->files[i].path, &symbols[i], &error);
    if (!status)
        status = ms_modules_create(subject->spaces, 0, &options, &modules, &error);
    if (!status)
        status = look_up(modules, &error);
    end_turn(turn, status);
    ms_modules_free(modules);
    for (size_t i = 0; i < N_FILES; i++)
        ms_symbols_free(symbols[i]);
    leaves_nothing(turn);
}

Test(symbols_nomem, each_fails)
{
    struct windows windows = windows_of(10);
    struct subject subject;
    struct ms_image *image;
    struct turn turn;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    image = open_machine(&windows.machine);
    subject.spaces = spaces_of(image, ROOT, "x64", "kernel");
    for (size_t i = 0; i < N_FILES; i++)
        subject.files[i] = memory_file_make(texts[i], strlen(texts[i]));
    turn = first_turn();
    do {
        use_all(&subject, &turn);
    } while (turn.failed);
    cr_assert(gt(long, turn.n, 40));
    for (size_t i = 0; i < N_FILES; i++)
        memory_file_close(&subject.files[i]);
    ms_spaces_free(subject.spaces);
    ms_image_close(image);
    free(windows.machine.bytes);
}

// Jansson may take a text that it has no memory for as one that is wrong; it is never taken as
// whole.
Test(symbols_nomem, of_jansson)
{
    struct turn turn;
    size_t n_nomem = 0;

    json_set_alloc_funcs(malloc, free);
    turn = first_turn();
    do {
        struct ms_symbols *symbols = NULL;
        struct ms_error error = {0};
        enum ms_status status;

        begin_turn(&turn);
        status = open_isf_bytes(texts[0], strlen(texts[0]), &symbols, &error);
        turn.failed = fail_no_more();
        cr_assert(eq(int, status == MS_OK, symbols != NULL), "allocation %ld", turn.n);
        cr_assert(status == MS_OK || status == MS_NOMEM || status == MS_MALFORMED);
        cr_assert(status != MS_OK || ms_symbols_info(symbols).n_symbols == 3);
        n_nomem += status == MS_NOMEM;
        ms_symbols_free(symbols);
        leaves_nothing(&turn);
    } while (turn.failed);
    cr_assert(gt(sz, n_nomem, 10));
}
