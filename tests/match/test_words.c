// SPDX-License-Identifier: MIT
//
// The words engine alone, with every kernel, against the model and the oracle.

#include "windows.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define WORDS ENGINE_BIT(MS_ENGINE_WORDS)

static const struct model_profile aligned = {
    .name = "aligned values",
    .kinds = "wwddddqqb",
    .max_patterns = 6,
    .max_length = 40,
    .max_memory = 3000,
    .exact_percent = 70,
    .aligned_percent = 10,
    .uniform_percent = 5,
};
static const struct model_profile any = {
    .name = "all kinds",
    .kinds = "bwdqaux",
    .max_patterns = 8,
    .max_length = 70,
    .max_memory = 3000,
    .exact_percent = 60,
    .periodic_percent = 10,
    .aligned_percent = 40,
    .uniform_percent = 5,
};
// More than FEW_VALUES values, and more loose ones than get a pass of their own.
static const struct model_profile crowds = {
    .name = "crowds",
    .kinds = "bwdqx",
    .max_patterns = 120,
    .max_length = 9,
    .max_memory = 1500,
    .exact_percent = 70,
    .aligned_percent = 20,
    .uniform_percent = 5,
};
static const struct model_profile floods = {
    .name = "floods",
    .kinds = "bwdq",
    .max_patterns = 5,
    .max_length = 10,
    .max_memory = 40000,
    .exact_percent = 70,
    .periodic_percent = 50,
    .aligned_percent = 30,
    .uniform_percent = 60,
};

Test(words, aligned_values)
{
    check_random_cases(&aligned, WORDS, 1000, 3000);
}

Test(words, all_kinds)
{
    check_random_cases(&any, WORDS, 11000, 3000);
}

Test(words, crowds)
{
    check_random_cases(&crowds, WORDS, 21000, 600);
}

Test(words, floods)
{
    check_random_cases(&floods, WORDS, 31000, 150);
}

// Minimal cases, each once found wrong or near a line that would be easy to get wrong.
Test(words, cases)
{
    static const struct literal_case cases[] = {
        {"a range within an element that is the whole pattern",
         MS_BYTE,
         "41..43 42",
         2,
         "AB@BDBCB",
         8,
         {0, 6},
         2},
        {"the same with words",
         MS_WORD,
         "4141..4142 43",
         4,
         "AAC\0"
         "BAC\0"
         "CAC\0",
         12,
         {0, 4},
         2},
        {"the second half of a range's value alone",
         MS_DWORD,
         "00010000..0001ffff",
         4,
         "zz\1\0"
         "zz\2\0",
         8,
         {0},
         1},
        {"a range over all values", MS_WORD, "0..ffff", 0, "abcd", 4, {0, 2}, 2},
        {"wildcards alone", MS_DWORD, "????????", 0, "abcdefgh", 8, {0, 4}, 2},
        {"an element behind others that are wild", MS_BYTE, "?? ?? 41", 1, "xxAxA", 5, {0, 2}, 2},
        {"zero is found among zeros only", MS_WORD, "0", 0, "\0\0\1\0\0\0", 6, {0, 4}, 2},
        {"shorter than its alignment", MS_BYTE, "41", 4, "AAAAA", 5, {0, 4}, 2},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_literal_case(&cases[i], WORDS);
}

// As the planner would never: patterns of one group whose anchors are at different offsets.
Test(words, every_cut)
{
    check_every_cut(&any, WORDS, 41000, 12);
    check_every_cut(&crowds, WORDS, 42000, 6);
}
