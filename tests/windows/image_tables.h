// SPDX-License-Identifier: MIT
//
// Tables of the images that small_windows.h writes: exports, and where the PDB is told. Places in
// an image are RVAs.

#ifndef TESTS_WINDOWS_IMAGE_TABLES_H
#define TESTS_WINDOWS_IMAGE_TABLES_H

#include "windows/small_windows.h"

static inline void poke_directory(struct windows *windows, uint64_t image, unsigned index,
                                  uint32_t rva, uint32_t size)
{
    poke(windows, image + 0x108 + 8 * index, rva, 4);
    poke(windows, image + 0x10c + 8 * index, size, 4);
}

// An export with a name, of 16 at the most that are made in their order: `at` is where it lies, or
// a forwarder's text in the directory, 400 bytes from `table` on, whose bytes 200 to 3ff are free.
// Names have to come in ascending order of their bytes only for loaders.
static inline void poke_export(struct windows *windows, uint64_t image, uint32_t table,
                               unsigned index, const char *name, uint32_t at)
{
    uint64_t exports = image + table;

    poke(windows, exports + 0x10, 1, 4);
    poke(windows, exports + 0x14, index + 1, 4);
    poke(windows, exports + 0x18, index + 1, 4);
    poke(windows, exports + 0x1c, table + 0x40, 4);
    poke(windows, exports + 0x20, table + 0x80, 4);
    poke(windows, exports + 0x24, table + 0xc0, 4);
    poke(windows, exports + 0x40 + 4 * index, at, 4);
    poke(windows, exports + 0x80 + 4 * index, table + 0x400 + 0x20 * index, 4);
    poke(windows, exports + 0xc0 + 2 * index, index, 2);
    poke_text(windows, exports + 0x400 + 0x20 * index, name);
    poke_directory(windows, image, 0, table, 0x400);
}

// A debug directory with one entry, whose record tells a PDB of the GUID of isf_file.h and age 7.
static inline void poke_pdb(struct windows *windows, uint64_t image, uint32_t rva, const char *name)
{
    static const uint8_t guid[] = {0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
                                   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    uint64_t entry = image + rva, record = entry + 0x40;

    poke_directory(windows, image, 6, rva, 28);
    poke(windows, entry + 0x0c, 2, 4);
    poke(windows, entry + 0x10, 24 + strlen(name) + 1, 4);
    poke(windows, entry + 0x14, rva + 0x40, 4);
    poke_text(windows, record, "RSDS");
    for (size_t i = 0; i < sizeof(guid); i++)
        poke(windows, record + 4 + i, guid[i], 1);
    poke(windows, record + 20, 7, 4);
    poke_text(windows, record + 24, name);
}

#endif
