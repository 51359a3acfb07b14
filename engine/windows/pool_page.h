// SPDX-License-Identifier: MIT
//
// The blocks of one page of kernel pool, by its bytes.
//
// Blocks fill a page from its first byte to its last, and up to 10.17763 each header has the size
// of the block before it. What is linked so all through is a page of pool, whatever else it holds.
// Where something lies over a header, stretches that are linked are left; what is between them is
// told as damage. From 10.18362 on, blocks of the segment heap have the same header without the
// link: there a header is believed if each part of it looks as Windows makes them.

#ifndef MS_WINDOWS_POOL_PAGE_H
#define MS_WINDOWS_POOL_PAGE_H

#include "windows/pool_block.h"

#define MS_POOL_PAGE_BYTES   0x1000u
#define MS_POOL_PAGE_ENTRIES 512u // as many granules as a page has

struct ms_pool_entry {
    struct ms_pool_block block; // of damage, address and size alone mean something
    bool damaged;
    bool guessed;
};

struct ms_pool_entries {
    enum ms_pool_page_state state; // MS_POOL_PAGE_NONE, _WHOLE, _DAMAGED or _GUESSED
    enum ms_pool_kind kind;        // of the blocks that tell
    bool is_session;
    size_t n;
    struct ms_pool_entry items[MS_POOL_PAGE_ENTRIES]; // by ascending address; of a page that is
                                                      // whole or damaged, without gaps
};

// Judges the page at an address. `present` tells which bytes are in the image, the others being 0;
// NULL: all. `is_pool`: something else says that the page is of the pool, and less has to be linked
// to be believed.
void ms_pool_page_judge(const struct ms_pool_rules *rules, uint64_t address,
                        const uint8_t bytes[MS_POOL_PAGE_BYTES], const bool *present, bool is_pool,
                        struct ms_pool_entries *entries_ret);

// The entry that an address of the page lies in; NULL: none.
const struct ms_pool_entry *ms_pool_entry_at(const struct ms_pool_entries *entries,
                                             uint64_t address);

#endif
