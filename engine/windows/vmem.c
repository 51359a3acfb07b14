// SPDX-License-Identifier: MIT

#include "windows/vmem.h"

#include <assert.h>
#include <string.h>

enum { MOST = 4096 };

bool ms_vmem_get(const struct ms_vmem *memory, uint64_t address, uint8_t *bytes, size_t length)
{
    bool present[MOST];

    assert(length <= MOST);
    return memory->read(memory->user, address, bytes, present, length) == length;
}
