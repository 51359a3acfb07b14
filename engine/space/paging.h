// SPDX-License-Identifier: MIT
//
// The paging modes as tables: which bits of an address choose an entry at each level, and what an
// entry holds. Facts: Intel SDM volume 3, chapter 4.
//
// Inside of spaces, addresses are `linear`: the mode's virtual bits alone, without the copies of
// the sign above them. Linear addresses are in the order of the virtual ones.

#ifndef MS_SPACE_PAGING_H
#define MS_SPACE_PAGING_H

#include <memscan/space.h>

#define MS_MAX_LEVELS        5
#define MS_MAX_TABLE_ENTRIES 1024
#define MS_MAX_TABLE_BYTES   4096

struct ms_paging_level {
    uint8_t shift;   // of the index in the address: an entry stands for 1 << shift bytes
    uint8_t bits;    // of the index: a table has 1 << bits entries
    bool large;      // bit 7 of an entry makes it a page
    bool has_flags;  // entries have the writable and the user bit
    bool no_execute; // bit 63 forbids execution
};

struct ms_paging_mode {
    const char *name;
    enum ms_paging paging;
    unsigned address_bits; // 32 or 64: how wide addresses are written
    unsigned linear_bits;  // that are translated
    unsigned n_levels;
    unsigned entry_bytes;
    uint64_t root_mask;                           // of the register that holds the root
    uint64_t frame_mask;                          // of an entry
    bool pse36;                                   // bits 20:13 of a 4 MiB page are bits 39:32
    struct ms_paging_level levels[MS_MAX_LEVELS]; // [0]: that of the 4 KiB pages
};

const struct ms_paging_mode *ms_paging_mode(enum ms_paging paging);

// The mode of that name; NULL if there is none.
const struct ms_paging_mode *ms_paging_mode_by_name(const char *name);

// The virtual address of a linear one: the highest bit is copied upwards.
static inline uint64_t ms_canonical(const struct ms_paging_mode *mode, uint64_t linear)
{
    uint64_t sign = UINT64_C(1) << (mode->linear_bits - 1);

    return mode->address_bits == 32 ? linear : (linear ^ sign) - sign;
}

static inline uint64_t ms_linear_last(const struct ms_paging_mode *mode)
{
    return (UINT64_C(1) << mode->linear_bits) - 1;
}

// Whether a virtual address is one that the mode translates.
static inline bool ms_is_canonical(const struct ms_paging_mode *mode, uint64_t address)
{
    return ms_canonical(mode, address & ms_linear_last(mode)) == address;
}

// The linear range of what is canonical in [first, last]. False: nothing is.
bool ms_linear_range(const struct ms_paging_mode *mode, uint64_t first, uint64_t last,
                     uint64_t *first_ret, uint64_t *last_ret);

#endif
