// SPDX-License-Identifier: MIT
//
// What an image says of itself: its PDB file, its version.

#include "windows/pe_driver.h"

TestSuite(pe_facts);

// Opens, asks, closes.
static enum ms_pe_state ask_pdb(struct pe_image *image, struct ms_pe_pdb *pdb)
{
    struct ms_pe *pe = pe_open(image);
    enum ms_pe_state state = ms_pe_pdb(pe, pdb);

    ms_pe_close(pe);
    return state;
}

static enum ms_pe_state ask_version(struct pe_image *image, struct ms_pe_version *version)
{
    struct ms_pe *pe = pe_open(image);
    enum ms_pe_state state = ms_pe_version(pe, version);

    ms_pe_close(pe);
    return state;
}

static bool path_is(const struct ms_pe_pdb *pdb, const char *path)
{
    return pdb->path_state == MS_PE_WHOLE && pdb->path_length == strlen(path) &&
           memcmp(pdb->path, path, pdb->path_length) == 0;
}

Test(pe_facts, pdb_of_a_driver)
{
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        struct pe_image *image = driver_make(bits);
        struct ms_pe_pdb pdb;

        cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
        cr_assert(not(pdb.is_nb10));
        cr_assert(eq(u8, pdb.guid[0], 0x10));
        cr_assert(eq(u8, pdb.guid[15], 0x1f));
        cr_assert(eq(u32, pdb.age, 7));
        cr_assert(path_is(&pdb, "d:\\src\\driver.pdb"));
        free(image);
    }
}

static void make_nb10(struct pe_image *image, uint32_t rva)
{
    put_text(image, rva, "NB10");
    put32(image, rva + 4, 0);
    put32(image, rva + 8, 0x3b7d8475);
    put32(image, rva + 0xc, 2);
    put_text(image, rva + 0x10, "old.pdb");
}

Test(pe_facts, pdb_of_the_old_kind)
{
    struct pe_image *image = driver_make(32);
    struct ms_pe_pdb pdb;

    make_nb10(image, DRIVER_PDB);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
    cr_assert(pdb.is_nb10);
    cr_assert(eq(u32, pdb.signature, 0x3b7d8475));
    cr_assert(eq(u32, pdb.age, 2));
    cr_assert(path_is(&pdb, "old.pdb"));
    free(image);
}

// An entry before the driver's: of the old kind, or one that is not there.
Test(pe_facts, the_best_of_several_pdbs)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_pdb pdb;

    put32(image, DRIVER_DEBUG + 0x0c, 2);
    put32(image, DRIVER_DEBUG + 0x10, 0x40);
    put32(image, DRIVER_DEBUG + 0x14, DRIVER_PDB + 0x800);
    make_nb10(image, DRIVER_PDB + 0x800);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
    cr_assert(not(pdb.is_nb10));
    pe_hide(image, DRIVER_PDB, 1);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
    cr_assert(pdb.is_nb10);
    pe_hide(image, DRIVER_PDB + 0x800, 1);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_MISSING));
    cr_assert(eq(u32, pdb.age, 0));
    cr_assert(eq(u32, pdb.path_length, 0));
    free(image);
}

Test(pe_facts, pdbs_that_are_none)
{
    static const struct {
        uint32_t at, value;
        enum ms_pe_state state;
    } cases[] = {
        {NT + 0x88 + 8 * 6, 0, MS_PE_NONE},             // no directory
        {NT + 0x88 + 8 * 6, DRIVER_BYTES, MS_PE_BAD},   // outside
        {NT + 0x88 + 8 * 6 + 4, 0x1c, MS_PE_NONE},      // the other entry alone
        {DRIVER_DEBUG + 0x1c + 0x14, 0, MS_PE_MISSING}, // only in the file
        {DRIVER_DEBUG + 0x1c + 0x14, DRIVER_BYTES - 0xf, MS_PE_BAD},
        {DRIVER_DEBUG + 0x1c + 0x14, 0xffffffff, MS_PE_BAD},
        {DRIVER_DEBUG + 0x1c + 0x10, 0x17, MS_PE_BAD}, // too short
        {DRIVER_PDB, 0x5344534e, MS_PE_BAD},           // "NSDS"
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pe_image *image = driver_make(64);
        struct ms_pe_pdb pdb;

        put32(image, cases[i].at, cases[i].value);
        cr_assert(eq(int, ask_pdb(image, &pdb), cases[i].state), "case %zu", i);
        free(image);
    }
}

Test(pe_facts, pdb_paths_of_strangers)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_pdb pdb;

    memset(image->bytes + DRIVER_PDB + 0x18, '\r', 0x800);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
    cr_assert(eq(int, pdb.path_state, MS_PE_BAD)); // it passes the record's end
    cr_assert(eq(u32, pdb.path_length, 0x28));
    put32(image, DRIVER_DEBUG + 0x1c + 0x10, 0xffffffff);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
    cr_assert(eq(int, pdb.path_state, MS_PE_BAD));
    cr_assert(eq(u32, pdb.path_length, MS_PE_MAX_PATH));
    pe_hide(image, DRIVER_PDB + 0x20, 1);
    cr_assert(eq(int, ask_pdb(image, &pdb), MS_PE_WHOLE));
    cr_assert(eq(int, pdb.path_state, MS_PE_MISSING));
    cr_assert(eq(u32, pdb.path_length, 8));
    free(image);
}

Test(pe_facts, version_of_a_driver)
{
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        static const uint16_t file[4] = {6, 1, 7601, 24557}, product[4] = {10, 0, 19045, 1};
        struct pe_image *image = driver_make(bits);
        struct ms_pe_version version;

        cr_assert(eq(int, ask_version(image, &version), MS_PE_WHOLE));
        cr_assert(zero(int, memcmp(version.file, file, sizeof(file))));
        cr_assert(zero(int, memcmp(version.product, product, sizeof(product))));
        cr_assert(eq(u32, version.flags, 0x08));
        cr_assert(eq(u32, version.os, 0x40004));
        cr_assert(eq(u32, version.type, 3));
        cr_assert(eq(u32, version.subtype, 7));
        free(image);
    }
}

Test(pe_facts, versions_that_are_none)
{
    static const struct {
        uint32_t at, value;
        enum ms_pe_state state;
    } cases[] = {
        {NT + 0x88 + 8 * 2, 0, MS_PE_NONE},
        {NT + 0x88 + 8 * 2, 0xfffffff0, MS_PE_BAD},
        {DRIVER_RESOURCE + 0x20, 15, MS_PE_NONE},        // another type
        {DRIVER_RESOURCE + 0x24, 0x40, MS_PE_BAD},       // not a table
        {DRIVER_RESOURCE + 0x24, 0xffffffff, MS_PE_BAD}, // outside
        {DRIVER_RESOURCE + 0x54, 0x80000000, MS_PE_BAD}, // round in circles
        {DRIVER_RESOURCE + 0x40 + 0xc, 0, MS_PE_NONE},   // no names
        {DRIVER_RESOURCE + 0x74, 0x80000080, MS_PE_BAD}, // a fourth level
        {DRIVER_RESOURCE + 0x80, DRIVER_BYTES - 0x20, MS_PE_BAD},
        {DRIVER_VERSION + 6, 'W' | 'S' << 16, MS_PE_BAD}, // another key
        {DRIVER_VERSION + 0x28, 0xfeef04be, MS_PE_BAD},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pe_image *image = driver_make(64);
        struct ms_pe_version version;

        put32(image, cases[i].at, cases[i].value);
        cr_assert(eq(int, ask_version(image, &version), cases[i].state), "case %zu", i);
        cr_assert(eq(u16, version.file[0], 0));
        free(image);
    }
}

// As many entries as two counts can claim: the search ends with the image.
Test(pe_facts, a_resource_table_without_end)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_version version;

    put32(image, DRIVER_RESOURCE + 0xc, 0xffffffff);
    put32(image, DRIVER_RESOURCE + 0x20, 15);
    cr_assert(eq(int, ask_version(image, &version), MS_PE_BAD));
    free(image);
}

// Real tables have a few entries: behind the first 4096 none is looked for.
Test(pe_facts, a_resource_table_with_very_many_entries)
{
    static const struct {
        uint32_t index;
        enum ms_pe_state state;
    } cases[] = {{4095, MS_PE_WHOLE}, {4096, MS_PE_NONE}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pe_image *image = driver_make(64);
        uint32_t root = 0x20000, entry = root + 0x10 + 8 * cases[i].index;
        struct ms_pe_version version;

        image->size = IMAGE_BYTES;
        put32(image, NT + 0x50, IMAGE_BYTES);
        memcpy(image->bytes + root, image->bytes + DRIVER_RESOURCE, 0x10);
        memcpy(image->bytes + root + 0x18000, image->bytes + DRIVER_RESOURCE, 0x400);
        put_directory(image, 2, root, 0x400);
        put32(image, root + 0xc, 0xffff0000);
        put32(image, entry, 16);
        put32(image, entry + 4, 0x80018040);
        // The second level leads on relative to the root.
        put32(image, root + 0x18054, 0x80018060);
        put32(image, root + 0x18074, 0x18080);
        cr_assert(eq(int, ask_version(image, &version), cases[i].state), "case %zu", i);
        free(image);
    }
}
