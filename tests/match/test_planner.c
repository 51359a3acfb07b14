// SPDX-License-Identifier: MIT
//
// The planner: which engine each kind of pattern goes to, and what a mask of engines does to that.

#include "match/planner.h"

#include "windows.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL       (~0u)
#define SCALAR    ENGINE_BIT(MS_ENGINE_SCALAR)
#define WORDS     ENGINE_BIT(MS_ENGINE_WORDS)
#define RUNS      ENGINE_BIT(MS_ENGINE_RUNS)
#define HYPERSCAN ENGINE_BIT(MS_ENGINE_HYPERSCAN)
#define TEXTS     ENGINE_BIT(MS_ENGINE_TEXTS)

#ifdef MS_HAVE_HYPERSCAN
#define LITERALS        &ms_engine_literals
#define REGEXES         &ms_engine_regexes
#define BESIDE_LITERALS LITERALS // a text, where Hyperscan has to search anyway
#else
#define LITERALS        &ms_engine_words // what takes them without Hyperscan
#define REGEXES         NULL
#define BESIDE_LITERALS &ms_engine_texts
#endif

struct plan_case {
    const char *name;
    enum ms_pattern_kind kind;
    const char *text;
    uint32_t align;
    unsigned mask;
    const struct ms_engine_ops *engine; // NULL: refused
};

// In proportions as kernels with vectors have them.
static const struct ms_kernels vectors = {.costs = {.map = 17, .pair = 0.45, .candidate = 20}};

// For these, Hyperscan or the words engine is always faster.
static const struct ms_kernels no_vectors = {.costs = {.map = 100, .pair = 25, .candidate = 20}};

static enum ms_status plan_for(const struct ms_kernels *kernels, const struct ms_patterns *patterns,
                               unsigned mask, struct ms_choice *choices, struct ms_error *error)
{
    struct ms_plan_input input = {
        .patterns = patterns->all.items,
        .n_patterns = patterns->all.n,
        .engine_mask = mask,
        .kernels = kernels,
    };

    return ms_plan(&input, choices, error);
}

static enum ms_status plan(const struct ms_patterns *patterns, unsigned mask,
                           struct ms_choice *choices, struct ms_error *error)
{
    return plan_for(&vectors, patterns, mask, choices, error);
}

static void check_plan(const struct plan_case *test)
{
    struct ms_patterns *patterns = model_set_of(test->kind, test->text, test->align);
    struct ms_error error = {0};
    struct ms_choice choice = {.engine = UINT8_MAX};
    enum ms_status status = plan(patterns, test->mask, &choice, &error);

    cr_expect((status == MS_OK) == (test->engine != NULL), "%s: %s", test->name, error.text);
    if (status == MS_OK) {
        cr_assert(choice.engine < ms_planner_n_engines, "%s: engine %u", test->name, choice.engine);
        cr_expect(ms_planner_engines[choice.engine] == test->engine, "%s: went to %u (%s)",
                  test->name, choice.engine, ms_engine_name(ms_planner_engines[choice.engine]->id));
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
        {"a period of nine", MS_HEX, "010203040506070809 010203040506070809", 0, ALL,
         &ms_engine_texts},
        {"half a period more", MS_ASCII, "abcdab", 0, ALL, &ms_engine_texts},
        {"text", MS_ASCII, "Se  ", 0, ALL, &ms_engine_texts},
        {"text, aligned", MS_ASCII, "Reff", 4, ALL, &ms_engine_words},
        {"utf-16", MS_UTF16, "Token", 0, ALL, &ms_engine_texts},
        {"a dword at any address", MS_DWORD, "78090043", 1, ALL, &ms_engine_texts},
        {"hex with wild bytes", MS_HEX, "48 8b ?? c3", 0, ALL, &ms_engine_texts},
        {"two bytes that are common", MS_HEX, "00 01", 0, ALL, &ms_engine_texts},
        {"common bytes", MS_HEX, "00 00 01 00 00 00", 0, ALL, LITERALS},
        {"a common byte among wild ones", MS_HEX, "?? 65 ??", 0, ALL, &ms_engine_words},
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
        struct ms_choice choice;

        cr_expect(plan(patterns, cases[i].mask, &choice, &error) == cases[i].status, "%s",
                  cases[i].name);
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
    const struct ms_engine_ops *engines[] = {&ms_engine_texts, &ms_engine_words, &ms_engine_runs};
    struct ms_patterns *patterns = NULL;
    struct ms_choice choices[3];

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
    for (size_t i = 0; i < 3; i++)
        cr_assert(ms_patterns_add(patterns, texts[i].kind, texts[i].text, strlen(texts[i].text),
                                  NULL, NULL) == MS_OK,
                  "%s", texts[i].text);
    cr_assert(plan(patterns, ALL, choices, NULL) == MS_OK, "plan");
    for (size_t i = 0; i < 3; i++)
        cr_expect(ms_planner_engines[choices[i].engine] == engines[i], "%s", texts[i].text);
    ms_patterns_free(patterns);
}

// A text; or one that begins with a backslash, by hex: zeros cannot be in an array's string.
static void add_text(struct ms_patterns *patterns, const char *text)
{
    enum ms_pattern_kind kind = text[0] == '\\' ? MS_HEX : MS_ASCII;

    text += kind == MS_HEX;
    cr_assert(ms_patterns_add(patterns, kind, text, strlen(text), NULL, NULL) == MS_OK, "%s", text);
}

// How many of them are left to the texts engine, and for which reasons none.
Test(planner, few_texts)
{
    static const struct {
        const char *name;
        const char *texts[6];
        const struct ms_kernels *kernels;
        unsigned mask;
        const struct ms_engine_ops *engine; // of the first
    } cases[] = {
        {"one", {"Se  "}, &vectors, ALL, &ms_engine_texts},
        {"four", {"Se  ", "Reff", "Token", "File"}, &vectors, ALL, &ms_engine_texts},
        {"five", {"Se  ", "Reff", "Token", "File", "Irp "}, &vectors, ALL, LITERALS},
        {"a run beside", {"Se  ", "abababab"}, &vectors, ALL, &ms_engine_texts},
        {"no vectors", {"Se  "}, &no_vectors, ALL, LITERALS},
        {"not allowed", {"Se  "}, &vectors, WORDS | RUNS, &ms_engine_words},
        {"beside words", {"Se  "}, &vectors, WORDS | TEXTS, &ms_engine_texts},
        {"nothing else", {"Se  "}, &no_vectors, TEXTS, &ms_engine_texts},
        {"one that floods", {"Se  ", "\\000001000000"}, &vectors, ALL, BESIDE_LITERALS},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = NULL;
        struct ms_choice choices[6];

        cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
        for (size_t k = 0; cases[i].texts[k]; k++)
            add_text(patterns, cases[i].texts[k]);
        cr_assert(plan_for(cases[i].kernels, patterns, cases[i].mask, choices, NULL) == MS_OK, "%s",
                  cases[i].name);
        cr_expect(ms_planner_engines[choices[0].engine] == cases[i].engine, "%s: %s", cases[i].name,
                  ms_plan_reason(choices[0].reason));
        ms_patterns_free(patterns);
    }
}

// Of many masked patterns and ranges, what each would cost the words engine depends on all of them:
// on how much their common filter lets pass, and how many of them it is then tried against.
Test(planner, many_loose)
{
    static const struct {
        const char *name;
        const char *before; // of a number
        const char *behind;
        enum ms_pattern_kind kind;
        uint32_t align;
        uint32_t n;
        const struct ms_engine_ops *engine;
    } cases[] = {
        {"few masked dwords", "????", "", MS_DWORD, 0, 4, &ms_engine_words},
        {"some masked dwords", "????", "", MS_DWORD, 0, 30, &ms_engine_words},
        {"many dwords without their top", "????", "", MS_DWORD, 0, 3000, LITERALS},
        {"many dwords with a wild byte", "", "??57", MS_DWORD, 0, 300, &ms_engine_words},
        {"many regions", "fffff8", "??????", MS_QWORD, 0, 3000, &ms_engine_words},
        {"many values", "", "9c37", MS_DWORD, 0, 3000, &ms_engine_words},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_choice *choices = calloc(cases[i].n, sizeof(*choices));
        struct ms_patterns *patterns = NULL;

        cr_assert(choices && ms_patterns_create(&patterns, NULL) == MS_OK, "no memory");
        for (uint32_t k = 0; k < cases[i].n; k++) {
            struct ms_pattern_options options = {.align = cases[i].align};
            uint32_t value = (k * 40503 + 0x1234) & 0xffff;
            char text[64];

            snprintf(text, sizeof(text), "%s%04x%s", cases[i].before, value, cases[i].behind);
            cr_assert(ms_patterns_add(patterns, cases[i].kind, text, strlen(text), &options,
                                      NULL) == MS_OK,
                      "%s", text);
        }
        cr_assert(plan(patterns, ALL, choices, NULL) == MS_OK, "%s", cases[i].name);
        for (uint32_t k = 0; k < cases[i].n; k++)
            cr_assert(ms_planner_engines[choices[k].engine] == cases[i].engine,
                      "%s: pattern %u: %s", cases[i].name, k, ms_plan_reason(choices[k].reason));
        ms_patterns_free(patterns);
        free(choices);
    }
}
