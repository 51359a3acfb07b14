// SPDX-License-Identifier: MIT
//
// Little-endian fields of on-disk headers, as const tables have them. The caller holds a copy of
// the header, and has made sure that the field lies in it.

#ifndef MS_FORMAT_FIELD_H
#define MS_FORMAT_FIELD_H

#include "base/bytes.h"

struct ms_field {
    uint16_t offset; // bytes from the start of the header
    uint8_t width;   // bytes, 1 to 8; 0: this header has no such field
};

static inline uint64_t ms_field_value(const uint8_t *header, struct ms_field field)
{
    return ms_le(header + field.offset, field.width);
}

#endif
