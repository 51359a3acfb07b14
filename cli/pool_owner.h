// SPDX-License-Identifier: MIT
//
// Blocks of pool as what an address belongs to, and as they are written wherever one is told.

#ifndef CLI_POOL_OWNER_H
#define CLI_POOL_OWNER_H

#include "fields.h"
#include <memscan/pool.h>

#define TAG_CHARACTERS 4

// The characters of a tag, '.' for those that are not printable; the end is a NUL. Returns `room`.
char *format_tag(char room[TAG_CHARACTERS + 1], uint32_t tag);

// "allocated", "free"; of bytes that no header tells of "damaged".
const char *pool_state(const struct ms_pool_info *block);

// "paged pool", "nonpaged session pool", "special pool".
void print_pool_kind(struct output *out, const struct ms_pool_info *block);

// "paged pool, tag Se  , block ffffe000`01234560+0x18 of 0x50 (free)": of an address in a block,
// as wide as addresses are written.
void print_pool_owner(struct output *out, const struct ms_pool_info *block, unsigned bits,
                      uint64_t address);

// A member of a JSON object: ,"pool":{...}
void json_pool_owner(struct output *out, const struct ms_pool_info *block, uint64_t address);

// Columns of CSV, and their fields. `tag` is what format_tag() made of the block's.
#define POOL_OWNER_COLUMNS                                                                         \
    "tag", "pool", "block", "block_size", "block_offset", "block_form", "block_state",             \
        "block_guessed"
#define N_POOL_OWNER_COLUMNS 8
void pool_owner_fields(struct field fields[N_POOL_OWNER_COLUMNS], const char *tag,
                       const struct ms_pool_info *block, uint64_t address);

#endif
