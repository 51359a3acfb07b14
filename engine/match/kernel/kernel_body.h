// SPDX-License-Identifier: MIT
//
// The kernels of an instruction set with vectors: one generic body, always inlined with a constant
// test and width, so that each function at the end is a loop of its own. It is included, once, by a
// file that defines
//
//   VEC_BYTES      32 or 64
//   vec            a vector of so many bytes
//   flags          one truth value for each element of a vector
//   INLINE         what each of its functions is, as here
//   KERNELS, NAME  the table to be defined, and its name
//   COSTS          of its tests
//   HAS_SIEVED     if it has that test, for vectors of 64 bytes alone
//   usable()       whether this processor has the instructions
//
// and the operations v_...() and f_...() on vectors and flags, all of which kernel_avx2.c has with
// a line on each; those that SIEVED needs besides, kernel_avx512vbmi.c. Costs, in operations per 32
// bytes beside the load, and in cycles of a processor of 2021 with AVX2 (AMD Zen 3) from its
// second-level cache:
//
//   EQUAL         1 operation, 1.3 cycles: faster than any memory
//   FEW           7, 3
//   MASKED        2, 1.3
//   RANGE         3 (64 bits: 4), 2
//   NIBBLE_PAIRS  5 (width 8: 4), 3: 2 to bring the bytes that are looked at into planes, a vector
//                 for each, 3 for shuffles that look nibbles up in planes of 32 elements
//   NIBBLES       10 for widths 4 and 8, 4: 3 to bring bytes into planes, 7 to look nibbles up
//   WIDE_NIBBLES  16, 6: the same planes, twice the shuffles
//   HASHED        width 4: 8 words from a map, 11 to 14; width 8: 4 words, 9
//   SIEVED        width 4: 7, 5 on a processor of 2022 (AMD Zen 4), where HASHED takes 10. For 64
//                 elements: 12 for hashes, 8 to bring their bytes into planes, 36 to look them up
//                 in 6 tables of 256 bytes, which are in registers. And 10 cycles for each element
//                 that is in all of them
//   SET           width 4: 8 words, 12, and 8 more where one of the first passed; width 2:
//                 16 words, 26
//   PERIOD        a second load, 1 operation
//   PAIRS         each pair: a second load, 4 operations and 2 more with a mask
//
// Where a test costs more than comparing would, blocks of equal elements, which memory is full of,
// are passed over at the rate of EQUAL: the nibble tests do so for zeros, HASHED, SIEVED and SET
// for all.
//
// A block is first tested as a whole; only where an element passed is its mask computed. Loops of a
// constant number of turns are unrolled, which gcc by itself does at -O3 only.

#include "match/kernel/kernel.h"

#include <string.h>

#define LANES (VEC_BYTES / 16) // what shuffles cannot cross the borders of

INLINE vec load(const uint8_t *at, size_t index)
{
    return v_load(at + VEC_BYTES * index);
}

// Vectors in a block.
INLINE uint32_t n_vectors(uint32_t width)
{
    return MS_BLOCK_ELEMENTS * width / VEC_BYTES;
}

// == One comparison or few ==

// What these tests need in registers. Loops keep the members that their test uses, and no others.
struct operands {
    vec values[MS_FEW_VALUES];
    vec mask;
    vec span;
    uint32_t period;
};

INLINE flags any_of(const struct operands *operands, vec bytes, uint32_t width)
{
    flags passed = f_equal(bytes, operands->values[0], width);

#pragma GCC unroll 4
    for (size_t i = 1; i < MS_FEW_VALUES; i++)
        passed = f_or(passed, f_equal(bytes, operands->values[i], width));
    return passed;
}

// Which elements of the vector at `at` pass.
INLINE flags passing(const struct operands *operands, const uint8_t *at, enum ms_test_kind kind,
                     uint32_t width)
{
    vec bytes = v_load(at);

    switch (kind) {
    case MS_TEST_EQUAL:
        return f_equal(bytes, operands->values[0], width);
    case MS_TEST_FEW:
        return any_of(operands, bytes, width);
    case MS_TEST_MASKED:
        return f_equal(v_and(bytes, operands->mask), operands->values[0], width);
    case MS_TEST_RANGE:
        return f_at_most(v_subtract(bytes, operands->values[0], width), operands->span, width);
    default:
        return f_equal(bytes, v_load(at + operands->period), 1);
    }
}

INLINE uint64_t compared_mask(const struct operands *operands, const uint8_t *at,
                              enum ms_test_kind kind, uint32_t width)
{
    uint64_t mask = 0;

#pragma GCC unroll 16
    for (uint32_t i = 0; i < n_vectors(width); i++)
        mask |= f_bits(passing(operands, at + (size_t)VEC_BYTES * i, kind, width), width)
                << i * (VEC_BYTES / width);
    return mask;
}

INLINE bool compared_passes(const struct operands *operands, const uint8_t *at,
                            enum ms_test_kind kind, uint32_t width)
{
    flags any = passing(operands, at, kind, width);

#pragma GCC unroll 16
    for (uint32_t i = 1; i < n_vectors(width); i++)
        any = f_or(any, passing(operands, at + (size_t)VEC_BYTES * i, kind, width));
    return f_any(any);
}

INLINE size_t next_compared(const struct ms_test *test, const uint8_t *bytes, size_t block,
                            size_t n_blocks, uint64_t *mask_ret, enum ms_test_kind kind,
                            uint32_t width)
{
    struct operands operands = {
        .mask = v_broadcast(test->mask, width),
        .span = v_broadcast(test->span, width),
        .period = test->period,
    };

#pragma GCC unroll 4
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        operands.values[i] = v_broadcast(test->values[i], width);
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS * width;

        if (compared_passes(&operands, at, kind, width)) {
            *mask_ret = compared_mask(&operands, at, kind, width);
            return block;
        }
    }
    return n_blocks;
}

// == Pairs of bytes ==
//
// The first bytes of all pairs are looked for in one load, the second ones each in a load of their
// own. There is a loop for each number of pairs, with masks and without, so that all that it needs
// stays in registers.

struct pair_operands {
    vec value[MS_FEW_VALUES][2];
    vec mask[MS_FEW_VALUES][2];
    uint32_t distance[MS_FEW_VALUES];
};

INLINE flags half_pair(const struct pair_operands *operands, vec bytes, uint32_t pair, size_t half,
                       bool masked)
{
    if (masked)
        bytes = v_and(bytes, operands->mask[pair][half]);
    return f_equal(bytes, operands->value[pair][half], 1);
}

// `bytes` are those at `at`.
INLINE flags pair_at(const struct pair_operands *operands, vec bytes, const uint8_t *at,
                     uint32_t pair, bool masked)
{
    return f_and(half_pair(operands, bytes, pair, 0, masked),
                 half_pair(operands, v_load(at + operands->distance[pair]), pair, 1, masked));
}

INLINE flags pairs_at(const struct pair_operands *operands, const uint8_t *at, uint32_t n,
                      bool masked)
{
    const vec bytes = v_load(at);
    flags any = pair_at(operands, bytes, at, 0, masked);

#pragma GCC unroll 4
    for (uint32_t i = 1; i < n; i++)
        any = f_or(any, pair_at(operands, bytes, at, i, masked));
    return any;
}

INLINE size_t next_pairs_of(const struct ms_test *test, const uint8_t *bytes, size_t block,
                            size_t n_blocks, uint64_t *mask_ret, uint32_t n, bool masked)
{
    const uint32_t n_vecs = n_vectors(1);
    struct pair_operands operands;

#pragma GCC unroll 4
    for (uint32_t i = 0; i < n; i++) {
        operands.distance[i] = test->pairs[i].distance;
#pragma GCC unroll 2
        for (size_t half = 0; half < 2; half++) {
            operands.value[i][half] = v_broadcast(test->pairs[i].value[half], 1);
            operands.mask[i][half] = v_broadcast(test->pairs[i].mask[half], 1);
        }
    }
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS;
        flags passed[2];

#pragma GCC unroll 2
        for (uint32_t i = 0; i < n_vecs; i++)
            passed[i] = pairs_at(&operands, at + (size_t)VEC_BYTES * i, n, masked);
        if (!f_any(n_vecs == 1 ? passed[0] : f_or(passed[0], passed[1])))
            continue;
        *mask_ret = f_bits(passed[0], 1);
        if (n_vecs > 1)
            *mask_ret |= f_bits(passed[1], 1) << (VEC_BYTES & 63);
        return block;
    }
    return n_blocks;
}

INLINE size_t next_pairs(const struct ms_test *test, const uint8_t *bytes, size_t block,
                         size_t n_blocks, uint64_t *mask_ret, bool masked)
{
    switch (test->n_pairs) {
    case 1:
        return next_pairs_of(test, bytes, block, n_blocks, mask_ret, 1, masked);
    case 2:
        return next_pairs_of(test, bytes, block, n_blocks, mask_ret, 2, masked);
    case 3:
        return next_pairs_of(test, bytes, block, n_blocks, mask_ret, 3, masked);
    default:
        return next_pairs_of(test, bytes, block, n_blocks, mask_ret, 4, masked);
    }
}

// == Nibbles ==
//
// A step is as many elements as a vector has bytes. Each byte that is looked at is brought into a
// vector of its own for all of them, a plane.

struct nibble_operands {
    vec low[2][MS_NIBBLE_BYTES];
    vec high[2][MS_NIBBLE_BYTES];
    vec gather[MS_NIBBLE_BYTES]; // shuffles that bring bytes of the same position together, for
                                 // each of the vectors that are gathered into one
};

// How many vectors are gathered into one, since only `n_bytes` of each element's are looked at.
INLINE uint32_t n_gathered(uint32_t n_bytes, uint32_t width)
{
    return width / n_bytes;
}

// Lanes [first byte looked at of each element, second byte of each, ...] of the elements of all
// vectors that are gathered into one: bytes of this one, zeros for those of the others.
INLINE vec gather_shuffle(const struct ms_nibbles *nibbles, uint32_t n_bytes, uint32_t width,
                          uint32_t vector)
{
    const uint32_t in_lane = 16 / width, each = 16 / n_bytes;
    uint8_t from[16];

    for (uint32_t i = 0; i < 16; i++) {
        uint32_t element = i % each - vector * in_lane;

        // The uppermost bit makes a zero.
        from[i] =
            element < in_lane ? (uint8_t)(element * width + nibbles->position[i / each]) : 0x80;
    }
    return v_broadcast_lane(from);
}

INLINE void load_nibbles(struct nibble_operands *operands, const struct ms_nibbles *nibbles,
                         enum ms_test_kind kind, uint32_t width)
{
    const uint32_t n_bytes = ms_nibble_bytes(kind, width);

#pragma GCC unroll 2
    for (size_t half = 0; half < ms_nibble_halves(kind); half++) {
#pragma GCC unroll 4
        for (size_t i = 0; i < n_bytes; i++) {
            operands->low[half][i] = v_broadcast_lane(nibbles->low[half][i]);
            operands->high[half][i] = v_broadcast_lane(nibbles->high[half][i]);
        }
    }
#pragma GCC unroll 4
    for (uint32_t i = 0; i < n_gathered(n_bytes, width); i++)
        operands->gather[i] = gather_shuffle(nibbles, n_bytes, width, i);
}

// Vectors [i * n, (i + 1) * n) of a step, gathered into one.
INLINE vec gathered(const struct nibble_operands *operands, const uint8_t *at, size_t i, uint32_t n)
{
    vec all = v_shuffle(load(at, i * n), operands->gather[0]);

#pragma GCC unroll 4
    for (uint32_t j = 1; j < n; j++)
        all = v_or(all, v_shuffle(load(at, i * n + j), operands->gather[j]));
    return all;
}

INLINE void make_planes(const struct nibble_operands *operands, const uint8_t *at, uint32_t n_bytes,
                        uint32_t width, vec planes[MS_NIBBLE_BYTES])
{
    vec parts[4], low[2], high[2];

    if (width == 1) {
        planes[0] = v_load(at);
        return;
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < n_bytes; i++)
        parts[i] = gathered(operands, at, i, n_gathered(n_bytes, width));
    if (n_bytes == 2) {
        planes[0] = v_unpack_low64(parts[0], parts[1]);
        planes[1] = v_unpack_high64(parts[0], parts[1]);
        return;
    }
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; i++) {
        low[i] = v_unpack_low32(parts[2 * i], parts[2 * i + 1]);
        high[i] = v_unpack_high32(parts[2 * i], parts[2 * i + 1]);
    }
    planes[0] = v_unpack_low64(low[0], low[1]);
    planes[1] = v_unpack_high64(low[0], low[1]);
    planes[2] = v_unpack_low64(high[0], high[1]);
    planes[3] = v_unpack_high64(high[0], high[1]);
}

// The buckets of each element, in the order of the planes.
INLINE vec buckets_of(const struct nibble_operands *operands, const uint8_t *at,
                      enum ms_test_kind kind, uint32_t width)
{
    const uint32_t n_bytes = ms_nibble_bytes(kind, width);
    const vec nibble = v_broadcast(15, 1);
    vec planes[MS_NIBBLE_BYTES], buckets[2];

    make_planes(operands, at, n_bytes, width, planes);
#pragma GCC unroll 4
    for (size_t i = 0; i < n_bytes; i++) {
        vec low = v_and(planes[i], nibble), high = v_high_nibbles(planes[i]);

#pragma GCC unroll 2
        for (size_t half = 0; half < ms_nibble_halves(kind); half++) {
            vec both = v_and(v_shuffle(operands->low[half][i], low),
                             v_shuffle(operands->high[half][i], high));

            buckets[half] = i == 0 ? both : v_and(buckets[half], both);
        }
    }
    return ms_nibble_halves(kind) == 1 ? buckets[0] : v_or(buckets[0], buckets[1]);
}

// Planes hold, lane by lane, the elements of that lane of each vector of the step. Puts their bits
// into the order of memory. Few are set.
INLINE uint64_t in_order(uint64_t bits, uint32_t width)
{
    const uint32_t in_lane = 16 / width; // elements in a lane of a vector
    uint64_t ordered = 0;

    if (width == 1)
        return bits;
    for (; bits; bits &= bits - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(bits);
        uint32_t vector = i % 16 / in_lane, lane = i / 16;

        ordered |= UINT64_C(1) << ((vector * LANES + lane) * in_lane + i % in_lane);
    }
    return ordered;
}

INLINE bool step_is_zero(const uint8_t *at, uint32_t width)
{
    vec any = v_load(at);

#pragma GCC unroll 8
    for (size_t i = 1; i < width; i++)
        any = v_or(any, load(at, i));
    return v_is_zero(any);
}

INLINE size_t next_nibbles(const struct ms_test *test, const uint8_t *bytes, size_t block,
                           size_t n_blocks, uint64_t *mask_ret, enum ms_test_kind kind,
                           uint32_t width)
{
    const bool skip_zeros = !test->nibbles->zero_passes;
    struct nibble_operands operands;

    load_nibbles(&operands, test->nibbles, kind, width);
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS * width;
        uint64_t mask = 0;

#pragma GCC unroll 2
        for (uint32_t i = 0; i < MS_BLOCK_ELEMENTS;
             i += VEC_BYTES, at += (size_t)VEC_BYTES * width) {
            vec buckets;

            if (skip_zeros && step_is_zero(at, width))
                continue;
            buckets = buckets_of(&operands, at, kind, width);
            if (!v_is_zero(buckets))
                mask |= in_order(v_nonzero_bytes(buckets), width) << i;
        }
        if (mask) {
            *mask_ret = mask;
            return block;
        }
    }
    return n_blocks;
}

// == Maps in memory ==

// Look-ups take so long that loads of the next blocks begin late, and processors fetch ahead within
// a page only. So these tests ask for the block that is so many bytes further on: as many lines of
// the cache as an element has bytes. Where there is no memory, nothing happens. It makes them 10%
// faster over a file; tests that take less time do not gain by it.
#define FETCH_AHEAD 4096

INLINE void fetch_ahead(const uint8_t *at, uint32_t width)
{
#pragma GCC unroll 8
    for (uint32_t i = 0; i < width; i++)
        __builtin_prefetch((const void *)((uintptr_t)at + FETCH_AHEAD + (uintptr_t)64 * i));
}

// ms_le() goes byte by byte, which would be felt in each block.
INLINE uint64_t nth_element(const uint8_t *at, size_t index, uint32_t width)
{
    uint64_t value = 0;

    memcpy(&value, at + index * width, width);
    return value;
}

// Whether all elements of the block equal its first one.
INLINE bool block_is_uniform(const uint8_t *at, uint32_t width)
{
    const vec first = v_broadcast(nth_element(at, 0, width), width);
    vec different = v_xor(v_load(at), first);

#pragma GCC unroll 16
    for (uint32_t i = 1; i < n_vectors(width); i++)
        different = v_or(different, v_xor(load(at, i), first));
    return v_is_zero(different);
}

// The hashes of the next elements, a dword for each.
INLINE vec hashes(const uint8_t *at, const vec multiplier[2], uint32_t width)
{
    vec first = v_load(at), second;

    if (width == 4)
        return v_multiply32(first, multiplier[0]);
    second = load(at, 1);
    return v_add32(v_multiply32(v_even32(first, second), multiplier[0]),
                   v_multiply32(v_odd32(first, second), multiplier[1]));
}

INLINE uint64_t hashed_mask(const struct ms_hashed *hashed, const uint8_t *at,
                            const vec multiplier[2], uint32_t width)
{
    const vec bit = v_broadcast(31, 4);
    const uint32_t at_once = VEC_BYTES / 4;
    uint64_t mask = 0;

#pragma GCC unroll 8
    for (uint32_t i = 0; i < MS_BLOCK_ELEMENTS; i += at_once) {
        vec hash = hashes(at + (size_t)i * width, multiplier, width);
        vec words = v_look_up(hashed->map, v_shift_right32(hash, hashed->shift));
        vec first = v_and(v_shift_right32(hash, hashed->shift - 5), bit);
        vec second = v_and(v_shift_right32(hash, hashed->shift - 10), bit);
        vec both = v_and(v_shift_left_each32(words, first), v_shift_left_each32(words, second));

        mask |= v_sign_bits32(both) << i;
    }
    return mask;
}

#ifdef HAS_SIEVED
struct sieve_operands {
    vec tables[MS_SIEVE_TABLES][4];
    vec buckets; // of the numbers 0 to 7, the bits
};

INLINE void load_sieve(struct sieve_operands *operands, const struct ms_hashed *hashed)
{
    static const uint8_t buckets[16] = {1, 2, 4, 8, 16, 32, 64, 128};

    operands->buckets = v_broadcast_lane(buckets);
#pragma GCC unroll 6
    for (size_t i = 0; i < MS_SIEVE_TABLES; i++) {
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++)
            operands->tables[i][j] = load(hashed->sieve[i], j);
    }
}

// Elements that are in the sieve, as ms_sieve_passes() has it.
INLINE uint64_t sifted_mask(const struct sieve_operands *operands, const uint8_t *at,
                            const vec multiplier[2], uint32_t width)
{
    vec mixed[4], bytes[MS_SIEVE_TABLES], passed;

#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        vec hash = hashes(at + i * 16 * width, multiplier, width);

        mixed[i] = v_xor(hash, v_shift_right32(hash, 15));
    }
    v_planes(mixed, bytes);
    bytes[4] = v_xor(bytes[0], bytes[1]);
    bytes[5] = v_xor(bytes[2], bytes[3]);
    passed = v_shuffle(operands->buckets, v_and(v_xor(bytes[4], bytes[5]), v_broadcast(7, 1)));
#pragma GCC unroll 6
    for (size_t i = 0; i < MS_SIEVE_TABLES; i++)
        passed = v_and(passed, v_look_up_bytes(operands->tables[i], bytes[i]));
    return v_nonzero_bytes(passed);
}

// Those of the elements in the mask that are in the map, too. One by one: they are few. And nothing
// is called here, which would cost the registers that the sieve's tables are in.
INLINE uint64_t confirmed(const struct ms_hashed *hashed, const uint8_t *at, uint64_t mask,
                          uint32_t width)
{
    uint64_t found = 0;

    for (; mask; mask &= mask - 1) {
        size_t i = (size_t)__builtin_ctzll(mask);

        found |= (uint64_t)ms_hashed_passes(hashed, nth_element(at, i, width)) << i;
    }
    return found;
}

INLINE size_t next_sieved(const struct ms_test *test, const uint8_t *bytes, size_t block,
                          size_t n_blocks, uint64_t *mask_ret, uint32_t width)
{
    const struct ms_hashed *hashed = test->hashed;
    const vec multiplier[2] = {v_broadcast(hashed->multiplier[0], 4),
                               v_broadcast(hashed->multiplier[1], 4)};
    struct sieve_operands operands;

    load_sieve(&operands, hashed);
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS * width;
        uint64_t mask;

        fetch_ahead(at, width);
        if (block_is_uniform(at, width))
            mask = ms_sieved_passes(hashed, nth_element(at, 0, width)) ? UINT64_MAX : 0;
        else
            mask = confirmed(hashed, at, sifted_mask(&operands, at, multiplier, width), width);
        if (mask) {
            *mask_ret = mask;
            return block;
        }
    }
    return n_blocks;
}
#endif

INLINE uint64_t in_set4(const struct ms_element_set *set, vec elements)
{
    const vec low16 = v_broadcast(0xffff, 4), bit = v_broadcast(31, 4);
    uint64_t passed = set->has_zero ? UINT64_MAX : ~f_bits(f_equal(elements, v_zero(), 4), 4);

    for (size_t i = 0; i < 2 && passed; i++) {
        vec half = v_and(v_shift_right32(elements, set->shift[i]), low16);
        vec words = v_look_up(set->map[i], v_shift_right32(half, 5));

        passed &= v_sign_bits32(v_shift_left_each32(words, v_and_not(half, bit)));
    }
    return passed;
}

// Elements 0, 2, ... of `elements` if `shift` is 0, the others if it is 16.
INLINE uint64_t in_set2(const struct ms_element_set *set, vec elements, uint32_t shift)
{
    const vec low16 = v_broadcast(0xffff, 4), bit = v_broadcast(31, 4);
    vec value = v_and(v_shift_right32(elements, shift), low16);
    vec words = v_look_up(set->map[0], v_shift_right32(value, 5));

    return v_sign_bits32(v_shift_left_each32(words, v_and_not(value, bit)));
}

INLINE uint64_t set_mask(const struct ms_element_set *set, const uint8_t *at, uint32_t width)
{
    uint64_t mask = 0;

#pragma GCC unroll 8
    for (uint32_t i = 0; i < n_vectors(width); i++) {
        vec elements = load(at, i);
        uint64_t bits =
            width == 4 ? in_set4(set, elements)
                       : bits_interleave(in_set2(set, elements, 0), in_set2(set, elements, 16));

        mask |= bits << i * (VEC_BYTES / width);
    }
    return mask;
}

INLINE bool map_passes(const struct ms_test *test, uint64_t value, enum ms_test_kind kind,
                       uint32_t width)
{
    return kind == MS_TEST_HASHED ? ms_hashed_passes(test->hashed, value)
                                  : ms_set_passes(test->set, width, value);
}

INLINE size_t next_mapped(const struct ms_test *test, const uint8_t *bytes, size_t block,
                          size_t n_blocks, uint64_t *mask_ret, enum ms_test_kind kind,
                          uint32_t width)
{
    vec multiplier[2] = {v_zero(), v_zero()};

    if (kind == MS_TEST_HASHED) {
        multiplier[0] = v_broadcast(test->hashed->multiplier[0], 4);
        multiplier[1] = v_broadcast(test->hashed->multiplier[1], 4);
    }
    for (; block < n_blocks; block++) {
        const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS * width;
        uint64_t mask;

        fetch_ahead(at, width);
        if (block_is_uniform(at, width))
            mask = map_passes(test, nth_element(at, 0, width), kind, width) ? UINT64_MAX : 0;
        else
            mask = kind == MS_TEST_HASHED ? hashed_mask(test->hashed, at, multiplier, width)
                                          : set_mask(test->set, at, width);
        if (mask) {
            *mask_ret = mask;
            return block;
        }
    }
    return n_blocks;
}

// == All of them ==

INLINE size_t next(const struct ms_test *test, const uint8_t *bytes, size_t block, size_t n_blocks,
                   uint64_t *mask_ret, enum ms_test_kind kind, uint32_t width)
{
    switch (kind) {
    case MS_TEST_NIBBLE_PAIRS:
    case MS_TEST_NIBBLES:
    case MS_TEST_WIDE_NIBBLES:
        return next_nibbles(test, bytes, block, n_blocks, mask_ret, kind, width);
    case MS_TEST_HASHED:
    case MS_TEST_SET:
        return next_mapped(test, bytes, block, n_blocks, mask_ret, kind, width);
#ifdef HAS_SIEVED
    case MS_TEST_SIEVED:
        return next_sieved(test, bytes, block, n_blocks, mask_ret, width);
#endif
    case MS_TEST_PAIRS:
        return ms_pairs_are_masked(test)
                   ? next_pairs(test, bytes, block, n_blocks, mask_ret, true)
                   : next_pairs(test, bytes, block, n_blocks, mask_ret, false);
    default:
        return next_compared(test, bytes, block, n_blocks, mask_ret, kind, width);
    }
}

#include "match/kernel/kernel_table.h"
