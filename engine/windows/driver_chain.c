// SPDX-License-Identifier: MIT
//
// A chain that leads back into itself is found as Brent does: each item is compared with the one
// whose number was the last power of two.

#include "windows/driver_chain.h"

// Drops what is in the list twice, once it is known how many items the loop has.
static void cut_loop(struct ms_chain *chain, size_t first, size_t length)
{
    const uint64_t *items = chain->list.items;
    size_t begin = first;

    while (begin + length < chain->list.n && items[begin] != items[begin + length])
        begin++;
    chain->list.n = begin + length;
}

enum ms_chain_end ms_chain_read(const struct ms_kernel_memory *memory, uint64_t first,
                                uint32_t next_at, size_t limit, struct ms_chain *chain)
{
    size_t begin = chain->list.n, power = 1, seen = begin;

    for (uint64_t address = first, next; address != 0; address = next) {
        size_t n = chain->list.n - begin;

        if (n > 0 && chain->list.items[seen] == address) {
            cut_loop(chain, begin, chain->list.n - seen);
            return MS_CHAIN_LOOPS;
        }
        if (!ms_kernel_pointer(memory, address + next_at, &next))
            return MS_CHAIN_BREAKS;
        if (chain->list.n >= limit)
            return MS_CHAIN_TOO_LONG;
        if (!ms_vec_push(&chain->list, address))
            return MS_CHAIN_NO_MEMORY;
        if (n + 1 == power) {
            seen = chain->list.n - 1;
            power *= 2;
        }
    }
    return MS_CHAIN_WHOLE;
}
