// SPDX-License-Identifier: MIT

#include "match/uniform.h"

#include <string.h>

// Leaves at the first difference, so a block of other data costs a few instructions.
static bool is_uniform(const uint8_t *bytes)
{
    return bytes[0] == bytes[1] && memcmp(bytes, bytes + 1, MS_UNIFORM_BLOCK - 1) == 0;
}

struct ms_uniform ms_uniform_find(const uint8_t *bytes, size_t from, size_t end, size_t least,
                                  const bool *wanted)
{
    size_t at = from;

    while (end - at >= MS_UNIFORM_BLOCK && end - at >= least) {
        struct ms_uniform found = {.start = at, .end = at, .byte = bytes[at]};

        while (end - found.end >= MS_UNIFORM_BLOCK && (!wanted || wanted[found.byte]) &&
               bytes[found.end] == found.byte && is_uniform(bytes + found.end))
            found.end += MS_UNIFORM_BLOCK;
        if (found.end - found.start >= least && found.end > found.start)
            return found;
        at = found.end > at ? found.end : at + MS_UNIFORM_BLOCK;
    }
    return (struct ms_uniform){.start = end, .end = end};
}
