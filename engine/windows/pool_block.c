// SPDX-License-Identifier: MIT
//
// Facts: Volatility 2 and 3 (poolheader-*.json, extensions/pool.py), MemProcFS (vmmwinpool.c).

#include "windows/pool_block.h"

#include "base/bytes.h"

#define PROTECTED    UINT32_C(0x80000000) // of a tag
#define TYPE_PAGED   0x01u
#define TYPE_IN_USE  0x02u
#define TYPE_SESSION 0x20u

enum {
    VISTA = 6000,
    WINDOWS_7 = 7601,
    WINDOWS_8 = 9200,
    SEGMENT_HEAP = 18362,
};

struct ms_pool_rules ms_pool_rules_of(unsigned bits, uint32_t build)
{
    if (build == 0)
        build = WINDOWS_7;
    return (struct ms_pool_rules){
        .granule = bits == 64 ? 16 : 8,
        .has_old_types = build < VISTA,
        .has_protected = build < WINDOWS_8,
        .has_chains = build < SEGMENT_HEAP,
    };
}

bool ms_pool_tag_is_text(uint32_t tag)
{
    for (unsigned i = 0; i < 4; i++, tag >>= 8) {
        if ((tag & 0xff) < 0x20 || (tag & 0xff) > 0x7e)
            return false;
    }
    return true;
}

// Before Vista the number is that of the API's type, and 1 more for not being 0.
static void judge_type(const struct ms_pool_rules *rules, struct ms_pool_block *block)
{
    unsigned type = block->type;
    bool is_paged;

    if (rules->has_old_types) {
        block->allocated = type != 0;
        is_paged = type % 2 == 0;
        type = type ? type - 1 : 0;
    } else {
        block->allocated = type & TYPE_IN_USE;
        is_paged = type & TYPE_PAGED;
    }
    block->is_session = type & TYPE_SESSION;
    if (block->type != 0)
        block->kind = is_paged ? MS_POOL_PAGED : MS_POOL_NONPAGED;
}

bool ms_pool_block_parse(const struct ms_pool_rules *rules, uint64_t address,
                         const uint8_t header[MS_POOL_HEADER_BYTES],
                         struct ms_pool_block *block_ret)
{
    bool is_wide = rules->granule == 16;
    uint32_t size = is_wide ? header[2] : ms_le16(header + 2) & 0x1ffu;
    uint32_t previous = is_wide ? header[0] : ms_le16(header) & 0x1ffu;
    uint32_t tag = ms_le32(header + 4);
    struct ms_pool_block block = {
        .address = address,
        .size = size * rules->granule,
        .previous_size = previous * rules->granule,
        .tag = rules->has_protected ? tag & ~PROTECTED : tag,
        .is_protected = rules->has_protected && (tag & PROTECTED),
        .type = is_wide ? header[3] : (uint8_t)(header[3] >> 1),
    };

    if (size == 0 || address % rules->granule != 0 ||
        block.size > MS_KERNEL_PAGE - address % MS_KERNEL_PAGE)
        return false;
    judge_type(rules, &block);
    *block_ret = block;
    return true;
}
