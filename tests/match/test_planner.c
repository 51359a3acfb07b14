// SPDX-License-Identifier: MIT
//
// The planner: which engine each kind of pattern goes to, and what a mask of engines does to that.

#include "match/planner.h"

#include "windows.h"

#include <criterion/criterion.h>
#include <string.h>

#define ALL       (~0u)
#define SCALAR    ENGINE_BIT(MS_ENGINE_SCALAR)
#define WORDS     ENGINE_BIT(MS_ENGINE_WORDS)
#define RUNS      ENGINE_BIT(MS_ENGINE_RUNS)
#define HYPERSCAN ENGINE_BIT(MS_ENGINE_HYPERSCAN)

#ifdef MS_HAVE_HYPERSCAN
#define LITERALS &ms_engine_literals
#define REGEXES  &ms_engine_regexes
#else
#define LITERALS &ms_engine_words // what takes them without Hyperscan
#define REGEXES  NULL
#endif

struct plan_case {
    const char *name;
    enum ms_pattern_kind kind;
    const char *text;
    uint32_t align;
    unsigned mask;
    const struct ms_engine_ops *engine; // NULL: refused
};

static void check_plan(const struct plan_case *test)
{
    struct ms_patterns *patterns = model_set_of(test->kind, test->text, test->align);
    struct ms_error error = {0};
    uint8_t choice = UINT8_MAX;
    enum ms_status status =
        ms_plan(patterns->all.items, patterns->all.n, test->mask, false, &choice, &error);

    cr_expect((status == MS_OK) == (test->engine != NULL), "%s: %s", test->name, error.text);
    if (status == MS_OK) {
        cr_assert(choice < ms_planner_n_engines, "%s: engine %u", test->name, choice);
        cr_expect(ms_planner_engines[choice] == test->engine, "%s: went to %u (%s)", test->name,
                  choice, ms_engine_name(ms_planner_engines[choice]->id));
    }
    ms_patterns_free(patterns);
}

Test(planner, choices)
{
    static const struct plan_case cases[] = {
        {"a dword", MS_DWORD, "78090043", 0, ALL, &ms_engine_words},
        {"a qword", MS_QWORD, "78090043", 0, ALL, &ms_engine_words},
        {"zero, aligned", MS_DWORD, "0", 0, ALL, &ms_engine_words},
        {"a masked dword", MS_DWORD, "7809????", 0, ALL, &ms_engine_words},
        {"a range", MS_QWORD, "1000..2000", 0, ALL, &ms_engine_words},
        {"one byte", MS_BYTE, "43", 0, ALL, &ms_engine_words},
        {"wild bytes alone", MS_HEX, "??", 0, ALL, &ms_engine_words},
        {"dwords in a row", MS_DWORD, "78090043 02000000", 0, ALL, &ms_engine_words},
        {"a uniform pattern", MS_HEX, "00 00 00 00 00", 0, ALL, &ms_engine_runs},
        {"a short period", MS_ASCII, "abcabcab", 0, ALL, &ms_engine_runs},
        {"zeros at any address", MS_DWORD, "0", 1, ALL, &ms_engine_runs},
        {"a period of eight", MS_HEX, "0102030405060708 0102030405060708", 0, ALL, &ms_engine_runs},
        {"a period of nine", MS_HEX, "010203040506070809 010203040506070809", 0, ALL, LITERALS},
        {"half a period more", MS_ASCII, "abcdab", 0, ALL, LITERALS},
        {"text", MS_ASCII, "Se  ", 0, ALL, LITERALS},
        {"text, aligned", MS_ASCII, "Reff", 4, ALL, &ms_engine_words},
        {"utf-16", MS_UTF16, "Token", 0, ALL, LITERALS},
        {"a dword at any address", MS_DWORD, "78090043", 1, ALL, LITERALS},
        {"hex with wild bytes", MS_HEX, "48 8b ?? c3", 0, ALL, LITERALS},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_plan(&cases[i]);
}

Test(planner, masks)
{
    static const struct plan_case cases[] = {
        {"scalar takes values", MS_DWORD, "78090043", 0, SCALAR, &ms_engine_scalar},
        {"scalar takes text", MS_ASCII, "Se  ", 0, SCALAR, &ms_engine_scalar},
        {"scalar takes no regexes", MS_REGEX, "ab", 0, SCALAR, NULL},
        {"words take text", MS_ASCII, "Se  ", 0, WORDS, &ms_engine_words},
        {"words take runs", MS_HEX, "0000000000", 0, WORDS, &ms_engine_words},
        {"words take no regexes", MS_REGEX, "ab", 0, WORDS, NULL},
        {"runs take runs", MS_HEX, "0000000000", 0, RUNS, &ms_engine_runs},
        {"runs take dwords that are runs", MS_DWORD, "0", 0, RUNS, &ms_engine_runs},
        {"runs take nothing else", MS_ASCII, "Se", 0, RUNS, NULL},
        {"runs take no masks", MS_HEX, "00 00 0? 00", 0, RUNS, NULL},
        {"the scalar engine where runs cannot", MS_ASCII, "Se", 0, RUNS | SCALAR,
         &ms_engine_scalar},
        {"words before scalar", MS_ASCII, "Se", 0, WORDS | SCALAR, &ms_engine_words},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_plan(&cases[i]);
}

Test(planner, hyperscan)
{
#ifdef MS_HAVE_HYPERSCAN
    static const struct plan_case cases[] = {
        {"values", MS_DWORD, "78090043", 0, HYPERSCAN, LITERALS},
        {"runs", MS_HEX, "0000000000", 0, HYPERSCAN, LITERALS},
        {"ranges", MS_QWORD, "1000..2000", 0, HYPERSCAN, LITERALS},
        {"regexes", MS_REGEX, "a+", 0, HYPERSCAN, REGEXES},
        {"regexes beside others", MS_REGEX, "a+", 0, ALL, REGEXES},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_plan(&cases[i]);
#else
    struct plan_case none = {"text", MS_ASCII, "Se", 0, HYPERSCAN, NULL};

    check_plan(&none);
#endif
}

// The lengths of regexes are known to matchers alone, which measure them.
Test(planner, regexes)
{
#ifdef MS_HAVE_HYPERSCAN
    static const struct {
        const char *text;
        const struct ms_engine_ops *engine;
    } cases[] = {
        {"abc", LITERALS}, {"a[bc].", LITERALS}, {"ab|cd", LITERALS}, {"a{7}", LITERALS},
        {"a|bc", REGEXES}, {"ab?", REGEXES},     {"a.*b", REGEXES},   {"a{1,2}", REGEXES},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(MS_REGEX, cases[i].text, 0);
        struct runner runner = runner_create(matcher_for(patterns, 0, NULL), 1);

        cr_expect(ms_matcher_n_patterns(runner.matcher, MS_ENGINE_HYPERSCAN) == 1, "%s",
                  cases[i].text);
        // Only the second of the two keeps scratch of its own.
        cr_expect((runner.scratch->regexes != NULL) == (cases[i].engine == REGEXES), "%s",
                  cases[i].text);
        runner_release(&runner);
        ms_patterns_free(patterns);
    }
#else
    cr_skip_test("this build has no Hyperscan");
#endif
}

Test(planner, refusals)
{
    static const struct {
        const char *name;
        enum ms_pattern_kind kind;
        const char *text;
        unsigned mask;
        enum ms_status status;
        const char *error;
    } cases[] = {
        {"runs alone", MS_ASCII, "Se", RUNS, MS_ARGUMENT,
         "ascii \"Se\": none of the engines allowed can search for it"},
        {"no engine", MS_DWORD, "1", 1u << MS_N_ENGINES, MS_ARGUMENT,
         "dword \"1\": none of the engines allowed can search for it"},
#ifdef MS_HAVE_HYPERSCAN
        {"a regex without Hyperscan", MS_REGEX, "a+", WORDS | RUNS | SCALAR, MS_ARGUMENT,
         "regex \"a+\": none of the engines allowed can search for it"},
#else
        {"a regex without Hyperscan", MS_REGEX, "a+", ALL, MS_UNSUPPORTED,
         "regex \"a+\": this build has no Hyperscan, which regexes need"},
#endif
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = model_set_of(cases[i].kind, cases[i].text, 0);
        struct ms_error error = {0};
        uint8_t choice;

        cr_expect(ms_plan(patterns->all.items, 1, cases[i].mask, false, &choice, &error) ==
                      cases[i].status,
                  "%s", cases[i].name);
        cr_expect(error.status == cases[i].status, "%s", cases[i].name);
        cr_expect_str_eq(error.text, cases[i].error);
        ms_patterns_free(patterns);
    }
}

// Each of several patterns goes its own way.
Test(planner, sets)
{
    static const struct {
        enum ms_pattern_kind kind;
        const char *text;
    } texts[] = {{MS_ASCII, "Se  "}, {MS_DWORD, "78090043"}, {MS_HEX, "0000000000"}};
    const struct ms_engine_ops *engines[] = {LITERALS, &ms_engine_words, &ms_engine_runs};
    struct ms_patterns *patterns = NULL;
    uint8_t choice[3];

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    for (size_t i = 0; i < 3; i++)
        cr_assert(ms_patterns_add(patterns, texts[i].kind, texts[i].text, strlen(texts[i].text),
                                  NULL, NULL) == MS_OK,
                  "%s", texts[i].text);
    cr_assert(ms_plan(patterns->all.items, 3, ALL, false, choice, NULL) == MS_OK, "plan");
    for (size_t i = 0; i < 3; i++)
        cr_expect(ms_planner_engines[choice[i]] == engines[i], "%s", texts[i].text);
    ms_patterns_free(patterns);
}
