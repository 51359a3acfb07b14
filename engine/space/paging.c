// SPDX-License-Identifier: MIT

#include "space/paging.h"

#include <string.h>

#define LEVEL_4K                                                                                   \
    {                                                                                              \
        .shift = 12, .bits = 9, .has_flags = true, .no_execute = true                              \
    }
#define LEVEL_2M                                                                                   \
    {                                                                                              \
        .shift = 21, .bits = 9, .large = true, .has_flags = true, .no_execute = true               \
    }
#define LEVEL_1G                                                                                   \
    {                                                                                              \
        .shift = 30, .bits = 9, .large = true, .has_flags = true, .no_execute = true               \
    }
#define LEVEL_ABOVE(at)                                                                            \
    {                                                                                              \
        .shift = (at), .bits = 9, .has_flags = true, .no_execute = true                            \
    }

static const struct ms_paging_mode modes[MS_N_PAGINGS] = {
    [MS_PAGING_X86] =
        {
            .name = "x86",
            .paging = MS_PAGING_X86,
            .address_bits = 32,
            .linear_bits = 32,
            .n_levels = 2,
            .entry_bytes = 4,
            .root_mask = 0xfffff000,
            .frame_mask = 0xfffff000,
            .pse36 = true,
            .levels = {{.shift = 12, .bits = 10, .has_flags = true},
                       {.shift = 22, .bits = 10, .large = true, .has_flags = true}},
        },
    // The four entries at the top have no flags, and no page of their own.
    [MS_PAGING_PAE] =
        {
            .name = "pae",
            .paging = MS_PAGING_PAE,
            .address_bits = 32,
            .linear_bits = 32,
            .n_levels = 3,
            .entry_bytes = 8,
            .root_mask = 0xffffffe0,
            .frame_mask = UINT64_C(0x000ffffffffff000),
            .levels = {LEVEL_4K, LEVEL_2M, {.shift = 30, .bits = 2}},
        },
    [MS_PAGING_X64] =
        {
            .name = "x64",
            .paging = MS_PAGING_X64,
            .address_bits = 64,
            .linear_bits = 48,
            .n_levels = 4,
            .entry_bytes = 8,
            .root_mask = UINT64_C(0x000ffffffffff000),
            .frame_mask = UINT64_C(0x000ffffffffff000),
            .levels = {LEVEL_4K, LEVEL_2M, LEVEL_1G, LEVEL_ABOVE(39)},
        },
    [MS_PAGING_X64_5] =
        {
            .name = "x64-5",
            .paging = MS_PAGING_X64_5,
            .address_bits = 64,
            .linear_bits = 57,
            .n_levels = 5,
            .entry_bytes = 8,
            .root_mask = UINT64_C(0x000ffffffffff000),
            .frame_mask = UINT64_C(0x000ffffffffff000),
            .levels = {LEVEL_4K, LEVEL_2M, LEVEL_1G, LEVEL_ABOVE(39), LEVEL_ABOVE(48)},
        },
};

const struct ms_paging_mode *ms_paging_mode(enum ms_paging paging)
{
    return &modes[paging];
}

const struct ms_paging_mode *ms_paging_mode_by_name(const char *name)
{
    for (size_t i = 0; i < MS_N_PAGINGS; i++) {
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    }
    return NULL;
}

const char *ms_paging_name(size_t index)
{
    return index < MS_N_PAGINGS ? modes[index].name : NULL;
}

// The canonical addresses are [0, low_last] and [high_first, top]; at 32 bits the first alone.
bool ms_linear_range(const struct ms_paging_mode *mode, uint64_t first, uint64_t last,
                     uint64_t *first_ret, uint64_t *last_ret)
{
    uint64_t top = ms_linear_last(mode);
    uint64_t low_last = mode->address_bits == 32 ? top : top / 2;
    uint64_t high_first = mode->address_bits == 32 ? 0 : ms_canonical(mode, top / 2 + 1);

    if (first > low_last && first < high_first)
        first = high_first;
    if (last > low_last && last < high_first)
        last = low_last;
    if (mode->address_bits == 32 && last > top)
        last = top;
    if (first > last || !ms_is_canonical(mode, first))
        return false;
    *first_ret = first & top;
    *last_ret = last & top;
    return true;
}
