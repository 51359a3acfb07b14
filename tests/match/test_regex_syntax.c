// SPDX-License-Identifier: MIT
//
// Which regular expressions are refused before they are compiled, and where the error points. The
// accepted ones hold the same characters where they mean something else.

#include "match/regex_syntax.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *name;
    const char *text;
} accepted_cases[] = {
    {"plain", "MZ.{10}PE"},
    {"escaped anchors", "\\^a\\$"},
    {"an escaped backslash before a letter", "\\\\A\\\\b"},
    {"anchors in a class", "[a^$]"},
    {"negated class", "[^a]"},
    {"two carets", "[^^]"},
    {"] first in a class", "[]^$]"},
    {"] first in a negated class", "[^]a$]"},
    {"backspace in a class", "[\\b]"},
    {"escaped ] in a class", "[a\\]$^]"},
    {"POSIX class", "[[:alpha:]^$]"},
    {"negated POSIX class", "[[:^alpha:]$]"},
    {"[ in a class", "[[$]"},
    {"[: in a class that is no POSIX class", "[[:$]"},
    {"a class that ends in :]", "[a:]b"},
    {"( in a class", "[(?=]"},
    {"control character in a class", "[\\c]$]"},
    {"quoting in a class", "[\\Q]$\\E^]"},
    {"quoting first in a class", "[\\Q\\E]$]"},
    {"stray \\E first in a class", "[\\E]$]"},
    {"quoting", "\\Q^$(?=\\b\\E"},
    {"quoting to the end", "a\\Q^$"},
    {"a stray \\E", "a\\E"},
    {"control characters", "\\c$\\c^\\c(\\c[\\c\\"},
    {"comment group", "a(?#^$ \\b (?= )b"},
    {"a comment ends at the first )", "a(?#\\)b"},
    {"extended comment", "(?x) a # ^ $ \\b\n b"},
    {"extended comment to the end", "(?x)a#^"},
    {"extended among other flags", "(?ix-s)a#^"},
    {"extended for a group", "(?x:a#^\n)"},
    {"extended in an outer group", "(?x:(a)#^\n)"},
    {"extended until the group ends", "((?x)a|b#$\n)"},
    {"extended outside again", "(?x)((?-x)a)#^"},
    {"escaped # in extended", "(?x)\\#a"},
    {"# in a class in extended", "(?x)[#]a"},
    {"named group", "(?<name>a)(?P<other>b)(?'third'c)"},
    {"non-capturing, atomic", "(?:a)(?>b)(?i:c)(?i)d"},
    {"negated property", "\\p{^Lu}\\P{^Lu}"},
    {"* at a group's second place", "(a*)"},
    {"hex of an anchor", "\\x5e\\x{24}"},
    {"unclosed class: not for us", "[abc"},
    {"unclosed group: not for us", "((("},
    {"surplus ): not for us", "a)))b"},
    {"lone backslash: not for us", "a\\"},
    {"lone \\c: not for us", "a\\c"},
    {"unclosed comment: not for us", "a(?#b"},
    {"unclosed flags: not for us", "(?x"},
    {"lone ( at the end", "a("},
    {"high bytes", "\xe4\xf6\xff"},
};

Test(regex_syntax, accepted)
{
    for (size_t i = 0; i < sizeof(accepted_cases) / sizeof(accepted_cases[0]); i++) {
        struct ms_error error = {0};

        cr_expect(ms_regex_check(accepted_cases[i].text, strlen(accepted_cases[i].text), &error) ==
                      MS_OK,
                  "%s: %s", accepted_cases[i].name, error.text);
    }
}

static const struct {
    const char *name;
    const char *text;
    uint32_t column;
    const char *token;
} refused_cases[] = {
    {"^", "^a", 1, "'^' at character 1 is an anchor"},
    {"$", "a$", 2, "'$' at character 2 is an anchor"},
    {"\\A", "\\Aa", 1, "'\\A' at character 1 is an anchor"},
    {"\\z", "ab\\z", 3, "'\\z' at character 3 is an anchor"},
    {"\\Z", "ab\\Z", 3, "'\\Z' at character 3 is an anchor"},
    {"\\b", "a\\bb", 2, "'\\b' at character 2 is an anchor"},
    {"\\B", "a\\Bb", 2, "'\\B' at character 2 is an anchor"},
    {"\\G", "\\Ga", 1, "'\\G' at character 1 is an anchor"},
    {"lookahead", "a(?=b)", 2, "'(?=' at character 2 starts a lookaround"},
    {"negative lookahead", "a(?!b)", 2, "'(?!' at character 2"},
    {"lookbehind", "(?<=a)b", 1, "'(?<=' at character 1"},
    {"negative lookbehind", "(?<!a)b", 1, "'(?<!' at character 1"},
    {"conditional lookahead", "(?(?=a)b|c)", 3, "'(?=' at character 3"},
    {"verb", "(*UTF8)a", 1, "'(*' at character 1 starts a control verb"},
    {"verb inside", "a(*COMMIT)", 2, "'(*' at character 2"},
    {"behind a class", "[a]$", 4, "'$'"},
    {"behind a class with ] first", "[]]$", 4, "'$'"},
    {"behind a negated class with ] first", "[^]]$", 5, "'$'"},
    {"] second in a class", "[^^]$]", 5, "'$'"},
    {"caret behind a stray \\E negates", "[\\E^]a]$", 8, "'$'"},
    {"behind a POSIX class", "[[:alpha:]]$", 12, "'$'"},
    {"behind what is no POSIX class", "[[:]$]", 5, "'$'"},
    {"behind quoted ]", "[\\Q]\\E]$", 8, "'$'"},
    {"behind quoting", "\\Q^\\E^", 6, "'^'"},
    {"behind an escaped backslash", "\\\\^", 3, "'^'"},
    {"an escape behind a backslash", "\\\\\\b", 3, "'\\b'"},
    {"behind a control character", "\\c\\$", 4, "'$'"},
    {"behind a comment", "(?#^)^", 6, "'^'"},
    {"# without extended", "a#^", 3, "'^'"},
    {"behind an extended comment", "(?x)#^\n^", 8, "'^'"},
    {"extended switched off", "(?x)(?-x)#^", 11, "'^'"},
    {"extended only in its group", "(?x:a)#^", 8, "'^'"},
    {"extended ends with its group", "((?x)a)#^", 9, "'^'"},
    {"another flag", "(?i)#^", 6, "'^'"},
    {"a group whose name has an x", "(?<x>#^)", 7, "'^'"},
    {"escaped # in extended", "(?x)\\#^", 7, "'^'"},
    {"behind a property", "\\p{Lu}^", 7, "'^'"},
    {"in a group", "(a|^b)", 4, "'^'"},
    {"the first of several", "a$^", 2, "'$'"},
};

Test(regex_syntax, refused)
{
    for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
        struct ms_error error = {0};

        cr_expect(ms_regex_check(refused_cases[i].text, strlen(refused_cases[i].text), &error) ==
                      MS_ARGUMENT,
                  "%s", refused_cases[i].name);
        cr_expect(error.column == refused_cases[i].column, "%s: column %u", refused_cases[i].name,
                  error.column);
        cr_expect(strstr(error.text, refused_cases[i].token) != NULL, "%s: %s",
                  refused_cases[i].name, error.text);
        cr_expect(ms_regex_check(refused_cases[i].text, strlen(refused_cases[i].text), NULL) ==
                      MS_ARGUMENT,
                  "%s", refused_cases[i].name);
    }
}

Test(regex_syntax, empty_and_nul)
{
    struct ms_error error = {0};

    cr_expect(ms_regex_check("", 0, &error) == MS_ARGUMENT, "empty");
    cr_expect_str_eq(error.text, "regex \"\": the pattern is empty");
    cr_expect(ms_regex_check(NULL, 0, &error) == MS_ARGUMENT, "empty, no text");
    cr_expect(ms_regex_check("ab\0c", 4, &error) == MS_ARGUMENT, "NUL");
    cr_expect(error.column == 3, "NUL: column %u", error.column);
    cr_expect_str_eq(error.text, "regex \"ab\\x00c\": '\\x00' at character 3 ends the expression: "
                                 "write \\x00 for a zero byte");
    cr_expect(ms_regex_check("[\0]", 3, &error) == MS_ARGUMENT, "NUL in a class");
}

// == Shortening ==

// NULL: as it is.
static const struct {
    const char *text;
    const char *expected;
} shorter_cases[] = {
    {"[a-z]{8,}", "[a-z]{8}"},
    {"[a-z]{8,}=?", "[a-z]{8}"},
    {"[A-Za-z0-9+/]{40,}={0,2}", "[A-Za-z0-9+/]{40}"},
    {"https?://[^\\x00-\\x20]{4,}", "https?://[^\\x00-\\x20]{4}"},
    {"ab+", "ab"},
    {"ab+?", "ab"},
    {"ab*", "a"},
    {"ab*c?d{0,4}", "a"},
    {"a{2,3}", "a{2}"},
    {"a{2,2}", "a{2}"},
    {"a{1,}", "a"},
    {"a{3}b*", "a{3}"},
    {"a{2,}b", NULL},
    {"a*b", NULL},
    {"abc", NULL},
    {"a{3}", NULL},
    {"a\\++", "a\\+"},
    {"a\\x2b+", "a\\x2b"},
    {"a.+", "a."},
    {"(ab|c)+", "(ab|c)"},
    {"(?:ab|[)|]){2,}", "(?:ab|[)|]){2}"},
    {"x(a+)?", "x"},
    {"(?i)x[]a]+", "(?i)x[]a]"},
    {"x(?#)y+", NULL}, // not sure of these: comments, ...
    {"x(?x)y z+", NULL},
    {"(?x: a # ) b*\n)y+", "(?x: a # ) b*\n)y"},
    {"ab|cd+", NULL}, // ... alternatives, of which only one ends here, ...
    {"ab+|c", NULL},
    {"a\\Qb+", NULL}, // ... escapes that may be more than the one byte that is repeated, ...
    {"a\\12+", NULL},
    {"a\\x{41}+", NULL},
    {"a\\c++", NULL},
    {"a\\p{L}+", NULL},
    {"ab++", NULL}, // ... and what may be no quantifier, or two
    {"ab{2}{3,}", NULL},
    {"ab{,3}", NULL},
    {"ab{x}+", NULL},
    {"ab{3", NULL},
    {"ab{100000,}", NULL},
    {"a]+", NULL},
    {"a*b?", NULL}, // nothing must be there
};

Test(regex_syntax, shortened)
{
    for (size_t i = 0; i < sizeof(shorter_cases) / sizeof(shorter_cases[0]); i++) {
        const char *text = shorter_cases[i].text, *expected = shorter_cases[i].expected;
        char *got;

        cr_assert(ms_regex_shorten(text, strlen(text), &got, NULL) == MS_OK, "%s", text);
        cr_expect((got != NULL) == (expected != NULL), "%s: %s", text, got ? got : "not shortened");
        if (got && expected)
            cr_expect_str_eq(got, expected, "%s", text);
        free(got);
    }
}

// No text makes the scan leave it: sanitizers watch, and each prefix is in memory of its own size.
Test(regex_syntax, any_text)
{
    static const char alphabet[] = "()[]^$\\?*+:#xX-QEcbp{}<=!a1,\n";

    srand(1);
    for (int round = 0; round < 100000; round++) {
        size_t n = (size_t)rand() % 12 + 1;
        char *text = malloc(n), *shorter;

        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
        ms_regex_check(text, n, NULL);
        ms_regex_shorten(text, n, &shorter, NULL);
        free(shorter);
        free(text);
    }
}

Test(regex_syntax, deep_nesting)
{
    static char text[1 << 17];
    struct ms_error error = {0};
    char *shorter;

    memset(text, '(', sizeof(text));
    text[sizeof(text) - 1] = '$';
    cr_expect(ms_regex_check(text, sizeof(text), &error) == MS_ARGUMENT, "the anchor is found");
    cr_expect(error.column == sizeof(text), "column %u", error.column);
    cr_expect(ms_regex_shorten(text, sizeof(text), &shorter, NULL) == MS_OK && !shorter);
}
