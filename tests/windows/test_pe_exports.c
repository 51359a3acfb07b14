// SPDX-License-Identifier: MIT

#include "windows/pe_driver.h"

TestSuite(pe_exports);

static void check_own_name(const struct ms_pe *pe)
{
    struct ms_pe_text own;
    uint8_t name[MS_PE_MAX_NAME];

    ms_pe_own_name(pe, name, sizeof(name), &own);
    cr_assert(text_is(&own, "driver.sys"));
}

static void check_named(const struct ms_pe_exports *exports)
{
    const struct ms_pe_export *item = export_named(exports, "FltCode");

    cr_assert(text_is(&exports->items[0].name, "FltAlias"));
    cr_assert(text_is(&exports->items[1].name, "FltAlpha"));
    cr_assert(eq(u32, exports->items[0].rva, 0x1020));
    cr_assert(eq(u32, exports->items[0].ordinal, 9));
    cr_assert(text_is(&item->forwarder, "NTOSKRNL.RtlCode"));
    cr_assert(not(item->has_rva));
    cr_assert(eq(u32, item->ordinal, 7));
    cr_assert(eq(ptr, (void *)export_named(exports, "FltCod"), NULL));
    cr_assert(eq(ptr, (void *)export_named(exports, "FltCodes"), NULL));
    cr_assert(eq(ptr, (void *)export_named(exports, ""), NULL));
}

static void check_numbered(const struct ms_pe_exports *exports)
{
    const struct ms_pe_export *item = ms_pe_exports_numbered(exports, 11);

    cr_assert(eq(u32, item->rva, 0x1080));
    cr_assert(eq(int, item->name.state, MS_PE_NONE));
    cr_assert(eq(ptr, (void *)ms_pe_exports_numbered(exports, 10), NULL));
    cr_assert(eq(ptr, (void *)ms_pe_exports_numbered(exports, 4), NULL));
    cr_assert(eq(ptr, (void *)ms_pe_exports_numbered(exports, 12), NULL));
}

static void check_driver(unsigned bits)
{
    struct pe_image *image = driver_make(bits);
    struct ms_pe *pe = pe_open(image);
    struct ms_pe_exports *exports = read_exports(pe);

    check_own_name(pe);
    cr_assert(eq(int, exports->state, MS_PE_WHOLE));
    cr_assert(eq(sz, exports->n, 6));
    cr_assert(eq(sz, exports->n_placed, 5));
    cr_assert(eq(sz, exports->lost.missing + exports->lost.bad + exports->lost.left_out, 0));
    check_named(exports);
    check_numbered(exports);
    ms_pe_exports_free(exports);
    ms_pe_close(pe);
    free(image);
}

Test(pe_exports, of_a_driver)
{
    check_driver(32);
    check_driver(64);
    ms_pe_exports_free(NULL);
}

Test(pe_exports, nearest_and_next)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe *pe = pe_open(image);
    struct ms_pe_exports *exports = read_exports(pe);
    static const struct {
        uint32_t rva;
        const char *nearest, *next;
    } cases[] = {
        {0, NULL, "FltAlias"},           {0x101f, NULL, "FltAlias"},
        {0x1020, "FltAlias", "FltData"}, {0x103f, "FltAlias", "FltData"},
        {0x1040, "FltData", ""},         {0x1080, "", "FltBeta"},
        {0x10ff, "", "FltBeta"},         {0x1100, "FltBeta", NULL},
        {0xffffffff, "FltBeta", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct ms_pe_export *at = ms_pe_exports_nearest(exports, cases[i].rva);
        const struct ms_pe_export *next = ms_pe_exports_next(exports, cases[i].rva);

        cr_assert(eq(int, at != NULL, cases[i].nearest != NULL), "0x%x", cases[i].rva);
        cr_assert(eq(int, next != NULL, cases[i].next != NULL), "0x%x", cases[i].rva);
        if (at)
            cr_assert(eq(sz, at->name.length, strlen(cases[i].nearest)), "0x%x", cases[i].rva);
        if (at && at->name.length > 0)
            cr_assert(text_is(&at->name, cases[i].nearest), "0x%x", cases[i].rva);
        if (next && next->name.length > 0)
            cr_assert(text_is(&next->name, cases[i].next), "0x%x", cases[i].rva);
    }
    ms_pe_exports_free(exports);
    ms_pe_close(pe);
    free(image);
}

Test(pe_exports, none)
{
    struct pe_image *image = pe_begin(32, 0x3000);
    struct ms_pe *pe = pe_open(image);
    struct ms_pe_exports *exports = read_exports(pe);
    uint8_t name[16];
    struct ms_pe_text own;

    cr_assert(eq(int, exports->state, MS_PE_NONE));
    cr_assert(eq(sz, exports->n, 0));
    cr_assert(eq(ptr, (void *)ms_pe_exports_nearest(exports, 0x1000), NULL));
    cr_assert(eq(ptr, (void *)ms_pe_exports_next(exports, 0), NULL));
    cr_assert(eq(ptr, (void *)export_named(exports, "x"), NULL));
    cr_assert(eq(ptr, (void *)ms_pe_exports_numbered(exports, 1), NULL));
    ms_pe_own_name(pe, name, sizeof(name), &own);
    cr_assert(eq(int, own.state, MS_PE_NONE));
    ms_pe_exports_free(exports);
    ms_pe_close(pe);
    free(image);
}

// Reads the exports of an image that something was done to; the caller frees them.
static struct ms_pe_exports *read_from(struct pe_image *image)
{
    struct ms_pe *pe = pe_open(image);
    struct ms_pe_exports *exports = read_exports(pe);

    ms_pe_close(pe);
    return exports;
}

// Both tables of 4 billion entries: what lies in the image is read, the rest counted.
Test(pe_exports, lying_counts)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe_exports *exports;

    put32(image, DRIVER_EXPORTS + 0x14, 0xffffffff);
    put32(image, DRIVER_EXPORTS + 0x18, 0xffffffff);
    exports = read_from(image);
    cr_assert(eq(u32, export_named(exports, "FltBeta")->rva, 0x1100));
    cr_assert(eq(sz, exports->lost.left_out, 2 * (0xffffffff - (size_t)MS_PE_MAX_EXPORTS)));
    cr_assert(gt(sz, exports->lost.bad, 0));
    ms_pe_exports_free(exports);
    free(image);
}

Test(pe_exports, lying_places)
{
    struct pe_image *image = driver_make(32);
    const struct ms_pe_export *item;
    struct ms_pe_exports *exports;

    put32(image, DRIVER_ADDRESSES, DRIVER_BYTES); // FltAlpha lies outside
    put(image, DRIVER_ORDINALS + 2, 0x1234, 2);   // FltBeta is no function
    put32(image, DRIVER_NAMES + 8, 0xfffffff0);   // the name of FltCode lies outside
    put(image, DRIVER_ORDINALS + 6, 5, 2);        // FltData is not used
    exports = read_from(image);
    item = export_named(exports, "FltAlpha");
    cr_assert(item->has_ordinal);
    cr_assert(not(item->has_rva));
    item = export_named(exports, "FltBeta");
    cr_assert(not(item->has_ordinal));
    cr_assert(not(item->has_rva));
    item = ms_pe_exports_numbered(exports, 7);
    cr_assert(eq(int, item->name.state, MS_PE_BAD));
    cr_assert(text_is(&item->forwarder, "NTOSKRNL.RtlCode"));
    cr_assert(not(export_named(exports, "FltData")->has_rva));
    cr_assert(eq(sz, exports->lost.bad, 4));
    cr_assert(eq(sz, exports->lost.missing, 0));
    // The addresses of FltBeta and FltData are then without a name.
    cr_assert(eq(u32, ms_pe_exports_numbered(exports, 6)->rva, 0x1100));
    cr_assert(eq(sz, exports->n, 8));
    ms_pe_exports_free(exports);
    free(image);
}

// A directory at the image's end has no room for its header.
Test(pe_exports, a_directory_that_does_not_fit)
{
    struct pe_image *image = driver_make(32);
    struct ms_pe_exports *exports;

    put_directory(image, 0, DRIVER_BYTES - 0x27, 0x28);
    exports = read_from(image);
    cr_assert(eq(int, exports->state, MS_PE_BAD));
    cr_assert(eq(sz, exports->n, 0));
    ms_pe_exports_free(exports);
    free(image);
}

// Names are any bytes but 0. One of 64 KiB is given up to the limit, and not found by name.
Test(pe_exports, names_of_strangers)
{
    struct pe_image *image = driver_make(64);
    const struct ms_pe_export *item;
    struct ms_pe_exports *exports;

    put32(image, NT + 0x50, 0x40000);
    image->size = 0x40000;
    memset(image->bytes + 0x20000, 'A', 0x10000);
    put32(image, DRIVER_NAMES, 0x20000);
    put_text(image, DRIVER_EXPORT_TEXTS + 0x20, "\x1b[2J\r\n\x7f\xff\xc0\x80");
    image->bytes[DRIVER_EXPORT_TEXTS + 0x60] = 0; // FltData has an empty name
    exports = read_from(image);
    item = ms_pe_exports_numbered(exports, 5);
    cr_assert(eq(int, item->name.state, MS_PE_BAD));
    cr_assert(eq(u32, item->name.length, MS_PE_MAX_NAME));
    cr_assert(eq(u8, item->name.bytes[MS_PE_MAX_NAME - 1], 'A'));
    cr_assert(eq(u32, item->rva, 0x1020));
    cr_assert(eq(sz, exports->lost.bad, 1));
    cr_assert(eq(u32, export_named(exports, "\x1b[2J\r\n\x7f\xff\xc0\x80")->rva, 0x1100));
    cr_assert(eq(u32, export_named(exports, "")->rva, 0x1040));
    ms_pe_exports_free(exports);

    // The longest that is allowed.
    image->bytes[0x20000 + MS_PE_MAX_NAME] = 0;
    exports = read_from(image);
    item = ms_pe_exports_numbered(exports, 5);
    cr_assert(eq(int, item->name.state, MS_PE_WHOLE));
    cr_assert(eq(u32, item->name.length, MS_PE_MAX_NAME));
    ms_pe_exports_free(exports);

    // One that ends with the image.
    memset(image->bytes + 0x3fff0, 'A', 0x10);
    put32(image, DRIVER_NAMES, 0x3fff0);
    exports = read_from(image);
    item = ms_pe_exports_numbered(exports, 5);
    cr_assert(eq(int, item->name.state, MS_PE_BAD));
    cr_assert(eq(u32, item->name.length, 0x10));
    ms_pe_exports_free(exports);
    free(image);
}

// Names that share their bytes would make a small image a large table.
Test(pe_exports, all_names_are_no_longer_than_the_image)
{
    struct pe_image *image = pe_begin(64, 0x40000);
    const uint32_t n = 0x3000;
    struct ms_pe_exports *exports;
    size_t bytes = 0;

    put_directory(image, 0, 0x1000, 0x28);
    put32(image, 0x1014, 1);
    put32(image, 0x1018, n);
    put32(image, 0x101c, 0x1800);
    put32(image, 0x1020, 0x2000);
    put32(image, 0x1024, 0x1f000);
    put32(image, 0x1800, 0x1000 + 0x800);
    for (uint32_t i = 0; i < n; i++)
        put32(image, 0x2000 + 4 * i, 0x30000 + i % 16);
    memset(image->bytes + 0x30000, 'n', 0xf00);
    exports = read_from(image);
    for (size_t i = 0; i < exports->n; i++)
        bytes += exports->items[i].name.length;
    cr_assert(le(sz, bytes, 0x40000));
    cr_assert(gt(sz, bytes, 0x3f000));
    cr_assert(eq(sz, exports->n, n));
    cr_assert(gt(sz, exports->lost.left_out, n - 0x100));
    // As many reads as there are pages, or tables that are read in turns.
    cr_assert(lt(sz, image->n_reads, 0x200));
    ms_pe_exports_free(exports);
    free(image);
}
