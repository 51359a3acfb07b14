// SPDX-License-Identifier: MIT

#include "match/anchor.h"

#include "base/bytes.h"

#include <string.h>

// How far into a pattern elements are looked for: enough to find a rare one in any but made-up
// patterns, and a bound on what a window needs behind its end.
#define ELEMENT_REACH 1024

// More bits than this make no difference: candidates are too rare to cost anything.
#define ENOUGH_BITS 24

// Zeros fill a third of memory, and text, small numbers and sign bits much of the rest.
uint32_t ms_byte_bits(uint8_t byte)
{
    if (byte == 0x00)
        return 1;
    if (byte == 0xff)
        return 3;
    if (byte < 0x08 || byte == ' ')
        return 4;
    if (byte >= 'a' && byte <= 'z')
        return 5;
    return 7;
}

static bool in_value_range(const struct ms_pattern *pattern, uint32_t offset,
                           const struct ms_value_range **range_ret)
{
    for (size_t i = 0; i < pattern->n_ranges; i++) {
        const struct ms_value_range *range = &pattern->ranges[i];

        if (offset >= range->offset && offset - range->offset < range->width) {
            *range_ret = range;
            return true;
        }
    }
    return false;
}

// What byte `i` rules out, seen after the byte before it: a repeat of that says almost nothing new.
static uint32_t bits_at(const struct ms_pattern *pattern, uint32_t i)
{
    uint8_t mask = pattern->mask ? pattern->mask[i] : 0xff;
    uint32_t bits = ms_byte_bits(pattern->bytes[i]) * (uint32_t)__builtin_popcount(mask) / 8;

    if (i > 0 && pattern->bytes[i] == pattern->bytes[i - 1] && bits > 1)
        return 1;
    return bits;
}

// The part of a value range that bytes [skip, skip + width) of the value can be told to lie in.
static void narrow_range(struct ms_element *element, const struct ms_value_range *range)
{
    uint32_t low = 8 * (element->offset - range->offset);
    uint32_t high = low + 8 * element->width;
    uint64_t all = element->width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * element->width) - 1;

    element->kind = MS_ELEMENT_RANGE;
    element->value = 0;
    element->last = all;
    // Only below equal upper parts do the lower parts keep the order of the whole values.
    if (high >= 64 || range->lo >> high == range->hi >> high) {
        element->value = range->lo >> low & all;
        element->last = range->hi >> low & all;
    }
    element->bits = 0;
    for (uint64_t span = element->last - element->value; span < all; span = span << 1 | 1)
        element->bits++;
}

static struct ms_element element_at(const struct ms_pattern *pattern, uint32_t offset,
                                    uint32_t width)
{
    struct ms_element element = {.offset = offset, .width = width};
    const struct ms_value_range *range;
    uint64_t all = width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;

    if (in_value_range(pattern, offset, &range) && offset + width <= range->offset + range->width) {
        narrow_range(&element, range);
        element.whole = width == pattern->length;
        // Also part of a wider range: that the upper parts are equal remains to be verified.
        return element;
    }
    element.value = ms_le(pattern->bytes + offset, width);
    element.mask = pattern->mask ? ms_le(pattern->mask + offset, width) : all;
    // A narrower value range inside it is in neither the value nor the mask.
    element.whole = width == pattern->length && pattern->n_ranges == 0;
    element.kind = element.mask == all ? MS_ELEMENT_EXACT : MS_ELEMENT_MASKED;
    for (uint32_t i = 0; i < width; i++)
        element.bits += bits_at(pattern, offset + i);
    return element;
}

static bool better(const struct ms_element *a, const struct ms_element *b)
{
    uint32_t a_bits = a->bits < ENOUGH_BITS ? a->bits : ENOUGH_BITS;
    uint32_t b_bits = b->bits < ENOUGH_BITS ? b->bits : ENOUGH_BITS;

    if (a_bits != b_bits)
        return a_bits > b_bits;
    return a->whole && !b->whole;
}

struct ms_element ms_anchor_element(const struct ms_pattern *pattern, uint32_t max_width)
{
    struct ms_element best = element_at(pattern, 0, 1);

    for (uint32_t width = 1; width <= max_width && width <= pattern->align; width *= 2) {
        for (uint32_t offset = 0; offset + width <= pattern->length && offset < ELEMENT_REACH;
             offset += width) {
            struct ms_element element = element_at(pattern, offset, width);

            if (better(&element, &best))
                best = element;
        }
    }
    return best;
}

// Fewer, and too many are met by chance.
#define SHIFTED_BITS 14

bool ms_anchor_shifted(const struct ms_pattern *pattern, struct ms_element *element_ret)
{
    uint32_t bits = SHIFTED_BITS - 1;

    for (uint32_t offset = 0; offset + 4 <= pattern->length && offset < ELEMENT_REACH; offset++) {
        struct ms_element element = element_at(pattern, offset, 4);

        if (element.kind != MS_ELEMENT_EXACT || element.bits <= bits)
            continue;
        bits = element.bits;
        *element_ret = element;
    }
    return bits >= SHIFTED_BITS;
}

// Takes wild bytes off both ends, and off the end also a run of equal bytes: Hyperscan slows down a
// thousandfold on memory full of the byte that a pattern ends in.
static struct ms_stretch_anchor trim(const struct ms_pattern *pattern, uint32_t start, uint32_t end)
{
    const uint8_t *bytes = pattern->bytes, *mask = pattern->mask;
    struct ms_stretch_anchor anchor;
    uint32_t run = 1;

    while (mask && end - start > 1 && mask[start] == 0)
        start++;
    while (mask && end - start > 1 && mask[end - 1] == 0)
        end--;
    while (end - start > run && bytes[end - 1 - run] == bytes[end - 1])
        run++;
    if (run > 2 && end - start - run >= 4)
        end -= run - 1;
    anchor = (struct ms_stretch_anchor){.offset = start, .length = end - start};
    for (uint32_t i = start; i < end; i++)
        anchor.bits += bits_at(pattern, i);
    return anchor;
}

struct ms_stretch_anchor ms_anchor_stretch(const struct ms_pattern *pattern)
{
    uint32_t window = pattern->length < MS_ANCHOR_BYTES ? pattern->length : MS_ANCHOR_BYTES;
    uint32_t bits = 0, best_bits, best_start = 0;

    for (uint32_t i = 0; i < window; i++)
        bits += bits_at(pattern, i);
    best_bits = bits;
    for (uint32_t start = 1; start + window <= pattern->length; start++) {
        bits += bits_at(pattern, start + window - 1);
        bits -= bits_at(pattern, start - 1);
        if (bits > best_bits) {
            best_bits = bits;
            best_start = start;
        }
    }
    return trim(pattern, best_start, best_start + window);
}

uint32_t ms_pattern_period(const struct ms_pattern *pattern, uint32_t most)
{
    if (pattern->mask || pattern->n_ranges)
        return 0;
    for (uint32_t period = 1; period <= most && period <= pattern->length / 2; period++) {
        if (memcmp(pattern->bytes, pattern->bytes + period, pattern->length - period) == 0)
            return period;
    }
    return 0;
}
