// SPDX-License-Identifier: MIT

#include "kernel_subject.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

// The hashed tests' maps: from few words, which let much pass, to many.
#define LEAST_LOG2_WORDS 1
#define MOST_LOG2_WORDS  12

const char *const test_names[MS_N_TESTS] = {
    [MS_TEST_EQUAL] = "equal",
    [MS_TEST_FEW] = "few",
    [MS_TEST_MASKED] = "masked",
    [MS_TEST_RANGE] = "range",
    [MS_TEST_NIBBLE_PAIRS] = "nibble pairs",
    [MS_TEST_NIBBLES] = "nibbles",
    [MS_TEST_WIDE_NIBBLES] = "wide nibbles",
    [MS_TEST_HASHED] = "hashed",
    [MS_TEST_SIEVED] = "sieved",
    [MS_TEST_SET] = "set",
    [MS_TEST_PERIOD] = "period",
    [MS_TEST_PAIRS] = "pairs",
};

uint64_t all_of(uint32_t width)
{
    return width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

uint64_t load_element(const uint8_t *bytes, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = width; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

void store_element(uint8_t *bytes, uint64_t value, uint32_t width)
{
    for (uint32_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

struct subject *subject_create(void)
{
    struct subject *subject = calloc(1, sizeof(*subject));

    cr_assert(subject, "no memory");
    subject->hashed = malloc(sizeof(*subject->hashed) + (sizeof(uint32_t) << MOST_LOG2_WORDS));
    cr_assert(subject->hashed, "no memory");
    return subject;
}

void subject_free(struct subject *subject)
{
    free(subject->hashed);
    free(subject);
}

bool subject_has(enum ms_test_kind kind, uint32_t width)
{
    switch (kind) {
    case MS_TEST_NIBBLE_PAIRS:
    case MS_TEST_HASHED:
    case MS_TEST_SIEVED:
        return width >= 4;
    case MS_TEST_SET:
        return width == 2 || width == 4;
    case MS_TEST_PERIOD:
    case MS_TEST_PAIRS:
        return width == 1;
    default:
        return true;
    }
}

// == What should pass ==

static bool is_one_of(const struct ms_test *test, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (test->values[i] == value)
            return true;
    }
    return false;
}

static size_t bytes_looked_at(const struct ms_test *test)
{
    return test->kind == MS_TEST_NIBBLE_PAIRS ? 2 : test->width < 4 ? test->width : 4;
}

static size_t buckets_of(const struct ms_test *test)
{
    return test->kind == MS_TEST_WIDE_NIBBLES ? 16 : 8;
}

static bool is_in_bucket(const struct ms_test *test, size_t bucket, const uint8_t *at)
{
    const struct ms_nibbles *nibbles = test->nibbles;

    for (size_t i = 0; i < bytes_looked_at(test); i++) {
        uint8_t byte = at[nibbles->position[i]];

        if (!(nibbles->low[bucket / 8][i][byte % 16] >> bucket % 8 & 1) ||
            !(nibbles->high[bucket / 8][i][byte / 16] >> bucket % 8 & 1))
            return false;
    }
    return true;
}

static bool is_in_some_bucket(const struct ms_test *test, const uint8_t *at)
{
    for (size_t bucket = 0; bucket < buckets_of(test); bucket++) {
        if (is_in_bucket(test, bucket, at))
            return true;
    }
    return false;
}

static uint32_t hash_of(const struct ms_hashed *hashed, uint64_t value)
{
    uint64_t low = value % (UINT64_C(1) << 32), high = value >> 32;

    return (uint32_t)(low * hashed->multiplier[0] + high * hashed->multiplier[1]);
}

// The hash's words and bits, as the header describes them: top bits, then twice five.
static void hash_places(const struct ms_hashed *hashed, uint64_t value, uint32_t places[3])
{
    uint32_t hash = hash_of(hashed, value);

    places[0] = (uint32_t)(hash >> hashed->shift);
    places[1] = 31 - (uint32_t)(hash >> (hashed->shift - 5)) % 32;
    places[2] = 31 - (uint32_t)(hash >> (hashed->shift - 10)) % 32;
}

static bool is_hashed(const struct ms_hashed *hashed, uint64_t value)
{
    uint32_t places[3];

    hash_places(hashed, value, places);
    return hashed->map[places[0]] >> places[1] & hashed->map[places[0]] >> places[2] & 1;
}

// The bucket, and the byte of each table: those of the hash, which has its own upper 17 bits added
// to the lower ones; of two and two of them, the sums; and of all, the lower 3 bits of the sum.
// Sums are without carry.
static uint32_t sieve_bytes(uint32_t hash, uint8_t bytes[6])
{
    hash ^= hash / 32768;
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(hash >> 8 * i);
    bytes[4] = bytes[0] ^ bytes[1];
    bytes[5] = bytes[2] ^ bytes[3];
    return (bytes[0] ^ bytes[1] ^ bytes[2] ^ bytes[3]) % 8;
}

static bool is_sieved(const struct ms_hashed *hashed, uint64_t value)
{
    uint8_t bytes[6];
    uint32_t bucket = sieve_bytes(hash_of(hashed, value), bytes);

    for (size_t i = 0; i < 6; i++) {
        if (!(hashed->sieve[i][bytes[i]] >> bucket & 1))
            return false;
    }
    return is_hashed(hashed, value);
}

static bool is_in_set(const struct ms_element_set *set, uint64_t value, uint32_t width)
{
    if (value == 0)
        return set->has_zero;
    for (size_t i = 0; i < (width == 4 ? 2 : 1); i++) {
        uint64_t half = value >> set->shift[i] & 0xffff;

        if (!(set->map[i][half / 32] >> half % 32 & 1))
            return false;
    }
    return true;
}

static bool is_pair(const struct ms_byte_pair *pair, const uint8_t *at)
{
    const uint8_t bytes[2] = {at[0], at[pair->distance]};

    for (size_t i = 0; i < 2; i++) {
        if ((bytes[i] & pair->mask[i]) != pair->value[i])
            return false;
    }
    return true;
}

static bool is_some_pair(const struct ms_test *test, const uint8_t *at)
{
    for (uint32_t i = 0; i < test->n_pairs; i++) {
        if (is_pair(&test->pairs[i], at))
            return true;
    }
    return false;
}

bool subject_passes(const struct ms_test *test, const uint8_t *at)
{
    uint64_t value = load_element(at, test->width);

    switch (test->kind) {
    case MS_TEST_EQUAL:
        return is_one_of(test, value, 1);
    case MS_TEST_FEW:
        return is_one_of(test, value, MS_FEW_VALUES);
    case MS_TEST_MASKED:
        return (value & test->mask) == test->values[0];
    case MS_TEST_RANGE:
        return value >= test->values[0] && value <= test->values[0] + test->span;
    case MS_TEST_NIBBLE_PAIRS:
    case MS_TEST_NIBBLES:
    case MS_TEST_WIDE_NIBBLES:
        return is_in_some_bucket(test, at);
    case MS_TEST_HASHED:
        return is_hashed(test->hashed, value);
    case MS_TEST_SIEVED:
        return is_sieved(test->hashed, value);
    case MS_TEST_SET:
        return is_in_set(test->set, value, test->width);
    case MS_TEST_PAIRS:
        return is_some_pair(test, at);
    default:
        return at[0] == at[test->period];
    }
}

// == Making tests ==

static void shuffle_positions(struct ms_nibbles *nibbles, uint32_t width, struct seeded *random)
{
    uint8_t positions[8] = {0, 1, 2, 3, 4, 5, 6, 7};

    for (uint32_t i = 0; i < width && i < 4; i++) {
        uint32_t other = seeded_between(random, i, width - 1);

        nibbles->position[i] = positions[other];
        positions[other] = positions[i];
    }
}

// Each member in a random bucket.
static void make_nibbles(struct subject *subject, struct seeded *random)
{
    struct ms_nibbles *nibbles = &subject->nibbles;
    const uint8_t zero[8] = {0};

    memset(nibbles, 0, sizeof(*nibbles));
    shuffle_positions(nibbles, subject->test.width, random);
    for (size_t m = 0; m < subject->n_members; m++) {
        uint32_t bucket = seeded_below(random, (uint32_t)buckets_of(&subject->test));

        for (size_t i = 0; i < bytes_looked_at(&subject->test); i++) {
            uint8_t byte = (uint8_t)(subject->members[m] >> 8 * nibbles->position[i]);

            nibbles->low[bucket / 8][i][byte % 16] |= (uint8_t)(1u << bucket % 8);
            nibbles->high[bucket / 8][i][byte / 16] |= (uint8_t)(1u << bucket % 8);
        }
    }
    subject->test.nibbles = nibbles;
    nibbles->zero_passes = is_in_some_bucket(&subject->test, zero);
}

static void make_hashed(struct subject *subject, struct seeded *random)
{
    struct ms_hashed *hashed = subject->hashed;
    uint32_t bits = seeded_between(random, LEAST_LOG2_WORDS, MOST_LOG2_WORDS), places[3];

    memset(hashed->map, 0, sizeof(hashed->map[0]) << bits);
    hashed->shift = 32 - bits;
    for (size_t i = 0; i < 2; i++)
        hashed->multiplier[i] = (uint32_t)seeded_u64(random) | 1;
    for (size_t i = 0; i < subject->n_members; i++) {
        hash_places(hashed, subject->members[i], places);
        hashed->map[places[0]] |= UINT32_C(1) << places[1] | UINT32_C(1) << places[2];
    }
    subject->test.hashed = hashed;
}

// Some tables let all pass, so that what the others and the map do is seen.
static void make_sieve(struct subject *subject, struct seeded *random)
{
    struct ms_hashed *hashed = subject->hashed;
    bool idle = seeded_percent(random, 50);

    for (size_t i = 0; i < 6; i++)
        memset(hashed->sieve[i], idle && seeded_percent(random, 80) ? 0xff : 0, 256);
    for (size_t m = 0; m < subject->n_members; m++) {
        uint8_t bytes[6];
        uint32_t bucket = sieve_bytes(hash_of(hashed, subject->members[m]), bytes);

        for (size_t i = 0; i < 6; i++)
            hashed->sieve[i][bytes[i]] |= (uint8_t)(1u << bucket);
    }
}

// Either half may be the one tried first.
static void make_set(struct subject *subject, struct seeded *random)
{
    struct ms_element_set *set = &subject->set;
    uint32_t width = subject->test.width, first = seeded_below(random, 2);

    memset(set, 0, sizeof(*set));
    set->shift[1 - first] = width == 4 ? 16 : 0;
    for (size_t m = 0; m < subject->n_members; m++) {
        for (size_t i = 0; i < (width == 4 ? 2 : 1); i++) {
            uint64_t half = subject->members[m] >> set->shift[i] & 0xffff;

            set->map[i][half / 32] |= UINT32_C(1) << half % 32;
        }
        set->has_zero |= subject->members[m] == 0;
    }
    subject->test.set = set;
}

static void make_range(struct subject *subject, struct seeded *random)
{
    uint64_t all = all_of(subject->test.width);
    uint64_t lo = seeded_u64(random) & all, span = seeded_u64(random) & all;

    if (seeded_percent(random, 20))
        lo = seeded_percent(random, 50) ? 0 : all;
    span = seeded_percent(random, 50) ? span >> seeded_below(random, 64) : span;
    subject->test.values[0] = lo;
    subject->test.span = span < all - lo ? span : all - lo;
    subject->members[0] = lo;
    subject->members[1] = (lo - 1) & all;
    subject->members[2] = lo + subject->test.span;
    subject->members[3] = (lo + subject->test.span + 1) & all;
    subject->members[4] = 0;
    subject->members[5] = all >> 1;
    subject->members[6] = (all >> 1) + 1;
    subject->members[7] = all;
    subject->n_members = 8;
}

// Of members, so that memory made of those has them; a third of the tests have masks.
static void make_pairs(struct subject *subject, struct seeded *random)
{
    struct ms_test *test = &subject->test;
    bool masked = seeded_percent(random, 33);

    test->n_pairs = seeded_between(random, 1, MS_FEW_VALUES);
    for (uint32_t i = 0; i < test->n_pairs; i++) {
        struct ms_byte_pair *pair = &test->pairs[i];

        pair->distance = seeded_percent(random, 50) ? seeded_below(random, 4)
                                                    : seeded_between(random, 0, MOST_REACH);
        for (size_t half = 0; half < 2; half++) {
            size_t member = seeded_below(random, (uint32_t)subject->n_members);

            pair->mask[half] = masked ? (uint8_t)seeded_u64(random) : 0xff;
            pair->value[half] = (uint8_t)subject->members[member] & pair->mask[half];
        }
    }
}

static void choose_members(struct subject *subject, struct seeded *random)
{
    enum ms_test_kind kind = subject->test.kind;
    uint32_t width = subject->test.width;
    uint32_t most = kind == MS_TEST_EQUAL ? 1 : kind == MS_TEST_FEW ? MS_FEW_VALUES : MOST_MEMBERS;

    subject->n_members = seeded_between(random, 1, most);
    for (size_t i = 0; i < subject->n_members; i++)
        subject->members[i] = seeded_u64(random) & all_of(width) >> 8 * seeded_below(random, width);
    if (seeded_percent(random, 30))
        subject->members[0] = seeded_percent(random, 50) ? 0 : all_of(width);
}

void subject_make(struct subject *subject, enum ms_test_kind kind, uint32_t width,
                  struct seeded *random)
{
    struct ms_test *test = &subject->test;
    uint64_t some_bits = seeded_u64(random);

    *test = (struct ms_test){.kind = kind, .width = width};
    test->period = kind == MS_TEST_PERIOD ? seeded_between(random, 1, MOST_PERIOD) : 0;
    choose_members(subject, random);
    // Unused values repeat a used one.
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        test->values[i] = subject->members[i < subject->n_members ? i : 0];
    test->mask = some_bits & seeded_u64(random) & all_of(width); // a quarter of all
    if (kind == MS_TEST_MASKED)
        test->values[0] &= test->mask;
    if (kind == MS_TEST_RANGE)
        make_range(subject, random);
    if (ms_is_nibble_test(kind))
        make_nibbles(subject, random);
    if (kind == MS_TEST_HASHED || kind == MS_TEST_SIEVED)
        make_hashed(subject, random);
    if (kind == MS_TEST_SIEVED)
        make_sieve(subject, random);
    if (kind == MS_TEST_SET)
        make_set(subject, random);
    if (kind == MS_TEST_PAIRS)
        make_pairs(subject, random);
}

uint64_t subject_near_member(const struct subject *subject, struct seeded *random)
{
    uint64_t value = subject->members[seeded_below(random, (uint32_t)subject->n_members)];

    switch (seeded_below(random, 4)) {
    case 0:
        return value ^ UINT64_C(1) << seeded_below(random, 8 * subject->test.width);
    case 1:
        return value ^ (seeded_u64(random) & ~subject->test.mask);
    default:
        return value;
    }
}
