// SPDX-License-Identifier: MIT
//
// Of the CALLs, the two near ones: no version of Windows leaves a far one's return address on a
// kernel stack, and 9A is a common byte.

#include "windows/stacks.h"

#include "base/bytes.h"

enum { DIRECT = 0xe8, DIRECT_BYTES = 5, INDIRECT = 0xff, INDIRECT_DIGIT = 2 };

// The bytes of FF and its operand: ModRM, after some of these SIB, after some displacements.
static size_t indirect_bytes(uint8_t modrm, uint8_t sib)
{
    unsigned mod = modrm >> 6, rm = modrm & 7;
    bool has_sib = mod != 3 && rm == 4;
    bool no_base = mod == 0 && (rm == 5 || (has_sib && (sib & 7) == 5));
    size_t displacement = mod == 1 ? 1 : mod == 2 || no_base ? 4 : 0;

    return 2 + (size_t)has_sib + displacement;
}

size_t ms_indirect_call_before(const uint8_t *end, size_t n)
{
    for (size_t length = 2; length <= MS_MAX_CALL_BYTES && length <= n; length++) {
        const uint8_t *at = end - length;

        // Of 2 bytes the last is no SIB, but none is needed to tell their length.
        if (at[0] == INDIRECT && (at[1] >> 3 & 7) == INDIRECT_DIGIT &&
            indirect_bytes(at[1], length > 2 ? at[2] : 0) == length)
            return length;
    }
    return 0;
}

bool ms_direct_call_before(const uint8_t *end, size_t n, int32_t *distance_ret)
{
    if (n < DIRECT_BYTES || end[-DIRECT_BYTES] != DIRECT)
        return false;
    *distance_ret = (int32_t)ms_le32(end - 4);
    return true;
}
