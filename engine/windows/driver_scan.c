// SPDX-License-Identifier: MIT
//
// Driver objects by the tag of their pool blocks. Between the block's header and the object lie the
// object's header and what is before that, of which there is more or less; so the object is looked
// for by what it has itself.

#include "base/bytes.h"
#include "windows/drivers.h"
#include "windows/pool_block.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_MATCHES 0x10000
#define MAX_BEFORE  0x100 // bytes between the headers of block and object

// The block of a tag. False: there is none.
static bool find_block(const struct ms_kernel_memory *memory, const struct ms_pool_rules *rules,
                       uint64_t tag, struct ms_pool_block *block_ret)
{
    uint8_t header[MS_POOL_HEADER_BYTES] = {0};

    return ms_kernel_get(memory, tag - 4, header, rules->granule) &&
           ms_pool_block_parse(rules, tag - 4, header, block_ret);
}

// The object in a block; 0: there is none.
static uint64_t find_object(const struct ms_drivers *drivers, const struct ms_pool_rules *rules,
                            const struct ms_pool_block *block)
{
    uint64_t first = block->address + rules->granule + drivers->layout->header_bytes;
    uint64_t end = block->address + block->size;

    for (uint64_t at = first; at <= first + MAX_BEFORE && at + drivers->layout->bytes <= end;
         at += rules->granule)
        if (ms_is_whole_driver(drivers, at))
            return at;
    return 0;
}

static bool take_match(struct ms_drivers *drivers, uint64_t tag,
                       struct ms_driver_candidates *candidates)
{
    const struct ms_kernel_memory *memory = &drivers->modules->memory;
    struct ms_pool_rules rules = ms_pool_rules_of(memory->bits, drivers->modules->nt.build);
    struct ms_pool_block block;
    struct ms_driver_candidate candidate = {.sources = MS_DRIVER_POOL};

    if (!find_block(memory, &rules, tag, &block))
        return true;
    candidate.address = find_object(drivers, &rules, &block);
    candidate.freed = !block.allocated;
    return candidate.address == 0 || ms_vec_push(&candidates->list, candidate);
}

enum ms_status ms_drivers_scan(struct ms_drivers *drivers, struct ms_watch *watch,
                               struct ms_driver_candidates *candidates, struct ms_error *error)
{
    static const struct ms_kernel_pattern patterns[] = {
        {"76697244", 4}, // Driv
        {"f6697244", 4}, // ... protected
    };
    struct ms_kernel_matches matches = {0};
    enum ms_status status = ms_kernel_search(&drivers->modules->memory, patterns,
                                             sizeof(patterns) / sizeof(patterns[0]), MAX_MATCHES,
                                             watch, &matches, error);
    bool ok = true;

    drivers->scanned = true;
    for (size_t i = 0; !status && ok && i < matches.list.n; i++)
        ok = take_match(drivers, matches.list.items[i].address, candidates);
    if (!status && ok && matches.left_out > 0)
        ok = ms_notes_add(&drivers->notes,
                          "so much of the memory has the tag Driv that %" PRIu64
                          " places were not looked at",
                          matches.left_out);
    free(matches.list.items);
    return ok ? status : ms_fail_nomem(error);
}
