// SPDX-License-Identifier: MIT
//
// The literals engine alone, against the model and the oracle: all kinds of fixed patterns, also
// those that the planner would rather give to others.

#include "windows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HYPERSCAN ENGINE_BIT(MS_ENGINE_HYPERSCAN)

static const struct model_profile any = {
    .name = "all kinds",
    .kinds = "bwdqaux",
    .max_patterns = 8,
    .max_length = 70,
    .max_memory = 3000,
    .exact_percent = 70,
    .periodic_percent = 10,
    .aligned_percent = 30,
    .uniform_percent = 5,
};
static const struct model_profile text = {
    .name = "text",
    .kinds = "au",
    .max_patterns = 10,
    .max_length = 100,
    .max_memory = 3000,
    .exact_percent = 100,
    .aligned_percent = 10,
    .uniform_percent = 5,
};
static const struct model_profile floods = {
    .name = "floods",
    .kinds = "bwdqaux",
    .max_patterns = 5,
    .max_length = 90,
    .max_memory = 60000,
    .exact_percent = 80,
    .periodic_percent = 30,
    .aligned_percent = 30,
    .uniform_percent = 60,
};
static const struct model_profile giants = {
    .name = "giants",
    .kinds = "aux",
    .max_patterns = 4,
    .max_length = 5000,
    .max_memory = 60000,
    .exact_percent = 95,
    .periodic_percent = 10,
    .aligned_percent = 10,
    .uniform_percent = 30,
};
static const struct model_profile largest = {
    .name = "largest",
    .kinds = "ax",
    .max_patterns = 2,
    .max_length = 65536,
    .max_memory = 300000,
    .exact_percent = 99,
    .uniform_percent = 5,
};
static const struct model_profile crowds = {
    .name = "crowds",
    .kinds = "bwdqax",
    .max_patterns = 150,
    .max_length = 12,
    .max_memory = 1500,
    .exact_percent = 80,
    .aligned_percent = 10,
    .uniform_percent = 5,
};

Test(literals, all_kinds)
{
    check_random_cases(&any, HYPERSCAN, 90000, 1000);
}

Test(literals, text)
{
    check_random_cases(&text, HYPERSCAN, 100000, 1000);
}

Test(literals, floods)
{
    check_random_cases(&floods, HYPERSCAN, 110000, 150);
}

Test(literals, giants)
{
    check_random_cases(&giants, HYPERSCAN, 120000, 60);
}

Test(literals, largest)
{
    check_random_cases(&largest, HYPERSCAN, 130000, 12);
}

Test(literals, crowds)
{
    check_random_cases(&crowds, HYPERSCAN, 140000, 60);
}

Test(literals, every_cut)
{
    check_every_cut(&any, HYPERSCAN, 150000, 12);
}

Test(literals, cases)
{
    static const struct literal_case cases[] = {
        {"one byte", MS_BYTE, "41", 0, "AbAA", 4, {0, 2, 3}, 3},
        {"starts with a zero", MS_HEX, "00 41", 0, "\0A\0A", 4, {0, 2}, 2},
        {"zeros alone", MS_HEX, "00 00", 0, "\0\0\0a", 4, {0, 1}, 2},
        {"a newline under a wildcard", MS_HEX, "41 ?? 42", 0, "A\nBA\0BAB", 8, {0, 3}, 2},
        {"characters of expressions", MS_ASCII, "a.(b)*", 0, "a.(b)*axb", 9, {0}, 1},
        {"wild at both ends", MS_HEX, "?? 41 ??", 0, "AAAA", 4, {0, 1}, 2},
        {"values at odd addresses", MS_DWORD, "44434241", 1, "xABCDABCD", 9, {1, 5}, 2},
        {"and at even ones", MS_DWORD, "44434241", 4, "xABCABCDABCD", 12, {4, 8}, 2},
        {"a range at any address", MS_WORD, "4100..4200", 1, "zAzBA", 5, {0, 3}, 2},
        {"a trailing run",
         MS_HEX,
         "41 42 43 44 45 00 00 00",
         0,
         "ABCDE\0\0ABCDE\0\0\0\0",
         16,
         {7},
         1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_literal_case(&cases[i], HYPERSCAN);
}

// == Uniform memory ==

#define UNIFORM_BYTES 20000

static const uint32_t zero_lengths[] = {3, 9, 64, 3000};
#define N_ZEROS 4

// Patterns of nothing but zeros.
static struct ms_patterns *zero_patterns(void)
{
    static char digits[2 * 3000];
    struct ms_patterns *patterns = NULL;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    memset(digits, '0', sizeof(digits));
    for (size_t i = 0; i < N_ZEROS; i++)
        cr_assert(ms_patterns_add(patterns, MS_HEX, digits, 2 * zero_lengths[i], NULL, NULL) ==
                      MS_OK,
                  "zeros");
    return patterns;
}

// Where they match between the bytes other than zero at `first` - 1 and `end`.
static found_vec zero_matches(size_t first, size_t end)
{
    found_vec expected = {0};

    for (size_t at = first; at < end; at++) {
        for (uint32_t i = 0; i < N_ZEROS; i++) {
            struct found match = {at, i, zero_lengths[i]};

            if (at + zero_lengths[i] <= end)
                cr_assert(ms_vec_push(&expected, match), "no memory");
        }
    }
    return expected;
}

// Windows that end around the end of a block of a uniform stretch, and stretches that hold the
// longest pattern more than once but less than twice: each match is still found once.
Test(literals, uniform_stretches)
{
    static const size_t ends[] = {4096, 8192, 9000, 11000, 12288, 12289, UNIFORM_BYTES};
    static uint8_t memory[UNIFORM_BYTES];
    struct ms_patterns *patterns = zero_patterns();
    struct runner runner = runner_create(matcher_for(patterns, HYPERSCAN, NULL), UNIFORM_BYTES);
    struct stretch stretch = {memory, UNIFORM_BYTES, 0, NULL, 0};
    char context[80];

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        found_vec expected = zero_matches(1, ends[i]);

        memset(memory, 0, sizeof(memory));
        memory[0] = 1;
        memset(memory + ends[i], 1, UNIFORM_BYTES - ends[i]);
        for (size_t cut = 8192 - 12; cut <= 8192 + 12; cut += 3) {
            snprintf(context, sizeof(context), "zeros to %zu, cut at %zu", ends[i], cut);
            runner_reset(&runner);
            runner_scan_cut(&runner, &stretch, &cut, 1, context);
            found_expect(&runner.found, &expected, context);
        }
        free(expected.items);
    }
    runner_release(&runner);
    ms_patterns_free(patterns);
}

// A window that begins in uniform memory and ends where a match would just be another's.
Test(literals, uniform_windows_end_at_any_byte)
{
    static uint8_t memory[UNIFORM_BYTES];
    struct ms_patterns *patterns = zero_patterns();
    struct runner runner = runner_create(matcher_for(patterns, HYPERSCAN, NULL), UNIFORM_BYTES);
    struct stretch stretch = {memory, UNIFORM_BYTES, 0, NULL, 0};
    found_vec expected = zero_matches(0, UNIFORM_BYTES);
    char context[80];

    for (size_t i = 0; i < N_ZEROS; i++) {
        for (size_t less = zero_lengths[i] - 2; less <= zero_lengths[i] + 2; less++) {
            size_t cut = 3 * 4096 - less;

            snprintf(context, sizeof(context), "cut at %zu", cut);
            runner_reset(&runner);
            runner_scan_cut(&runner, &stretch, &cut, 1, context);
            found_expect(&runner.found, &expected, context);
        }
    }
    free(expected.items);
    runner_release(&runner);
    ms_patterns_free(patterns);
}
