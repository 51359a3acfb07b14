// SPDX-License-Identifier: MIT
//
// The texts engine alone, with every kernel, against the model and the oracle: all kinds of fixed
// patterns, also those that the planner would rather give to others.

#include "windows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS ENGINE_BIT(MS_ENGINE_TEXTS)

static const struct model_profile any = {
    .name = "all kinds",
    .kinds = "bwdqaux",
    .max_patterns = 6,
    .max_length = 70,
    .max_memory = 3000,
    .exact_percent = 60,
    .periodic_percent = 10,
    .aligned_percent = 30,
    .uniform_percent = 5,
};
static const struct model_profile text = {
    .name = "text",
    .kinds = "aux",
    .max_patterns = 4,
    .max_length = 200,
    .max_memory = 3000,
    .exact_percent = 90,
    .periodic_percent = 5,
    .aligned_percent = 5,
    .uniform_percent = 5,
};
// Several groups of a kernel's pairs.
static const struct model_profile crowds = {
    .name = "crowds",
    .kinds = "bwdqax",
    .max_patterns = 60,
    .max_length = 12,
    .max_memory = 1500,
    .exact_percent = 80,
    .aligned_percent = 10,
    .uniform_percent = 5,
};
static const struct model_profile floods = {
    .name = "floods",
    .kinds = "bwdqaux",
    .max_patterns = 5,
    .max_length = 90,
    .max_memory = 30000,
    .exact_percent = 80,
    .periodic_percent = 30,
    .aligned_percent = 30,
    .uniform_percent = 60,
};
// Longer than the area in which pairs are looked for.
static const struct model_profile giants = {
    .name = "giants",
    .kinds = "aux",
    .max_patterns = 3,
    .max_length = 5000,
    .max_memory = 40000,
    .exact_percent = 95,
    .periodic_percent = 10,
    .aligned_percent = 10,
    .uniform_percent = 30,
};

Test(texts, all_kinds)
{
    check_random_cases(&any, TEXTS, 160000, 2000);
}

Test(texts, text)
{
    check_random_cases(&text, TEXTS, 170000, 2000);
}

Test(texts, crowds)
{
    check_random_cases(&crowds, TEXTS, 180000, 300);
}

Test(texts, floods)
{
    check_random_cases(&floods, TEXTS, 190000, 80);
}

Test(texts, giants)
{
    check_random_cases(&giants, TEXTS, 200000, 60);
}

Test(texts, every_cut)
{
    check_every_cut(&any, TEXTS, 210000, 12);
    check_every_cut(&text, TEXTS, 211000, 12);
}

Test(texts, cases)
{
    static const struct literal_case cases[] = {
        {"one byte", MS_HEX, "41", 0, "AbAA", 4, {0, 2, 3}, 3},
        {"two bytes", MS_HEX, "41 62", 0, "AbAAb", 5, {0, 3}, 2},
        {"all of memory", MS_ASCII, "abc", 0, "abc", 3, {0}, 1},
        {"longer than memory", MS_ASCII, "abcd", 0, "abc", 3, {0}, 0},
        {"at the last byte", MS_ASCII, "xyz", 0, "----xyzxyz", 10, {4, 7}, 2},
        {"overlapping", MS_ASCII, "abcab", 0, "abcabcabcab", 11, {0, 3, 6}, 3},
        {"the pair alone", MS_ASCII, "aQbZc", 0, "xQxZx-aQbZc", 11, {6}, 1},
        {"wild bytes", MS_HEX, "51 ?? 5?", 0, "Q-Z Q\0Pq", 8, {0, 4}, 2},
        {"nothing but wild bytes", MS_HEX, "?? ??", 0, "abc", 3, {0, 1}, 2},
        {"a range", MS_WORD, "4100..4200", 1, "zAzBA", 5, {0, 3}, 2},
        {"at even addresses", MS_DWORD, "44434241", 2, "xABCDxABCD", 10, {6}, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_literal_case(&cases[i], TEXTS);
}

// Memory of each length around that of blocks, all of it one text and more, in two windows that
// meet anywhere: at every place there is a pair, and a match only at those that are known.
Test(texts, around_blocks)
{
    static uint8_t memory[3 * MS_BLOCK_ELEMENTS];
    struct ms_patterns *patterns = model_set_of(MS_ASCII, "ab", 0);
    struct runner runner = runner_create(matcher_for(patterns, TEXTS, NULL), sizeof(memory));
    char context[80];

    for (size_t i = 0; i < sizeof(memory); i++)
        memory[i] = i % 2 ? 'b' : 'a';
    for (size_t length = MS_BLOCK_ELEMENTS - 2; length <= sizeof(memory); length++) {
        struct stretch stretch = {memory, length, 0x1000, NULL, 0};
        found_vec expected = {0};

        for (size_t at = 0; at + 2 <= length; at += 2)
            cr_assert(ms_vec_push(&expected, ((struct found){0x1000 + at, 0, 2})), "no memory");
        for (size_t cut = 1; cut < length; cut++) {
            snprintf(context, sizeof(context), "%zu bytes, cut at %zu", length, cut);
            runner_reset(&runner);
            runner_scan_cut(&runner, &stretch, &cut, 1, context);
            found_expect(&runner.found, &expected, context);
        }
        free(expected.items);
    }
    runner_release(&runner);
    ms_patterns_free(patterns);
}

// Beside a regex, windows hold memory before their own part: what starts there is another's. The
// texts' pairs are at different offsets.
Test(texts, beside_a_regex)
{
#ifdef MS_HAVE_HYPERSCAN
    static const char unit[] = "eeeeeeQzeeee";
    static const struct {
        enum ms_pattern_kind kind;
        const char *text;
    } all[] = {{MS_ASCII, "Qzeeee"}, {MS_ASCII, "eeeeeeQz"}, {MS_REGEX, "q+"}};
    uint8_t memory[20 * (sizeof(unit) - 1)];
    struct stretch stretch = {memory, sizeof(memory), 0x1000, NULL, 0};
    struct ms_patterns *patterns = NULL;
    struct runner runner;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    for (size_t i = 0; i < 3; i++)
        cr_assert(ms_patterns_add(patterns, all[i].kind, all[i].text, strlen(all[i].text), NULL,
                                  NULL) == MS_OK);
    for (size_t i = 0; i < sizeof(memory); i++)
        memory[i] = (uint8_t)unit[i % (sizeof(unit) - 1)];
    runner = runner_create(matcher_for(patterns, 0, NULL), sizeof(memory));
    for (size_t cut = 1; cut < sizeof(memory); cut++) {
        runner_reset(&runner);
        runner_scan_cut(&runner, &stretch, &cut, 1, "beside a regex");
        cr_assert(runner.found.n == 40, "cut at %zu: %zu matches", cut, runner.found.n);
    }
    runner_release(&runner);
    ms_patterns_free(patterns);
#else
    cr_skip_test("this build has no Hyperscan");
#endif
}
