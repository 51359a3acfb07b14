// SPDX-License-Identifier: MIT

#include "windows/pe_driver.h"

TestSuite(pe_functions);

static struct ms_pe_functions *read_functions(const struct ms_pe *pe)
{
    struct ms_pe_functions *functions = NULL;

    cr_assert(eq(int, ms_pe_functions_read(pe, &functions, NULL), MS_OK));
    return functions;
}

struct expected {
    uint32_t rva;
    enum ms_pe_state state;
    uint32_t begin, end, primary;
    enum ms_pe_state primary_state;
};

static void check(struct pe_image *image, const struct expected *cases, size_t n)
{
    struct ms_pe *pe = pe_open(image);
    struct ms_pe_functions *functions = read_functions(pe);

    for (size_t i = 0; i < n; i++) {
        struct ms_pe_function at;

        cr_assert(eq(int, ms_pe_function_at(functions, pe, cases[i].rva, &at), cases[i].state),
                  "0x%x", cases[i].rva);
        cr_assert(eq(u32, at.begin, cases[i].begin), "0x%x", cases[i].rva);
        cr_assert(eq(u32, at.end, cases[i].end), "0x%x", cases[i].rva);
        cr_assert(eq(u32, at.primary, cases[i].primary), "0x%x", cases[i].rva);
        cr_assert(eq(int, at.primary_state, cases[i].primary_state), "0x%x", cases[i].rva);
    }
    ms_pe_functions_free(functions);
    ms_pe_close(pe);
}

#define CHECK_ALL(image, cases) check(image, cases, sizeof(cases) / sizeof((cases)[0]))

Test(pe_functions, of_a_driver)
{
    static const struct expected cases[] = {
        {0, MS_PE_NONE, 0, 0, 0, 0},
        {0x101f, MS_PE_NONE, 0, 0, 0, 0},
        {0x1020, MS_PE_WHOLE, 0x1020, 0x1060, 0x1020, MS_PE_WHOLE},
        {0x105f, MS_PE_WHOLE, 0x1020, 0x1060, 0x1020, MS_PE_WHOLE},
        {0x1060, MS_PE_WHOLE, 0x1060, 0x10a0, 0x1060, MS_PE_WHOLE},
        {0x10a0, MS_PE_NONE, 0, 0, 0, 0},
        {0x1100, MS_PE_WHOLE, 0x1100, 0x1180, 0x1020, MS_PE_WHOLE}, // chained
        {0x1180, MS_PE_WHOLE, 0x1180, 0x11c0, 0x1020, MS_PE_WHOLE}, // by an entry to the same
        {0x11c0, MS_PE_NONE, 0, 0, 0, 0},
        {0xffffffff, MS_PE_NONE, 0, 0, 0, 0},
    };
    struct pe_image *image = driver_make(64);

    CHECK_ALL(image, cases);
    free(image);
    ms_pe_functions_free(NULL);
}

Test(pe_functions, other_machines_have_none)
{
    static const struct expected cases[] = {{0x1020, MS_PE_NONE, 0, 0, 0, 0}};
    struct pe_image *image = driver_make(64);

    put(image, NT + 4, MS_PE_MACHINE_ARM64, 2);
    CHECK_ALL(image, cases);
    free(image);
}

Test(pe_functions, a_missing_entry_leaves_its_neighbours)
{
    static const struct expected cases[] = {
        {0x1020, MS_PE_WHOLE, 0x1020, 0x1060, 0x1020, MS_PE_WHOLE},
        {0x1060, MS_PE_MISSING, 0, 0, 0, 0},
        {0x10ff, MS_PE_MISSING, 0, 0, 0, 0},
        {0x1100, MS_PE_WHOLE, 0x1100, 0x1180, 0x1020, MS_PE_WHOLE},
        {0x11c0, MS_PE_NONE, 0, 0, 0, 0},
    };
    struct pe_image *image = driver_make(64);

    pe_hide(image, DRIVER_FUNCTIONS + 12 + 5, 1);
    CHECK_ALL(image, cases);
    free(image);
}

Test(pe_functions, what_follows_a_missing_entry_may_say_nothing)
{
    static const struct expected cases[] = {
        {0x1060, MS_PE_MISSING, 0, 0, 0, 0},
        {0x10ff, MS_PE_MISSING, 0, 0, 0, 0},
        {0x1100, MS_PE_WHOLE, 0x1100, 0x1180, 0x1020, MS_PE_WHOLE},
    };
    struct pe_image *image = driver_make(64);

    pe_hide(image, DRIVER_FUNCTIONS, 1);
    driver_function(image, 1, 0x1060, 0x1060, DRIVER_UNWIND);
    CHECK_ALL(image, cases);
    free(image);
}

Test(pe_functions, missing_ends)
{
    static const struct expected cases[] = {
        {0x101f, MS_PE_MISSING, 0, 0, 0, 0},
        {0x1020, MS_PE_MISSING, 0, 0, 0, 0},
        {0x1060, MS_PE_WHOLE, 0x1060, 0x10a0, 0x1060, MS_PE_WHOLE},
        {0x10a0, MS_PE_NONE, 0, 0, 0, 0},
        {0x1180, MS_PE_MISSING, 0, 0, 0, 0},
        {0x2000, MS_PE_MISSING, 0, 0, 0, 0},
    };
    struct pe_image *image = driver_make(64);

    pe_hide(image, DRIVER_FUNCTIONS, 1);
    pe_hide(image, DRIVER_FUNCTIONS + 47, 1);
    CHECK_ALL(image, cases);
    free(image);
}

Test(pe_functions, chains_that_end_nowhere)
{
    static const struct expected missing[] = {
        {0x1100, MS_PE_WHOLE, 0x1100, 0x1180, 0x1100, MS_PE_MISSING},
        {0x1180, MS_PE_WHOLE, 0x1180, 0x11c0, 0x1100, MS_PE_MISSING},
    };
    static const struct expected loop[] = {
        {0x1100, MS_PE_WHOLE, 0x1100, 0x1180, 0x1020, MS_PE_BAD},
    };
    static const struct expected outside[] = {
        {0x1020, MS_PE_WHOLE, 0x1020, 0x1060, 0x1020, MS_PE_BAD},
        {0x1060, MS_PE_WHOLE, 0x1060, 0x10a0, 0x1060, MS_PE_BAD},
        {0x1100, MS_PE_WHOLE, 0x1100, 0x1180, 0x1100, MS_PE_BAD},
    };
    struct pe_image *image = driver_make(64);

    pe_hide(image, DRIVER_UNWIND + 0x40, 0x20);
    CHECK_ALL(image, missing);
    pe_show_all(image);
    put32(image, DRIVER_UNWIND + 0x40 + 4 + 16, DRIVER_UNWIND + 0x40);
    CHECK_ALL(image, loop);
    put32(image, DRIVER_FUNCTIONS + 8, 0xfffffffe);
    put32(image, DRIVER_FUNCTIONS + 12 + 8, 0xffffffff);
    put32(image, DRIVER_UNWIND + 0x40 + 4 + 12, 0); // ends before it begins
    CHECK_ALL(image, outside);
    free(image);
}

Test(pe_functions, entries_that_lie_are_counted)
{
    static const struct expected cases[] = {
        {0x1030, MS_PE_NONE, 0, 0, 0, 0},
        {0x1061, MS_PE_WHOLE, 0x1060, 0x10a0, 0x1060, MS_PE_WHOLE},
    };
    struct pe_image *image = driver_make(64);
    struct ms_pe *pe;
    struct ms_pe_functions *functions;

    put32(image, DRIVER_FUNCTIONS + 4, 0x101f);          // ends before it begins
    put32(image, DRIVER_FUNCTIONS + 24 + 4, 0x7fffffff); // past the image
    CHECK_ALL(image, cases);
    put_directory(image, 3, DRIVER_FUNCTIONS, 0xffffffff); // more than the image has
    pe = pe_open(image);
    functions = read_functions(pe);
    cr_assert(eq(int, ms_pe_functions_state(functions), MS_PE_WHOLE));
    cr_assert(eq(sz, ms_pe_functions_lost(functions).missing, 0));
    cr_assert(
        eq(sz, ms_pe_functions_lost(functions).left_out, 0xffffffffu / 12 - MS_PE_MAX_FUNCTIONS));
    cr_assert(ge(sz, ms_pe_functions_lost(functions).bad, 2));
    ms_pe_functions_free(functions);
    ms_pe_close(pe);
    free(image);
}

Test(pe_functions, an_entry_that_the_image_cuts_off)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe *pe;
    struct ms_pe_functions *functions;

    put_directory(image, 3, DRIVER_BYTES - 23, 36); // one entry fits
    pe = pe_open(image);
    functions = read_functions(pe);
    cr_assert(eq(sz, ms_pe_functions_lost(functions).bad, 2));
    cr_assert(eq(sz, ms_pe_functions_count(functions), 0)); // it is empty
    ms_pe_functions_free(functions);
    ms_pe_close(pe);
    free(image);
}

Test(pe_functions, a_table_out_of_order_is_sorted)
{
    static const struct expected cases[] = {
        {0x1020, MS_PE_WHOLE, 0x1020, 0x1060, 0x1020, MS_PE_WHOLE},
        {0x1070, MS_PE_WHOLE, 0x1060, 0x10a0, 0x1060, MS_PE_WHOLE},
        {0x10a0, MS_PE_NONE, 0, 0, 0, 0},
    };
    static const struct expected unknown[] = {
        {0x1020, MS_PE_WHOLE, 0x1020, 0x1060, 0x1020, MS_PE_WHOLE},
        {0x10a0, MS_PE_MISSING, 0, 0, 0, 0},
        {0x9000, MS_PE_MISSING, 0, 0, 0, 0},
    };
    struct pe_image *image = driver_make(64);

    driver_function(image, 0, 0x1060, 0x10a0, DRIVER_UNWIND);
    driver_function(image, 1, 0x1020, 0x1060, DRIVER_UNWIND);
    CHECK_ALL(image, cases);
    pe_hide(image, DRIVER_FUNCTIONS + 24, 12);
    CHECK_ALL(image, unknown);
    free(image);
}
