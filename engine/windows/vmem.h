// SPDX-License-Identifier: MIT
//
// Where structures of Windows are read from: memory by virtual address, with holes. Kernel spaces,
// processes and minidumps all are one.

#ifndef MS_WINDOWS_VMEM_H
#define MS_WINDOWS_VMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ms_vmem {
    // Copies `length` bytes from the address on into `bytes` and sets present[i] to whether byte i
    // is there; bytes[i] is 0 where it is not. Addresses past the top of the address space are not.
    // Returns the number of bytes present. So ms_spaces_read() does it. The same address has the
    // same bytes each time, as far as the caller's image does not change.
    size_t (*read)(void *user, uint64_t address, uint8_t *bytes, bool *present, size_t length);
    void *user;
};

// Whether all bytes are there; what is not is 0 in `bytes`. For structures: at most 4096 bytes.
bool ms_vmem_get(const struct ms_vmem *memory, uint64_t address, uint8_t *bytes, size_t length);

#endif
