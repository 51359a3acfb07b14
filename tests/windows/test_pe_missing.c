// SPDX-License-Identifier: MIT
//
// Every piece of an image missing in turn: what is then told was told of the whole image, too, and
// that something is missing is said. What does not touch the hole is still told.

#include "windows/pe_driver.h"

TestSuite(pe_missing, .timeout = 300);

// All that is told of an image.
struct told {
    struct ms_pe *pe;
    struct ms_pe_exports *exports;
    struct ms_pe_imports *imports;
    struct ms_pe_functions *functions;
    struct ms_pe_pdb pdb;
    struct ms_pe_version version;
    enum ms_pe_state pdb_state, version_state;
};

// False: the headers are missing.
static bool tell(struct pe_image *image, struct told *told)
{
    struct ms_vmem memory = pe_image_memory(image);
    enum ms_status status = ms_pe_open(&memory, image->base, &told->pe, NULL);

    if (status == MS_MISSING)
        return false;
    cr_assert(eq(int, status, MS_OK));
    told->exports = read_exports(told->pe);
    told->imports = read_imports(told->pe);
    cr_assert(eq(int, ms_pe_functions_read(told->pe, &told->functions, NULL), MS_OK));
    told->pdb_state = ms_pe_pdb(told->pe, &told->pdb);
    told->version_state = ms_pe_version(told->pe, &told->version);
    return true;
}

static void forget(struct told *told)
{
    ms_pe_functions_free(told->functions);
    ms_pe_imports_free(told->imports);
    ms_pe_exports_free(told->exports);
    ms_pe_close(told->pe);
}

static bool same_text(const struct ms_pe_text *a, const struct ms_pe_text *b)
{
    return a->length == b->length && (a->length == 0 || !memcmp(a->bytes, b->bytes, a->length));
}

// A text that is missing in part is the beginning of the whole one.
static bool begins(const struct ms_pe_text *part, const struct ms_pe_text *whole)
{
    if (part->state == MS_PE_MISSING)
        return part->length <= whole->length &&
               (part->length == 0 || !memcmp(part->bytes, whole->bytes, part->length));
    return part->state == whole->state && same_text(part, whole);
}

static bool export_agrees(const struct ms_pe_export *item, const struct ms_pe_export *whole)
{
    return begins(&item->name, &whole->name) &&
           (!item->has_ordinal || item->ordinal == whole->ordinal) &&
           (!item->has_rva || (whole->has_rva && item->rva == whole->rva)) &&
           (item->forwarder.state == MS_PE_NONE || begins(&item->forwarder, &whole->forwarder));
}

static void check_exports(const struct told *told, const struct told *whole, uint32_t hole)
{
    for (size_t i = 0; i < told->exports->n; i++) {
        bool agrees = false;

        for (size_t k = 0; k < whole->exports->n && !agrees; k++)
            agrees = export_agrees(&told->exports->items[i], &whole->exports->items[k]);
        // Where it is not known which function a name belongs to, one may look as if it had none.
        agrees = agrees || (told->exports->lost.missing > 0 &&
                            told->exports->items[i].name.state == MS_PE_NONE);
        cr_assert(agrees, "export %zu without 0x%x", i, hole);
    }
}

static void check_imports(const struct told *told, const struct told *whole, uint32_t hole)
{
    for (size_t i = 0; i < told->imports->n; i++) {
        const struct ms_pe_import *item = &told->imports->items[i];
        const struct ms_pe_import *other = ms_pe_imports_at(whole->imports, item->slot);
        const struct ms_pe_import_dll *dll = &told->imports->dlls[item->dll];

        cr_assert(ne(ptr, (void *)other, NULL), "slot 0x%x without 0x%x", item->slot, hole);
        cr_assert(eq(u32, other->slot, item->slot), "without 0x%x", hole);
        if (item->asked != MS_PE_ASKED_UNKNOWN) {
            cr_assert(begins(&item->name, &other->name), "slot 0x%x without 0x%x", item->slot,
                      hole);
            cr_assert(eq(int, item->asked, other->asked));
        }
        if (item->has_value)
            cr_assert(eq(u64, item->value, other->value));
        if (dll->kind != MS_PE_IMPORT_IAT)
            cr_assert(begins(&dll->name, &whole->imports->dlls[other->dll].name),
                      "slot 0x%x without 0x%x", item->slot, hole);
    }
}

static void check_functions(const struct told *told, const struct told *whole, uint32_t hole)
{
    for (uint32_t rva = 0x1000; rva < 0x1200; rva += 0x10) {
        struct ms_pe_function at, other;
        enum ms_pe_state state = ms_pe_function_at(told->functions, told->pe, rva, &at);
        enum ms_pe_state expected = ms_pe_function_at(whole->functions, whole->pe, rva, &other);

        if (state == MS_PE_MISSING || ms_pe_functions_state(told->functions) != MS_PE_WHOLE)
            continue;
        cr_assert(eq(int, state, expected), "0x%x without 0x%x", rva, hole);
        cr_assert(eq(u32, at.begin, other.begin), "0x%x without 0x%x", rva, hole);
        if (at.primary_state != MS_PE_MISSING)
            cr_assert(eq(u32, at.primary, other.primary), "0x%x without 0x%x", rva, hole);
    }
}

// Whether anything is said to be missing.
static bool says_so(const struct told *told)
{
    const struct ms_pe_imports *imports = told->imports;
    size_t n = told->pe->sections_lost.missing + told->exports->lost.missing +
               imports->lost.missing + ms_pe_functions_lost(told->functions).missing;

    n += told->exports->state == MS_PE_MISSING || imports->state == MS_PE_MISSING ||
         imports->delay_state == MS_PE_MISSING || imports->iat_state == MS_PE_MISSING ||
         told->pdb_state == MS_PE_MISSING || told->pdb.path_state == MS_PE_MISSING ||
         told->version_state == MS_PE_MISSING ||
         ms_pe_functions_state(told->functions) == MS_PE_MISSING;
    return n > 0;
}

static bool tells_as_much(const struct told *told, const struct told *whole)
{
    bool same = told->pe->n_sections == whole->pe->n_sections &&
                told->exports->n == whole->exports->n && told->imports->n == whole->imports->n &&
                told->imports->n_dlls == whole->imports->n_dlls &&
                ms_pe_functions_count(told->functions) == ms_pe_functions_count(whole->functions) &&
                told->pdb_state == whole->pdb_state && told->version_state == whole->version_state;

    for (size_t i = 0; same && i < told->exports->n; i++)
        same = export_agrees(&whole->exports->items[i], &told->exports->items[i]);
    for (size_t i = 0; same && i < told->imports->n; i++)
        same = begins(&told->imports->items[i].name, &whole->imports->items[i].name) &&
               told->imports->items[i].has_value &&
               told->imports->items[i].name.state < MS_PE_MISSING;
    return same;
}

static void check_hole(struct pe_image *image, const struct told *whole, uint32_t start,
                       uint32_t length)
{
    struct told told = {0};

    pe_hide(image, start, length);
    if (tell(image, &told)) {
        check_exports(&told, whole, start);
        check_imports(&told, whole, start);
        check_functions(&told, whole, start);
        if (told.pdb_state == MS_PE_WHOLE)
            cr_assert(zero(int, memcmp(told.pdb.guid, whole->pdb.guid, 16)));
        if (told.version_state == MS_PE_WHOLE)
            cr_assert(zero(int, memcmp(&told.version, &whole->version, sizeof(told.version))));
        if (!says_so(&told))
            cr_assert(tells_as_much(&told, whole), "nothing is said of 0x%x", start);
        forget(&told);
    } else {
        cr_assert(lt(u32, start, NT + 0x88));
    }
    memset(image->hidden + start, false, length);
}

static void check_holes(unsigned bits)
{
    struct pe_image *image = driver_make(bits), *untouched = driver_make(bits);
    struct told whole = {0};
    static const uint32_t sizes[] = {0x1000, 0x200, 0x10};

    // It reads from an image of its own, as unwind information is read when it is asked for.
    cr_assert(tell(untouched, &whole));
    cr_assert(not(says_so(&whole)));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint32_t at = 0; at < DRIVER_BYTES; at += sizes[i])
            check_hole(image, &whole, at, sizes[i]);
    }
    for (uint32_t at = 0; at < DRIVER_BYTES; at++) {
        if (image->bytes[at] != 0)
            check_hole(image, &whole, at, 1);
    }
    forget(&whole);
    free(untouched);
    free(image);
}

Test(pe_missing, every_piece_in_turn_32)
{
    check_holes(32);
}

Test(pe_missing, every_piece_in_turn_64)
{
    check_holes(64);
}

// All but the pages of one table: that one is told.
Test(pe_missing, what_is_left_is_told)
{
    struct pe_image *image = driver_make(64);
    struct told told = {0};

    pe_hide(image, 0x1000, DRIVER_BYTES - 0x1000);
    memset(image->hidden + DRIVER_IAT, false, 0x1000);
    cr_assert(tell(image, &told));
    cr_assert(eq(int, told.exports->state, MS_PE_MISSING));
    cr_assert(eq(int, told.imports->state, MS_PE_MISSING));
    cr_assert(eq(sz, told.imports->n, 5));
    cr_assert(eq(int, told.imports->dlls[0].kind, MS_PE_IMPORT_IAT));
    cr_assert(eq(int, told.pdb_state, MS_PE_MISSING));
    cr_assert(eq(int, told.version_state, MS_PE_MISSING));
    cr_assert(eq(sz, told.pe->n_sections, 3));
    forget(&told);
    free(image);
}
