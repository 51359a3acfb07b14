// SPDX-License-Identifier: MIT
//
// A driver with everything that the engine reads of an image, each table in a page of its own.

#ifndef MS_TESTS_WINDOWS_PE_DRIVER_H
#define MS_TESTS_WINDOWS_PE_DRIVER_H

#include "windows/pe_image.h"

enum {
    DRIVER_EXPORTS = 0x2000,   // directory
    DRIVER_ADDRESSES = 0x3000, // and names' addresses and ordinals behind
    DRIVER_NAMES = 0x3100,
    DRIVER_ORDINALS = 0x3200,
    DRIVER_EXPORT_TEXTS = 0x4000, // of names; forwarders are in the directory's page
    DRIVER_IMPORTS = 0x5000,
    DRIVER_IMPORT_NAMES = 0x6000, // the table
    DRIVER_IAT = 0x7000,
    DRIVER_IMPORT_TEXTS = 0x8000,
    DRIVER_DELAY = 0x9000,
    DRIVER_DELAY_NAMES = 0x9100,
    DRIVER_DELAY_SLOTS = 0xa000,
    DRIVER_DEBUG = 0xb000,
    DRIVER_PDB = 0xc000,
    DRIVER_RESOURCE = 0xd000,
    DRIVER_VERSION = 0xe000,
    DRIVER_FUNCTIONS = 0xf000,
    DRIVER_UNWIND = 0x10000,
    DRIVER_BYTES = 0x11000,
};

static inline void driver_exports(struct pe_image *image)
{
    static const struct {
        const char *name;
        uint32_t rva;
    } functions[] = {
        {"FltAlpha", 0x1020},
        {"FltBeta", 0x1100},
        {"FltCode", DRIVER_EXPORTS + 0x100}, // forwarded
        {"FltData", 0x1040},
        {"FltAlias", 0x1020}, // as FltAlpha
    };
    const uint32_t n = sizeof(functions) / sizeof(functions[0]);

    put_directory(image, 0, DRIVER_EXPORTS, 0x200);
    put32(image, DRIVER_EXPORTS + 0x0c, DRIVER_EXPORTS + 0x80);
    put_text(image, DRIVER_EXPORTS + 0x80, "driver.sys");
    put32(image, DRIVER_EXPORTS + 0x10, 5); // first ordinal
    put32(image, DRIVER_EXPORTS + 0x14, n + 2);
    put32(image, DRIVER_EXPORTS + 0x18, n);
    put32(image, DRIVER_EXPORTS + 0x1c, DRIVER_ADDRESSES);
    put32(image, DRIVER_EXPORTS + 0x20, DRIVER_NAMES);
    put32(image, DRIVER_EXPORTS + 0x24, DRIVER_ORDINALS);
    put_text(image, DRIVER_EXPORTS + 0x100, "NTOSKRNL.RtlCode");
    for (uint32_t i = 0; i < n; i++) {
        put32(image, DRIVER_ADDRESSES + 4 * i, functions[i].rva);
        put32(image, DRIVER_NAMES + 4 * i, DRIVER_EXPORT_TEXTS + 0x20 * i);
        put(image, DRIVER_ORDINALS + 2 * i, i, 2);
        put_text(image, DRIVER_EXPORT_TEXTS + 0x20 * i, functions[i].name);
    }
    // Number 5 is not used, number 6 has no name.
    put32(image, DRIVER_ADDRESSES + 4 * 6, 0x1080);
}

// An entry of a table of names, and the text it leads to.
static inline void driver_asks(struct pe_image *image, uint32_t entry, uint32_t text,
                               const char *name, uint16_t hint)
{
    put_pointer(image, entry, text);
    put(image, text, hint, 2);
    put_text(image, text + 2, name);
}

static inline void driver_imports(struct pe_image *image)
{
    uint32_t width = image->bits / 8, names = DRIVER_IMPORT_NAMES, texts = DRIVER_IMPORT_TEXTS;
    uint64_t nt = image->bits == 64 ? UINT64_C(0xfffff80000d00000) : 0x80400000;

    put_directory(image, 1, DRIVER_IMPORTS, 0x3c);
    put_directory(image, 12, DRIVER_IAT, 8 * width);
    put32(image, DRIVER_IMPORTS + 0x00, names);
    put32(image, DRIVER_IMPORTS + 0x04, 0x5000); // time stamp
    put32(image, DRIVER_IMPORTS + 0x0c, texts + 0x100);
    put32(image, DRIVER_IMPORTS + 0x10, DRIVER_IAT);
    put_text(image, texts + 0x100, "ntoskrnl.exe");
    driver_asks(image, names, texts, "SeQueryInformationToken", 0x51);
    put_pointer(image, names + width, UINT64_C(1) << (image->bits - 1) | 77);
    driver_asks(image, names + 2 * width, texts + 0x40, "ExAllocatePool", 0x52);

    put32(image, DRIVER_IMPORTS + 0x14, names + 4 * width);
    put32(image, DRIVER_IMPORTS + 0x20, texts + 0x120);
    put32(image, DRIVER_IMPORTS + 0x24, DRIVER_IAT + 4 * width);
    put_text(image, texts + 0x120, "HAL.dll");
    driver_asks(image, names + 4 * width, texts + 0x80, "KeGetCurrentIrql", 0x53);

    for (uint32_t i = 0; i < 3; i++)
        put_pointer(image, DRIVER_IAT + i * width, nt + 0x100 * i);
    put_pointer(image, DRIVER_IAT + 4 * width, nt + 0x4000);
    // A slot that no descriptor has, behind the second list's end.
    put_pointer(image, DRIVER_IAT + 6 * width, nt + 0x5000);
}

static inline void driver_delayed(struct pe_image *image)
{
    uint32_t width = image->bits / 8;

    put_directory(image, 13, DRIVER_DELAY, 0x40);
    put32(image, DRIVER_DELAY + 0x00, 1);
    put32(image, DRIVER_DELAY + 0x04, DRIVER_DELAY + 0x80);
    put32(image, DRIVER_DELAY + 0x0c, DRIVER_DELAY_SLOTS);
    put32(image, DRIVER_DELAY + 0x10, DRIVER_DELAY_NAMES);
    put_text(image, DRIVER_DELAY + 0x80, "ext-ms-win.dll");
    driver_asks(image, DRIVER_DELAY_NAMES, DRIVER_DELAY + 0x200, "ExtLater", 3);
    put_pointer(image, DRIVER_DELAY_NAMES + width, UINT64_C(1) << (image->bits - 1) | 9);
    put_pointer(image, DRIVER_DELAY_SLOTS, image->base + 0x1500);
    put_pointer(image, DRIVER_DELAY_SLOTS + width, image->base + 0x1510);
}

static inline void driver_pdb(struct pe_image *image)
{
    put_directory(image, 6, DRIVER_DEBUG, 2 * 0x1c);
    put32(image, DRIVER_DEBUG + 0x0c, 13); // POGO: not what is looked for
    put32(image, DRIVER_DEBUG + 0x1c + 0x0c, 2);
    put32(image, DRIVER_DEBUG + 0x1c + 0x10, 0x40);
    put32(image, DRIVER_DEBUG + 0x1c + 0x14, DRIVER_PDB);
    put_text(image, DRIVER_PDB, "RSDS");
    for (unsigned i = 0; i < 16; i++)
        image->bytes[DRIVER_PDB + 4 + i] = (uint8_t)(0x10 + i);
    put32(image, DRIVER_PDB + 0x14, 7);
    put_text(image, DRIVER_PDB + 0x18, "d:\\src\\driver.pdb");
}

static inline void driver_version(struct pe_image *image)
{
    static const char key[] = "VS_VERSION_INFO";
    const uint32_t root = DRIVER_RESOURCE, info = DRIVER_VERSION;

    put_directory(image, 2, root, 0x400);
    put(image, root + 0xc, 1, 2); // one named type, two numbered ones
    put(image, root + 0xe, 2, 2);
    put32(image, root + 0x10, 0x80000300);
    put32(image, root + 0x14, 0x80000200);
    put32(image, root + 0x18, 5);
    put32(image, root + 0x1c, 0x80000200);
    put32(image, root + 0x20, 16);
    put32(image, root + 0x24, 0x80000040);
    put(image, root + 0x40 + 0xe, 1, 2); // its names
    put32(image, root + 0x50, 1);
    put32(image, root + 0x54, 0x80000060);
    put(image, root + 0x60 + 0xe, 1, 2); // its languages
    put32(image, root + 0x70, 0x409);
    put32(image, root + 0x74, 0x80);
    put32(image, root + 0x80, info);
    put32(image, root + 0x84, 0x200);
    put(image, info, 0x200, 2);
    put(image, info + 2, 0x34, 2);
    for (unsigned i = 0; key[i]; i++)
        put(image, info + 6 + 2 * i, (uint8_t)key[i], 2);
    put32(image, info + 0x28, 0xfeef04bd);
    put32(image, info + 0x28 + 0x08, 0x00060001); // 6.1
    put32(image, info + 0x28 + 0x0c, 0x1db15fed); // .7601.24557
    put32(image, info + 0x28 + 0x10, 0x000a0000);
    put32(image, info + 0x28 + 0x14, 0x4a650001);
    put32(image, info + 0x28 + 0x18, 0x3f);
    put32(image, info + 0x28 + 0x1c, 0xff08);
    put32(image, info + 0x28 + 0x20, 0x40004);
    put32(image, info + 0x28 + 0x24, 3);
    put32(image, info + 0x28 + 0x28, 7);
}

static inline void driver_function(struct pe_image *image, uint32_t index, uint32_t begin,
                                   uint32_t end, uint32_t unwind)
{
    put32(image, DRIVER_FUNCTIONS + 12 * index, begin);
    put32(image, DRIVER_FUNCTIONS + 12 * index + 4, end);
    put32(image, DRIVER_FUNCTIONS + 12 * index + 8, unwind);
}

// Two functions; the first one has a part behind the second, which leads back by two steps.
static inline void driver_functions(struct pe_image *image)
{
    const uint32_t plain = DRIVER_UNWIND, second = DRIVER_UNWIND + 0x40;

    put_directory(image, 3, DRIVER_FUNCTIONS, 12 * 4);
    driver_function(image, 0, 0x1020, 0x1060, plain);
    driver_function(image, 1, 0x1060, 0x10a0, plain);
    driver_function(image, 2, 0x1100, 0x1180, second);
    driver_function(image, 3, 0x1180, 0x11c0, DRIVER_FUNCTIONS + 12 * 2 + 1);
    put(image, plain, 0x01, 1);
    put(image, second, 0x21, 1); // version 1, chained
    put(image, second + 2, 3, 1);
    put32(image, second + 4 + 8, 0x1020);
    put32(image, second + 4 + 12, 0x1060);
    put32(image, second + 4 + 16, plain);
}

static inline struct pe_image *driver_make(unsigned bits)
{
    struct pe_image *image = pe_begin(bits, DRIVER_BYTES);

    put_section(image, 0, ".text", 0x1000, 0xf00);
    put_section(image, 1, ".rdata", 0x2000, 0xe123);
    put_section(image, 2, "INITDATA", 0x11000 - 0x1000, 0x800);
    driver_exports(image);
    driver_imports(image);
    driver_delayed(image);
    driver_pdb(image);
    driver_version(image);
    if (bits == 64)
        driver_functions(image);
    return image;
}

#endif
