// SPDX-License-Identifier: MIT
//
// What memscan pool prints of blocks: rows as !pool and !poolfind have them, and for programs.

#ifndef CLI_POOL_ROWS_H
#define CLI_POOL_ROWS_H

#include "listing.h"
#include "pool_owner.h"
#include <memscan/pool_tags.h>

extern const struct columns pool_block_columns;

// What the rows of a space have in common.
struct pool_rows {
    struct listing *listing;
    size_t space;
    const struct ms_pool_tags *tags;
};

// A row of !poolfind: all that is known of a block.
void pool_row_found(const struct pool_rows *rows, const struct ms_pool_info *block);

// "Pool page e1001050 region is Paged pool", about the page of an address. With --format text.
void pool_page_title(const struct pool_rows *rows, uint64_t address,
                     const struct ms_pool_page *page);

// A row of !pool: of a block in the page of an address, marked where that lies in it.
void pool_row_of_page(const struct pool_rows *rows, const struct ms_pool_info *block,
                      uint64_t address);

// Characters of a text of anybody's, fit to print.
void print_tag_text(struct output *out, const char *text);

#endif
