// SPDX-License-Identifier: MIT
//
// Each allocation fails in turn: the status says so, nothing is handed out and nothing is left.

#include "windows/failing_memory.h"
#include "windows/pe_driver.h"

TestSuite(pe_nomem);

// What is made of an image if allocation `n` fails; *failed_ret: whether there were so many.
static enum ms_status make_all(struct pe_image *image, long n, bool *failed_ret)
{
    struct ms_vmem memory = pe_image_memory(image);
    struct ms_pe *pe = NULL;
    struct ms_pe_exports *exports = NULL;
    struct ms_pe_imports *imports = NULL;
    struct ms_pe_functions *functions = NULL;
    struct ms_error error = {0};
    enum ms_status status;

    atomic_store(&n_left, n);
    status = ms_pe_open(&memory, image->base, &pe, &error);

    if (status == MS_OK)
        status = ms_pe_exports_read(pe, &exports, &error);
    if (status == MS_OK)
        status = ms_pe_imports_read(pe, &imports, &error);
    if (status == MS_OK)
        status = ms_pe_functions_read(pe, &functions, &error);
    *failed_ret = atomic_load(&n_left) == 0;
    atomic_store(&n_left, 0); // assertions need memory, too
    cr_assert(eq(int, error.status, status));
    cr_assert(eq(int, functions != NULL, status == MS_OK));
    ms_pe_functions_free(functions);
    ms_pe_imports_free(imports);
    ms_pe_exports_free(exports);
    ms_pe_close(pe);
    return status;
}

static long fail_each(struct pe_image *image)
{
    long n = 0;
    enum ms_status status;

    do {
        long before = atomic_load(&n_live);
        bool failed;

        status = make_all(image, ++n, &failed);
        cr_assert(eq(long, atomic_load(&n_live), before), "allocation %ld", n);
        cr_assert(eq(int, status, failed ? MS_NOMEM : MS_OK), "allocation %ld", n);
    } while (status != MS_OK);
    return n;
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
