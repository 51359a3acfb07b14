// SPDX-License-Identifier: MIT
//
// Regexes in both Hyperscan engines, against PCRE2 and the contract's rule, and against matches
// written down by hand.

#include "windows.h"
#ifdef HAVE_PCRE2
#include "regex_oracle.h"
#endif

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HYPERSCAN ENGINE_BIT(MS_ENGINE_HYPERSCAN)

struct regex {
    char text[200];
    bool ignore_case;
    uint32_t align; // 0: 1
};

#define MOST_REGEXES 6

// The set of those that memscan takes; the others are dropped. NULL if none is left.
static struct ms_patterns *set_of(struct regex *regexes, size_t *n)
{
    struct ms_patterns *patterns = NULL;
    size_t kept = 0;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    for (size_t i = 0; i < *n; i++) {
        struct ms_pattern_options options = {regexes[i].ignore_case, regexes[i].align, NULL};

        if (ms_patterns_add(patterns, MS_REGEX, regexes[i].text, strlen(regexes[i].text), &options,
                            NULL) == MS_OK)
            regexes[kept++] = regexes[i];
    }
    *n = kept;
    if (kept > 0)
        return patterns;
    ms_patterns_free(patterns);
    return NULL;
}

// == By hand ==

struct span {
    size_t start;
    uint32_t length;
};

struct hand_case {
    const char *name;
    struct regex regex;
    const char *memory;
    size_t length;
    struct span spans[8]; // up to the first of length 0
};

static void check_hand(const struct hand_case *test)
{
    struct stretch stretch = {(const uint8_t *)test->memory, test->length, 0x3000, NULL, 0};
    struct regex regex = test->regex;
    struct seeded random = {test->length};
    found_vec expected = {0};
    size_t n = 1;
    struct ms_patterns *patterns = set_of(&regex, &n);
    struct runner runner;

    cr_assert(patterns, "%s: refused", test->name);
    for (size_t i = 0; i < 8 && test->spans[i].length > 0; i++) {
        struct found match = {stretch.address + test->spans[i].start, 0, test->spans[i].length};

        cr_assert(ms_vec_push(&expected, match), "no memory");
    }
    runner = runner_create(matcher_for(patterns, HYPERSCAN, NULL), test->length);
    runner_expect(&runner, &stretch, &random, &expected, test->name);
    runner_release(&runner);
    ms_patterns_free(patterns);
    free(expected.items);
}

Test(regexes, by_hand)
{
    static const struct hand_case cases[] = {
        {"of one start the longest", {.text = "a+"}, "baaab", 5, {{1, 3}}},
        {"of one end the earliest start", {.text = "a*b"}, "aab", 3, {{0, 3}}},
        {"each end counts for itself", {.text = "(ab|b)c?"}, "abc", 3, {{0, 3}}},
        {"two ends, two starts", {.text = "ab|b.c"}, "abxc", 4, {{0, 2}, {1, 3}}},
        {"overlapping ones of one length", {.text = "a.a"}, "aaaa", 4, {{0, 3}, {1, 3}}},
        {"overlapping ones of several", {.text = "ab?a"}, "abaaa", 5, {{0, 3}, {2, 2}, {3, 2}}},
        {"any byte is any byte", {.text = "a.b"}, "a\nba\0ba\377b", 9, {{0, 3}, {3, 3}, {6, 3}}},
        {"zeros", {.text = "\\x00+"}, "a\0\0\0b\0", 6, {{1, 3}, {5, 1}}},
        {"case counts", {.text = "ab+"}, "aBAbab", 6, {{4, 2}}},
        {"case does not count",
         {.text = "ab+", .ignore_case = true},
         "aBAbab",
         6,
         {{0, 2}, {2, 2}, {4, 2}}},
        {"case of letters alone",
         {.text = "[@-Z]+", .ignore_case = true},
         "`a{z@",
         5,
         {{1, 1}, {3, 2}}},
        {"aligned starts alone", {.text = "ab?", .align = 2}, "aababa", 6, {{0, 1}}},
        {"greedy or not is the same", {.text = "a+?"}, "aaa", 3, {{0, 3}}},
        {"a minimum", {.text = "a{2,3}"}, "aaaa", 4, {{0, 3}, {1, 3}}},
        {"newlines are bytes", {.text = "a.*b"}, "a\n\nb", 4, {{0, 4}}},
        {"modifiers within", {.text = "(?i)a(?-i)b"}, "AbAB", 4, {{0, 2}}},
        {"a dot that is not", {.text = "(?-s)a.b?"}, "a\nbaxb", 6, {{3, 3}}},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_hand(&cases[i]);
}

// More matches than a tile has room for make it smaller, and sparse memory lets it grow again, from
// whatever size it had. Found: it grew past what the scratch has room for.
Test(regexes, tiles_grow_no_further_than_they_began, .timeout = 30)
{
    static uint8_t bytes[1500000];
    struct regex regex = {.text = "[ab]{1,2}"};
    struct stretch stretch = {bytes, sizeof(bytes), 0x100000, NULL, 0};
    size_t n = 1, dense = 200001;
    struct ms_patterns *patterns = set_of(&regex, &n);
    struct runner runner = runner_create(matcher_for(patterns, HYPERSCAN, NULL), sizeof(bytes));

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i < dense ? 'a' + i % 2 : 'c' + i % 2);
    runner_scan(&runner, &stretch, 0, dense, "dense");
    cr_expect(runner.found.n == dense - 1, "dense: %zu matches", runner.found.n);
    bytes[dense + 1] = bytes[sizeof(bytes) - 1] = 'a';
    runner_reset(&runner);
    runner_scan(&runner, &stretch, dense, sizeof(bytes), "sparse");
    cr_expect(runner.found.n == 2, "sparse: %zu matches", runner.found.n);
    runner_release(&runner);
    ms_patterns_free(patterns);
}

// Each call in turn is refused: the scan ends at once and says so, and the scratch serves the next.
Test(regexes, sinks_refuse)
{
    static const char memory[] = "abaabbbaabab aab ab";
    struct regex regexes[] = {{.text = "a+b"}, {.text = "b+"}, {.text = "a[ab]"}};
    struct stretch stretch = {(const uint8_t *)memory, sizeof(memory) - 1, 0x100, NULL, 0};
    size_t n = 3, all;
    struct ms_patterns *patterns = set_of(regexes, &n);
    struct runner runner = runner_create(matcher_for(patterns, HYPERSCAN, NULL), sizeof(memory));

    runner_scan(&runner, &stretch, 0, stretch.length, "all");
    all = runner.calls;
    cr_assert(all > 10, "%zu calls", all);
    for (size_t refused = 0; refused <= all; refused++) {
        enum ms_status status;

        runner_reset(&runner);
        runner.refuse_from = refused;
        status = runner_scan(&runner, &stretch, 0, stretch.length, "refusing");
        cr_expect(status == (refused < all ? MS_STOPPED : MS_OK), "call %zu: %d", refused, status);
        cr_expect(runner.calls == refused + (refused < all), "call %zu: %zu calls", refused,
                  (size_t)runner.calls);
    }
    runner_release(&runner);
    ms_patterns_free(patterns);
}

// == Against PCRE2 ==

#ifdef HAVE_PCRE2

// A set of regexes that memscan and PCRE2 take, compiled by both.
struct subject {
    struct regex regexes[MOST_REGEXES];
    size_t n;
    struct regex_oracle *oracles[MOST_REGEXES];
    struct runner runner;
};

static void subject_release(struct subject *subject)
{
    for (size_t i = 0; i < subject->n; i++)
        regex_oracle_free(subject->oracles[i]);
    runner_release(&subject->runner);
}

// False where one of the two refuses, as Hyperscan does some of what the generator makes up.
static bool subject_create(struct subject *subject, const struct regex *regexes, size_t n,
                           size_t most_bytes)
{
    struct ms_matcher_options options = {.engine_mask = HYPERSCAN};
    struct ms_matcher *matcher = NULL;
    struct ms_patterns *patterns;
    bool taken = true;

    *subject = (struct subject){.n = n};
    memcpy(subject->regexes, regexes, n * sizeof(*regexes));
    patterns = set_of(subject->regexes, &subject->n);
    if (!patterns || ms_matcher_create(patterns, &options, &matcher, NULL) != MS_OK) {
        ms_patterns_free(patterns);
        return false;
    }
    ms_patterns_free(patterns);
    subject->runner = runner_create(matcher, most_bytes);
    for (size_t i = 0; i < subject->n; i++) {
        const struct regex *regex = &subject->regexes[i];

        subject->oracles[i] = regex_oracle_create(regex->text, regex->ignore_case);
        taken = taken && subject->oracles[i];
    }
    if (!taken)
        subject_release(subject);
    return taken;
}

static int by_address(const void *left, const void *right)
{
    const struct found *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    return a->pattern < b->pattern ? -1 : a->pattern > b->pattern;
}

static void subject_check(struct subject *subject, const struct stretch *stretch,
                          struct seeded *random, const char *context)
{
    found_vec expected = {0};

    for (size_t i = 0; i < subject->n; i++) {
        uint32_t align = subject->regexes[i].align ? subject->regexes[i].align : 1;

        regex_oracle_find(subject->oracles[i], stretch, align, (uint32_t)i, &expected);
    }
    if (expected.n > 1)
        qsort(expected.items, expected.n, sizeof(*expected.items), by_address);
    runner_expect(&subject->runner, stretch, random, &expected, context);
    free(expected.items);
}

// == Memory ==

// Letters that the regexes are made of, with stretches of one byte between them.
static void fill(struct seeded *random, uint8_t *bytes, size_t length, uint32_t longest_run)
{
    static const uint8_t letters[] = {'a', 'b', 'c', 'a', 'b', 'A', 'B', 'x', 0, '\n', 0xff, ' '};
    uint32_t n_letters = seeded_between(random, 2, sizeof(letters));
    size_t at = 0;

    while (at < length) {
        size_t n = 1;

        if (seeded_percent(random, 3) && longest_run > 0)
            n = seeded_between(random, 1, longest_run);
        n = n < length - at ? n : length - at;
        memset(bytes + at, letters[seeded_below(random, n_letters)], n);
        at += n;
    }
}

// == Hand-picked expressions ==

static const struct regex picked[] = {
    {.text = "abc"},
    {.text = "a[bc].", .ignore_case = true},
    {.text = "a+"},
    {.text = "a+b+"},
    {.text = "[a-z]+"},
    {.text = "[^a]+b"},
    {.text = "(ab|b)c?"},
    {.text = "(a|ab)(c|bcd)?"},
    {.text = "(a+b?)+c"},
    {.text = "((ab)+c|b)+"},
    {.text = "a?b?c?a"},
    {.text = "\\x00+"},
    {.text = "\\x00{2,5}a"},
    {.text = "a{2,3}"},
    {.text = "a{3,}b"},
    {.text = "(a{2}|b){2,4}"},
    {.text = "(aa|aaa)+"},
    {.text = "a(bc)*|c{1,2}"},
    {.text = "a.{0,20}b"},
    {.text = ".{3}b|a"},
    {.text = "[\\x00-\\x20]+"},
    {.text = "[^\\x00]{2,}\\x00"},
    {.text = "\\xff?a+", .align = 4},
    {.text = "aB+", .ignore_case = true},
    {.text = "[a-b]+x?", .ignore_case = true, .align = 2},
    {.text = "\\w+\\s"},
    {.text = "\\d*a\\D"},
    {.text = "(?i)ab(?-i)c+"},
    {.text = "(?-s)a.+b"},
    {.text = "a+?b"},
    {.text = "(|a)b"},
    {.text = "[[:alpha:]]{2,}"},
    // Too large for Hyperscan to track their starts.
    {.text = "a.{1,200}b"},
    {.text = "b[ab]{8,300}", .ignore_case = true},
    {.text = "\\x00{2,300}a?.{0,200}b"},
    // Starts whose automata never get to the same state, and starts everywhere.
    {.text = "(..)+"},
    {.text = "([ab][^c].)+c?"},
    {.text = "(?:a|b|[^a-b]a)"},
    {.text = "[\\w\\s]{2,}?x*"},
};
#define N_PICKED (sizeof(picked) / sizeof(picked[0]))

static void check_picked(struct subject *subject, size_t length, uint32_t longest_run,
                         uint64_t seed)
{
    struct seeded random = {seed};
    uint8_t *bytes = malloc(length);
    struct stretch stretch = {bytes, length, seeded_u64(&random) >> 8, NULL, 0};
    char context[300];

    cr_assert(bytes, "no memory");
    fill(&random, bytes, length, longest_run);
    snprintf(context, sizeof(context), "%s, seed %" PRIu64, subject->regexes[0].text, seed);
    subject_check(subject, &stretch, &random, context);
    free(bytes);
}

Test(regexes, picked)
{
    for (size_t i = 0; i < N_PICKED; i++) {
        struct subject subject;

        cr_assert(subject_create(&subject, &picked[i], 1, 4096), "%s: refused", picked[i].text);
        for (uint64_t seed = 0; seed < 12; seed++)
            check_picked(&subject, 1 + 150 * seed, seed % 3 ? 40 : 0, seed);
        subject_release(&subject);
    }
}

// A stretch of one byte that is longer than 12 KiB, and so not looked at byte by byte, from an odd
// place to another.
static void check_uniform(struct subject *subject, uint8_t byte, struct seeded *random)
{
    size_t start = seeded_between(random, 1, 300);
    size_t end = start + seeded_between(random, 12288, 18000);
    size_t length = end + seeded_between(random, 0, 300);
    struct stretch stretch = {NULL, length, 0x10000 + seeded_below(random, 4096), NULL, 0};
    uint8_t *bytes = malloc(length);
    char context[300];

    cr_assert(bytes, "no memory");
    fill(random, bytes, length, 30);
    memset(bytes + start, byte, end - start);
    stretch.bytes = bytes;
    snprintf(context, sizeof(context), "%s, %02x in [%zu, %zu) of %zu", subject->regexes[0].text,
             byte, start, end, length);
    subject_check(subject, &stretch, random, context);
    free(bytes);
}

Test(regexes, over_uniform_memory)
{
    static const struct regex regexes[] = {
        {.text = "a+"},
        {.text = "a+b+"},
        {.text = "[a-z]+", .align = 4},
        {.text = "[^a]+b"},
        {.text = "\\x00+"},
        {.text = "\\x00{2,5}a"},
        {.text = "(ab|b)c?"},
        {.text = "a{2,3}"},
        {.text = "(aa|aaa)+"},
        {.text = "a?b?c?a"},
        {.text = "a{3,70}b?"},
        {.text = "[^\\x00]{2,}\\x00"},
        {.text = "a{3}|a{5,}b"},
        {.text = "a{4}", .align = 8},
    };
    struct seeded random = {23};

    for (size_t i = 0; i < sizeof(regexes) / sizeof(regexes[0]); i++) {
        struct subject subject;

        cr_assert(subject_create(&subject, &regexes[i], 1, 20000), "%s: refused", regexes[i].text);
        check_uniform(&subject, 'a', &random);
        check_uniform(&subject, 0, &random);
        subject_release(&subject);
    }
}

// 'a' and 'b' among x: matches around the limit of 4,096 bytes.
static void check_distance(struct subject *subject, size_t distance)
{
    static uint8_t bytes[12000];
    struct stretch stretch = {bytes, 700 + distance + 350, 0x5000, NULL, 0};
    struct seeded random = {distance};
    char context[300];
    size_t b = 700 + distance;

    memset(bytes, 'x', sizeof(bytes));
    bytes[300] = bytes[700] = bytes[1500] = 'a';
    bytes[b] = bytes[b + 10] = 'b';
    bytes[b + 9] = 'c';
    snprintf(context, sizeof(context), "%s, distance %zu", subject->regexes[0].text, distance);
    subject_check(subject, &stretch, &random, context);
}

Test(regexes, longest_matches)
{
    static const struct regex regexes[] = {
        {.text = "a.*b"},      {.text = "a.*b.*c"},
        {.text = "ax+b"},      {.text = "a.{2000,}b"},
        {.text = "a.{4094}b"}, {.text = "a.{4093,4094}b"},
        {.text = "x{300,}b"},  {.text = "(ax*)+b", .align = 2},
        {.text = ".*b"},       {.text = "[^b]+"},
        {.text = ".+"},
    };
    static const size_t distances[] = {4094, 4095, 4096};

    for (size_t r = 0; r < sizeof(regexes) / sizeof(regexes[0]); r++) {
        struct subject subject;

        cr_assert(subject_create(&subject, &regexes[r], 1, 12000), "%s: refused", regexes[r].text);
        for (size_t d = 0; d < sizeof(distances) / sizeof(distances[0]); d++)
            check_distance(&subject, distances[d]);
        subject_release(&subject);
    }
}

// == Made up ==

struct writer {
    struct seeded *random;
    char *text;
    size_t room;
    size_t n;
};

static void put(struct writer *writer, const char *text)
{
    size_t length = strlen(text);

    if (length < writer->room - writer->n) {
        memcpy(writer->text + writer->n, text, length + 1);
        writer->n += length;
    }
}

static void write_atom(struct writer *writer)
{
    static const char *const atoms[] = {
        "a",   "b",        "c",     "a",      "b",   ".",       "[ab]", "[^a]", "[a-c]", "\\x00",
        "\\n", "[^\\x00]", "\\xff", "[b-z ]", "\\w", "(?i:ab)", "x",    "abc",  "A"};

    put(writer, atoms[seeded_below(writer->random, sizeof(atoms) / sizeof(atoms[0]))]);
}

static void write_quantifier(struct writer *writer)
{
    static const char *const quantifiers[] = {"?",     "*",    "+",  "{2}",   "{1,3}",
                                              "{0,2}", "{2,}", "+?", "{3,9}", "*?"};

    if (seeded_percent(writer->random, 40))
        put(writer, quantifiers[seeded_below(writer->random, 10)]);
}

static void write_alternatives(struct writer *writer, int depth);

static void write_sequence(struct writer *writer, int depth)
{
    uint32_t n = seeded_between(writer->random, 1, 3);

    for (uint32_t i = 0; i < n; i++) {
        if (depth > 0 && seeded_percent(writer->random, 35) && writer->room - writer->n > 60) {
            put(writer, "(");
            write_alternatives(writer, depth - 1);
            put(writer, ")");
        } else {
            write_atom(writer);
        }
        write_quantifier(writer);
    }
}

static void write_alternatives(struct writer *writer, int depth)
{
    write_sequence(writer, depth);
    while (seeded_percent(writer->random, 30)) {
        put(writer, "|");
        write_sequence(writer, depth);
    }
}

static void make_up(struct seeded *random, struct regex *regex)
{
    struct writer writer = {random, regex->text, sizeof(regex->text) / 2, 0};

    *regex = (struct regex){.ignore_case = seeded_percent(random, 20)};
    if (seeded_percent(random, 15))
        regex->align = UINT32_C(1) << seeded_below(random, 5);
    write_alternatives(&writer, 2);
}

static void check_memory(struct subject *subject, struct seeded *random, size_t most,
                         uint32_t longest_run, uint64_t seed)
{
    struct stretch stretch = {.length = seeded_between(random, 1, (uint32_t)most)};
    uint8_t *bytes = malloc(stretch.length);
    struct ms_range pieces[5];
    char context[300];

    cr_assert(bytes, "no memory");
    fill(random, bytes, stretch.length, longest_run);
    stretch.bytes = bytes;
    stretch.address = seeded_u64(random) >> seeded_between(random, 1, 40);
    if (seeded_percent(random, 5))
        stretch.address = 0 - (uint64_t)stretch.length;
    if (seeded_percent(random, 25))
        random_pieces(random, &stretch, pieces, 5);
    snprintf(context, sizeof(context), "seed %" PRIu64 ", %s, %zu regexes, %zu pieces", seed,
             subject->regexes[0].text, subject->n, stretch.n_pieces);
    subject_check(subject, &stretch, random, context);
    free(bytes);
}

// `n_sets` random sets, each over several memories: compiling is what takes the time.
static void check_made_up(uint64_t seed, size_t n_sets, size_t most, uint32_t longest_run)
{
    struct regex regexes[MOST_REGEXES];
    size_t taken = 0;

    n_sets = seeded_cases(n_sets);
    for (uint64_t end = seed + n_sets; seed < end; seed++) {
        struct seeded random = {seed};
        size_t n = seeded_percent(&random, 50) ? 1 : seeded_between(&random, 1, MOST_REGEXES);
        struct subject subject;

        for (size_t i = 0; i < n; i++)
            make_up(&random, &regexes[i]);
        if (!subject_create(&subject, regexes, n, most))
            continue;
        for (int i = 0; i < 12; i++)
            check_memory(&subject, &random, most, longest_run, seed);
        subject_release(&subject);
        taken++;
    }
    cr_expect(taken > n_sets / 3, "only %zu of %zu sets were taken", taken, n_sets);
}

Test(regexes, made_up)
{
    check_made_up(300000, 150, 200, 30);
}

Test(regexes, made_up_over_more_memory)
{
    check_made_up(400000, 10, 2000, 300);
}

#else

Test(regexes, against_pcre2)
{
    cr_skip_test("PCRE2 was not found when this was built");
}

#endif
