// SPDX-License-Identifier: MIT
//
// Optional headers stand one before the other, and the mask in OBJECT_HEADER tells which are there.
// It lies behind them: each distance is tried at which the mask tells that very distance.

#include "windows/object_block.h"

#define FIRST_WITH_MASK   7600 // Windows 7
#define FIRST_FROM_TOP    9200 // Windows 8
#define FIRST_OF_10       10240
#define FIRST_SMALL_EXTRA 14393 // the header of bit 6 is smaller from then on
#define STEP              4u    // bytes that the sizes of optional headers count in
#define EXTRA_BIT         6
#define MOST_OPTIONAL     0x100 // bytes, more than all of them take

// Sizes of optional headers by their bits, for 32 and 64 bits of address.
static const uint8_t sizes[2][8] = {
    {0x10, 0x10, 0x08, 0x10, 0x08, 0x08, 0x08, 0x04},
    {0x20, 0x20, 0x10, 0x20, 0x10, 0x10, 0x10, 0x04},
};

static unsigned optional_bytes(bool is_64, uint32_t build, uint8_t mask)
{
    bool has_large = build >= FIRST_OF_10 && build < FIRST_SMALL_EXTRA;
    unsigned sum = 0;

    for (unsigned i = 0; i < 8; i++) {
        if (mask >> i & 1)
            sum += has_large && i == EXTRA_BIT ? 2u * sizes[is_64][i] : sizes[is_64][i];
    }
    return sum;
}

static size_t from_top(const struct ms_kernel_memory *memory, uint32_t build,
                       const struct ms_pool_block *block, uint32_t body_bytes,
                       uint64_t places[MS_MAX_OBJECT_PLACES])
{
    bool is_64 = memory->bits == 64;
    uint32_t header = is_64 ? 0x30 : 0x18, mask_at = is_64 ? 0x1a : 0x0e;
    uint32_t first = is_64 ? 16 : 8; // behind the block's own header
    unsigned most = optional_bytes(is_64, build, 0xff);
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint8_t masks[MOST_OPTIONAL];
    bool present[MOST_OPTIONAL];
    size_t n = 0;

    vmem.read(vmem.user, block->address + first + mask_at, masks, present, most + 1);
    for (unsigned i = 0; i <= most && n < MS_MAX_OBJECT_PLACES; i += STEP) {
        if ((uint64_t)first + i + header + body_bytes > block->size)
            break;
        if (present[i] && optional_bytes(is_64, build, masks[i]) == i)
            places[n++] = block->address + first + i + header;
    }
    return n;
}

size_t ms_object_places(const struct ms_kernel_memory *memory, uint32_t build,
                        const struct ms_pool_block *block, uint32_t body_bytes,
                        uint64_t places[MS_MAX_OBJECT_PLACES])
{
    uint32_t granule = memory->bits == 64 ? 16 : 8;
    uint32_t rounded = (body_bytes + granule - 1) / granule * granule;

    if (body_bytes > 0 && build < FIRST_FROM_TOP) {
        if (rounded >= block->size)
            return 0;
        places[0] = block->address + block->size - rounded;
        return 1;
    }
    return build >= FIRST_WITH_MASK ? from_top(memory, build, block, body_bytes, places) : 0;
}
