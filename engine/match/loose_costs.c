// SPDX-License-Identifier: MIT
//
// The figures were measured with AVX2 over an image of the kind that bench.spec makes. Sets of 3,
// 30, 300 and 3,000 patterns of each of these kinds, by either engine: dwords with one or two bytes
// wild, hex with nibbles wild, ranges of qwords, aligned text in any case.

#include "match/loose_costs.h"

#include <math.h>
#include <stdlib.h>

// Nanoseconds to try one pattern at an element that has passed the filter.
#define TRY_NS 5

// Nanoseconds of a call from Hyperscan, with what is verified there.
#define CALL_NS 25

// Bytes in the middle that may be anything make it so much slower.
#define WILD_FACTOR 3

// By how many patterns it searches for at least: nanoseconds a byte.
static const struct {
    size_t n_patterns;
    double ns;
} hyperscan_ns[] = {{10000, 3}, {1000, 1.5}, {100, 0.8}, {16, 0.5}, {0, 0.25}};

bool ms_element_may_have_top(const struct ms_element *element, uint32_t top)
{
    uint32_t shift = 8 * (element->width - 1);

    if (element->kind == MS_ELEMENT_RANGE)
        return top >= element->value >> shift && top <= element->last >> shift;
    return (top & element->mask >> shift) == element->value >> shift;
}

// The part of memory's halves that are in a map.
static double map_share(const uint32_t *map)
{
    double in = 0, all = 0;

    for (uint32_t half = 0; half < 65536; half++) {
        uint32_t bits = ms_byte_bits(half & 255) + ms_byte_bits(half >> 8 & 255);
        double weight = ldexp(1, -(int)bits);

        all += weight;
        in += ms_in_map(map, half) ? weight : 0;
    }
    return in / all;
}

// The part of elements that pass. Halves are not independent, as beside text there is text: of the
// elements in which the rarer half passes, more than the other's share pass.
static double set_share(const struct ms_element_set *set, uint32_t width)
{
    double first = map_share(set->map[0]), second;

    if (width == 2)
        return first;
    second = map_share(set->map[1]);
    return first < second ? first * (1 + second) / 2 : second * (1 + first) / 2;
}

// How many patterns an element is tried against that has the top byte of one: each list of them is
// as often met as it is long.
static double patterns_to_try(const struct word_anchor *anchors, size_t n)
{
    double sum = 0, squares = 0;

    for (uint32_t top = 0; top < 256; top++) {
        size_t length = 0;

        for (size_t i = 0; i < n; i++)
            length += ms_element_may_have_top(&anchors[i].element, top);
        sum += (double)length;
        squares += (double)length * (double)length;
    }
    return sum > 0 ? squares / sum : 0;
}

double ms_loose_words_cost(const struct word_anchor *anchors, size_t n,
                           const struct ms_kernel_costs *costs)
{
    struct ms_element_set *set = ms_element_set_create(anchors, n);
    uint32_t width = anchors[0].element.width;
    double share;

    if (!set)
        return -1;
    share = set_share(set, width);
    free(set);
    return (costs->map / 32 + share * (costs->candidate + TRY_NS * patterns_to_try(anchors, n))) /
           width;
}

static bool has_wild_middle(const struct ms_pattern *pattern, struct ms_stretch_anchor stretch)
{
    for (uint32_t i = stretch.offset; pattern->mask && i < stretch.offset + stretch.length; i++) {
        if (pattern->mask[i] == 0)
            return true;
    }
    return false;
}

double ms_loose_hyperscan_cost(const struct ms_pattern *patterns, const struct word_anchor *anchors,
                               size_t n)
{
    double calls = 0, base;
    size_t row = 0, n_wild = 0;

    for (size_t i = 0; i < n; i++) {
        const struct ms_pattern *pattern = &patterns[anchors[i].pattern];
        struct ms_stretch_anchor stretch = ms_anchor_stretch(pattern);

        calls += ldexp(1, -(int)stretch.bits);
        n_wild += has_wild_middle(pattern, stretch);
    }
    while (n < hyperscan_ns[row].n_patterns)
        row++;
    base = hyperscan_ns[row].ns;
    return (n_wild > 0 ? WILD_FACTOR * base : base) + CALL_NS * calls;
}
