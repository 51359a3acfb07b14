// SPDX-License-Identifier: MIT

#include "space/walk.h"

#include "base/extent.h"

static bool read_image(const struct ms_image *image, uint64_t address, uint8_t *bytes,
                       size_t length)
{
    bool present[MS_MAX_TABLE_BYTES]; // so that a table is read in one piece

    while (length > 0) {
        size_t n = (size_t)ms_min_u64(length, sizeof(present));

        if (ms_image_read(image, address, bytes, present, n) != n)
            return false;
        address += n;
        bytes += n;
        length -= n;
    }
    return true;
}

bool ms_memory_view_read(const struct ms_memory_view *view, uint64_t address, void *bytes,
                         size_t length)
{
    if (view->hole_bytes && address >= view->hole_first) {
        if (address - view->hole_first < view->hole_bytes)
            return false;
        address -= view->hole_bytes;
    }
    return read_image(view->image, address, bytes, length);
}

static bool read_entry(const struct ms_walker *walker, unsigned level, uint64_t table,
                       uint64_t linear, uint64_t *entry_ret)
{
    const struct ms_paging_level *at = &walker->mode->levels[level];
    uint64_t index = linear >> at->shift & ((UINT64_C(1) << at->bits) - 1);
    uint8_t bytes[8] = {0};

    if (!ms_memory_view_read(&walker->view, table + index * walker->mode->entry_bytes, bytes,
                             walker->mode->entry_bytes))
        return false;
    *entry_ret = ms_pte_load(walker->mode, bytes, 0);
    return true;
}

struct ms_pte ms_walk(const struct ms_walker *walker, uint64_t address)
{
    const struct ms_paging_mode *mode = walker->mode;
    uint64_t linear = address & ms_linear_last(mode), entry = 0;
    struct ms_pte pte = {.kind = MS_PTE_TABLE, .physical = walker->root};
    unsigned flags = MS_PTE_ALL_FLAGS, level = mode->n_levels;

    if (!ms_is_canonical(mode, address))
        return (struct ms_pte){.kind = MS_PTE_NONE};
    while (pte.kind == MS_PTE_TABLE) {
        level--;
        if (!read_entry(walker, level, pte.physical, linear, &entry))
            return (struct ms_pte){.kind = MS_PTE_UNREADABLE, .flags = flags};
        pte = ms_pte_decode(mode, level, &walker->rules, entry);
        flags &= pte.flags;
    }
    pte.flags = flags;
    pte.physical |= linear & ((UINT64_C(1) << mode->levels[level].shift) - 1);
    return pte;
}

bool ms_walk_read(const struct ms_walker *walker, uint64_t address, void *bytes, size_t length)
{
    uint8_t *at = bytes;

    while (length > 0) {
        size_t n = (size_t)ms_min_u64(length, 4096 - address % 4096);
        struct ms_pte pte = ms_walk(walker, address);

        if (pte.kind != MS_PTE_PAGE || !ms_memory_view_read(&walker->view, pte.physical, at, n))
            return false;
        address += n;
        at += n;
        length -= n;
    }
    return true;
}
