// SPDX-License-Identifier: MIT
//
// Goes through the kernel's pages as they are mapped, and reads them from the image in pieces: a
// look-up of each address would cost more than the reading.

#include "windows/pool.h"

#include "base/extent.h"

#include <string.h>

#define PIECE          0x10000u
#define PROGRESS_BYTES UINT64_C(0x100000) // between two calls

struct walking {
    const struct ms_pool *pool;
    const struct ms_pool_pass *pass;
    int (*visit)(void *user, const struct ms_pool_pass_page *page);
    void *user;
    struct ms_progress progress;
    uint64_t told;    // bytes done at the last call of `progress`
    uint64_t partial; // the last page that was visited because a part of it is there
    bool had_partial;
    uint8_t bytes[PIECE];
    bool present[PIECE];
};

static uint64_t page_of(uint64_t address)
{
    return address & ~(MS_KERNEL_PAGE - 1);
}

static int tell_progress(struct walking *walking)
{
    const struct ms_pool_pass *pass = walking->pass;

    if (!pass || !pass->progress || walking->progress.done_bytes - walking->told < PROGRESS_BYTES)
        return 0;
    walking->told = walking->progress.done_bytes;
    return pass->progress(pass->user, &walking->progress) ? MS_STOPPED : 0;
}

static int visit_page(struct walking *walking, uint64_t address, uint64_t physical, size_t at)
{
    const bool *present = walking->present + at;
    struct ms_pool_pass_page page = {.address = address,
                                     .physical = physical,
                                     .bytes = walking->bytes + at,
                                     .present = present,
                                     .is_whole = !memchr(present, 0, MS_KERNEL_PAGE)};

    if (ms_pool_big_at(&walking->pool->bigs, address))
        return 0;
    return walking->visit(walking->user, &page);
}

// Whole pages that are neighbours in the image, too.
static int visit_piece(struct walking *walking, uint64_t address, uint64_t physical, size_t length)
{
    int result = 0;

    ms_image_read(ms_spaces_image(ms_pool_memory(walking->pool)->spaces), physical, walking->bytes,
                  walking->present, length);
    for (size_t at = 0; result == 0 && at < length; at += MS_KERNEL_PAGE)
        result = visit_page(walking, address + at, physical + at, at);
    walking->progress.done_bytes += length;
    return result ? result : tell_progress(walking);
}

static int visit_pages(struct walking *walking, uint64_t first, uint64_t last, uint64_t physical)
{
    int result = 0;

    for (uint64_t at = first; result == 0; at += PIECE) {
        uint64_t length = ms_min_u64(PIECE - 1, last - at) + 1;

        result = visit_piece(walking, at, physical + (at - first), (size_t)length);
        if (last - at < PIECE)
            break;
    }
    return result;
}

// A page of which the image does not hold all: once, though it may be in several mappings.
static int visit_partial(struct walking *walking, uint64_t page, uint64_t physical)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(walking->pool);
    int result;

    if ((walking->had_partial && walking->partial == page) ||
        ms_modules_at(walking->pool->modules, page) != MS_NO_MODULE)
        return 0;
    walking->had_partial = true;
    walking->partial = page;
    walking->progress.done_bytes += ms_spaces_read(
        memory->spaces, memory->space, page, walking->bytes, walking->present, MS_KERNEL_PAGE);
    result = visit_page(walking, page, physical, 0);
    return result ? result : tell_progress(walking);
}

// Leaves out what is of modules.
static int visit_outside(struct walking *walking, uint64_t first, uint64_t last, uint64_t physical)
{
    int result = 0;

    for (uint64_t at = first; result == 0; at += MS_KERNEL_PAGE) {
        uint64_t end;
        size_t module = ms_modules_stretch_at(walking->pool->modules, at, &end);

        end = ms_min_u64(end | (MS_KERNEL_PAGE - 1), last);
        if (module == MS_NO_MODULE)
            result = visit_pages(walking, at, end, physical + (at - first));
        at = page_of(end);
        if (end == last)
            break;
    }
    return result;
}

static int walk_mapping(void *user, const struct ms_mapping_info *mapping)
{
    struct walking *walking = user;
    uint64_t first_page = page_of(mapping->first), last_page = page_of(mapping->last);
    bool cut_first = mapping->first != first_page;
    bool cut_last = mapping->last != ms_last(last_page, MS_KERNEL_PAGE);
    uint64_t first = mapping->first, last = mapping->last; // of whole pages
    int result = 0;

    if (mapping->state != MS_MAPPED_PRESENT)
        return 0;
    if (cut_first || (cut_last && first_page == last_page))
        result = visit_partial(walking, first_page, mapping->physical);
    if (result || (first_page == last_page && (cut_first || cut_last)))
        return result;
    if (cut_first)
        first = first_page + MS_KERNEL_PAGE;
    if (cut_last)
        last = last_page - 1;
    if (first < last)
        result = visit_outside(walking, first, last, mapping->physical + (first - mapping->first));
    if (result == 0 && cut_last)
        result =
            visit_partial(walking, last_page, mapping->physical + (last_page - mapping->first));
    return result;
}

static int count_mapping(void *user, const struct ms_mapping_info *mapping)
{
    uint64_t *bytes = user;

    if (mapping->state == MS_MAPPED_PRESENT)
        *bytes += mapping->last - mapping->first + 1;
    return 0;
}

int ms_pool_visit_pages(const struct ms_pool *pool, const struct ms_pool_pass *pass,
                        int (*visit)(void *user, const struct ms_pool_pass_page *page), void *user)
{
    const struct ms_kernel_memory *memory = ms_pool_memory(pool);
    struct walking walking = {.pool = pool, .pass = pass, .visit = visit, .user = user};
    struct ms_range range = {.first = memory->first, .last = memory->last};

    ms_spaces_visit(memory->spaces, memory->space, &range, count_mapping,
                    &walking.progress.all_bytes);
    return ms_spaces_visit(memory->spaces, memory->space, &range, walk_mapping, &walking);
}
