// SPDX-License-Identifier: MIT
//
// Chains of structures, each of which holds the address of the next one; the last one holds 0.

#ifndef MS_WINDOWS_DRIVER_CHAIN_H
#define MS_WINDOWS_DRIVER_CHAIN_H

#include "windows/kernel_memory.h"

struct ms_chain {
    MS_VEC(uint64_t) list; // addresses, in the chain's order, each once; freed by the caller
};

enum ms_chain_end {
    MS_CHAIN_WHOLE,
    MS_CHAIN_BREAKS, // the next one is not in the image
    MS_CHAIN_LOOPS,  // it leads back into itself
    MS_CHAIN_TOO_LONG,
    MS_CHAIN_NO_MEMORY,
};

// Appends the structures from the first one on, which may be 0. In each the address of the next one
// is `next_at` bytes from its start. The list gets no longer than `limit`.
enum ms_chain_end ms_chain_read(const struct ms_kernel_memory *memory, uint64_t first,
                                uint32_t next_at, size_t limit, struct ms_chain *chain);

#endif
