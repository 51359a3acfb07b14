// SPDX-License-Identifier: MIT

#include "match/byte_pairs.h"

// How often each byte value is met in 65,536 bytes of memory: realistic images as memscan-bench
// makes them, a third of them zero pages, the rest programs, libraries, text and tables.
static const uint16_t frequencies[256] = {
    31317, 719, 391, 292, 304, 273, 185, 140, 311, 167, 276, 106, 116, 96,  192, 354, // 00
    209,   104, 90,  94,  98,  82,  71,  69,  136, 76,  67,  74,  75,  65,  64,  120, // 10
    1377,  74,  135, 75,  371, 88,  74,  91,  163, 128, 92,  68,  161, 119, 172, 154, // 20
    222,   209, 137, 99,  103, 95,  86,  78,  121, 120, 131, 121, 99,  103, 87,  65,  // 30
    138,   309, 136, 151, 260, 236, 109, 99,  752, 262, 69,  80,  287, 143, 134, 113, // 40
    173,   68,  144, 207, 186, 109, 89,  77,  90,  97,  75,  79,  88,  87,  60,  286, // 50
    90,    505, 155, 297, 294, 780, 248, 185, 185, 450, 85,  98,  341, 220, 445, 451, // 60
    269,   66,  477, 439, 640, 281, 144, 101, 129, 145, 94,  67,  84,  76,  60,  59,  // 70
    138,   72,  59,  196, 164, 157, 67,  60,  77,  430, 54,  341, 71,  183, 60,  59,  // 80
    94,    57,  53,  55,  64,  56,  52,  53,  67,  52,  52,  51,  59,  53,  52,  63,  // 90
    75,    56,  55,  54,  68,  55,  52,  52,  72,  53,  53,  53,  58,  53,  53,  54,  // a0
    76,    51,  56,  52,  68,  57,  77,  65,  80,  62,  72,  58,  65,  67,  72,  68,  // b0
    159,   95,  72,  100, 80,  66,  77,  98,  72,  66,  55,  53,  117, 52,  53,  53,  // c0
    105,   71,  69,  60,  57,  53,  53,  55,  75,  55,  63,  61,  51,  53,  54,  67,  // d0
    106,   64,  61,  57,  68,  59,  59,  62,  214, 109, 60,  80,  71,  68,  59,  71,  // e0
    89,    56,  60,  74,  55,  55,  77,  68,  89,  63,  65,  64,  80,  72,  127, 711, // f0
};

// How far into a pattern is looked: enough to find a rare pair in any but made-up ones.
#define PAIR_AREA 1024

// Where a byte is, the same one follows so often: memory is full of runs.
#define AGAIN 0.25

static uint8_t mask_at(const struct ms_pattern *pattern, uint32_t i)
{
    return pattern->mask ? pattern->mask[i] : 0xff;
}

// The part of memory's bytes that equal `value` under `mask`.
static double byte_share(uint8_t value, uint8_t mask)
{
    uint32_t sum = 0;

    for (uint32_t byte = 0; byte < 256; byte++) {
        if ((byte & mask) == value)
            sum += frequencies[byte];
    }
    return sum / 65536.0;
}

// As of two bytes that know nothing of each other, but for runs.
static double pair_share(const struct ms_pattern *pattern, uint32_t a, uint32_t b, double share_a,
                         double share_b)
{
    bool same =
        pattern->bytes[a] == pattern->bytes[b] && mask_at(pattern, a) == mask_at(pattern, b);

    return same && share_b < AGAIN ? share_a * AGAIN : share_a * share_b;
}

double ms_pair_share(const struct ms_pattern *pattern, uint32_t a, uint32_t b)
{
    return pair_share(pattern, a, b, byte_share(pattern->bytes[a], mask_at(pattern, a)),
                      byte_share(pattern->bytes[b], mask_at(pattern, b)));
}

static struct ms_pattern_pair pair_of(const struct ms_pattern *pattern, uint32_t a, uint32_t b,
                                      double share)
{
    return (struct ms_pattern_pair){
        .pair =
            {
                .value = {pattern->bytes[a], pattern->bytes[b]},
                .mask = {mask_at(pattern, a), mask_at(pattern, b)},
                .distance = b - a,
            },
        .offset = a,
        // Where there is no third byte, each is a match.
        .in_vain = pattern->length > 2 || pattern->n_ranges > 0 ? share : 0,
    };
}

struct ms_pattern_pair ms_pair_choose(const struct ms_pattern *pattern)
{
    double shares[PAIR_AREA] = {0};
    uint32_t n = pattern->length < PAIR_AREA ? pattern->length : PAIR_AREA;
    uint32_t first = 0, second = 0;
    double best;

    for (uint32_t i = 0; i < n; i++)
        shares[i] = byte_share(pattern->bytes[i], mask_at(pattern, i));
    best = shares[0];
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = a + 1; b < n && b - a <= MS_PAIR_REACH; b++) {
            double share = pair_share(pattern, a, b, shares[a], shares[b]);

            if (share >= best)
                continue;
            best = share;
            first = a;
            second = b;
        }
    }
    return pair_of(pattern, first, second, best);
}
