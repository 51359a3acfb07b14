// SPDX-License-Identifier: MIT
//
// Kernels: the innermost loops, one file per instruction set. A kernel applies one test to each
// element of a stretch of memory, 64 elements (a block) at a time, and returns blocks in which
// elements passed, as a mask of 64 bits. It skips the others as fast as the instruction set can.
//
// To add an instruction set with vectors: write kernel_NAME.c that defines what kernel_body.h asks
// for and includes it, list it in kernel_select.c, and give its file the compiler flags in
// engine/CMakeLists.txt. Each table must be complete, but for SIEVED, which few instruction sets
// can do fast.

#ifndef MS_MATCH_KERNEL_KERNEL_H
#define MS_MATCH_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS_BLOCK_ELEMENTS 64
#define MS_FEW_VALUES     4

enum ms_test_kind {
    MS_TEST_EQUAL,        // value == values[0]
    MS_TEST_FEW,          // value is one of values[]
    MS_TEST_MASKED,       // (value & mask) == values[0]
    MS_TEST_RANGE,        // values[0] <= value <= values[0] + span
    MS_TEST_NIBBLE_PAIRS, // the nibbles of two bytes are those of a bucket of the first half of
                          // `nibbles`; widths 4 and 8 only
    MS_TEST_NIBBLES,      // ... of four bytes, or as many as the width
    MS_TEST_WIDE_NIBBLES, // ... of either half
    MS_TEST_HASHED,       // the value is in `hashed`; widths 4 and 8 only
    MS_TEST_SIEVED,       // ... and in its sieve; widths 4 and 8 only
    MS_TEST_SET,          // both halves of the value are in `set`; widths 2 and 4 only
    MS_TEST_PERIOD,       // bytes[i] == bytes[i + period]; width 1 only; reads `period` bytes past
                          // the blocks
    MS_TEST_PAIRS, // one of `pairs` is at the byte, and behind it; width 1 only; reads as many
                   // bytes past the blocks as its second byte is away at most
    MS_N_TESTS,
};

// Of the nibble tests, HASHED, SIEVED and SET more may pass than was asked for. What passes is the
// same for all kernels.

// Values in 8 buckets, or 16 in two halves. A value passes if a bucket (a bit) is in low[][i] of
// the low nibble and in high[][i] of the high nibble of each byte `i` that is looked at.
#define MS_NIBBLE_BYTES 4 // the most

struct ms_nibbles {
    uint8_t position[MS_NIBBLE_BYTES]; // the bytes looked at, each another one
    uint8_t low[2][MS_NIBBLE_BYTES][16];
    uint8_t high[2][MS_NIBBLE_BYTES][16];
    bool zero_passes; // as follows from the above
};

// Two Bloom filters.
//
// The map is for any number of values. The upper bits of a hash choose a word, the 5 bits below
// them and the 5 below those two bits of it, counted from the uppermost. Both are set for a value
// that passes.
//
// The sieve fits into vector registers, and so it is for 2,000 values or so. All of the hash
// chooses one of 8 buckets, a bit, and, table by table, a byte. For a value that passes, the bit is
// set in all of them.
#define MS_SIEVE_TABLES 6

struct ms_hashed {
    uint32_t multiplier[2]; // of the lower and the upper half of a value; their sum is the hash
    uint32_t shift;         // 32 - log2 of the number of words; 10 to 31
    uint8_t sieve[MS_SIEVE_TABLES][256];
    uint32_t map[];
};

// One bitmap for each half of a value. Values of 2 bytes are looked up whole in map[0], so the set
// is exact for them.
struct ms_element_set {
    uint32_t map[2][65536 / 32]; // [0]: the half tried first
    uint32_t shift[2];           // value >> shift[i] & 0xffff is looked up in map[i]
    bool has_zero;               // zero passes; otherwise it never does
};

// Two bytes of memory: (bytes[i] & mask[0]) == value[0], and the same of bytes[i + distance].
struct ms_byte_pair {
    uint8_t value[2];
    uint8_t mask[2];
    uint32_t distance;
};

struct ms_test {
    enum ms_test_kind kind;
    uint32_t width;                 // bytes of an element: 1, 2, 4, 8
    uint64_t values[MS_FEW_VALUES]; // unused ones of FEW repeat a used one
    uint64_t mask;
    uint64_t span;
    uint32_t period;
    struct ms_byte_pair pairs[MS_FEW_VALUES];
    uint32_t n_pairs; // 1 to MS_FEW_VALUES
    const struct ms_nibbles *nibbles;
    const struct ms_hashed *hashed;
    const struct ms_element_set *set;
};

// Finds the first block from `block` on, below `n_blocks`, in which an element passes. Bit i of
// *mask_ret is element i of that block. Returns n_blocks if there is none. Blocks start at `bytes`,
// which may have any alignment; exactly n_blocks * 64 * width bytes (and ms_test_reach() more) are
// read.
typedef size_t ms_next_block_fn(const struct ms_test *test, const uint8_t *bytes, size_t block,
                                size_t n_blocks, uint64_t *mask_ret);

// By which the planner chooses between tests that would do: nanoseconds, on one and the same
// machine, for 32 elements of 4 bytes that do not pass, and for one that does. All as measured with
// the kernels that they are of, so that costs of different kernels are not to be compared.
struct ms_kernel_costs {
    double nibble_pairs;
    double nibbles;
    double wide_nibbles;
    double map;    // HASHED, SET
    double sieve;  // SIEVED, what is in the sieve apart; 0: there is no such kernel
    double sifted; // what one element costs that is in the sieve
    double pair;   // PAIRS, each of them, for 32 bytes
    double candidate;
};

struct ms_kernels {
    const char *name;
    bool (*usable)(void); // by this processor
    struct ms_kernel_costs costs;
    // By log2 of the width. NULL where a test has no such width, and for SIEVED where the
    // instructions for it are not there.
    ms_next_block_fn *next[MS_N_TESTS][4];
};

extern const struct ms_kernels ms_kernels_scalar;
extern const struct ms_kernels ms_kernels_avx2; // these where they were built
extern const struct ms_kernels ms_kernels_avx512;
extern const struct ms_kernels ms_kernels_avx512vbmi;

// The kernels of that name, or without a name the fastest that this processor can use. NULL if
// there are none such.
const struct ms_kernels *ms_kernels_choose(const char *name);

// Whether a value passes a test of one; what kernels must agree with.
bool ms_test_passes(const struct ms_test *test, uint64_t value);

// Takes the first stretch of ones off a mask that is not 0: returns its length, and where it
// begins.
static inline uint32_t ms_take_ones(uint64_t *mask, uint32_t *first_ret)
{
    uint32_t first = (uint32_t)__builtin_ctzll(*mask);
    uint64_t rest = ~(*mask >> first);
    uint32_t count = rest ? (uint32_t)__builtin_ctzll(rest) : MS_BLOCK_ELEMENTS;

    // The shift brings in zeros, so a stretch ends behind the last bit at the latest.
    *mask = first + count < MS_BLOCK_ELEMENTS ? *mask & UINT64_MAX << (first + count) : 0;
    *first_ret = first;
    return count;
}

static inline unsigned ms_log2_width(uint32_t width)
{
    return (unsigned)__builtin_ctz(width);
}

// How many bytes behind the blocks a test reads.
static inline uint32_t ms_test_reach(const struct ms_test *test)
{
    uint32_t reach = test->kind == MS_TEST_PERIOD ? test->period : 0;

    for (uint32_t i = 0; i < test->n_pairs; i++) {
        if (test->pairs[i].distance > reach)
            reach = test->pairs[i].distance;
    }
    return reach;
}

static inline bool ms_pairs_are_masked(const struct ms_test *test)
{
    uint8_t all = 0xff;

    for (uint32_t i = 0; i < test->n_pairs; i++)
        all &= test->pairs[i].mask[0] & test->pairs[i].mask[1];
    return all != 0xff;
}

static inline bool ms_is_nibble_test(enum ms_test_kind kind)
{
    return kind >= MS_TEST_NIBBLE_PAIRS && kind <= MS_TEST_WIDE_NIBBLES;
}

// How many bytes of a value of that width a nibble test looks at.
static inline uint32_t ms_nibble_bytes(enum ms_test_kind kind, uint32_t width)
{
    uint32_t most = kind == MS_TEST_NIBBLE_PAIRS ? 2 : MS_NIBBLE_BYTES;

    return width < most ? width : most;
}

// How many halves of the tables it looks into.
static inline size_t ms_nibble_halves(enum ms_test_kind kind)
{
    return kind == MS_TEST_WIDE_NIBBLES ? 2 : 1;
}

static inline bool ms_nibbles_pass(const struct ms_nibbles *nibbles, enum ms_test_kind kind,
                                   uint32_t width, uint64_t value)
{
    uint8_t passed = 0;

    for (size_t half = 0; half < ms_nibble_halves(kind); half++) {
        uint8_t buckets = 0xff;

        for (size_t i = 0; i < ms_nibble_bytes(kind, width); i++) {
            uint8_t byte = (uint8_t)(value >> 8 * nibbles->position[i]);

            buckets &= nibbles->low[half][i][byte & 15] & nibbles->high[half][i][byte >> 4];
        }
        passed |= buckets;
    }
    return passed != 0;
}

static inline uint32_t ms_hash(const struct ms_hashed *hashed, uint64_t value)
{
    return (uint32_t)value * hashed->multiplier[0] +
           (uint32_t)(value >> 32) * hashed->multiplier[1];
}

// The bits of a hash's word that tell whether it is in.
static inline uint32_t ms_hash_bits(const struct ms_hashed *hashed, uint32_t hash)
{
    return UINT32_C(0x80000000) >> (hash >> (hashed->shift - 5) & 31) |
           UINT32_C(0x80000000) >> (hash >> (hashed->shift - 10) & 31);
}

// What a sieve looks at: its bytes, table by table, and the bucket's bit. The upper half of a hash
// depends on all of the value, the lower one does not, and is mixed with it.
struct ms_sieve_place {
    uint8_t byte[MS_SIEVE_TABLES];
    uint8_t bucket;
};

static inline struct ms_sieve_place ms_sieve_place(uint32_t hash)
{
    uint32_t mixed = hash ^ hash >> 15;
    uint8_t b0 = (uint8_t)mixed, b1 = (uint8_t)(mixed >> 8);
    uint8_t b2 = (uint8_t)(mixed >> 16), b3 = (uint8_t)(mixed >> 24);
    uint8_t low = b0 ^ b1, high = b2 ^ b3;

    return (struct ms_sieve_place){{b0, b1, b2, b3, low, high},
                                   (uint8_t)(1u << ((low ^ high) & 7))};
}

static inline void ms_hashed_add(struct ms_hashed *hashed, uint64_t value)
{
    uint32_t hash = ms_hash(hashed, value);
    struct ms_sieve_place place = ms_sieve_place(hash);

    hashed->map[hash >> hashed->shift] |= ms_hash_bits(hashed, hash);
    for (size_t i = 0; i < MS_SIEVE_TABLES; i++)
        hashed->sieve[i][place.byte[i]] |= place.bucket;
}

static inline bool ms_sieve_passes(const struct ms_hashed *hashed, uint64_t value)
{
    struct ms_sieve_place place = ms_sieve_place(ms_hash(hashed, value));
    uint8_t passed = place.bucket;

    for (size_t i = 0; i < MS_SIEVE_TABLES; i++)
        passed &= hashed->sieve[i][place.byte[i]];
    return passed != 0;
}

static inline bool ms_hashed_passes(const struct ms_hashed *hashed, uint64_t value)
{
    uint32_t hash = ms_hash(hashed, value), bits = ms_hash_bits(hashed, hash);

    return (hashed->map[hash >> hashed->shift] & bits) == bits;
}

static inline bool ms_sieved_passes(const struct ms_hashed *hashed, uint64_t value)
{
    return ms_sieve_passes(hashed, value) && ms_hashed_passes(hashed, value);
}

static inline bool ms_in_map(const uint32_t *map, uint32_t half)
{
    return map[half >> 5] >> (half & 31) & 1;
}

static inline bool ms_set_passes(const struct ms_element_set *set, uint32_t width, uint64_t value)
{
    if (value == 0)
        return set->has_zero;
    if (width == 2)
        return ms_in_map(set->map[0], (uint32_t)value);
    return ms_in_map(set->map[0], value >> set->shift[0] & 0xffff) &&
           ms_in_map(set->map[1], value >> set->shift[1] & 0xffff);
}

#endif
