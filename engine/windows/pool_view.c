// SPDX-License-Identifier: MIT
//
// What a page is, and what is told of what lies in it.

#include "windows/pool.h"

#include "base/bytes.h"

enum { TYPE_PAGED = 0x01, TYPE_SESSION = 0x20 }; // as the API has them

// == Judging ==

// That of special pool is asked before parts of pages are believed: its header may be mistaken for
// a block's.
void ms_pool_view_judge(const struct ms_pool *pool, uint64_t page, const uint8_t *bytes,
                        const bool *present, bool is_whole, struct ms_pool_view *view_ret)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    bool is_pool = ms_pool_ranges_kind(&pool->ranges, page) != MS_POOL_KIND_UNKNOWN;

    view_ret->address = page;
    ms_pool_page_judge(&pool->rules, page, bytes, is_whole ? NULL : present, is_pool,
                       &view_ret->entries);
    view_ret->state = view_ret->entries.state;
    if (view_ret->state != MS_POOL_PAGE_WHOLE &&
        ms_special_page_judge(page, bytes, present, memory->bits, &view_ret->special) &&
        ms_special_page_at(memory, page, &view_ret->special))
        view_ret->state = MS_POOL_PAGE_SPECIAL;
}

const struct ms_pool_view *ms_pool_view_at(struct ms_pool *pool, uint64_t address)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    uint64_t page = address & ~(MS_KERNEL_PAGE - 1);
    struct ms_pool_view *view = &pool->view;
    uint8_t bytes[MS_POOL_PAGE_BYTES];
    bool present[MS_POOL_PAGE_BYTES];
    size_t n;

    if (view->address == page)
        return view;
    n = ms_spaces_read(memory->spaces, memory->space, page, bytes, present, sizeof(bytes));
    if (n > 0) {
        ms_pool_view_judge(pool, page, bytes, present, n == sizeof(bytes), view);
        return view;
    }
    view->address = page;
    view->state = MS_POOL_PAGE_ABSENT;
    view->entries.n = 0;
    return view;
}

// == Telling ==

struct ms_pool_info ms_pool_info_of_entry(const struct ms_pool *pool,
                                          const struct ms_pool_view *view,
                                          const struct ms_pool_entry *entry)
{
    const struct ms_pool_block *block = &entry->block;
    struct ms_pool_info info = {
        .form = entry->damaged ? MS_POOL_DAMAGED : MS_POOL_SMALL,
        .address = block->address,
        .size = block->size,
        .kind = view->entries.kind,
        .is_session = view->entries.is_session,
        .data = block->address,
        .data_size = block->size,
    };

    if (!entry->damaged) {
        info.header_bytes = pool->rules.granule;
        info.previous_size = block->previous_size;
        info.tag = block->tag;
        info.is_protected = block->is_protected;
        info.allocated = block->allocated;
        info.guessed = entry->guessed;
        info.data += info.header_bytes;
        info.data_size -= info.header_bytes;
        if (block->kind != MS_POOL_KIND_UNKNOWN) {
            info.kind = block->kind;
            info.is_session = block->is_session;
        }
    }
    if (info.kind == MS_POOL_KIND_UNKNOWN)
        info.kind = ms_pool_ranges_kind(&pool->ranges, info.address);
    return info;
}

struct ms_pool_info ms_pool_info_of_special(const struct ms_special_page *page)
{
    return (struct ms_pool_info){
        .form = MS_POOL_SPECIAL,
        .address = page->address,
        .size = MS_KERNEL_PAGE,
        .tag = page->tag,
        .allocated = !page->is_freed,
        .kind = page->is_paged ? MS_POOL_PAGED : MS_POOL_NONPAGED,
        .data = page->address + page->data,
        .data_size = page->size,
    };
}

struct ms_pool_info ms_pool_info_of_big(const struct ms_pool *pool, const struct ms_pool_big *big)
{
    struct ms_pool_info info = {
        .form = MS_POOL_BIG,
        .address = big->address,
        .size = big->size,
        .tag = big->tag,
        .is_protected = big->is_protected,
        .allocated = true,
        .kind = ms_pool_ranges_kind(&pool->ranges, big->address),
        .data = big->address,
        .data_size = big->size,
    };

    if (big->has_type) {
        info.kind = big->type & TYPE_PAGED ? MS_POOL_PAGED : MS_POOL_NONPAGED;
        info.is_session = big->type & TYPE_SESSION;
    }
    return info;
}
