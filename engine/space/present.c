// SPDX-License-Identifier: MIT

#include "space/present.h"

#include "base/extent.h"

#include <stdlib.h>

// Two stretches may share a page, which then has one number.
static uint64_t next_page_number(const struct ms_present *present, uint64_t first)
{
    const struct ms_stretch *before;

    if (present->stretches.n == 0)
        return 0;
    before = &present->stretches.items[present->stretches.n - 1];
    return ms_present_page(before, before->last) +
           (before->last >> MS_PAGE_SHIFT != first >> MS_PAGE_SHIFT);
}

static bool add_stretch(struct ms_present *present, const struct ms_run *run)
{
    uint64_t last = ms_last(run->start, run->length);
    struct ms_stretch stretch = {run->start, last, present->bytes, 0};

    present->bytes += run->length;
    if (present->stretches.n > 0) {
        struct ms_stretch *before = &present->stretches.items[present->stretches.n - 1];

        if (before->last + 1 == run->start) {
            before->last = last;
            return true;
        }
    }
    stretch.page = next_page_number(present, run->start);
    return ms_vec_push(&present->stretches, stretch);
}

bool ms_present_build(struct ms_present *present, const struct ms_memory *memory)
{
    for (size_t i = 0; i < memory->runs.n; i++) {
        const struct ms_run *run = &memory->runs.items[i];

        if (run->presence == MS_PRESENT && !add_stretch(present, run))
            return false;
    }
    if (present->stretches.n > 0) {
        const struct ms_stretch *top = &present->stretches.items[present->stretches.n - 1];

        present->n_pages = ms_present_page(top, top->last) + 1;
    }
    return true;
}

void ms_present_release(struct ms_present *present)
{
    free(present->stretches.items);
    *present = (struct ms_present){0};
}

size_t ms_present_find(const struct ms_present *present, uint64_t address, size_t hint)
{
    const struct ms_stretch *stretches = present->stretches.items;
    size_t low = 0, high = present->stretches.n;

    if (hint < high && stretches[hint].last >= address &&
        (hint == 0 || stretches[hint - 1].last < address))
        return hint;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (stretches[middle].last < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// How many bytes the image holds below the address.
static uint64_t bytes_below(const struct ms_present *present, uint64_t address)
{
    size_t i = ms_present_find(present, address, 0);
    const struct ms_stretch *stretch;

    if (i == present->stretches.n)
        return present->bytes;
    stretch = &present->stretches.items[i];
    return stretch->bytes_below + (address > stretch->first ? address - stretch->first : 0);
}

uint64_t ms_present_bytes(const struct ms_present *present, uint64_t first, uint64_t last)
{
    uint64_t end = last == UINT64_MAX ? present->bytes : bytes_below(present, last + 1);

    return end - bytes_below(present, first);
}

uint64_t ms_present_number(const struct ms_present *present, uint64_t address)
{
    return ms_present_page(&present->stretches.items[ms_present_find(present, address, 0)],
                           address);
}

// The last stretch whose first page has no higher number has the page, if it has only a part of it.
uint64_t ms_present_address(const struct ms_present *present, uint64_t page)
{
    const struct ms_stretch *stretches = present->stretches.items;
    size_t low = 0, high = present->stretches.n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (stretches[middle].page <= page)
            low = middle;
        else
            high = middle;
    }
    return ((stretches[low].first >> MS_PAGE_SHIFT) + (page - stretches[low].page))
           << MS_PAGE_SHIFT;
}
