// SPDX-License-Identifier: MIT
//
// Ranges of addresses, both ends inclusive so that the top byte of the address space has a name.

#ifndef MEMSCAN_RANGE_H
#define MEMSCAN_RANGE_H

#include <memscan/status.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ms_range {
    uint64_t first; // first address
    uint64_t last;  // last address, not below first
    bool physical;  // written p:...
};

// Parses an address: hexadecimal, 0x allowed, 0n for decimal, a backtick between digits allowed, p:
// in front for a physical one (`physical_ret` may be NULL where that makes no difference).
MS_API enum ms_status ms_address_parse(const char *text, uint64_t *address_ret, bool *physical_ret,
                                       struct ms_error *error);

// Parses a range:
//   START+BYTES    BYTES bytes from START on
//   START,END      both inclusive
//   START,LN       N elements of `element_size` bytes from START on; START,L?N means the same
//   START,L-N      the N elements before START
// Numbers are written as addresses are. A range that would pass the top of the address space (or
// its bottom, for L-N) ends there. An empty range, or END below START, is MS_ARGUMENT. An
// `element_size` of 0 means that elements have no single size: the L forms are then MS_ARGUMENT.
MS_API enum ms_status ms_range_parse(const char *text, uint32_t element_size,
                                     struct ms_range *range_ret, struct ms_error *error);

#ifdef __cplusplus
}
#endif

#endif
