// SPDX-License-Identifier: MIT
//
// What the guest's kernel says of its memory.

#ifndef MEMSCAN_TESTS_GUEST_MEMORY_H
#define MEMSCAN_TESTS_GUEST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Asks it, and says the lines "ram" and "symbol", and the fact "kernel_offset". Needs /proc.
void memory_ask(void);

// Whether the frame lies where the kernel's own image was loaded, or in the same 2 MiB. Pages there
// may have been given back, and are then mapped at one more address, which nobody tells.
bool memory_is_kernel_image(uint64_t frame);

// The address at which the kernel has these bytes among all its memory. False: it has not.
bool memory_kernel_address(uint64_t physical, size_t length, uint64_t *address_ret);

#endif
