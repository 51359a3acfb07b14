// SPDX-License-Identifier: MIT
//
// The runs engine alone, with every kernel, against the model and the oracle.

#include "windows.h"

#include <criterion/criterion.h>

#define RUNS ENGINE_BIT(MS_ENGINE_RUNS)

static const struct model_profile periodic = {
    .name = "periodic",
    .kinds = "bwdqax",
    .max_patterns = 6,
    .max_length = 70,
    .max_memory = 3000,
    .periodic_percent = 100,
    .aligned_percent = 40,
    .uniform_percent = 10,
};
static const struct model_profile floods = {
    .name = "floods",
    .kinds = "bwdqax",
    .max_patterns = 5,
    .max_length = 200,
    .max_memory = 40000,
    .periodic_percent = 100,
    .aligned_percent = 50,
    .uniform_percent = 60,
};
static const struct model_profile giants = {
    .name = "giants",
    .kinds = "ax",
    .max_patterns = 2,
    .max_length = 9000,
    .max_memory = 60000,
    .periodic_percent = 100,
    .aligned_percent = 30,
    .uniform_percent = 60,
};

Test(runs, periodic)
{
    check_random_cases(&periodic, RUNS, 50000, 4000);
}

Test(runs, floods)
{
    check_random_cases(&floods, RUNS, 60000, 150);
}

Test(runs, giants)
{
    check_random_cases(&giants, RUNS, 70000, 60);
}

Test(runs, every_cut)
{
    check_every_cut(&periodic, RUNS, 80000, 20);
}

Test(runs, cases)
{
    static const struct literal_case cases[] = {
        {"overlapping", MS_ASCII, "QQQ", 0, "QQQQQ", 5, {0, 1, 2}, 3},
        {"at both ends", MS_ASCII, "QQ", 0, "QQ-QQ", 5, {0, 3}, 2},
        {"one short", MS_ASCII, "QQQ", 0, "QQ-QQ", 5, {0}, 0},
        {"only one phase fits", MS_ASCII, "abab", 0, "bababab", 7, {1, 3}, 2},
        {"a period that alignment divides",
         MS_ASCII,
         "abcabc",
         4,
         "abcabcabcabcabcabc",
         18,
         {0, 12},
         2},
        {"a phase that is never aligned", MS_ASCII, "baba", 2, "abababab", 8, {0}, 0},
        {"twice a period of eight",
         MS_HEX,
         "0001020304050607 0001020304050607",
         0,
         "\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7",
         24,
         {0, 8},
         2},
        {"runs that share a byte", MS_ASCII, "aa", 0, "baabaab", 7, {1, 4}, 2},
        {"a longer period within", MS_ASCII, "aaaa", 0, "aaabaaaab", 9, {4}, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_literal_case(&cases[i], RUNS);
}
