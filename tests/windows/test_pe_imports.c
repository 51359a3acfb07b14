// SPDX-License-Identifier: MIT

#include "windows/pe_driver.h"

TestSuite(pe_imports);

// Reads the imports of an image that something was done to; the caller frees them.
static struct ms_pe_imports *read_from(struct pe_image *image)
{
    struct ms_pe *pe = pe_open(image);
    struct ms_pe_imports *imports = read_imports(pe);

    ms_pe_close(pe);
    return imports;
}

static size_t n_lost(const struct ms_pe_imports *imports)
{
    return imports->lost.missing + imports->lost.bad + imports->lost.left_out;
}

// Slot number `i` of list `dll`.
static const struct ms_pe_import *slot(const struct ms_pe_imports *imports, size_t dll, size_t i)
{
    cr_assert(lt(sz, dll, imports->n_dlls));
    cr_assert(lt(sz, i, imports->dlls[dll].n));
    return &imports->items[imports->dlls[dll].first + i];
}

static void check_lists(const struct ms_pe_imports *imports, uint64_t nt)
{
    const struct ms_pe_import *item;

    cr_assert(eq(sz, imports->n_dlls, 4));
    cr_assert(text_is(&imports->dlls[0].name, "ntoskrnl.exe"));
    cr_assert(eq(u32, imports->dlls[0].timestamp, 0x5000));
    cr_assert(eq(sz, imports->dlls[0].n, 3));
    item = slot(imports, 0, 0);
    cr_assert(eq(u32, item->slot, DRIVER_IAT));
    cr_assert(item->has_value);
    cr_assert(eq(u64, item->value, nt));
    cr_assert(eq(int, item->asked, MS_PE_ASKED_NAME));
    cr_assert(eq(u16, item->ordinal, 0x51));
    cr_assert(text_is(&item->name, "SeQueryInformationToken"));
    item = slot(imports, 0, 1);
    cr_assert(eq(int, item->asked, MS_PE_ASKED_ORDINAL));
    cr_assert(eq(u16, item->ordinal, 77));
    cr_assert(eq(int, item->name.state, MS_PE_NONE));
    cr_assert(text_is(&slot(imports, 0, 2)->name, "ExAllocatePool"));
    cr_assert(text_is(&imports->dlls[1].name, "HAL.dll"));
    cr_assert(eq(sz, imports->dlls[1].n, 1));
    cr_assert(eq(u64, slot(imports, 1, 0)->value, nt + 0x4000));
    cr_assert(eq(u32, slot(imports, 1, 0)->dll, 1));
}

static void check_delayed(const struct ms_pe_imports *imports, uint64_t base)
{
    const struct ms_pe_import_dll *dll = &imports->dlls[2];

    cr_assert(eq(int, dll->kind, MS_PE_IMPORT_DELAY));
    cr_assert(text_is(&dll->name, "ext-ms-win.dll"));
    cr_assert(eq(sz, dll->n, 2));
    cr_assert(text_is(&slot(imports, 2, 0)->name, "ExtLater"));
    cr_assert(eq(u64, slot(imports, 2, 0)->value, base + 0x1500));
    cr_assert(eq(u32, slot(imports, 2, 0)->slot, DRIVER_DELAY_SLOTS));
    cr_assert(eq(int, slot(imports, 2, 1)->asked, MS_PE_ASKED_ORDINAL));
    cr_assert(eq(u16, slot(imports, 2, 1)->ordinal, 9));
}

static void check_driver(unsigned bits)
{
    struct pe_image *image = driver_make(bits);
    struct ms_pe_imports *imports = read_from(image);
    uint32_t width = bits / 8;
    uint64_t nt = bits == 64 ? UINT64_C(0xfffff80000d00000) : 0x80400000;

    cr_assert(eq(int, imports->state, MS_PE_WHOLE));
    cr_assert(eq(int, imports->delay_state, MS_PE_WHOLE));
    cr_assert(eq(int, imports->iat_state, MS_PE_WHOLE));
    cr_assert(eq(sz, n_lost(imports), 0));
    cr_assert(eq(sz, imports->n, 7));
    check_lists(imports, nt);
    check_delayed(imports, image->base);
    // The slot that no list has.
    cr_assert(eq(int, imports->dlls[3].kind, MS_PE_IMPORT_IAT));
    cr_assert(eq(int, imports->dlls[3].names, MS_PE_NONE));
    cr_assert(eq(sz, imports->dlls[3].n, 1));
    cr_assert(eq(u32, slot(imports, 3, 0)->slot, DRIVER_IAT + 6 * width));
    cr_assert(eq(int, slot(imports, 3, 0)->asked, MS_PE_ASKED_UNKNOWN));
    for (size_t i = 0; i < imports->n_dlls; i++)
        cr_assert(not(imports->dlls[i].end_unknown));
    ms_pe_imports_free(imports);
    free(image);
}

Test(pe_imports, of_a_driver)
{
    check_driver(32);
    check_driver(64);
    ms_pe_imports_free(NULL);
}

Test(pe_imports, slots_are_found_by_their_place)
{
    for (unsigned bits = 32; bits <= 64; bits += 32) {
        struct pe_image *image = driver_make(bits);
        struct ms_pe_imports *imports = read_from(image);
        uint32_t width = bits / 8;

        cr_assert(eq(ptr, (void *)ms_pe_imports_at(imports, DRIVER_IAT - 1), NULL));
        for (uint32_t i = 0; i < 3 * width; i++)
            cr_assert(eq(u32, ms_pe_imports_at(imports, DRIVER_IAT + i)->slot,
                         DRIVER_IAT + i / width * width));
        cr_assert(eq(ptr, (void *)ms_pe_imports_at(imports, DRIVER_IAT + 3 * width), NULL));
        cr_assert(eq(u32, ms_pe_imports_at(imports, DRIVER_IAT + 6 * width)->dll, 3));
        cr_assert(eq(u32, ms_pe_imports_at(imports, DRIVER_DELAY_SLOTS + 1)->dll, 2));
        cr_assert(eq(ptr, (void *)ms_pe_imports_at(imports, 0), NULL));
        cr_assert(eq(ptr, (void *)ms_pe_imports_at(imports, 0xffffffff), NULL));
        ms_pe_imports_free(imports);
        free(image);
    }
}

// Names in a discarded section: the slots still have their DLL where descriptors are left.
Test(pe_imports, without_the_table_of_names)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_imports *imports;

    pe_hide(image, DRIVER_IMPORT_NAMES, 0x1000);
    imports = read_from(image);
    cr_assert(eq(int, imports->dlls[0].names, MS_PE_MISSING));
    cr_assert(eq(sz, imports->dlls[0].n, 3));
    cr_assert(not(imports->dlls[0].end_unknown));
    cr_assert(eq(int, slot(imports, 0, 0)->asked, MS_PE_ASKED_UNKNOWN));
    cr_assert(eq(u64, slot(imports, 0, 2)->value, UINT64_C(0xfffff80000d00200)));
    cr_assert(eq(sz, imports->dlls[1].n, 1));
    cr_assert(gt(sz, imports->lost.missing, 0));
    ms_pe_imports_free(imports);
    // As old linkers bound them.
    put32(image, DRIVER_IMPORTS, 0);
    imports = read_from(image);
    cr_assert(eq(int, imports->dlls[0].names, MS_PE_NONE));
    cr_assert(eq(sz, imports->dlls[0].n, 3));
    ms_pe_imports_free(imports);
    free(image);
}

// All of it in a discarded section: the IAT alone tells of slots.
Test(pe_imports, without_descriptors)
{
    struct pe_image *image = driver_make(32);
    struct ms_pe_imports *imports;

    pe_hide(image, DRIVER_IMPORTS, 0x1000);
    imports = read_from(image);
    cr_assert(eq(int, imports->state, MS_PE_MISSING));
    cr_assert(eq(sz, imports->n_dlls, 2));
    cr_assert(eq(int, imports->dlls[0].kind, MS_PE_IMPORT_DELAY));
    cr_assert(eq(int, imports->dlls[1].kind, MS_PE_IMPORT_IAT));
    cr_assert(eq(sz, imports->dlls[1].n, 5));
    cr_assert(eq(u64, slot(imports, 1, 3)->value, 0x80404000));
    ms_pe_imports_free(imports);
    free(image);
}

Test(pe_imports, without_slots)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_imports *imports;

    pe_hide(image, DRIVER_IAT, 0x1000);
    imports = read_from(image);
    cr_assert(eq(sz, imports->dlls[0].n, 3));
    cr_assert(not(slot(imports, 0, 0)->has_value));
    cr_assert(eq(u64, slot(imports, 0, 0)->value, 0));
    cr_assert(text_is(&slot(imports, 0, 0)->name, "SeQueryInformationToken"));
    cr_assert(eq(sz, imports->n_dlls, 3)); // no rest is known
    // Four of the lists, four others of the directory.
    cr_assert(eq(sz, imports->lost.missing, 8));
    ms_pe_imports_free(imports);
    free(image);
}

// With neither table the next list's start bounds a list; without such, nothing does.
Test(pe_imports, without_names_and_slots)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_imports *imports;

    pe_hide(image, DRIVER_IMPORT_NAMES + 8, 16);
    pe_hide(image, DRIVER_IAT + 8, 8);
    imports = read_from(image);
    cr_assert(eq(sz, imports->dlls[0].n, 2));
    cr_assert(imports->dlls[0].end_unknown);
    cr_assert(eq(u32, slot(imports, 0, 1)->slot, DRIVER_IAT + 16));
    cr_assert(eq(int, slot(imports, 0, 1)->asked, MS_PE_ASKED_UNKNOWN));
    cr_assert(not(imports->dlls[1].end_unknown));
    // One entry of names and of slots that tell nothing, one name of a slot.
    cr_assert(eq(sz, imports->lost.missing, 3));
    ms_pe_imports_free(imports);

    pe_hide(image, DRIVER_DELAY_NAMES, 0x20);
    pe_hide(image, DRIVER_DELAY_SLOTS + 8, 8);
    imports = read_from(image);
    cr_assert(eq(sz, imports->dlls[2].n, 1));
    cr_assert(imports->dlls[2].end_unknown);
    ms_pe_imports_free(imports);
    free(image);
}

// Without a 0 between them: the next list's start ends a list whose names are not known.
Test(pe_imports, lists_that_touch)
{
    struct pe_image *image = driver_make(32);
    struct ms_pe_imports *imports;

    put_pointer(image, DRIVER_IAT + 3 * 4, 0x80400300);
    pe_hide(image, DRIVER_IMPORT_NAMES, 0x1000);
    imports = read_from(image);
    cr_assert(eq(sz, imports->dlls[0].n, 4));
    cr_assert(not(imports->dlls[0].end_unknown));
    cr_assert(eq(sz, imports->dlls[1].n, 1));
    ms_pe_imports_free(imports);
    free(image);
}

// As loaders have it: no DLL, or no slots.
Test(pe_imports, what_ends_the_descriptors)
{
    for (uint32_t field = 0xc; field <= 0x10; field += 4) {
        struct pe_image *image = driver_make(64);
        struct ms_pe_imports *imports;

        put32(image, DRIVER_IMPORTS + 0x14 + field, 0);
        imports = read_from(image);
        cr_assert(eq(int, imports->state, MS_PE_WHOLE));
        cr_assert(eq(int, imports->dlls[1].kind, MS_PE_IMPORT_DELAY));
        cr_assert(eq(sz, n_lost(imports), 0));
        ms_pe_imports_free(imports);
        free(image);
    }
}

// A list that is not known may follow: then nothing bounds the first one.
Test(pe_imports, without_names_and_slots_and_the_next_list)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_imports *imports;

    pe_hide(image, DRIVER_IMPORTS + 0x14, 8);
    pe_hide(image, DRIVER_IMPORT_NAMES + 8, 40);
    pe_hide(image, DRIVER_IAT + 8, 24);
    imports = read_from(image);
    cr_assert(eq(int, imports->state, MS_PE_MISSING));
    cr_assert(text_is(&imports->dlls[0].name, "ntoskrnl.exe"));
    cr_assert(eq(sz, imports->dlls[0].n, 1));
    cr_assert(imports->dlls[0].end_unknown);
    // What follows belongs to nobody.
    cr_assert(eq(int, imports->dlls[2].kind, MS_PE_IMPORT_IAT));
    cr_assert(eq(u64, slot(imports, 2, 0)->value, UINT64_C(0xfffff80000d04000)));
    ms_pe_imports_free(imports);
    free(image);
}

// Addresses instead of RVAs, as 32-bit linkers once wrote, in a driver in the upper half.
Test(pe_imports, delay_loads_of_the_old_kind)
{
    static const uint32_t fields[] = {DRIVER_DELAY + 0x04, DRIVER_DELAY + 0x0c, DRIVER_DELAY + 0x10,
                                      DRIVER_DELAY_NAMES};
    struct pe_image *image = driver_make(32);
    struct ms_pe_imports *imports;

    put32(image, DRIVER_DELAY, 0);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint32_t rva = 0;

        for (unsigned k = 0; k < 4; k++)
            rva |= (uint32_t)image->bytes[fields[i] + k] << 8 * k;
        put32(image, fields[i], (uint32_t)image->base + rva);
    }
    imports = read_from(image);
    cr_assert(eq(sz, n_lost(imports), 0));
    check_delayed(imports, image->base);
    ms_pe_imports_free(imports);
    free(image);
}

Test(pe_imports, lying_entries)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_imports *imports;

    put(image, DRIVER_IMPORT_NAMES, UINT64_C(0x100008000), 8);
    put(image, DRIVER_IMPORT_NAMES + 8, DRIVER_BYTES, 8);
    put(image, DRIVER_IMPORT_NAMES + 16, DRIVER_BYTES - 1, 8);
    put32(image, DRIVER_IMPORTS + 0x20, DRIVER_BYTES); // the second DLL's name
    imports = read_from(image);
    cr_assert(eq(sz, imports->dlls[0].n, 3));
    cr_assert(eq(int, slot(imports, 0, 0)->asked, MS_PE_ASKED_UNKNOWN));
    cr_assert(eq(int, slot(imports, 0, 1)->asked, MS_PE_ASKED_UNKNOWN));
    cr_assert(eq(int, slot(imports, 0, 2)->asked, MS_PE_ASKED_NAME));
    cr_assert(eq(int, slot(imports, 0, 2)->name.state, MS_PE_BAD));
    cr_assert(eq(int, imports->dlls[1].name.state, MS_PE_BAD));
    cr_assert(eq(sz, imports->lost.bad, 4));
    ms_pe_imports_free(imports);

    put32(image, DRIVER_IMPORTS + 0x10, DRIVER_BYTES - 4); // no slot fits
    put32(image, DRIVER_IMPORTS + 0x14, 0xfffffff8);       // names are nowhere
    imports = read_from(image);
    cr_assert(eq(sz, imports->dlls[0].n, 0));
    cr_assert(imports->dlls[0].end_unknown);
    cr_assert(eq(int, imports->dlls[1].names, MS_PE_BAD));
    cr_assert(eq(sz, imports->dlls[1].n, 1));
    // Nobody claims the first list's slots now.
    cr_assert(eq(sz, imports->dlls[3].n, 4));
    ms_pe_imports_free(imports);
    free(image);
}

// Descriptors up to the image's end, all of one list without end: work and memory stay bounded.
Test(pe_imports, tables_without_end)
{
    struct pe_image *image = pe_begin(32, 0x40000);
    struct ms_pe_imports *imports;

    put_directory(image, 1, 0x1000, 0xffffffff);
    put_directory(image, 12, 0x20000, 0xffffffff);
    for (uint32_t at = 0x1000; at + 0x14 <= 0x20000; at += 0x14) {
        put32(image, at, 0x20000);
        put32(image, at + 0xc, 0x1000);
        put32(image, at + 0x10, 0x20000);
    }
    memset(image->bytes + 0x20000, 0x80, 0x20000);
    imports = read_from(image);
    cr_assert(le(sz, imports->n_dlls, MS_PE_MAX_DLLS + 1));
    cr_assert(eq(sz, imports->n, MS_PE_MAX_IMPORTS - 1)); // one step found the image's end
    cr_assert(gt(sz, imports->lost.left_out, 0));
    cr_assert(eq(int, imports->state, MS_PE_WHOLE));
    ms_pe_imports_free(imports);

    // The same in memory that is missing.
    pe_hide(image, 0x20000, 0x20000);
    imports = read_from(image);
    cr_assert(eq(sz, imports->n, 0));
    cr_assert(imports->dlls[0].end_unknown);
    ms_pe_imports_free(imports);
    free(image);
}

Test(pe_imports, tables_that_leave_the_image)
{
    struct pe_image *image = pe_begin(64, 0x3000);
    struct ms_pe_imports *imports;

    put_directory(image, 1, 0x2ff0, 0x14);
    put_directory(image, 13, 0xffffffff, 0x20);
    imports = read_from(image);
    cr_assert(eq(int, imports->state, MS_PE_BAD));
    cr_assert(eq(int, imports->delay_state, MS_PE_BAD));
    cr_assert(eq(int, imports->iat_state, MS_PE_NONE));
    cr_assert(eq(sz, imports->n_dlls, 0));
    cr_assert(eq(ptr, (void *)ms_pe_imports_at(imports, 0x1000), NULL));
    ms_pe_imports_free(imports);
    free(image);
}

Test(pe_imports, names_of_strangers)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_imports *imports;

    put32(image, NT + 0x50, 0x40000);
    image->size = 0x40000;
    memset(image->bytes + 0x20000, '\x1b', 0x10000);
    put(image, DRIVER_IMPORT_NAMES, 0x20000, 8);
    put_text(image, DRIVER_IMPORT_TEXTS + 0x100, "a\nb\x7f\xff");
    imports = read_from(image);
    cr_assert(text_is(&imports->dlls[0].name, "a\nb\x7f\xff"));
    cr_assert(eq(u32, slot(imports, 0, 0)->name.length, MS_PE_MAX_NAME));
    cr_assert(eq(int, slot(imports, 0, 0)->name.state, MS_PE_BAD));
    cr_assert(eq(u16, slot(imports, 0, 0)->ordinal, 0x1b1b));
    cr_assert(text_is(&slot(imports, 0, 2)->name, "ExAllocatePool"));
    ms_pe_imports_free(imports);
    free(image);
}
