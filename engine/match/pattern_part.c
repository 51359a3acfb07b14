// SPDX-License-Identifier: MIT

#include "match/pattern_part.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

uint32_t ms_pattern_part_align(const struct ms_pattern *pattern, uint32_t offset)
{
    uint32_t lowest = offset & (~offset + 1);

    return offset != 0 && lowest < pattern->align ? lowest : pattern->align;
}

static bool holds_range(const struct ms_value_range *range, uint32_t offset, uint32_t length)
{
    return range->offset >= offset && range->offset - offset + range->width <= length;
}

// The bytes of a range that is held in part were masked out of the pattern and stay so.
static bool copy_ranges(struct ms_pattern *part, const struct ms_pattern *pattern, uint32_t offset)
{
    if (pattern->n_ranges == 0)
        return true;
    part->ranges = calloc(pattern->n_ranges, sizeof(*part->ranges));
    if (!part->ranges)
        return false;
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        struct ms_value_range range = pattern->ranges[i];

        if (!holds_range(&range, offset, part->length))
            continue;
        range.offset -= offset;
        part->ranges[part->n_ranges++] = range;
    }
    return true;
}

static uint8_t *copy_bytes(const uint8_t *bytes, uint32_t length)
{
    uint8_t *copy = malloc(length);

    if (copy)
        memcpy(copy, bytes, length);
    return copy;
}

bool ms_pattern_part(struct ms_pattern *part, const struct ms_pattern *pattern, uint32_t offset,
                     uint32_t length)
{
    *part = (struct ms_pattern){
        .kind = MS_HEX,
        .align = ms_pattern_part_align(pattern, offset),
        .length = length,
        .bytes = copy_bytes(pattern->bytes + offset, length),
        .mask = pattern->mask ? copy_bytes(pattern->mask + offset, length) : NULL,
        .text = calloc(1, 1),
        .name = calloc(1, 1),
    };
    if (part->bytes && (part->mask || !pattern->mask) && part->text && part->name &&
        copy_ranges(part, pattern, offset))
        return true;
    ms_pattern_release(part);
    return false;
}

bool ms_pattern_part_matches(const struct ms_pattern *pattern, uint32_t offset, uint32_t length,
                             const uint8_t *memory)
{
    for (uint32_t i = 0; i < length; i++) {
        uint8_t mask = pattern->mask ? pattern->mask[offset + i] : 0xff;

        if ((memory[i] & mask) != pattern->bytes[offset + i])
            return false;
    }
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];
        uint64_t value;

        if (!holds_range(range, offset, length))
            continue;
        value = ms_le(memory + (range->offset - offset), range->width);
        if (value < range->lo || value > range->hi)
            return false;
    }
    return true;
}
