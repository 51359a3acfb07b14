// SPDX-License-Identifier: MIT
//
// The ranges of addresses that the kernel gives to pool. Windows Vista and later take more where
// they need it, and tell at most where they began; so an address outside may be of the pool, too.

#include "windows/pool_tables.h"

static uint64_t value_of(const struct ms_modules *modules, enum ms_kdbg_field field,
                         const char *name)
{
    uint64_t address = ms_nt_variable(&modules->nt, field, name), value;

    return address && ms_kernel_pointer(&modules->memory, address, &value) ? value : 0;
}

static struct ms_pool_range read_range(const struct ms_modules *modules, enum ms_kdbg_field first,
                                       const char *first_name, enum ms_kdbg_field end,
                                       const char *end_name)
{
    struct ms_pool_range range = {value_of(modules, first, first_name),
                                  value_of(modules, end, end_name)};

    if (range.first >= range.end ||
        !ms_in_kernel(&modules->memory, range.first, range.end - range.first))
        range = (struct ms_pool_range){0, 0};
    return range;
}

void ms_pool_ranges_read(const struct ms_modules *modules, struct ms_pool_ranges *ranges_ret)
{
    ranges_ret->nonpaged = read_range(modules, MS_KDBG_NONPAGED_POOL_START, "MmNonPagedPoolStart",
                                      MS_KDBG_NONPAGED_POOL_END, "MmNonPagedPoolEnd");
    ranges_ret->paged = read_range(modules, MS_KDBG_PAGED_POOL_START, "MmPagedPoolStart",
                                   MS_KDBG_PAGED_POOL_END, "MmPagedPoolEnd");
}

static bool is_inside(const struct ms_pool_range *range, uint64_t address)
{
    return address >= range->first && address < range->end;
}

enum ms_pool_kind ms_pool_ranges_kind(const struct ms_pool_ranges *ranges, uint64_t address)
{
    bool nonpaged = is_inside(&ranges->nonpaged, address);
    bool paged = is_inside(&ranges->paged, address);

    if (nonpaged == paged) // both: they are no ranges of pool
        return MS_POOL_KIND_UNKNOWN;
    return paged ? MS_POOL_PAGED : MS_POOL_NONPAGED;
}
