// SPDX-License-Identifier: MIT
//
// The modes, and the bits of their entries.

#include "page_entry.h"

#define PAGES_52 UINT64_C(0x000ffffffffff000)

const struct paging_mode paging_modes[PAGING_COUNT] = {
    [PAGING_X86] = {"x86", 32, 4, 2, {12, 22, 32}, 1, 0xfffff000, UINT64_C(1) << 32, 4096, 0x300},
    [PAGING_PAE] = {"pae", 32, 8, 3, {12, 21, 30, 32}, 1, PAGES_52, UINT64_C(1) << 52, 32, 3},
    [PAGING_X64] =
        {"x64", 48, 8, 4, {12, 21, 30, 39, 48}, 2, PAGES_52, UINT64_C(1) << 52, 4096, 0x1ed},
    [PAGING_X64_5] =
        {"x64-5", 57, 8, 5, {12, 21, 30, 39, 48, 57}, 2, PAGES_52, UINT64_C(1) << 52, 4096, 0x1ed},
};

const char paging_names[] = "x86, pae, x64 or x64-5";

enum entry_bits {
    PTE_PRESENT = 1 << 0,
    PTE_WRITABLE = 1 << 1,
    PTE_USER = 1 << 2,
    PTE_ACCESSED = 1 << 5,
    PTE_DIRTY = 1 << 6,
    PTE_LARGE = 1 << 7,
    // Windows', in entries that are not present.
    PTE_PROTOTYPE = 1 << 10,
    PTE_TRANSITION = 1 << 11,
};

#define PTE_NO_EXECUTE (UINT64_C(1) << 63)

/** From this build on, the number of the page file is in other bits. */
enum { BUILD_PAGEFILE_MOVED = 17763 };

uint64_t paging_span(const struct paging_mode *mode, unsigned level)
{
    return UINT64_C(1) << mode->shifts[level];
}

unsigned paging_index(const struct paging_mode *mode, unsigned level, uint64_t address)
{
    unsigned bits = mode->shifts[level + 1] - mode->shifts[level];
    return (unsigned)(address >> mode->shifts[level]) & ((1u << bits) - 1);
}

bool paging_has_address(const struct paging_mode *mode, uint64_t address)
{
    if (mode->address_bits == 32)
        return address >> 32 == 0;
    uint64_t top = address >> (mode->address_bits - 1);
    return top == 0 || top == UINT64_MAX >> (mode->address_bits - 1);
}

/* ---- entries that processors know ----------------------------------------------------- */

static bool is_pae_root(const struct paging_mode *mode, unsigned level)
{
    return mode == &paging_modes[PAGING_PAE] && level == 2;
}

uint64_t pte_table(const struct paging_mode *mode, unsigned level, uint64_t table, bool user)
{
    if (is_pae_root(mode, level))
        return table | PTE_PRESENT; // the other bits are reserved there
    return table | PTE_PRESENT | PTE_WRITABLE | PTE_ACCESSED | PTE_DIRTY | (user ? PTE_USER : 0);
}

uint64_t pte_page(const struct paging_mode *mode, unsigned level, uint64_t page, unsigned flags)
{
    uint64_t entry = page | PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;
    if (mode->entry_bytes == 4 && level == 1) // PSE-36: address bits 32 to 39 in bits 13 to 20
        entry = (entry & UINT32_MAX) | (page >> 32 & 0xff) << 13;
    if (level > 0)
        entry |= PTE_LARGE;
    if (!(flags & MAP_READ_ONLY))
        entry |= PTE_WRITABLE;
    if (flags & MAP_USER)
        entry |= PTE_USER;
    if (flags & MAP_NO_EXECUTE)
        entry |= PTE_NO_EXECUTE;
    return entry;
}

bool pte_is_page(const struct paging_mode *mode, unsigned level, uint64_t entry)
{
    if (!(entry & PTE_PRESENT))
        return false;
    return level == 0 || (level <= mode->top_page_level && entry & PTE_LARGE);
}

bool pte_is_table(const struct paging_mode *mode, unsigned level, uint64_t entry)
{
    return entry & PTE_PRESENT && !pte_is_page(mode, level, entry);
}

uint64_t pte_page_address(const struct paging_mode *mode, unsigned level, uint64_t entry)
{
    uint64_t page = entry & mode->frame_mask & ~(paging_span(mode, level) - 1);
    if (mode->entry_bytes == 4 && level == 1)
        page |= (entry >> 13 & 0xff) << 32;
    return page;
}

/* ---- entries of pages that are not present --------------------------------------------- */

/** Windows' protection codes, in bits 5 to 9. */
static uint64_t protection(unsigned flags)
{
    enum { READONLY = 1, EXECUTE_READ = 3, READWRITE = 4, EXECUTE_READWRITE = 6 };
    static const uint64_t codes[] = {
        [0] = EXECUTE_READWRITE,
        [MAP_READ_ONLY] = EXECUTE_READ,
        [MAP_NO_EXECUTE] = READWRITE,
        [MAP_READ_ONLY | MAP_NO_EXECUTE] = READONLY,
    };
    return codes[flags & (MAP_READ_ONLY | MAP_NO_EXECUTE)] << 5;
}

uint64_t pte_transition(uint64_t page, unsigned flags)
{
    return page | PTE_TRANSITION | protection(flags);
}

uint64_t pte_demand_zero(unsigned flags)
{
    return protection(flags);
}

uint64_t pte_pagefile(const struct paging_mode *mode, uint64_t build, uint64_t file,
                      uint64_t offset, unsigned flags)
{
    if (mode->entry_bytes == 4)
        return offset << 12 | file << 1 | protection(flags);
    return offset << 32 | file << (build < BUILD_PAGEFILE_MOVED ? 1 : 12) | protection(flags);
}

uint64_t pte_prototype(const struct paging_mode *mode, uint64_t address)
{
    if (mode->entry_bytes == 4) // bits 10 to 30 of the address, then 2 to 9
        return (address & 0x7ffffc00) << 1 | (address & 0x3fc) >> 1 | PTE_PROTOTYPE;
    return address << (mode->address_bits == 32 ? 32 : 16) | PTE_PROTOTYPE;
}

bool pte_is_transition(uint64_t entry)
{
    return (entry & (PTE_PRESENT | PTE_PROTOTYPE | PTE_TRANSITION)) == PTE_TRANSITION;
}

bool pte_is_prototype(uint64_t entry)
{
    return (entry & (PTE_PRESENT | PTE_PROTOTYPE)) == PTE_PROTOTYPE;
}

uint64_t pte_prototype_address(const struct paging_mode *mode, uint64_t entry)
{
    if (mode->entry_bytes == 4)
        return 0x80000000 | (entry >> 1 & 0x7ffffc00) | (entry << 1 & 0x3fc);
    if (mode->address_bits == 32)
        return entry >> 32;
    return (uint64_t)((int64_t)entry >> 16);
}
