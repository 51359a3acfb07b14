// SPDX-License-Identifier: MIT
//
// Every kernel of the build, every test, every width: against a plain loop, over random and
// unfriendly memory that begins at any alignment and ends where nothing more can be read.

#include "guarded.h"
#include "kernel_subject.h"

#include <criterion/criterion.h>
#include <memscan/search.h>
#include <string.h>

#define MOST_BLOCKS 4
#define MOST_SLIDE  64
#define MOST_BYTES  (MOST_BLOCKS * MS_BLOCK_ELEMENTS * 8 + MOST_SLIDE + MOST_REACH)

#ifdef HAVE_EMULATED_AVX512
extern const struct ms_kernels emulated_kernels_avx512;
#endif

// Tables that can run here, in any order; NULL behind the last.
static const struct ms_kernels *kernels_at(size_t index)
{
    for (size_t i = 0; ms_simd_name(i); i++) {
        const struct ms_kernels *kernels = ms_kernels_choose(ms_simd_name(i));

        if (kernels && index-- == 0)
            return kernels;
    }
#ifdef HAVE_EMULATED_AVX512
    return index == 0 && __builtin_cpu_supports("avx2") ? &emulated_kernels_avx512 : NULL;
#else
    return NULL;
#endif
}

static uint64_t expected_mask(const struct ms_test *test, const uint8_t *bytes, size_t block)
{
    const uint8_t *at = bytes + block * MS_BLOCK_ELEMENTS * test->width;
    uint64_t mask = 0;

    for (uint32_t i = 0; i < MS_BLOCK_ELEMENTS; i++)
        mask |= (uint64_t)subject_passes(test, at + (size_t)i * test->width) << i;
    return mask;
}

// == Random memory ==

enum fill { FILL_RANDOM, FILL_ZEROS, FILL_ONES, FILL_FLOOD, FILL_MEMBERS, FILL_SPARSE, N_FILLS };

static void fill(uint8_t *bytes, size_t length, enum fill kind, const struct subject *subject,
                 struct seeded *random)
{
    uint32_t width = subject->test.width;

    memset(bytes, kind == FILL_ONES ? 0xff : 0, length);
    for (size_t at = 0; at + width <= length; at += width) {
        if (kind == FILL_FLOOD)
            store_element(bytes + at, subject->members[0], width);
        if (kind == FILL_MEMBERS || (kind == FILL_SPARSE && seeded_percent(random, 1)))
            store_element(bytes + at, subject_near_member(subject, random), width);
        if (kind == FILL_RANDOM)
            store_element(bytes + at, seeded_u64(random), width);
    }
}

// == Comparing ==

static void expect_blocks(const struct ms_kernels *kernels, const struct ms_test *test,
                          const uint8_t *bytes, size_t n_blocks, const char *context)
{
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
        size_t length = n_blocks * MS_BLOCK_ELEMENTS * test->width + ms_test_reach(test);
        uint8_t *bytes = slide % 2 ? memory->first + slide : memory->end - length;

        snprintf(context, sizeof(context), "%s, %s of %u bytes, fill %d, slide %zu", kernels->name,
                 test_names[test->kind], test->width, (int)kind, slide);
        fill(bytes, length, kind, subject, random);
        expect_blocks(kernels, test, bytes, n_blocks, context);
    }
}

static void check_kernels(const struct ms_kernels *kernels)
{
    struct guarded memory = guarded_create(MOST_BYTES);
    struct subject *subject = subject_create();
    struct seeded random = {7};

    for (int kind = 0; kind < MS_N_TESTS; kind++) {
        for (uint32_t width = 1; width <= 8; width *= 2) {
            if (!kernels->next[kind][ms_log2_width(width)])
                continue;
            for (int i = 0; i < 12 * N_FILLS; i++) {
                subject_make(subject, (enum ms_test_kind)kind, width, &random);
                check_fill(kernels, subject, (enum fill)(i % N_FILLS), &memory, &random);
            }
        }
    }
    subject_free(subject);
    guarded_release(&memory);
}

// Each table has a test of its own, so that a crash says whose it was.
Test(kernels, scalar)
{
    check_kernels(&ms_kernels_scalar);
}

Test(kernels, avx2)
{
#ifdef MS_HAVE_X86_KERNELS
    if (!ms_kernels_avx2.usable())
        cr_skip_test("this processor has no AVX2");
    check_kernels(&ms_kernels_avx2);
#else
    cr_skip_test("this build has no AVX2 kernels");
#endif
}

Test(kernels, avx512)
{
#ifdef MS_HAVE_X86_KERNELS
    if (!ms_kernels_avx512.usable())
        cr_skip_test("this processor has no AVX-512");
    check_kernels(&ms_kernels_avx512);
#else
    cr_skip_test("this build has no AVX-512 kernels");
#endif
}

Test(kernels, avx512vbmi)
{
#ifdef MS_HAVE_X86_KERNELS
    if (!ms_kernels_avx512vbmi.usable())
        cr_skip_test("this processor has no AVX-512 with VBMI");
    check_kernels(&ms_kernels_avx512vbmi);
#else
    cr_skip_test("this build has no AVX-512 kernels");
#endif
}

Test(kernels, emulated_avx512)
{
#ifdef HAVE_EMULATED_AVX512
    if (!__builtin_cpu_supports("avx2"))
        cr_skip_test("this processor has no AVX2, which the emulation is compiled for");
    check_kernels(&emulated_kernels_avx512);
#else
    cr_skip_test("this build has no SIMDe (libsimde-dev) or no AVX-512 kernels");
#endif
}

// All periods, each with memory that has exactly that one and memory that breaks it in one place.
Test(kernels, periods)
{
    struct guarded memory = guarded_create(MOST_BYTES);
    char context[80];

    for (size_t k = 0; kernels_at(k); k++) {
        const struct ms_kernels *kernels = kernels_at(k);

        for (uint32_t period = 1; period <= MOST_PERIOD; period++) {
            const struct ms_test test = {.kind = MS_TEST_PERIOD, .width = 1, .period = period};
            size_t length = 2 * MS_BLOCK_ELEMENTS + period;
            uint8_t *bytes = memory.end - length;

            for (size_t broken = 0; broken <= length; broken++) {
                snprintf(context, sizeof(context), "%s, period %u, broken at %zu", kernels->name,
                         period, broken);
                for (size_t i = 0; i < length; i++)
                    bytes[i] = (uint8_t)(i % period);
                if (broken < length)
                    bytes[broken] ^= 0x80;
                expect_blocks(kernels, &test, bytes, 2, context);
            }
        }
    }
    guarded_release(&memory);
}

// A pair at the place `at` of two blocks of zeros, and nothing else: it is the only one found, also
// as the last of several, and not if its second byte is another.
static void check_pair(const struct ms_kernels *kernels, struct ms_test *test, uint8_t *bytes,
                       size_t at)
{
    const struct ms_byte_pair *pair = &test->pairs[test->n_pairs - 1];
    char context[80];

    snprintf(context, sizeof(context), "%s, pair %u, distance %u, at %zu", kernels->name,
             test->n_pairs, pair->distance, at);
    memset(bytes, 0, 2 * MS_BLOCK_ELEMENTS + pair->distance);
    bytes[at] = pair->value[0];
    bytes[at + pair->distance] = pair->value[1];
    expect_blocks(kernels, test, bytes, 2, context);
    bytes[at + pair->distance] ^= 1;
    expect_blocks(kernels, test, bytes, 2, context);
}

Test(kernels, pairs)
{
    struct guarded memory = guarded_create(MOST_BYTES);

    for (size_t k = 0; kernels_at(k); k++) {
        for (uint32_t distance = 1; distance <= MOST_REACH; distance++) {
            struct ms_test test = {.kind = MS_TEST_PAIRS, .width = 1};
            uint8_t *bytes = memory.end - 2 * MS_BLOCK_ELEMENTS - distance;

            test.n_pairs = 1 + distance % MS_FEW_VALUES;
            for (uint32_t i = 0; i < test.n_pairs; i++)
                test.pairs[i] =
                    (struct ms_byte_pair){{(uint8_t)(0x41 + i), 0x51}, {0xff, 0xff}, distance};
            for (size_t at = 0; at < 2 * MS_BLOCK_ELEMENTS; at++)
                check_pair(kernels_at(k), &test, bytes, at);
        }
    }
    guarded_release(&memory);
}

// A test that a member passes, but zero does not.
static void make_nonzero(struct subject *subject, enum ms_test_kind kind, uint32_t width,
                         struct seeded *random)
{
    const uint8_t zero[8] = {0};

    do
        subject_make(subject, kind, width, random);
    while (subject_passes(&subject->test, zero));
}

// Each element of a block as the only one that passes.
static void check_each(const struct ms_kernels *kernels, const struct subject *subject,
                       uint8_t *block)
{
    const struct ms_test *test = &subject->test;
    ms_next_block_fn *next = kernels->next[test->kind][ms_log2_width(test->width)];

    memset(block, 0, (size_t)MS_BLOCK_ELEMENTS * test->width);
    for (uint32_t i = 0; i < MS_BLOCK_ELEMENTS; i++) {
        uint8_t *element = block + (size_t)i * test->width;
        uint64_t mask = 0;

        store_element(element, subject->members[0], test->width);
        cr_assert(next(test, block, 0, 1, &mask) == 0 && mask == UINT64_C(1) << i,
                  "%s, %s of %u bytes, element %u: %llx", kernels->name, test_names[test->kind],
                  test->width, i, (unsigned long long)mask);
        store_element(element, 0, test->width);
    }
}

Test(kernels, every_element)
{
    struct guarded memory = guarded_create(MOST_BYTES);
    struct subject *subject = subject_create();
    struct seeded random = {9};

    for (size_t k = 0; kernels_at(k); k++) {
        for (int kind = 0; kind < MS_TEST_PERIOD; kind++) {
            for (uint32_t width = 1; width <= 8; width *= 2) {
                if (!kernels_at(k)->next[kind][ms_log2_width(width)])
                    continue;
                make_nonzero(subject, (enum ms_test_kind)kind, width, &random);
                check_each(kernels_at(k), subject, memory.end - (size_t)MS_BLOCK_ELEMENTS * width);
            }
        }
    }
    subject_free(subject);
    guarded_release(&memory);
}

// ms_test_passes() against the plain view.
Test(kernels, test_passes)
{
    struct subject *subject = subject_create();
    struct seeded random = {13};

    for (int i = 0; i < 20000; i++) {
        enum ms_test_kind kind = (enum ms_test_kind)(i % MS_TEST_PERIOD);
        uint32_t width = 1u << seeded_below(&random, 4);
        uint8_t bytes[8];

        if (!subject_has(kind, width))
            continue;
        subject_make(subject, kind, width, &random);
        for (int j = 0; j < 20; j++) {
            store_element(bytes,
                          j % 2 ? subject_near_member(subject, &random) : seeded_u64(&random), 8);
            cr_assert(ms_test_passes(&subject->test, load_element(bytes, width)) ==
                          subject_passes(&subject->test, bytes),
                      "%s of %u bytes, %llx", test_names[kind], width,
                      (unsigned long long)load_element(bytes, width));
        }
    }
    subject_free(subject);
}

// Tables are complete, also those that cannot run here. Only SIEVED may be missing: the scalar
// kernels have it to be compared with, others where it has a cost.
Test(kernels, complete)
{
    const struct ms_kernels *const all[] = {
        &ms_kernels_scalar,
#ifdef MS_HAVE_X86_KERNELS
        &ms_kernels_avx2,
        &ms_kernels_avx512,
        &ms_kernels_avx512vbmi,
#endif
    };

    for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
        for (int kind = 0; kind < MS_N_TESTS; kind++) {
            bool left_out =
                kind == MS_TEST_SIEVED && all[k]->costs.sieve <= 0 && all[k] != &ms_kernels_scalar;

            for (uint32_t width = 1; width <= 8; width *= 2)
                cr_expect((all[k]->next[kind][ms_log2_width(width)] != NULL) ==
                              (subject_has((enum ms_test_kind)kind, width) && !left_out),
                          "%s, %s of %u bytes", all[k]->name, test_names[kind], width);
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
