// SPDX-License-Identifier: MIT
//
// KDDEBUGGER_DATA64, the "KDBG": addresses of the kernel's variables, for debuggers. The layout is
// the same on 32 and 64 bits. Windows 8 and later keep it encoded on 64 bits.

#ifndef MS_WINDOWS_KDBG_H
#define MS_WINDOWS_KDBG_H

#include "windows/kernel_memory.h"

#define MS_KDBG_WORDS 128

enum ms_kdbg_field {
    MS_KDBG_KERNEL_BASE = 0x18,
    MS_KDBG_LOADED_MODULE_LIST = 0x48,
    MS_KDBG_ACTIVE_PROCESS_HEAD = 0x50,
    MS_KDBG_ROOT_DIRECTORY = 0x98, // ObpRootDirectoryObject
    MS_KDBG_NONPAGED_POOL_START = 0x110,
    MS_KDBG_NONPAGED_POOL_END = 0x118,
    MS_KDBG_PAGED_POOL_START = 0x120,
    MS_KDBG_PAGED_POOL_END = 0x128,
    MS_KDBG_POOL_TRACK_TABLE = 0x1b8,
    MS_KDBG_BUILD_LAB = 0x208,
    MS_KDBG_PROCESSOR_BLOCK = 0x218,
    MS_KDBG_UNLOADED_DRIVERS = 0x220,
    MS_KDBG_LAST_UNLOADED_DRIVER = 0x228,
};

struct ms_kdbg {
    uint64_t address; // 0: there is none
    const char *origin;
    bool encoded;
    uint32_t size;
    uint64_t values[MS_KDBG_WORDS]; // decoded, cut to the machine's addresses; 0: not there
};

// Reads the block at an address, plain or encoded. `base` is the kernel's; 0: not known. False:
// there is none, or what proves it is not in memory; `origin` is left to the caller.
bool ms_kdbg_read(const struct ms_kernel_memory *memory, uint64_t address, uint64_t base,
                  struct ms_kdbg *kdbg_ret);

// Looks for the block of the kernel at `base` in the `size` bytes from `first` on.
bool ms_kdbg_find(const struct ms_kernel_memory *memory, uint64_t first, uint64_t size,
                  uint64_t base, struct ms_kdbg *kdbg_ret);

static inline uint64_t ms_kdbg_value(const struct ms_kdbg *kdbg, enum ms_kdbg_field field)
{
    return kdbg->values[field / 8];
}

#endif
