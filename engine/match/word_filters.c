// SPDX-License-Identifier: MIT

#include "match/word_filters.h"

#include "match/nibbles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double cost(double fixed, double share, double each)
{
    return fixed + 32 * share * each;
}

static void add_cost(struct ms_filter_costs *compared, enum ms_test_kind kind, double ns)
{
    compared->tests[compared->n++] = (struct ms_explained_cost){ms_explain_test(kind), ns};
}

static bool element_passes(const struct ms_element *element, uint64_t value)
{
    if (element->kind == MS_ELEMENT_RANGE)
        return value >= element->value && value <= element->last;
    return (value & element->mask) == element->value;
}

// == Sets of halves ==

static void set_bit(uint32_t *map, uint64_t half)
{
    map[half >> 5] |= UINT32_C(1) << (half & 31);
}

// All halves that equal `value` under `mask`: value plus each subset of the bits that are free.
static void add_masked(uint32_t *map, uint32_t value, uint32_t mask)
{
    uint32_t free_bits = ~mask & 0xffff, subset = 0;

    do {
        set_bit(map, value | subset);
        subset = (subset - free_bits) & free_bits;
    } while (subset);
}

// A word of the map at once where that can be: of many patterns, each may have wide ranges.
static void add_span(uint32_t *map, uint64_t first, uint64_t last)
{
    uint64_t half = first;

    while (half <= last) {
        if (half % 32 == 0 && last - half >= 31) {
            map[half / 32] = UINT32_MAX;
            half += 32;
        } else {
            set_bit(map, half++);
        }
    }
}

static void add_to_map(uint32_t *map, const struct ms_element *element, uint32_t shift)
{
    uint64_t lo = element->value >> shift, hi = element->last >> shift;

    uint32_t mask = element->mask >> shift & 0xffff;

    if (element->kind != MS_ELEMENT_RANGE && mask != 0)
        add_masked(map, lo & 0xffff, mask);
    else if (element->kind == MS_ELEMENT_RANGE && lo >> 16 == hi >> 16)
        add_span(map, lo & 0xffff, hi & 0xffff);
    else
        add_span(map, 0, 0xffff);
}

// How often a half is expected to pass: its share of all halves, but zero is everywhere.
static uint32_t map_weight(const uint32_t *map)
{
    uint32_t weight = map[0] & 1 ? 16384 : 0;

    for (size_t i = 0; i < 65536 / 32; i++)
        weight += (uint32_t)__builtin_popcount(map[i]);
    return weight;
}

struct ms_element_set *ms_element_set_create(const struct word_anchor *anchors, size_t n)
{
    struct ms_element_set *set = calloc(1, sizeof(*set));
    uint32_t width = anchors[0].element.width;

    if (!set)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        add_to_map(set->map[0], &anchors[i].element, 0);
        if (width == 4)
            add_to_map(set->map[1], &anchors[i].element, 16);
        set->has_zero |= element_passes(&anchors[i].element, 0);
    }
    set->shift[1] = 16;
    if (width == 4 && map_weight(set->map[1]) < map_weight(set->map[0])) {
        for (size_t i = 0; i < 65536 / 32; i++) {
            uint32_t low = set->map[0][i];
            set->map[0][i] = set->map[1][i];
            set->map[1][i] = low;
        }
        set->shift[0] = 16;
        set->shift[1] = 0;
    }
    return set;
}

static bool use_set(const struct word_anchor *anchors, size_t n, struct ms_test *test,
                    void **tables_ret)
{
    test->set = *tables_ret = ms_element_set_create(anchors, n);
    return *tables_ret != NULL;
}

// == Hashed values ==

// Words of a map for each value, at least: with two bits each, 1 of 600 other values passes.
#define WORDS_PER_VALUE 3
#define MIN_LOG2_WORDS  11
#define MAX_LOG2_WORDS  22

// Memory is full of small numbers, and of those just below 0. Which values pass beside the right
// ones is chance, and depends on the multiplier: where one of these does, another is tried.
#define N_COMMON        32
#define MAX_MULTIPLIERS 16

static uint64_t common_value(uint32_t index, uint32_t width)
{
    uint64_t value = index % 2 ? ~(uint64_t)(index / 2) : index / 2;

    return width == 8 ? value : value & UINT32_MAX;
}

// The anchors are exact, and ascend.
static bool is_value(const struct word_anchor *anchors, size_t n, uint64_t value)
{
    size_t low = 0, high = n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (anchors[middle].element.value <= value)
            low = middle;
        else
            high = middle;
    }
    return anchors[low].element.value == value;
}

// How bad it is which common values pass, though they should not: the smaller a number, the more
// there are of it. What passes a sieve alone takes time, too.
static uint32_t common_passing(const struct ms_hashed *hashed, const struct word_anchor *anchors,
                               size_t n, enum ms_test_kind kind)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < N_COMMON; i++) {
        uint64_t value = common_value(i, anchors[0].element.width);
        bool passes = kind == MS_TEST_SIEVED ? ms_sieve_passes(hashed, value)
                                             : ms_hashed_passes(hashed, value);

        if (passes && !is_value(anchors, n, value))
            sum += N_COMMON - i;
    }
    return sum;
}

static void fill_hashed(struct ms_hashed *hashed, const struct word_anchor *anchors, size_t n,
                        uint32_t attempt)
{
    // Odd, and far from one another; otherwise nothing about them is special.
    hashed->multiplier[0] = UINT32_C(0x9e3779b1) + attempt * UINT32_C(0x3c6ef372);
    hashed->multiplier[1] = UINT32_C(0x85ebca6b) + attempt * UINT32_C(0x27d4eb2e);
    memset(hashed->sieve, 0, sizeof(hashed->sieve));
    memset(hashed->map, 0, sizeof(hashed->map[0]) << (32 - hashed->shift));
    for (size_t i = 0; i < n; i++)
        ms_hashed_add(hashed, anchors[i].element.value);
}

// Fills it with the multipliers by which least of what is common passes.
static void fill_best(struct ms_hashed *hashed, const struct word_anchor *anchors, size_t n,
                      enum ms_test_kind kind)
{
    uint32_t least = UINT32_MAX, best = 0, attempt;

    for (attempt = 0; attempt < MAX_MULTIPLIERS && least > 0; attempt++) {
        uint32_t passing;

        fill_hashed(hashed, anchors, n, attempt);
        passing = common_passing(hashed, anchors, n, kind);
        if (passing >= least)
            continue;
        least = passing;
        best = attempt;
    }
    if (best + 1 != attempt)
        fill_hashed(hashed, anchors, n, best);
}

static bool use_hashed(const struct word_anchor *anchors, size_t n, struct ms_test *test,
                       void **tables_ret)
{
    uint32_t bits = MIN_LOG2_WORDS;
    struct ms_hashed *hashed;

    while (bits < MAX_LOG2_WORDS && (size_t)1 << bits < WORDS_PER_VALUE * n)
        bits++;
    hashed = malloc(sizeof(*hashed) + (sizeof(hashed->map[0]) << bits));
    if (!hashed)
        return false;
    hashed->shift = 32 - bits;
    fill_best(hashed, anchors, n, test->kind);
    test->hashed = *tables_ret = hashed;
    return true;
}

static double power(double base, size_t exponent)
{
    double product = 1;

    for (; exponent > 0; exponent /= 2) {
        product *= exponent % 2 ? base : 1;
        base *= base;
    }
    return product;
}

// The share of elements that are in the sieve of `n` values, as chance has it: in each table a
// value sets one of the bits of 256 bytes.
static double sieve_share(size_t n)
{
    return power(1 - power(1 - 1 / (8 * 256.0), n), MS_SIEVE_TABLES);
}

// == Maps and sieves ==

// Chooses the test that takes any number of values, and returns its cost. Bytes have none.
static double choose_map(size_t n, size_t n_exact, const struct ms_kernel_costs *costs,
                         struct ms_test *test, struct ms_filter_costs *compared)
{
    double sieved;

    test->kind = n_exact == n && test->width >= 4 ? MS_TEST_HASHED : MS_TEST_SET;
    if (test->width == 1)
        return HUGE_VAL;
    add_cost(compared, test->kind, costs->map);
    if (test->kind != MS_TEST_HASHED || costs->sieve <= 0)
        return costs->map;
    sieved = cost(costs->sieve, sieve_share(n), costs->sifted);
    add_cost(compared, MS_TEST_SIEVED, sieved);
    if (sieved >= costs->map)
        return costs->map;
    test->kind = MS_TEST_SIEVED;
    return sieved;
}

// == Nibbles ==

// All values of width 1 that pass, or the exact ones. False: there are too many.
static bool list_values(const struct word_anchor *anchors, size_t n, size_t n_exact,
                        uint64_t values[MS_MAX_NIBBLE_VALUES], size_t *n_ret)
{
    size_t n_values = 0;

    for (uint64_t byte = 0; byte < 256 && anchors[0].element.width == 1; byte++) {
        size_t i = 0;

        while (i < n && !element_passes(&anchors[i].element, byte))
            i++;
        if (i < n)
            values[n_values++] = byte;
    }
    *n_ret = n_values;
    if (anchors[0].element.width == 1)
        return true;
    if (n_exact < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t value = anchors[i].element.value;

        if (n_values > 0 && values[n_values - 1] == value)
            continue;
        if (n_values == MS_MAX_NIBBLE_VALUES)
            return false;
        values[n_values++] = value;
    }
    *n_ret = n_values;
    return true;
}

// The cheapest of the tests by nibbles, if it is cheaper than `best`.
static bool choose_nibbles(const uint64_t *values, size_t n, double best,
                           const struct ms_kernel_costs *costs, struct ms_test *test,
                           struct ms_nibbles *nibbles, struct ms_filter_costs *compared)
{
    const struct {
        enum ms_test_kind kind;
        double cost;
        uint32_t least_width;
    } tests[] = {
        {MS_TEST_NIBBLE_PAIRS, costs->nibble_pairs, 4},
        {MS_TEST_NIBBLES, costs->nibbles, 1},
        {MS_TEST_WIDE_NIBBLES, costs->wide_nibbles, 1},
    };
    bool chosen = false;

    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        struct ms_nibbles tried;
        double share, all;

        if (test->width < tests[i].least_width)
            continue;
        share = ms_nibbles_fill(&tried, values, n, tests[i].kind, test->width);
        all = cost(tests[i].cost, share, costs->candidate);
        add_cost(compared, tests[i].kind, all);
        if (all >= best)
            continue;
        best = all;
        chosen = true;
        test->kind = tests[i].kind;
        *nibbles = tried;
    }
    return chosen;
}

// == One or few ==

static void use_loose(const struct ms_element *element, struct ms_test *test)
{
    test->kind = element->kind == MS_ELEMENT_RANGE ? MS_TEST_RANGE : MS_TEST_MASKED;
    test->values[0] = element->value;
    test->mask = element->mask;
    test->span = element->last - element->value;
}

static void use_few(const uint64_t *values, size_t n, struct ms_test *test)
{
    test->kind = n == 1 ? MS_TEST_EQUAL : MS_TEST_FEW;
    for (size_t i = 0; i < MS_FEW_VALUES; i++)
        test->values[i] = values[i < n ? i : 0];
}

bool ms_word_filter_choose(const struct word_anchor *anchors, size_t n, size_t n_exact,
                           const struct ms_kernel_costs *costs, struct ms_test *test,
                           void **tables_ret, struct ms_filter_costs *compared_ret)
{
    uint64_t values[MS_MAX_NIBBLE_VALUES] = {0};
    struct ms_nibbles nibbles;
    bool listed;
    size_t n_values;
    double best;

    *test = (struct ms_test){.width = anchors[0].element.width};
    *tables_ret = NULL;
    compared_ret->n = 0;
    if (n == 1 && n_exact == 0) {
        use_loose(&anchors[0].element, test);
        return true;
    }
    listed = list_values(anchors, n, n_exact, values, &n_values);
    if (listed && n_values <= MS_FEW_VALUES) {
        use_few(values, n_values, test);
        return true;
    }
    best = choose_map(n, n_exact, costs, test, compared_ret);
    if (listed && choose_nibbles(values, n_values, best, costs, test, &nibbles, compared_ret)) {
        test->nibbles = *tables_ret = malloc(sizeof(nibbles));
        if (*tables_ret)
            memcpy(*tables_ret, &nibbles, sizeof(nibbles));
        return *tables_ret != NULL;
    }
    if (compared_ret->n == 1) // nothing else would have done
        compared_ret->n = 0;
    return test->kind == MS_TEST_SET ? use_set(anchors, n, test, tables_ret)
                                     : use_hashed(anchors, n, test, tables_ret);
}
