// SPDX-License-Identifier: MIT
//
// Where in a pool block an object lies: behind its OBJECT_HEADER, before which optional headers
// stand.
//
// Facts: Volatility 3 (windows/extensions/pool.py), Volatility 2 (overlays/windows).

#ifndef MS_WINDOWS_OBJECT_BLOCK_H
#define MS_WINDOWS_OBJECT_BLOCK_H

#include "windows/pool_block.h"

#define MS_MAX_OBJECT_PLACES 8

// The addresses at which the body of an object of `body_bytes` bytes (0: not known) may begin in a
// block, the likeliest first. Up to Windows 7 a body ends where the block does; later ones, and
// those of unknown size, begin behind headers that tell their own sizes, as any bytes may.
size_t ms_object_places(const struct ms_kernel_memory *memory, uint32_t build,
                        const struct ms_pool_block *block, uint32_t body_bytes,
                        uint64_t places[MS_MAX_OBJECT_PLACES]);

#endif
