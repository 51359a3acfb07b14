// SPDX-License-Identifier: MIT
//
// PE images for tests, written field by field at their places in memory, and memory with holes to
// read them from. Shares no layout with the engine.

#ifndef MS_TESTS_WINDOWS_PE_IMAGE_H
#define MS_TESTS_WINDOWS_PE_IMAGE_H

#include "windows/pe.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

enum {
    NT = 0x80, // where the images here have their NT headers
    IMAGE_BYTES = 0x40000,
};

struct pe_image {
    uint64_t base;
    unsigned bits;
    uint32_t size; // bytes that are memory
    uint8_t bytes[IMAGE_BYTES];
    bool hidden[IMAGE_BYTES];
    size_t n_reads;
    bool read_below; // something before the image was read
};

// == Memory ==

static size_t pe_image_read(void *user, uint64_t address, uint8_t *bytes, bool *present,
                            size_t length)
{
    struct pe_image *image = user;
    size_t n = 0;

    image->n_reads++;
    image->read_below |= address < image->base;
    for (size_t i = 0; i < length; i++) {
        uint64_t at = address + i - image->base;

        present[i] = address + i >= address && at < image->size && !image->hidden[at];
        bytes[i] = present[i] ? image->bytes[at] : 0;
        n += present[i];
    }
    return n;
}

static inline struct ms_vmem pe_image_memory(struct pe_image *image)
{
    return (struct ms_vmem){.read = pe_image_read, .user = image};
}

static inline void pe_hide(struct pe_image *image, uint32_t rva, uint32_t length)
{
    memset(image->hidden + rva, true, length);
}

static inline void pe_show_all(struct pe_image *image)
{
    memset(image->hidden, false, sizeof(image->hidden));
}

static inline struct ms_pe *pe_open(struct pe_image *image)
{
    struct ms_vmem memory = pe_image_memory(image);
    struct ms_pe *pe = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, ms_pe_open(&memory, image->base, &pe, &error), MS_OK), "%s", error.text);
    return pe;
}

// == Fields ==

static inline void put(struct pe_image *image, uint32_t rva, uint64_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++)
        image->bytes[rva + i] = (uint8_t)(value >> 8 * i);
}

static inline void put32(struct pe_image *image, uint32_t rva, uint32_t value)
{
    put(image, rva, value, 4);
}

static inline void put_pointer(struct pe_image *image, uint32_t rva, uint64_t value)
{
    put(image, rva, value, image->bits / 8);
}

static inline void put_text(struct pe_image *image, uint32_t rva, const char *text)
{
    memcpy(image->bytes + rva, text, strlen(text) + 1);
}

static inline void put_directory(struct pe_image *image, unsigned index, uint32_t rva,
                                 uint32_t size)
{
    uint32_t at = NT + (image->bits == 64 ? 0x88u : 0x78u) + 8 * index;

    put32(image, at, rva);
    put32(image, at + 4, size);
}

// The table is where the linker puts it: behind all 16 directories.
static inline void put_section(struct pe_image *image, unsigned index, const char *name,
                               uint32_t rva, uint32_t size)
{
    uint32_t at = NT + (image->bits == 64 ? 0x108u : 0xf8u) + 0x28 * index;

    memcpy(image->bytes + at, name, strnlen(name, 8));
    put32(image, at + 0x8, size);
    put32(image, at + 0xc, rva);
    put32(image, at + 0x10, (size + 0x1ff) & ~0x1ffu); // in the file
    put32(image, at + 0x14, 0x400 + index * 0x200);
    put32(image, at + 0x24, 0x60000020 + index);
    put(image, NT + 0x6, index + 1, 2);
}

// == Images ==

// Headers without sections and directories. `size` is a multiple of the alignment.
static inline struct pe_image *pe_begin(unsigned bits, uint32_t size)
{
    struct pe_image *image = calloc(1, sizeof(*image));
    bool wide = bits == 64;

    cr_assert(ne(ptr, image, NULL));
    image->bits = bits;
    image->base = wide ? UINT64_C(0xfffff80012340000) : 0x80400000;
    image->size = size;
    put_text(image, 0, "MZ");
    put32(image, 0x3c, NT);
    put_text(image, NT, "PE");
    put(image, NT + 0x4, wide ? 0x8664 : 0x14c, 2);
    put32(image, NT + 0x8, 0x4f712051);                     // time stamp
    put(image, NT + 0x14, wide ? 0xf0 : 0xe0, 2);           // size of the optional header
    put(image, NT + 0x16, 0x22, 2);                         // characteristics
    put(image, NT + 0x18, wide ? 0x20b : 0x10b, 2);         // magic
    put32(image, NT + 0x28, 0x1010);                        // entry point
    put_pointer(image, NT + (wide ? 0x30 : 0x34), 0x10000); // image base
    put32(image, NT + 0x38, 0x1000);                        // section alignment
    put32(image, NT + 0x3c, 0x200);                         // file alignment
    put32(image, NT + 0x50, size);
    put32(image, NT + 0x54, 0x400); // size of headers
    put32(image, NT + 0x58, 0x12345);
    put(image, NT + 0x5c, 1, 2);      // subsystem: native
    put(image, NT + 0x5e, 0x4160, 2); // DLL characteristics
    put32(image, NT + (wide ? 0x84 : 0x74), 16);
    return image;
}

static inline bool text_is(const struct ms_pe_text *text, const char *expected)
{
    return text->state == MS_PE_WHOLE && text->length == strlen(expected) &&
           (text->length == 0 || memcmp(text->bytes, expected, text->length) == 0);
}

static inline const struct ms_pe_export *export_named(const struct ms_pe_exports *exports,
                                                      const char *name)
{
    return ms_pe_exports_named(exports, (const uint8_t *)name, strlen(name));
}

static inline struct ms_pe_exports *read_exports(const struct ms_pe *pe)
{
    struct ms_pe_exports *exports = NULL;

    cr_assert(eq(int, ms_pe_exports_read(pe, &exports, NULL), MS_OK));
    return exports;
}

static inline struct ms_pe_imports *read_imports(const struct ms_pe *pe)
{
    struct ms_pe_imports *imports = NULL;

    cr_assert(eq(int, ms_pe_imports_read(pe, &imports, NULL), MS_OK));
    return imports;
}

#endif
