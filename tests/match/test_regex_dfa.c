// SPDX-License-Identifier: MIT
//
// Automata of regexes: which expressions have one, what they accept, and what their states cover.
// That they are those of the expressions as Hyperscan reads them, test_regexes.c shows.

#include "match/regex_dfa.h"

#include "seeded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct ms_dfa *create(const char *text, bool ignore_case)
{
    struct ms_pattern regex = {.kind = MS_REGEX,
                               .ignore_case = ignore_case,
                               .text = (char *)text,
                               .text_length = strlen(text)};
    struct ms_dfa *dfa = NULL;

    cr_assert(ms_dfa_create(&regex, &dfa, NULL) == MS_OK, "%s: no memory", text);
    return dfa;
}

// == Which have one ==

Test(regex_dfa, known)
{
    static const char *const texts[] = {
        "a",         "(a|b|)c",   "(a(?:b|c)*)+", "[a-z0-9_-]{2,30}", "[^\\x00-\\x20]+?",
        "(?i)a[b]c", "\\w\\D\\s", "a{3}b{2,}",    ".{0,300}x",        "\\x48\\x8b\\.\\n[\\]\\-]",
        "[a-]",      "a\xff\x80",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ms_dfa *dfa = create(texts[i], false);

        cr_expect(dfa, "%s: there is none", texts[i]);
        ms_dfa_free(dfa);
    }
}

Test(regex_dfa, not_sure)
{
    static const char *const texts[] = {
        "a++",        "a{2}{3}", "a{,3}",   "a{x}",    "a]",      "a}",       "[]a]",
        "[[:alpha:]", "[a[b]",   "\\Qa\\E", "\\p{Lu}", "\\x{41}", "\\ca",     "\\1(a)",
        "(?i:a)b",    "a(?i)b",  "(?x)a b", "(?#c)a",  "(?<n>a)", "(?>a)",    "\\K",
        "[\\b]",      "\\R",     "\\h",     "(a",      "a)",      "[a",       "[b-a]",
        "a\\",        "[\\w-z]", "\\x4",    "*a",      "a|*b",    "\\o{101}", "\\N",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ms_dfa *dfa = create(texts[i], false);

        cr_expect(!dfa, "%s: there is one", texts[i]);
        ms_dfa_free(dfa);
    }
}

// Those that would take too much memory or time, some of them by nesting alone.
Test(regex_dfa, too_large, .timeout = 20)
{
    char nested[400] = "", counted[400] = "a", groups[400] = "";
    const char *texts[] = {"a{5000}",       "(a{100}){100}", "(a|b)*a(a|b){20}",
                           "(.{1,60}x){9}", nested,          groups};

    for (int i = 0; i < 30; i++)
        strcat(nested, "(");
    strcat(nested, counted);
    for (int i = 0; i < 30; i++)
        strcat(nested, "{2})");
    for (int i = 0; i < 100; i++)
        strcat(groups, "(");
    strcat(groups, "a");
    for (int i = 0; i < 100; i++)
        strcat(groups, ")");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct ms_dfa *dfa = create(texts[i], false);

        cr_expect(!dfa, "%s: there is one", texts[i]);
        ms_dfa_free(dfa);
    }
}

// == What they accept ==

Test(regex_dfa, accepts)
{
    static const struct {
        const char *text;
        bool ignore_case;
        const char *bytes;
        const char *ends; // a + behind each byte that ends a match
    } cases[] = {
        {"a", false, "aa", "+-"},
        {"a+", false, "aaba", "++--"},
        {"a*b", false, "aab", "--+"},
        {"ab?c*", false, "abcc", "++++"},
        {"(ab|b)+", false, "abbab", "-++-+"},
        {"a{2,3}", false, "aaaa", "-++-"},
        {"a{2,}", false, "aaaa", "-+++"},
        {"a{0}b", false, "b", "+"},
        {"(a|)b", false, "ab", "-+"},
        {"[^a-c]d", false, "xd", "-+"},
        {"[^a-c]d", false, "ad", "--"},
        {"aB[c-d]", true, "AbD", "--+"},
        {"[^a]", true, "A", "-"},
        {"(?i)a.", false, "A\n", "-+"},
        {"\\d\\D\\w\\W\\s\\S", false, "1a_- x", "-----+"},
        {"\\s+", false, "\t\n\v\f\r x", "++++++-"},
        {"\\x61\\.\\-", false, "a.-", "--+"},
        {"((a|b)c){2}", false, "acbc", "---+"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_dfa *dfa = create(cases[i].text, cases[i].ignore_case);
        uint16_t state = MS_DFA_START;

        cr_assert(dfa, "%s: there is none", cases[i].text);
        for (size_t at = 0; cases[i].ends[at]; at++) {
            state = ms_dfa_step(dfa, state, (uint8_t)cases[i].bytes[at]);
            cr_expect((state & MS_DFA_ACCEPTS) == (cases[i].ends[at] == '+' ? MS_DFA_ACCEPTS : 0),
                      "%s: byte %zu of %s", cases[i].text, at, cases[i].bytes);
        }
        ms_dfa_free(dfa);
    }
}

// == What states cover ==

static void check_covering(const char *text, size_t least)
{
    struct ms_dfa *dfa = create(text, false);
    struct seeded random = {7};
    size_t n_covering = 0;

    cr_assert(dfa, "%s: there is none", text);
    for (size_t from = 0; from < dfa->n_states; from++)
        n_covering += dfa->covers[from];
    cr_expect(n_covering >= least, "%s: %zu states cover the start", text, n_covering);
    for (int i = 0; i < 20000; i++) {
        uint16_t covering = (uint16_t)seeded_below(&random, (uint32_t)dfa->n_states);
        uint16_t state = MS_DFA_START;

        for (int n = 0; dfa->covers[covering & ~MS_DFA_ACCEPTS] + n > 0 && n < 30; n++) {
            uint8_t byte = (uint8_t)seeded_between(&random, 'a', 'd');

            state = ms_dfa_step(dfa, state, byte);
            covering = ms_dfa_step(dfa, covering, byte);
            cr_assert(!(state & ~covering & MS_DFA_ACCEPTS), "%s: not covered", text);
        }
    }
    ms_dfa_free(dfa);
}

Test(regex_dfa, covering)
{
    check_covering("[a-d]{5,}d?", 6);
    check_covering("a+", 2);
    check_covering("ab", 1);
    check_covering("(a|b)+c[a-d]*", 2);
    check_covering("(..)+", 1);
    check_covering("(ab|cd)*d", 1);
}
