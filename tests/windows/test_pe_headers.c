// SPDX-License-Identifier: MIT

#include "windows/pe_driver.h"

TestSuite(pe_headers);

// Opens what must not open; the text says why.
static void refuse(struct pe_image *image, enum ms_status expected, const char *text)
{
    struct ms_vmem memory = pe_image_memory(image);
    struct ms_error error = {0};
    struct ms_pe *pe = NULL;

    cr_assert(eq(int, ms_pe_open(&memory, image->base, &pe, &error), expected), "%s", text);
    cr_assert(strstr(error.text, text) != NULL, "\"%s\" does not say \"%s\"", error.text, text);
    cr_assert(eq(ptr, pe, NULL));
    cr_assert(eq(int, ms_pe_open(&memory, image->base, &pe, NULL), expected));
}

static void check_headers(const struct ms_pe *pe)
{
    cr_assert(eq(u16, pe->characteristics, 0x22));
    cr_assert(eq(u16, pe->subsystem, 1));
    cr_assert(eq(u16, pe->dll_characteristics, 0x4160));
    cr_assert(eq(u32, pe->timestamp, 0x4f712051));
    cr_assert(eq(u32, pe->checksum, 0x12345));
    cr_assert(eq(u32, pe->size_of_image, DRIVER_BYTES));
    cr_assert(eq(u32, pe->size_of_headers, 0x400));
    cr_assert(eq(u32, pe->section_alignment, 0x1000));
    cr_assert(eq(u32, pe->entry_point, 0x1010));
    cr_assert(eq(u64, pe->image_base, 0x10000));
}

static void check_tables(const struct ms_pe *pe)
{
    cr_assert(eq(u32, pe->directories[MS_PE_DIRECTORY_IMPORT].rva, DRIVER_IMPORTS));
    cr_assert(eq(u32, pe->directories[MS_PE_DIRECTORY_IMPORT].size, 0x3c));
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_IMPORT].state, MS_PE_WHOLE));
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_TLS].state, MS_PE_NONE));
    cr_assert(eq(sz, pe->n_sections, 3));
    cr_assert(eq(u32, pe->sections[1].rva, 0x2000));
    cr_assert(eq(u32, pe->sections[1].size, 0xe123));
    cr_assert(eq(u32, pe->sections[1].raw_size, 0xe200));
    cr_assert(eq(u32, pe->sections[1].raw_offset, 0x600));
    cr_assert(eq(u32, pe->sections[1].flags, 0x60000021));
}

static void check_driver(unsigned bits)
{
    struct pe_image *image = driver_make(bits);
    struct ms_pe *pe = pe_open(image);

    cr_assert(eq(u64, pe->base, image->base));
    cr_assert(eq(uint, pe->bits, bits));
    cr_assert(eq(u16, pe->machine, bits == 64 ? MS_PE_MACHINE_AMD64 : MS_PE_MACHINE_I386));
    check_headers(pe);
    check_tables(pe);
    ms_pe_close(pe);
    free(image);
}

Test(pe_headers, of_both_widths)
{
    check_driver(32);
    check_driver(64);
    ms_pe_close(NULL);
}

Test(pe_headers, what_is_no_image_is_malformed)
{
    static const struct {
        uint32_t at, value;
        unsigned width;
        const char *text;
    } cases[] = {
        {0, 0x4d5a, 2, "does not begin with MZ"},
        {0x3c, 0x10001, 4, "too far away"},
        {0x3c, 0xffffffff, 4, "too far away"},
        {0x3c, 0x200, 4, "no PE signature"},
        {NT, 0x00014550, 4, "no PE signature"},
        {NT + 0x18, 0x107, 2, "unknown kind"},
        {NT + 0x50, 0, 4, "smaller than its headers"},
        {NT + 0x50, NT + 0x87, 4, "smaller than its headers"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pe_image *image = driver_make(64);

        put(image, cases[i].at, cases[i].value, cases[i].width);
        refuse(image, MS_MALFORMED, cases[i].text);
        free(image);
    }
}

Test(pe_headers, missing_ones_are_a_status_of_their_own)
{
    static const struct {
        uint32_t rva;
        const char *text;
    } cases[] = {
        {0, "DOS header"},        {0x3f, "DOS header"},           {NT, "NT header"},
        {NT + 0x19, "NT header"}, {NT + 0x1a, "optional header"}, {NT + 0x87, "optional header"},
    };
    struct pe_image *image = driver_make(64);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pe_hide(image, cases[i].rva, 1);
        refuse(image, MS_MISSING, cases[i].text);
        pe_show_all(image);
    }
    free(image);
}

// The name of the section that an RVA lies in, or "".
static const char *section_at(const struct ms_pe *pe, uint32_t rva)
{
    static char name[9];
    const struct ms_pe_section *section = ms_pe_section_at(pe, rva);

    name[0] = '\0';
    if (section)
        ms_pe_section_name(section, name);
    return name;
}

#define SECTION_IS(pe, rva, name) cr_assert(zero(int, strcmp(section_at(pe, rva), name)))

// Up to the alignment a section belongs to what follows it; the image ends it.
Test(pe_headers, sections_are_found_by_their_place)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe *pe = pe_open(image);

    SECTION_IS(pe, 0, "");
    SECTION_IS(pe, 0xfff, "");
    SECTION_IS(pe, 0x1000, ".text");
    SECTION_IS(pe, 0x1eff, ".text");
    SECTION_IS(pe, 0x1fff, ".text");
    SECTION_IS(pe, 0x2000, ".rdata");
    SECTION_IS(pe, 0xffff, ".rdata");
    SECTION_IS(pe, 0x10000, "INITDATA"); // .rdata would end in this page
    SECTION_IS(pe, 0x10fff, "INITDATA");
    SECTION_IS(pe, 0x11000, "");
    SECTION_IS(pe, 0xffffffff, "");
    ms_pe_close(pe);
    free(image);
}

Test(pe_headers, sections_of_odd_alignment)
{
    static const struct {
        uint32_t alignment, end; // of a section of 0x123 bytes at 0x1000
    } cases[] = {
        {0x20, 0x1140}, {0x200, 0x1200}, {0x4000, 0x4000},
        {0, 0x1123},    {3, 0x1123},     {0x80000000, 0x1123},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pe_image *image = pe_begin(32, 0x8000);
        struct ms_pe *pe;

        put32(image, NT + 0x38, cases[i].alignment);
        put_section(image, 0, ".text", 0x1000, 0x123);
        pe = pe_open(image);
        SECTION_IS(pe, cases[i].end - 1, ".text");
        SECTION_IS(pe, cases[i].end, "");
        ms_pe_close(pe);
        free(image);
    }
}

Test(pe_headers, sections_that_overlap_or_lie)
{
    struct pe_image *image = pe_begin(64, 0x8000);
    struct ms_pe *pe;
    uint32_t at = NT + 0x108;

    put_section(image, 0, "outer", 0x1000, 0x6000);
    put_section(image, 1, "inner", 0x3000, 0x1000);
    put_section(image, 2, "empty", 0x5000, 0);
    put_section(image, 3, "far", 0xfffff000, 0xffffffff);
    put_section(image, 4, "exactly8", 0x7000, 0);
    put32(image, at + 4 * 0x28 + 0x10, 0x200); // no virtual size: that in the file
    pe = pe_open(image);
    SECTION_IS(pe, 0x2fff, "outer");
    SECTION_IS(pe, 0x3000, "inner");
    SECTION_IS(pe, 0x3fff, "inner");
    SECTION_IS(pe, 0x4000, "outer");
    SECTION_IS(pe, 0x5000, "outer");
    SECTION_IS(pe, 0x6fff, "outer");
    SECTION_IS(pe, 0x7000, "exactly8");
    SECTION_IS(pe, 0xfffff000, "");
    cr_assert(eq(sz, pe->n_sections, 5));
    ms_pe_close(pe);
    free(image);
}

Test(pe_headers, a_section_table_that_is_missing_in_part)
{
    struct pe_image *image = driver_make(32);
    struct ms_pe *pe;

    pe_hide(image, NT + 0xf8 + 0x28 + 0x27, 1); // the last byte of number 1
    pe = pe_open(image);
    cr_assert(eq(sz, pe->n_sections, 2));
    cr_assert(eq(sz, pe->sections_lost.missing, 1));
    cr_assert(eq(u32, pe->sections[1].rva, 0x10000));
    ms_pe_close(pe);
    free(image);
}

Test(pe_headers, more_sections_than_the_image_or_anything_has)
{
    struct pe_image *image = pe_begin(32, 0x4000);
    struct ms_pe *pe;

    put(image, NT + 6, 0xffff, 2);
    pe = pe_open(image);
    cr_assert(eq(sz, pe->n_sections, (0x4000 - NT - 0xf8) / 0x28));
    cr_assert(eq(sz, pe->sections_lost.bad, MS_PE_MAX_SECTIONS - pe->n_sections));
    cr_assert(eq(sz, pe->sections_lost.left_out, 0xffff - MS_PE_MAX_SECTIONS));
    ms_pe_close(pe);
    free(image);
}

Test(pe_headers, fewer_directories_and_lying_ones)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe *pe;

    put_directory(image, MS_PE_DIRECTORY_EXPORT, DRIVER_BYTES, 0x100);
    put_directory(image, MS_PE_DIRECTORY_SECURITY, 0x7fffffff, 0x100); // a place in the file
    pe_hide(image, NT + 0x88 + 8 * MS_PE_DIRECTORY_IMPORT + 7, 1);
    put32(image, NT + 0x84, 12);
    pe = pe_open(image);
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_EXPORT].state, MS_PE_BAD));
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_IMPORT].state, MS_PE_MISSING));
    cr_assert(eq(u32, pe->directories[MS_PE_DIRECTORY_IMPORT].rva, 0));
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_SECURITY].state, MS_PE_WHOLE));
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_DEBUG].state, MS_PE_WHOLE));
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_IAT].state, MS_PE_NONE));
    ms_pe_close(pe);
    put32(image, NT + 0x84, 0xffffffff);
    pe = pe_open(image);
    cr_assert(eq(int, pe->directories[MS_PE_DIRECTORY_DELAY_IMPORT].state, MS_PE_WHOLE));
    ms_pe_close(pe);
    free(image);
}

Test(pe_headers, reading_stays_in_the_image)
{
    struct pe_image *image = pe_begin(64, 0x3000);
    struct ms_pe *pe = pe_open(image);
    uint8_t bytes[8];

    put(image, 0x2ff8, UINT64_C(0x1122334455667788), 8);
    cr_assert(eq(int, ms_pe_read(pe, 0x2ff8, bytes, 8), MS_PE_WHOLE));
    cr_assert(eq(u8, bytes[7], 0x11));
    cr_assert(eq(int, ms_pe_read(pe, 0x2ff9, bytes, 8), MS_PE_BAD));
    cr_assert(eq(int, ms_pe_read(pe, UINT64_MAX - 3, bytes, 8), MS_PE_BAD));
    pe_hide(image, 0x2ff9, 1);
    cr_assert(eq(int, ms_pe_read(pe, 0x2ff8, bytes, 8), MS_PE_MISSING));
    cr_assert(eq(u8, bytes[0], 0x88));
    cr_assert(eq(u8, bytes[1], 0));
    ms_pe_close(pe);
    free(image);
}

// What would be past the top of the address space is not in memory.
Test(pe_headers, an_image_at_the_top)
{
    struct pe_image *image = driver_make(64);
    struct ms_pe *pe;
    struct ms_pe_exports *exports;
    uint8_t bytes[8];

    image->base = UINT64_MAX - 0x17ff;
    image->size = 0x1800;
    pe = pe_open(image);
    cr_assert(eq(int, ms_pe_read(pe, 0x1700, bytes, 8), MS_PE_WHOLE));
    cr_assert(eq(int, ms_pe_read(pe, 0x17fc, bytes, 8), MS_PE_MISSING));
    cr_assert(eq(int, ms_pe_read(pe, 0x2000, bytes, 8), MS_PE_MISSING));
    exports = read_exports(pe);
    cr_assert(eq(int, exports->state, MS_PE_MISSING));
    cr_assert(not(image->read_below)); // where its addresses would go on
    ms_pe_exports_free(exports);
    ms_pe_close(pe);
    free(image);
}
