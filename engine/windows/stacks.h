// SPDX-License-Identifier: MIT
//
// Which instructions of x86 processors are a CALL, by the bytes before an address.

#ifndef MS_WINDOWS_STACKS_H
#define MS_WINDOWS_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// No near CALL has more bytes, prefixes aside, which change nothing here.
#define MS_MAX_CALL_BYTES 7u

// The bytes of the CALL through a register or memory (FF /2) that ends at `end`, before which `n`
// bytes are there; 0: none does.
size_t ms_indirect_call_before(const uint8_t *end, size_t n);

// Whether a CALL (E8) ends there that leads so many bytes on, which may be less than 0.
bool ms_direct_call_before(const uint8_t *end, size_t n, int32_t *distance_ret);

#endif
