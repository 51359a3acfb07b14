// SPDX-License-Identifier: MIT
//
// Every kernel of the build, every test, every width: against a plain loop, over random and
// unfriendly memory that begins at any alignment and ends where nothing more can be read.

#include "guarded.h"
#include "match/kernel/kernel.h"
#include "seeded.h"

#include <criterion/criterion.h>
#include <memscan/search.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BLOCKS 4
#define MOST_SLIDE  64
#define MOST_PERIOD 8
#define MOST_BYTES  (MOST_BLOCKS * MS_BLOCK_ELEMENTS * 8 + MOST_SLIDE + MOST_PERIOD)

static const char *const test_names[MS_N_TESTS] = {
    [MS_TEST_EQUAL] = "equal", [MS_TEST_FEW4] = "few4",     [MS_TEST_FEW8] = "few8",
    [MS_TEST_FEW16] = "few16", [MS_TEST_MASKED] = "masked", [MS_TEST_RANGE] = "range",
    [MS_TEST_SET] = "set",     [MS_TEST_PERIOD] = "period",
};

static uint64_t all_of(uint32_t width)
{
    return width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

static uint64_t load(const uint8_t *bytes, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = width; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void store(uint8_t *bytes, uint64_t value, uint32_t width)
{
    for (uint32_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
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

static bool should_pass(const struct ms_test *test, const uint8_t *at)
{
    uint64_t value = load(at, test->width);

    switch (test->kind) {
    case MS_TEST_EQUAL:
        return is_one_of(test, value, 1);
    case MS_TEST_FEW4:
        return is_one_of(test, value, 4);
    case MS_TEST_FEW8:
        return is_one_of(test, value, 8);
    case MS_TEST_FEW16:
        return is_one_of(test, value, 16);
    case MS_TEST_MASKED:
        return (value & test->mask) == test->values[0];
    case MS_TEST_RANGE:
        return value >= test->values[0] && value <= test->values[0] + test->span;
    case MS_TEST_SET:
        return is_in_set(test->set, value, test->width);
    default:
        return at[0] == at[test->period];
    }
}

static uint64_t expected_mask(const struct ms_test *test, const uint8_t *bytes, size_t block)
{
    const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS * test->width;
    uint64_t mask = 0;

    for (uint32_t i = 0; i < MS_BLOCK_ELEMENTS; i++)
        mask |= (uint64_t)should_pass(test, at + i * test->width) << i;
    return mask;
}

// == Random tests ==

struct subject {
    struct ms_test test;
    struct ms_element_set *set; // of MS_TEST_SET
    uint64_t members[40];       // what was put into it; for others, values of interest
    size_t n_members;
};

static void set_add(struct ms_element_set *set, uint64_t value, uint32_t width)
{
    for (size_t i = 0; i < (width == 4 ? 2 : 1); i++) {
        uint64_t half = value >> set->shift[i] & 0xffff;

        set->map[i][half / 32] |= UINT32_C(1) << half % 32;
    }
    set->has_zero |= value == 0;
}

// Either half may be the one tried first.
static void make_set(struct subject *subject, struct seeded *random)
{
    uint32_t width = subject->test.width, first = seeded_below(random, 2);

    memset(subject->set, 0, sizeof(*subject->set));
    subject->set->shift[first] = 0;
    subject->set->shift[1 - first] = 16;
    if (width < 4)
        subject->set->shift[0] = 0;
    for (size_t i = 0; i < subject->n_members; i++)
        set_add(subject->set, subject->members[i], width);
    subject->test.set = subject->set;
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

static void make_subject(struct subject *subject, enum ms_test_kind kind, uint32_t width,
                         struct seeded *random)
{
    static const uint32_t n_few[MS_N_TESTS] = {
        [MS_TEST_EQUAL] = 1, [MS_TEST_FEW4] = 4, [MS_TEST_FEW8] = 8, [MS_TEST_FEW16] = 16};
    struct ms_test *test = &subject->test;

    *test = (struct ms_test){.kind = kind, .width = width};
    test->period = kind == MS_TEST_PERIOD ? seeded_between(random, 1, MOST_PERIOD) : 0;
    subject->n_members = seeded_between(random, 1, n_few[kind] ? n_few[kind] : 40);
    for (size_t i = 0; i < subject->n_members; i++)
        subject->members[i] = seeded_u64(random) & all_of(width) >> 8 * seeded_below(random, width);
    if (seeded_percent(random, 30))
        subject->members[0] = seeded_percent(random, 50) ? 0 : all_of(width);
    // Unused values repeat a used one.
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        test->values[i] = subject->members[i < subject->n_members ? i : 0];
    test->mask = seeded_u64(random) & seeded_u64(random) & all_of(width);
    if (kind == MS_TEST_MASKED)
        test->values[0] &= test->mask;
    if (kind == MS_TEST_RANGE)
        make_range(subject, random);
    if (kind == MS_TEST_SET)
        make_set(subject, random);
}

// == Random memory ==

enum fill { FILL_RANDOM, FILL_ZEROS, FILL_ONES, FILL_FLOOD, FILL_MEMBERS, FILL_SPARSE, N_FILLS };

static uint64_t near_member(const struct subject *subject, struct seeded *random)
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

static void fill(uint8_t *bytes, size_t length, enum fill kind, const struct subject *subject,
                 struct seeded *random)
{
    uint32_t width = subject->test.width;

    memset(bytes, kind == FILL_ONES ? 0xff : 0, length);
    for (size_t at = 0; at + width <= length; at += width) {
        if (kind == FILL_FLOOD)
            store(bytes + at, subject->members[0], width);
        if (kind == FILL_MEMBERS || (kind == FILL_SPARSE && seeded_percent(random, 1)))
            store(bytes + at, near_member(subject, random), width);
        if (kind == FILL_RANDOM)
            store(bytes + at, seeded_u64(random), width);
    }
}

// == Comparing ==

static void expect_blocks(const struct ms_kernels *kernels, const struct subject *subject,
                          const uint8_t *bytes, size_t n_blocks, const char *context)
{
    const struct ms_test *test = &subject->test;
    ms_next_block_fn *next = kernels->next[test->kind][ms_log2_width(test->width)];

    for (size_t from = 0; from <= n_blocks; from++) {
        uint64_t mask = 0, expected = 0;
        size_t block = from, got = next(test, bytes, from, n_blocks, &mask);

        while (block < n_blocks && (expected = expected_mask(test, bytes, block)) == 0)
            block++;
        cr_assert(got == block, "%s: block %zu from %zu of %zu, expected %zu", context, got, from,
                  n_blocks, block);
        cr_assert(block == n_blocks || mask == expected, "%s: mask %llx, expected %llx", context,
                  (unsigned long long)mask, (unsigned long long)expected);
    }
}

// Memory that begins at `slide` bytes behind a multiple of 64, or that ends at the closed page.
static void check_fill(const struct ms_kernels *kernels, const struct subject *subject,
                       enum fill kind, struct guarded *memory, struct seeded *random)
{
    const struct ms_test *test = &subject->test;
    char context[80];

    for (size_t slide = 0; slide < MOST_SLIDE; slide++) {
        size_t n_blocks = seeded_below(random, MOST_BLOCKS + 1);
        size_t length = n_blocks * MS_BLOCK_ELEMENTS * test->width + test->period;
        uint8_t *bytes = slide % 2 ? memory->first + slide : memory->end - length;

        snprintf(context, sizeof(context), "%s, %s of %u bytes, fill %d, slide %zu", kernels->name,
                 test_names[test->kind], test->width, (int)kind, slide);
        fill(bytes, length, kind, subject, random);
        expect_blocks(kernels, subject, bytes, n_blocks, context);
    }
}

static void check_kernels(const struct ms_kernels *kernels)
{
    struct guarded memory = guarded_create(MOST_BYTES);
    struct subject subject = {.set = malloc(sizeof(*subject.set))};
    struct seeded random = {7};

    cr_assert(subject.set, "no memory");
    for (int kind = 0; kind < MS_N_TESTS; kind++) {
        for (uint32_t width = 1; width <= 8; width *= 2) {
            if (!kernels->next[kind][ms_log2_width(width)])
                continue;
            for (int i = 0; i < 12 * N_FILLS; i++) {
                make_subject(&subject, (enum ms_test_kind)kind, width, &random);
                check_fill(kernels, &subject, (enum fill)(i % N_FILLS), &memory, &random);
            }
        }
    }
    free(subject.set);
    guarded_release(&memory);
}

// Each table has a test of its own, so that a crash says whose it was.
Test(kernels, scalar)
{
    check_kernels(&ms_kernels_scalar);
}

Test(kernels, avx2)
{
#ifdef MS_HAVE_AVX2
    if (!ms_kernels_avx2.usable())
        cr_skip_test("this processor has no AVX2");
    check_kernels(&ms_kernels_avx2);
#else
    cr_skip_test("this build has no AVX2 kernels");
#endif
}

// All periods, each with memory that has exactly that one and memory that breaks it in one place.
Test(kernels, periods)
{
    struct guarded memory = guarded_create(MOST_BYTES);
    char context[80];

    for (size_t k = 0; ms_simd_name(k); k++) {
        const struct ms_kernels *kernels = ms_kernels_choose(ms_simd_name(k));

        for (uint32_t period = 1; kernels && period <= MOST_PERIOD; period++) {
            struct subject subject = {
                .test = {.kind = MS_TEST_PERIOD, .width = 1, .period = period}};
            size_t length = 2 * MS_BLOCK_ELEMENTS + period;
            uint8_t *bytes = memory.end - length;

            for (size_t broken = 0; broken <= length; broken++) {
                snprintf(context, sizeof(context), "%s, period %u, broken at %zu", kernels->name,
                         period, broken);
                for (size_t i = 0; i < length; i++)
                    bytes[i] = (uint8_t)(i % period);
                if (broken < length)
                    bytes[broken] ^= 0x80;
                expect_blocks(kernels, &subject, bytes, 2, context);
            }
        }
    }
    guarded_release(&memory);
}

// Of each single element of a block, its bit.
Test(kernels, every_element)
{
    struct guarded memory = guarded_create(MOST_BYTES);

    for (size_t k = 0; ms_simd_name(k); k++) {
        const struct ms_kernels *kernels = ms_kernels_choose(ms_simd_name(k));

        for (uint32_t width = 1; kernels && width <= 8; width *= 2) {
            size_t length = MS_BLOCK_ELEMENTS * width;
            uint8_t *bytes = memory.end - length;
            struct ms_test test = {.kind = MS_TEST_EQUAL, .width = width, .values = {0xa5}};

            memset(bytes, 0, length);
            for (uint32_t i = 0; i < MS_BLOCK_ELEMENTS; i++) {
                uint64_t mask = 0;

                bytes[i * width] = 0xa5;
                cr_assert(
                    kernels->next[test.kind][ms_log2_width(width)](&test, bytes, 0, 1, &mask) == 0,
                    "%s, %u bytes, element %u", kernels->name, width, i);
                cr_assert(mask == UINT64_C(1) << i, "%s, %u bytes, element %u", kernels->name,
                          width, i);
                bytes[i * width] = 0;
            }
        }
    }
    guarded_release(&memory);
}

// Sets: those of 1 and 2 bytes hold their members and nothing else, those of 4 never miss one.
Test(kernels, sets)
{
    struct subject subject = {.set = malloc(sizeof(*subject.set))};
    struct seeded random = {11};

    cr_assert(subject.set, "no memory");
    for (int i = 0; i < 60; i++) {
        uint32_t width = 1u << i % 3;

        make_subject(&subject, MS_TEST_SET, width, &random);
        for (size_t m = 0; m < subject.n_members; m++)
            cr_assert(ms_test_passes(&subject.test, subject.members[m]), "%u bytes: member %llx",
                      width, (unsigned long long)subject.members[m]);
        for (uint64_t value = 0; width <= 2 && value <= all_of(width); value++) {
            bool in = false;

            for (size_t m = 0; m < subject.n_members; m++)
                in |= subject.members[m] == value;
            cr_assert(ms_test_passes(&subject.test, value) == in, "%u bytes: %llx", width,
                      (unsigned long long)value);
        }
    }
    free(subject.set);
}

// ms_test_passes() against the plain loop's view.
Test(kernels, test_passes)
{
    struct subject subject = {.set = malloc(sizeof(*subject.set))};
    struct seeded random = {13};

    cr_assert(subject.set, "no memory");
    for (int i = 0; i < 20000; i++) {
        int kind = i % MS_TEST_PERIOD;
        uint32_t width = 1u << i % (kind == MS_TEST_SET ? 3 : 4);
        uint8_t bytes[8];

        make_subject(&subject, (enum ms_test_kind)kind, width, &random);
        for (int j = 0; j < 20; j++) {
            store(bytes, j % 2 ? near_member(&subject, &random) : seeded_u64(&random), 8);
            cr_assert(ms_test_passes(&subject.test, load(bytes, width)) ==
                          should_pass(&subject.test, bytes),
                      "%s of %u bytes, %llx", test_names[kind], width,
                      (unsigned long long)load(bytes, width));
        }
    }
    free(subject.set);
}

// Tables are complete: all widths, but for sets of 8 bytes and periods of more than bytes.
Test(kernels, complete)
{
    for (size_t k = 0; ms_simd_name(k); k++) {
        const struct ms_kernels *kernels = ms_kernels_choose(ms_simd_name(k));

        for (int kind = 0; kernels && kind < MS_N_TESTS; kind++) {
            for (unsigned width = 0; width < 4; width++) {
                bool has = kind == MS_TEST_PERIOD ? width == 0
                           : kind == MS_TEST_SET  ? width < 3
                                                  : true;

                cr_expect((kernels->next[kind][width] != NULL) == has, "%s, %s of %u bytes",
                          kernels->name, test_names[kind], 1u << width);
            }
        }
    }
}

Test(kernels, choosing)
{
    size_t n = 0, first_usable = SIZE_MAX;

    for (; ms_simd_name(n); n++) {
        const struct ms_kernels *kernels = ms_kernels_choose(ms_simd_name(n));

        cr_expect((kernels != NULL) == ms_simd_usable(n), "%s", ms_simd_name(n));
        cr_expect(!kernels || strcmp(kernels->name, ms_simd_name(n)) == 0, "%s", ms_simd_name(n));
        if (ms_simd_usable(n) && first_usable == SIZE_MAX)
            first_usable = n;
    }
    cr_assert(n > 0 && first_usable < n, "the scalar kernels are always usable");
    cr_expect_str_eq(ms_simd_name(n - 1), "scalar");
    cr_expect(ms_simd_usable(n - 1), "scalar");
    cr_expect_str_eq(ms_kernels_choose(NULL)->name, ms_simd_name(first_usable));
    cr_expect_null(ms_kernels_choose("avx1"));
    cr_expect_null(ms_kernels_choose(""));
    cr_expect_null(ms_simd_name(n));
    cr_expect_not(ms_simd_usable(n));
}
