// SPDX-License-Identifier: MIT
//
// A small machine with Windows 10 (17763) and its pool: blocks, damage, special pool, tables.

#ifndef TESTS_WINDOWS_POOL_MACHINE_H
#define TESTS_WINDOWS_POOL_MACHINE_H

#include "windows/small_windows.h"

#include <memscan/pool.h>

// Offsets, as in small_windows.h.
enum {
    BUILD = 17763,
    BIG_VARIABLE = NT_DATA + 0x700,
    BIG_SIZE = NT_DATA + 0x708,
    TRACK_VARIABLE = NT_DATA + 0x710,
    TRACK_SIZE = NT_DATA + 0x718,
    PROCESSORS = NT_DATA + 0x720, // ExPoolTagTables
    SMALL = 0x100000,             // pages of blocks
    BIG = 0x110000,               // a big allocation of three pages
    SPECIAL = 0x120000,           // between pages that are not there
    BIG_TABLE = 0x130000,
    TRACK_TABLE = 0x140000,
    OTHER_TABLE = 0x150000, // of another processor
    BIG_ENTRY = 0x18,
    TRACK_ENTRY = 0x38,
    PAGE = 0x1000,
};

static inline uint32_t tag_of(const char *text)
{
    uint32_t tag;

    memcpy(&tag, text, 4);
    return tag;
}

static inline void unmap(struct windows *windows, uint64_t offset)
{
    put64(&windows->machine, 0x4000, (unsigned)(offset / PAGE), 0);
}

static inline void poke_block(struct windows *windows, uint64_t offset, unsigned previous,
                              unsigned size, unsigned type, const char *tag)
{
    poke(windows, offset, previous / 16, 2);
    poke(windows, offset + 2, size / 16, 1);
    poke(windows, offset + 3, type, 1);
    poke(windows, offset + 4, tag_of(tag), 4);
}

static inline void poke_big(struct windows *windows, unsigned index, uint64_t address,
                            const char *tag, unsigned type, uint64_t size)
{
    uint64_t entry = BIG_TABLE + (uint64_t)index * BIG_ENTRY;

    poke(windows, entry, address, 8);
    poke(windows, entry + 0x8, tag_of(tag), 4);
    poke(windows, entry + 0xc, type << 8 | 0x5a, 4); // behind a pattern
    poke(windows, entry + 0x10, size, 8);
}

static inline void poke_tracker(struct windows *windows, uint64_t table, unsigned index,
                                const char *tag, const uint64_t counters[6])
{
    uint64_t entry = table + (uint64_t)index * TRACK_ENTRY;

    poke(windows, entry, tag_of(tag), 4);
    for (unsigned i = 0; i < 6; i++)
        poke(windows, entry + 8 + 8 * (uint64_t)i, counters[i], 8);
}

// bytes, allocations, frees: first of nonpaged pool.
static inline void poke_trackers(struct windows *windows, uint64_t table)
{
    poke_tracker(windows, table, 0, "Abcd", (uint64_t[]){0x840, 9, 6, 0, 0, 0});
    poke_tracker(windows, table, 3, "Se  ", (uint64_t[]){0, 0, 0, 0x100, 5, 4});
    poke_tracker(windows, table, 40, "Gone", (uint64_t[]){0, 7, 7, 0, 1, 1});
    poke_tracker(windows, table, 60, "Bigg", (uint64_t[]){0, 0, 0, 0x2800, 1, 0});
    poke_tracker(windows, table, 90, "Thre", (uint64_t[]){0x500, 1, 0, 0, 0, 0});
}

// Two pages of blocks, of which the second has damage; special pool; two big allocations.
static inline struct windows pool_machine(void)
{
    struct windows windows = windows_of(10);

    put_number(&windows.machine, 0x8000 + 0x260, BUILD, 4);
    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_block(&windows, SMALL, 0, 0x100, 3, "Se  ");
    poke_block(&windows, SMALL + 0x100, 0x100, 0x800, 2, "Abcd");
    poke_block(&windows, SMALL + 0x900, 0x800, 0x20, 0x23, "Gla1");
    poke_block(&windows, SMALL + 0x920, 0x20, 0x6e0, 0, "Se  ");
    poke_block(&windows, SMALL + PAGE, 0, 0x20, 2, "Abcd");
    poke_block(&windows, SMALL + PAGE + 0x20, 0x20, 0x20, 2, "Abcd");
    poke_block(&windows, SMALL + PAGE + 0x80, 0x40, 0x80, 2, "Wxyz");
    poke_block(&windows, SMALL + PAGE + 0x100, 0x80, 0xf00, 0, "Free");
    for (unsigned i = 0; i < 256; i++)
        poke(&windows, BIG_TABLE + (uint64_t)i * BIG_ENTRY, 1, 8);
    poke_big(&windows, 7, KERNEL + BIG, "Bigg", 1, 0x2800);
    poke_big(&windows, 99, KERNEL + 0x1f0000, "Abcd", 0x200, 0x1000);
    poke_big(&windows, 150, KERNEL + BIG + 0x4001, "Abcd", 0, 0x1000); // freed
    poke(&windows, BIG_VARIABLE, KERNEL + BIG_TABLE, 8);
    poke_trackers(&windows, TRACK_TABLE);
    poke(&windows, TRACK_VARIABLE, KERNEL + TRACK_TABLE, 8);
    poke(&windows, KDBG + 0x1b8, KERNEL + TRACK_VARIABLE, 8);

    memset(windows.machine.bytes + MEMORY + SPECIAL, 0x77, PAGE);
    poke(&windows, SPECIAL, 0x00778100, 4); // paged, 0x100 bytes
    poke(&windows, SPECIAL + 4, tag_of("FMsl"), 4);
    unmap(&windows, SPECIAL - PAGE);
    unmap(&windows, SPECIAL + PAGE);
    return windows;
}

#endif
