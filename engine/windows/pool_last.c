// SPDX-License-Identifier: MIT
//
// How far what is said of an address holds.

#include "windows/pool.h"

#include "base/extent.h"

// The next entry of its page, none of which the address lies in.
static uint64_t last_in_page(struct ms_pool *pool, uint64_t address)
{
    const struct ms_pool_view *view;

    if (!ms_in_kernel(ms_pool_memory(pool), address, 1))
        return UINT64_MAX;
    view = ms_pool_view_at(pool, address);
    for (size_t i = 0; i < view->entries.n; i++)
        if (view->entries.items[i].block.address > address)
            return view->entries.items[i].block.address - 1;
    return UINT64_MAX;
}

uint64_t ms_pool_last(struct ms_pool *pool, uint64_t address)
{
    struct ms_pool_info info;
    size_t below;
    uint64_t last;

    if (ms_pool_at(pool, address, &info))
        return ms_last(info.address, info.size);
    below = ms_pool_bigs_below(&pool->bigs, address);
    last = last_in_page(pool, address);
    return below < pool->bigs.list.n ? ms_min_u64(last, pool->bigs.list.items[below].address - 1)
                                     : last;
}
