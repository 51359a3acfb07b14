// SPDX-License-Identifier: MIT
//
// The spec's blocks of pool, and special pool.

#include "build_nt.h"

#include "little_endian.h"
#include "material.h"

#include <stdlib.h>
#include <string.h>

enum { SPECIAL_PAGED = 0x8000 };

static const uint32_t freed_signature = 0x98764321;

static void build_blocks(const struct nt *nt)
{
    for (size_t i = 0; i < nt->spec->pool.n_blocks; i++) {
        const struct block_spec *spec = &nt->spec->pool.blocks[i];
        for (uint64_t number = 1; number <= spec->times; number++)
            pool_take_block(nt->pool, spec, number);
    }
}

/* ---- special pool ------------------------------------------------------------------------ */

/** A page being made. */
struct special_page {
    const struct special_spec *spec;
    uint8_t *bytes;
    size_t data, header, header_bytes; // where data and header begin
};

static void add_special_header(const struct special_page *page)
{
    uint8_t *header = page->bytes + page->header;
    memset(header, 0, page->header_bytes);
    store_le(header, 2, page->spec->size | (page->spec->kind == POOL_PAGED ? SPECIAL_PAGED : 0));
    header[2] = (uint8_t)page->spec->pattern;
    memcpy(header + 4, page->spec->tag.text, 4);
}

static void fill_special(const struct nt *nt, const struct special_page *page, uint64_t address)
{
    struct fill fill = page->spec->fill;
    if (!fill.kind)
        return;
    fill_set_key(&fill, nt->machinery->spec->seed);
    fill.start = address + page->data;
    fill_read(&fill, fill.start, page->bytes + page->data, page->spec->size);
}

static bool overlap(size_t start, size_t length, size_t other, size_t other_length)
{
    return start < other + other_length && other < start + length;
}

static void add_garbage(const struct special_page *page)
{
    for (size_t i = 0; i < page->spec->n_garbage; i++) {
        const struct garbage_spec *garbage = &page->spec->garbage[i];
        size_t at = garbage->at, length = garbage->bytes.length;
        if (length > PAGE_SIZE - at || overlap(at, length, page->data, page->spec->size) ||
            overlap(at, length, page->header, page->header_bytes))
            fail_at(garbage->place,
                    "bytes in the page that lie in neither data (%#zx to %#zx) nor header",
                    page->data, page->data + (size_t)page->spec->size - 1);
        memcpy(page->bytes + at, garbage->bytes.data, length);
    }
}

/** What remembers a free lies behind a header's place, whatever the mode. */
static void add_freed(const struct nt *nt, const struct special_page *page, uint64_t address)
{
    uint8_t *freed = page->bytes + page->header_bytes;
    store_le(freed, 4, freed_signature);
    store_le(freed + 4, 4, 0x12345); // ticks
    store_le(freed + 8, 4, page->spec->size);
    store_le(freed + 12, 4, page->spec->kind == POOL_PAGED);
    store_le(freed + 16, nt->width, address + page->data);
}

static void build_special(const struct nt *nt, const struct special_spec *spec, uint64_t address)
{
    struct special_page page = {.spec = spec, .bytes = allocate(PAGE_SIZE, 1)};
    page.header_bytes = nt->width == 8 ? 16 : 8;
    page.data = special_data(spec, nt->width == 8);
    page.header = spec->is_underrun ? PAGE_SIZE - page.header_bytes : 0;
    memset(page.bytes, (int)spec->pattern, PAGE_SIZE);
    fill_special(nt, &page, address);
    add_garbage(&page);
    if (spec->is_freed)
        add_freed(nt, &page, address);
    add_special_header(&page);
    machinery_add(nt->machinery,
                  (struct piece){nt->spec->space, address, page.bytes, PAGE_SIZE, spec->place});
}

void nt_build_pool(const struct nt *nt)
{
    build_blocks(nt);
    for (size_t i = 0; i < nt->spec->pool.n_specials; i++) {
        const struct special_spec *spec = &nt->spec->pool.specials[i];
        for (uint64_t k = 0; k < spec->times; k++)
            build_special(nt, spec, spec->address + k * SPECIAL_STEP);
    }
}
