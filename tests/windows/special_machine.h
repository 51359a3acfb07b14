// SPDX-License-Identifier: MIT
//
// Small machines with pages of special pool: every other page from SPECIAL on; those between them
// are not mapped.

#ifndef TESTS_WINDOWS_SPECIAL_MACHINE_H
#define TESTS_WINDOWS_SPECIAL_MACHINE_H

#include "windows/small_windows.h"
#include "windows/special_bytes.h"

#include <memscan/special_pool.h>

#define SPECIAL        UINT64_C(0xfffff88000000000)
#define SPECIAL_MEMORY UINT64_C(0x100000) // physical address of the first page's
#define GARBAGE        0x800u             // where it is in pages

static inline uint64_t special_address(unsigned index)
{
    return SPECIAL + 0x1000 + 0x2000 * (uint64_t)index;
}

static inline uint8_t *special_page_bytes(struct windows *windows, unsigned index)
{
    return windows->machine.bytes + SPECIAL_MEMORY + 0x1000 * (uint64_t)index;
}

static inline void map_special(struct windows *windows, unsigned index)
{
    struct small_machine *machine = &windows->machine;

    put64(machine, ROOT, 0x1f1, 0x9063);
    put64(machine, 0x9000, 0, 0xa063);
    put64(machine, 0xa000, 0, 0xb063);
    put64(machine, 0xb000, 1 + 2 * index, (SPECIAL_MEMORY + 0x1000 * (uint64_t)index) | 0x63);
}

// A page of 0x100 bytes of paged pool, whose fill is a0 and the index.
static inline void add_special(struct windows *windows, unsigned index, const char *tag)
{
    struct special_bytes special = {.bits = 64, .size = 0x100, .paged = true};

    special.fill = (uint8_t)(0xa0 + index);
    memcpy(special.tag, tag, 4);
    special_write(&special, special_page_bytes(windows, index));
    map_special(windows, index);
}

// Overwrites it with a DWORD, the `nth` of its garbage.
static inline void spoil(struct windows *windows, unsigned index, unsigned nth, uint32_t value)
{
    special_put(special_page_bytes(windows, index), GARBAGE + 4 * nth, value, 4);
}

// A kernel and a driver, whose only data section lies at DRIVERS + 1000.
static inline struct windows special_windows(void)
{
    struct windows windows = windows_of(10);

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    poke_image(&windows, DRIVERS, 0x3000, ".rdata");
    add_module(&windows, DRIVERS, 0x3000, "driver_x.sys");
    return windows;
}

#endif
