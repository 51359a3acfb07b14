// SPDX-License-Identifier: MIT

#include "match/nibbles.h"

#include "match/anchor.h"

#include <string.h>

#define BUCKETS 8 // of a half

// Values in some order and cut into buckets: which bucket each of them is in, and which nibbles
// each bucket has.
struct division {
    const uint64_t *values;
    size_t n;
    uint32_t n_bytes; // looked at
    const uint8_t *position;
    size_t n_buckets;
    uint16_t low[2 * BUCKETS][MS_NIBBLE_BYTES];
    uint16_t high[2 * BUCKETS][MS_NIBBLE_BYTES];
};

// What a division goes by: one nibble of one of the bytes.
struct division_key {
    uint8_t position;
    bool low;
    bool evenly; // buckets of equal numbers of values; else of equal numbers of nibbles
};

static uint8_t byte_at(uint64_t value, uint32_t position)
{
    return (uint8_t)(value >> 8 * position);
}

// Bytes of a stretch of memory are alike: where one is text, its neighbours are. So there are two
// kinds of memory, in each of which a byte is taken to say nothing about the next.
enum memory_kind { MEMORY_BINARY, MEMORY_TEXT, N_MEMORY_KINDS };

static const double memory_share[N_MEMORY_KINDS] = {[MEMORY_BINARY] = 0.9, [MEMORY_TEXT] = 0.1};

// The share of bytes of memory of that kind that have this value.
static double byte_share(enum memory_kind kind, uint32_t byte)
{
    static const double sum = 468 / 128.0; // of all 256 terms

    if (kind == MEMORY_BINARY)
        return 1.0 / (1u << ms_byte_bits((uint8_t)byte)) / sum;
    if (byte < ' ' || byte > '~')
        return 0;
    return byte >= 'a' && byte <= 'z' ? 0.65 / 26 : 0.35 / 69;
}

// == Bytes to look at ==

// How much of memory the bytes that the values have at a position let pass.
static double position_share(const uint64_t *values, size_t n, uint32_t position)
{
    bool seen[256] = {false};
    double share = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t byte = byte_at(values[i], position);

        share += seen[byte] ? 0 : byte_share(MEMORY_BINARY, byte);
        seen[byte] = true;
    }
    return share;
}

// The positions that let least pass.
static void choose_positions(struct ms_nibbles *nibbles, const uint64_t *values, size_t n,
                             uint32_t n_bytes, uint32_t width)
{
    double share[8];

    for (uint32_t i = 0; i < width; i++)
        share[i] = position_share(values, n, i);
    for (uint32_t i = 0; i < n_bytes; i++) {
        uint32_t best = 0;

        for (uint32_t position = 1; position < width; position++) {
            if (share[position] < share[best])
                best = position;
        }
        nibbles->position[i] = (uint8_t)best;
        share[best] = 2; // more than all
    }
}

// == Buckets ==

// The place of a value in the order: by one nibble, then by the other of the same byte.
static uint8_t key_of(uint64_t value, const struct division_key *key)
{
    uint8_t byte = byte_at(value, key->position);

    if (key->low)
        return (uint8_t)(byte << 4 | byte >> 4);
    return byte;
}

static void divide(struct division *division, const struct division_key *key)
{
    size_t before[257] = {0}; // values with a lower place
    uint8_t places[MS_MAX_NIBBLE_VALUES];

    memset(division->low, 0, sizeof(division->low));
    memset(division->high, 0, sizeof(division->high));
    for (size_t i = 0; i < division->n; i++) {
        places[i] = key_of(division->values[i], key);
        before[places[i] + 1]++;
    }
    for (size_t i = 1; i < 257; i++)
        before[i] += before[i - 1];
    for (size_t i = 0; i < division->n; i++) {
        size_t bucket = key->evenly ? before[places[i]]++ * division->n_buckets / division->n
                                    : places[i] * division->n_buckets / 256;

        for (uint32_t j = 0; j < division->n_bytes; j++) {
            uint8_t byte = byte_at(division->values[i], division->position[j]);

            division->low[bucket][j] = (uint16_t)(division->low[bucket][j] | 1u << (byte & 15));
            division->high[bucket][j] = (uint16_t)(division->high[bucket][j] | 1u << (byte >> 4));
        }
    }
}

// The share of bytes that have one of the low and one of the high nibbles.
static double nibbles_share(enum memory_kind kind, uint32_t low, uint32_t high)
{
    double share = 0;

    for (; high; high &= high - 1) {
        uint32_t row = (uint32_t)__builtin_ctz(high) << 4;

        for (uint32_t left = low; left; left &= left - 1)
            share += byte_share(kind, row | (uint32_t)__builtin_ctz(left));
    }
    return share;
}

static double bucket_share(enum memory_kind kind, const struct division *division, size_t bucket)
{
    double share = 1;

    for (uint32_t i = 0; i < division->n_bytes; i++)
        share *= nibbles_share(kind, division->low[bucket][i], division->high[bucket][i]);
    return share;
}

// The share of memory that passes.
static double division_share(const struct division *division)
{
    double sum = 0;

    for (size_t bucket = 0; bucket < division->n_buckets; bucket++) {
        for (int kind = 0; kind < N_MEMORY_KINDS; kind++)
            sum += memory_share[kind] * bucket_share((enum memory_kind)kind, division, bucket);
    }
    return sum;
}

// == The tables ==

static void fill_tables(struct ms_nibbles *nibbles, const struct division *division)
{
    memset(nibbles->low, 0, sizeof(nibbles->low));
    memset(nibbles->high, 0, sizeof(nibbles->high));
    for (size_t bucket = 0; bucket < division->n_buckets; bucket++) {
        size_t half = bucket / BUCKETS;
        uint8_t bit = (uint8_t)(1u << bucket % BUCKETS);

        for (uint32_t i = 0; i < division->n_bytes; i++) {
            for (uint32_t nibble = 0; nibble < 16; nibble++) {
                if (division->low[bucket][i] >> nibble & 1)
                    nibbles->low[half][i][nibble] |= bit;
                if (division->high[bucket][i] >> nibble & 1)
                    nibbles->high[half][i][nibble] |= bit;
            }
        }
    }
}

double ms_nibbles_fill(struct ms_nibbles *nibbles, const uint64_t *values, size_t n,
                       enum ms_test_kind kind, uint32_t width)
{
    struct division division = {
        .values = values,
        .n = n,
        .n_bytes = ms_nibble_bytes(kind, width),
        .position = nibbles->position,
        .n_buckets = ms_nibble_halves(kind) * BUCKETS,
    };
    double best = 0;

    *nibbles = (struct ms_nibbles){.zero_passes = false};
    choose_positions(nibbles, values, n, division.n_bytes, width);
    for (uint32_t i = 0; i < 4 * division.n_bytes; i++) {
        struct division_key key = {
            .position = nibbles->position[i / 4],
            .low = i % 2,
            .evenly = i / 2 % 2,
        };
        double share;

        divide(&division, &key);
        share = division_share(&division);
        if (i > 0 && share >= best)
            continue;
        best = share;
        fill_tables(nibbles, &division);
    }
    nibbles->zero_passes = ms_nibbles_pass(nibbles, kind, width, 0);
    return best;
}
