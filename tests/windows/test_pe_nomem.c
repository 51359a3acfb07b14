// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn: the status says so, nothing is handed out and nothing is left.

#include "windows/pe_driver.h"
#include "windows/turns.h"

TestSuite(pe_nomem);

static void make_all(struct pe_image *image, struct turn *turn)
{
    struct ms_vmem memory = pe_image_memory(image);
    struct ms_pe *pe = NULL;
    struct ms_pe_exports *exports = NULL;
    struct ms_pe_imports *imports = NULL;
    struct ms_pe_functions *functions = NULL;
    struct ms_error error = {0};
    enum ms_status status;

    begin_turn(turn);
    status = ms_pe_open(&memory, image->base, &pe, &error);
    if (status == MS_OK)
        status = ms_pe_exports_read(pe, &exports, &error);
    if (status == MS_OK)
        status = ms_pe_imports_read(pe, &imports, &error);
    if (status == MS_OK)
        status = ms_pe_functions_read(pe, &functions, &error);
    end_turn(turn, status);
    cr_assert(eq(int, status, turn->failed ? MS_NOMEM : MS_OK), "allocation %ld", turn->n);
    cr_assert(eq(int, error.status, status));
    cr_assert(eq(int, functions != NULL, status == MS_OK));
    ms_pe_functions_free(functions);
    ms_pe_imports_free(imports);
    ms_pe_exports_free(exports);
    ms_pe_close(pe);
    leaves_nothing(turn);
}

static long fail_each(struct pe_image *image)
{
    struct turn turn = first_turn();

    do {
        make_all(image, &turn);
    } while (turn.failed);
    return turn.n;
}

Test(pe_nomem, of_a_driver)
{
    struct pe_image *image = driver_make(64);

    cr_assert(gt(long, fail_each(image), 20));
    free(image);
}

// Growing tables, and names that fill more than one block.
Test(pe_nomem, of_many_names)
{
    struct pe_image *image = driver_make(64);

    put32(image, NT + 0x50, 0x40000);
    put32(image, DRIVER_EXPORTS + 0x18, 0x30);
    memset(image->bytes + 0x20000, 'n', 0xf00);
    for (uint32_t i = 5; i < 0x30; i++)
        put32(image, DRIVER_NAMES + 4 * i, 0x20000);
    for (uint32_t i = 2; i < 0x30; i++) { // lists of one slot
        put32(image, DRIVER_IMPORTS + 0x14 * i, DRIVER_IMPORT_NAMES);
        put32(image, DRIVER_IMPORTS + 0x14 * i + 0xc, 0x20000);
        put32(image, DRIVER_IMPORTS + 0x14 * i + 0x10, DRIVER_IAT);
    }
    for (uint32_t i = 0; i < 4; i++)
        put(image, 0x20f00 + i, 0, 1);
    image->size = 0x40000;
    cr_assert(gt(long, fail_each(image), 30));
    free(image);
}

// Functions without names, which are forwarded, and slots that no list has.
Test(pe_nomem, of_what_has_no_name)
{
    struct pe_image *image = driver_make(64);
    const uint32_t texts = 0x20000; // of 600 bytes each: a few fill a block

    put32(image, NT + 0x50, 0x40000);
    image->size = 0x40000;
    put_directory(image, 0, DRIVER_EXPORTS, texts + 0x18000 - DRIVER_EXPORTS);
    put32(image, DRIVER_EXPORTS + 0x14, 0x40);
    put32(image, DRIVER_EXPORTS + 0x18, 0);
    for (uint32_t i = 0; i < 0x40; i++) {
        put32(image, DRIVER_ADDRESSES + 4 * i, texts + 0x600 * i);
        memset(image->bytes + texts + 0x600 * i, 'f', 0x500);
    }
    put_directory(image, 1, 0, 0);
    put_directory(image, 13, 0, 0);
    put_directory(image, 12, DRIVER_IAT, 8 * 0x40);
    for (uint32_t i = 0; i < 0x40; i++)
        put_pointer(image, DRIVER_IAT + 8 * i, 0x1000 + i);
    cr_assert(gt(long, fail_each(image), 30));
    free(image);
}
