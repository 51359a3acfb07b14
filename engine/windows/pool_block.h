// SPDX-License-Identifier: MIT
//
// Blocks of kernel pool that have a header: what the header says, and whether to believe it. Blocks
// fill a page; none crosses into the next one.

#ifndef MS_WINDOWS_POOL_BLOCK_H
#define MS_WINDOWS_POOL_BLOCK_H

#include "windows/kernel_memory.h"
#include <memscan/pool.h>

#define MS_POOL_HEADER_BYTES 16u // x86: 8

// How a version of Windows keeps pool.
struct ms_pool_rules {
    uint32_t granule; // bytes that sizes count in; blocks begin at multiples, a header has as many
    bool has_old_types; // before Vista: 0 is free, odd nonpaged, even paged
    bool has_protected; // before Windows 8: bit 31 of a tag says that it is protected
    bool has_chains;    // before 10.18362: a header has the size of the block before it in the page
};

// A build of 0, which is not known, is taken for one of Windows 7.
struct ms_pool_rules ms_pool_rules_of(unsigned bits, uint32_t build);

struct ms_pool_block {
    uint64_t address;       // of the header
    uint32_t size;          // bytes, header included
    uint32_t previous_size; // bytes, of the block before it in the page, as the header has it
    uint32_t tag;           // without bit 31 where that is no part of it
    bool is_protected;
    bool allocated;
    bool is_session;        // of a session's pool
    enum ms_pool_kind kind; // free blocks often do not tell
    uint8_t type;           // as the header has it
};

// What the header at an address says. False: there can be no such block: its size is 0, or it
// leaves the page; or the address is no multiple of the granule.
bool ms_pool_block_parse(const struct ms_pool_rules *rules, uint64_t address,
                         const uint8_t header[MS_POOL_HEADER_BYTES],
                         struct ms_pool_block *block_ret);

// Whether a block that is there could have such a tag: printable ASCII.
bool ms_pool_tag_is_text(uint32_t tag);

#endif
