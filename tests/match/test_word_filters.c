// SPDX-License-Identifier: MIT
//
// The tests that the words engine gives its kernels: which one is chosen, that it lets pass all
// that it must, and little else.

#include "match/nibbles.h"
#include "match/word_filters.h"
#include "seeded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MOST 20000

// In proportions as kernels with vectors have them.
static const struct ms_kernel_costs costs = {
    .nibble_pairs = 3.5, .nibbles = 5, .wide_nibbles = 8, .map = 17, .candidate = 20};

// Of kernels that have sieves, too.
static const struct ms_kernel_costs sieve_costs = {.nibble_pairs = 2.5,
                                                   .nibbles = 3.6,
                                                   .wide_nibbles = 5.2,
                                                   .map = 12,
                                                   .sieve = 5.2,
                                                   .sifted = 3,
                                                   .candidate = 20};

static uint64_t all_of(uint32_t width)
{
    return width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

static struct word_anchor *create_anchors(void)
{
    struct word_anchor *anchors = calloc(MOST, sizeof(*anchors));

    cr_assert(anchors, "no memory");
    return anchors;
}

static int compare(const void *left, const void *right)
{
    const struct word_anchor *a = left, *b = right;

    return a->element.value < b->element.value ? -1 : a->element.value > b->element.value;
}

static uint64_t random_text(struct seeded *random, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < width; i++)
        value = value << 8 | ('a' + seeded_below(random, 26));
    return value;
}

// Exact anchors; some values may come more than once.
static void make_exact(struct word_anchor *anchors, size_t n, uint32_t width, bool text,
                       struct seeded *random)
{
    for (size_t i = 0; i < n; i++)
        anchors[i].element = (struct ms_element){
            .width = width,
            .kind = MS_ELEMENT_EXACT,
            .value = text ? random_text(random, width) : seeded_u64(random) & all_of(width),
            .mask = all_of(width),
        };
    qsort(anchors, n, sizeof(*anchors), compare);
}

static void make_loose(struct word_anchor *anchor, uint32_t width, struct seeded *random)
{
    struct ms_element *element = &anchor->element;
    uint64_t span = (seeded_u64(random) & all_of(width)) >> seeded_below(random, 8 * width);

    *element = (struct ms_element){.width = width, .kind = MS_ELEMENT_MASKED};
    element->mask = (span | seeded_u64(random)) & all_of(width);
    element->value = seeded_u64(random) & element->mask;
    if (seeded_percent(random, 50))
        return;
    element->kind = MS_ELEMENT_RANGE;
    element->last = span < all_of(width) - element->value ? element->value + span : all_of(width);
}

// One of the values that an anchor's element can have.
static uint64_t some_value(const struct ms_element *element, struct seeded *random)
{
    uint64_t any = seeded_u64(random) & all_of(element->width);

    if (element->kind == MS_ELEMENT_RANGE)
        return element->last - element->value == UINT64_MAX
                   ? any
                   : element->value + any % (element->last - element->value + 1);
    return element->value | (any & ~element->mask);
}

static void expect_all_pass(const struct ms_test *test, const struct word_anchor *anchors, size_t n,
                            struct seeded *random)
{
    for (size_t i = 0; i < n; i++) {
        for (int j = 0; j < (anchors[i].element.kind == MS_ELEMENT_EXACT ? 1 : 20); j++) {
            uint64_t value = some_value(&anchors[i].element, random);

            cr_assert(ms_test_passes(test, value), "test %d, %u bytes, %zu anchors: %llx",
                      (int)test->kind, test->width, n, (unsigned long long)value);
        }
    }
}

// What is chosen for so many random values, and how many of a million others may pass it.
Test(word_filters, of_values)
{
    static const struct {
        const char *name;
        uint32_t width;
        size_t n;
        bool text;
        enum ms_test_kind kind;
        uint32_t most_of_million;
        bool sieve;
    } cases[] = {
        {"one", 4, 1, false, MS_TEST_EQUAL, 10, false},
        {"four", 4, 4, false, MS_TEST_FEW, 10, false},
        {"five", 4, 5, false, MS_TEST_NIBBLE_PAIRS, 500, false},
        {"ten", 4, 10, false, MS_TEST_NIBBLE_PAIRS, 1000, false},
        {"100", 4, 100, false, MS_TEST_WIDE_NIBBLES, 1000, false},
        {"1,000", 4, 1000, false, MS_TEST_HASHED, 3000, false},
        {"20,000", 4, MOST, false, MS_TEST_HASHED, 10000, false},
        {"100 of text", 4, 100, true, MS_TEST_NIBBLES, 3000, false},
        {"one qword", 8, 1, false, MS_TEST_EQUAL, 0, false},
        {"ten qwords", 8, 10, false, MS_TEST_NIBBLE_PAIRS, 1000, false},
        {"100 qwords", 8, 100, false, MS_TEST_WIDE_NIBBLES, 1000, false},
        {"20,000 qwords", 8, MOST, false, MS_TEST_HASHED, 10000, false},
        {"ten words", 2, 10, false, MS_TEST_NIBBLES, 500, false},
        {"1,000 words", 2, 1000, false, MS_TEST_SET, 17000, false},
        {"20 bytes", 1, 20, false, MS_TEST_WIDE_NIBBLES, 100000, false},
        {"ten beside sieves", 4, 10, false, MS_TEST_NIBBLE_PAIRS, 1000, true},
        {"250 in a sieve", 4, 250, false, MS_TEST_SIEVED, 10, true},
        {"1,000 in a sieve", 4, 1000, false, MS_TEST_SIEVED, 50, true},
        {"3,000, too many for a sieve", 4, 3000, false, MS_TEST_HASHED, 5000, true},
        {"1,000 qwords in a sieve", 8, 1000, false, MS_TEST_SIEVED, 50, true},
        {"1,000 words beside sieves", 2, 1000, false, MS_TEST_SET, 17000, true},
    };
    struct word_anchor *anchors = create_anchors();
    struct seeded random = {17};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_filter_costs compared;
        struct ms_test test;
        uint32_t passed = 0;
        void *tables = NULL;

        make_exact(anchors, cases[i].n, cases[i].width, cases[i].text, &random);
        cr_assert(ms_word_filter_choose(anchors, cases[i].n, cases[i].n,
                                        cases[i].sieve ? &sieve_costs : &costs, &test, &tables,
                                        &compared));
        cr_expect(test.kind == cases[i].kind, "%s: test %d", cases[i].name, (int)test.kind);
        expect_all_pass(&test, anchors, cases[i].n, &random);
        for (uint32_t j = 0; j < 1000000; j++)
            passed += ms_test_passes(&test, seeded_u64(&random) & all_of(cases[i].width));
        cr_expect(passed <= cases[i].most_of_million, "%s: %u passed", cases[i].name, passed);
        free(tables);
    }
    free(anchors);
}

// Any mixture of exact and loose anchors.
Test(word_filters, never_miss)
{
    struct word_anchor *anchors = create_anchors();
    struct seeded random = {19};

    for (int i = 0; i < 2000; i++) {
        uint32_t width = 1u << seeded_below(&random, 4);
        size_t n_exact = seeded_below(&random, seeded_percent(&random, 10) ? 400 : 20);
        size_t n_loose = width == 8 ? 0 : seeded_below(&random, 12);
        struct ms_filter_costs compared;
        struct ms_test test;
        void *tables = NULL;

        if (n_exact + n_loose == 0)
            n_exact = 1;
        make_exact(anchors, n_exact, width, seeded_percent(&random, 20), &random);
        for (size_t j = 0; j < n_loose; j++)
            make_loose(&anchors[n_exact + j], width, &random);
        cr_assert(ms_word_filter_choose(anchors, n_exact + n_loose, n_exact,
                                        i % 2 ? &sieve_costs : &costs, &test, &tables, &compared));
        expect_all_pass(&test, anchors, n_exact + n_loose, &random);
        free(tables);
    }
    free(anchors);
}

// Memory is full of zeros and small numbers: where they are not asked for, they do not pass.
Test(word_filters, hashed_leave_common_values_out)
{
    struct word_anchor *anchors = create_anchors();
    struct seeded random = {23};

    for (int i = 0; i < 100; i++) {
        uint32_t width = i % 2 ? 4 : 8;
        struct ms_filter_costs compared;
        struct ms_test test;
        void *tables = NULL;

        make_exact(anchors, 5000, width, false, &random);
        cr_assert(ms_word_filter_choose(anchors, 5000, 5000, &costs, &test, &tables, &compared));
        cr_assert(test.kind == MS_TEST_HASHED);
        for (uint64_t value = 0; value < 16; value++) {
            cr_expect_not(ms_test_passes(&test, value), "%llu", (unsigned long long)value);
            cr_expect_not(ms_test_passes(&test, ~value & all_of(width)), "-%llu",
                          (unsigned long long)value + 1);
        }
        free(tables);
    }
    free(anchors);
}

// Of a sieve, they do not even pass the tables.
Test(word_filters, sieves_leave_common_values_out)
{
    struct word_anchor *anchors = create_anchors();
    struct seeded random = {31};

    for (int i = 0; i < 100; i++) {
        uint32_t width = i % 2 ? 4 : 8;
        struct ms_filter_costs compared;
        struct ms_test test;
        void *tables = NULL;

        make_exact(anchors, 1000, width, false, &random);
        cr_assert(
            ms_word_filter_choose(anchors, 1000, 1000, &sieve_costs, &test, &tables, &compared));
        cr_assert(test.kind == MS_TEST_SIEVED);
        for (uint64_t value = 0; value < 16; value++) {
            cr_expect_not(ms_sieve_passes(test.hashed, value), "%llu", (unsigned long long)value);
            cr_expect_not(ms_sieve_passes(test.hashed, ~value & all_of(width)), "-%llu",
                          (unsigned long long)value + 1);
        }
        free(tables);
    }
    free(anchors);
}

// So many values that a fifth of all others are in the sieve, and some common one, whatever is
// tried: then the more common ones are the last to be.
Test(word_filters, full_sieves_leave_zero_out)
{
    struct word_anchor *anchors = create_anchors();
    struct ms_kernel_costs slow_map = sieve_costs;
    struct seeded random = {41};
    uint32_t passed = 0;

    slow_map.map = 100;
    for (int i = 0; i < 300; i++) {
        struct ms_filter_costs compared;
        struct ms_test test;
        void *tables = NULL;

        make_exact(anchors, 3000, 4, false, &random);
        cr_assert(ms_word_filter_choose(anchors, 3000, 3000, &slow_map, &test, &tables, &compared));
        cr_assert(test.kind == MS_TEST_SIEVED);
        passed += ms_sieve_passes(test.hashed, 0);
        free(tables);
    }
    cr_expect(passed < 30, "zero passed %u of 300 times", passed);
    free(anchors);
}

// What was compared is told: where a sieve would do, beside the map.
Test(word_filters, costs_compared)
{
    struct word_anchor *anchors = create_anchors();
    struct seeded random = {37};
    struct ms_filter_costs compared;
    struct ms_test test;
    void *tables = NULL;

    make_exact(anchors, 1000, 4, false, &random);
    cr_assert(ms_word_filter_choose(anchors, 1000, 1000, &costs, &test, &tables, &compared));
    cr_expect(compared.n == 0, "%zu costs", compared.n);
    free(tables);
    cr_assert(ms_word_filter_choose(anchors, 1000, 1000, &sieve_costs, &test, &tables, &compared));
    cr_assert(compared.n == 2, "%zu costs", compared.n);
    cr_expect_str_eq(compared.tests[0].method, "hashed");
    cr_expect_str_eq(compared.tests[1].method, "sieved");
    cr_expect(compared.tests[1].ns > 5.2 && compared.tests[1].ns < 6, "%f", compared.tests[1].ns);
    free(tables);
    make_exact(anchors, 100, 4, false, &random);
    cr_assert(ms_word_filter_choose(anchors, 100, 100, &sieve_costs, &test, &tables, &compared));
    cr_expect(compared.n == 5, "%zu costs", compared.n);
    free(tables);
    free(anchors);
}

// Of any set of bytes, 16 buckets let nothing else pass.
Test(word_filters, bytes_are_exact)
{
    struct seeded random = {29};

    for (int i = 0; i < 500; i++) {
        uint32_t percent = seeded_between(&random, 1, 99);
        uint64_t values[256] = {seeded_below(&random, 256)};
        struct ms_nibbles nibbles;
        bool is_in[256] = {false};
        size_t n = 1;

        is_in[values[0]] = true;
        for (uint32_t byte = 0; byte < 256; byte++) {
            if (!is_in[byte] && seeded_percent(&random, percent)) {
                values[n++] = byte;
                is_in[byte] = true;
            }
        }
        ms_nibbles_fill(&nibbles, values, n, MS_TEST_WIDE_NIBBLES, 1);
        for (uint32_t byte = 0; byte < 256; byte++)
            cr_assert(ms_nibbles_pass(&nibbles, MS_TEST_WIDE_NIBBLES, 1, byte) == is_in[byte],
                      "%zu bytes: %02x", n, byte);
        cr_assert(nibbles.zero_passes == is_in[0]);
    }
}
