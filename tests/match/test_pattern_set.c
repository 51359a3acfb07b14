// SPDX-License-Identifier: MIT
//
// Sets of patterns: what they keep, what they refuse, copying, and the comparison with memory.

#include "match/pattern_set.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct ms_patterns *create(void)
{
    struct ms_patterns *patterns = NULL;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "create");
    return patterns;
}

static enum ms_status add(struct ms_patterns *patterns, enum ms_pattern_kind kind, const char *text,
                          const struct ms_pattern_options *options, struct ms_error *error)
{
    return ms_patterns_add(patterns, kind, text, strlen(text), options, error);
}

Test(pattern_set, kinds)
{
    static const struct {
        enum ms_pattern_kind kind;
        const char *name;
        uint32_t size;
        const char *text;
        uint32_t align;
        uint32_t length;
    } cases[] = {
        {MS_BYTE, "byte", 1, "43", 1, 1},         {MS_WORD, "word", 2, "43", 2, 2},
        {MS_DWORD, "dword", 4, "78090043", 4, 4}, {MS_QWORD, "qword", 8, "1 2", 8, 16},
        {MS_ASCII, "ascii", 1, "Se  ", 1, 4},     {MS_UTF16, "utf16", 2, "Se", 1, 4},
        {MS_HEX, "hex", 1, "48 8b ?? c3", 1, 4},  {MS_REGEX, "regex", 1, "a.*b", 1, 0},
    };
    struct ms_patterns *patterns = create();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_pattern_info info;

        cr_expect_str_eq(ms_pattern_kind_name(cases[i].kind), cases[i].name);
        cr_expect(ms_pattern_kind_size(cases[i].kind) == cases[i].size, "%s", cases[i].name);
        cr_expect(add(patterns, cases[i].kind, cases[i].text, NULL, NULL) == MS_OK, "%s",
                  cases[i].name);
        cr_assert(ms_patterns_count(patterns) == i + 1, "%s", cases[i].name);
        info = ms_patterns_info(patterns, i);
        cr_expect(info.kind == cases[i].kind, "%s", cases[i].name);
        cr_expect(info.align == cases[i].align, "%s: align %u", cases[i].name, info.align);
        cr_expect(info.length == cases[i].length, "%s: length %u", cases[i].name, info.length);
        cr_expect(!info.ignore_case, "%s", cases[i].name);
        cr_expect_str_eq(info.text, cases[i].text);
        cr_expect(info.text_length == strlen(cases[i].text), "%s", cases[i].name);
        cr_expect_str_eq(info.name, "");
    }
    ms_patterns_free(patterns);
}

Test(pattern_set, unknown_kind)
{
    struct ms_patterns *patterns = create();
    struct ms_error error = {0};

    cr_expect_str_eq(ms_pattern_kind_name((enum ms_pattern_kind)8), "unknown kind");
    cr_expect(ms_pattern_kind_size((enum ms_pattern_kind)8) == 0, "size");
    cr_expect(add(patterns, (enum ms_pattern_kind)8, "1", NULL, &error) == MS_ARGUMENT, "add");
    cr_expect_str_eq(error.text, "8 is no kind of pattern");
    cr_expect(ms_patterns_count(patterns) == 0, "count");
    ms_patterns_free(patterns);
}

Test(pattern_set, options)
{
    struct ms_patterns *patterns = create();
    struct ms_pattern_options options = {.ignore_case = true, .align = 16, .name = "tag"};
    struct ms_pattern_info info;

    cr_assert(add(patterns, MS_ASCII, "se", &options, NULL) == MS_OK, "ascii");
    info = ms_patterns_info(patterns, 0);
    cr_expect(info.ignore_case && info.align == 16, "ascii");
    cr_expect_str_eq(info.name, "tag");
    cr_expect(info.name != options.name, "the name is a copy");
    cr_assert(add(patterns, MS_REGEX, "se", &options, NULL) == MS_OK, "regex");
    cr_expect(ms_patterns_info(patterns, 1).ignore_case, "regex");
    cr_assert(add(patterns, MS_DWORD, "5e", &options, NULL) == MS_OK, "dword");
    cr_expect(!ms_patterns_info(patterns, 2).ignore_case, "a dword has no case");
    options.align = 1;
    cr_assert(add(patterns, MS_DWORD, "5e", &options, NULL) == MS_OK, "dword at any byte");
    cr_expect(ms_patterns_info(patterns, 3).align == 1, "dword at any byte");
    ms_patterns_free(patterns);
}

Test(pattern_set, alignments)
{
    static const struct {
        uint32_t align;
        bool ok;
    } cases[] = {{0, true},          {1, true},     {2, true},     {3, false},
                 {4, true},          {6, false},    {4095, false}, {4096, true},
                 {8192, false},      {4097, false}, {6144, false}, {UINT32_MAX, false},
                 {0x80000000, false}};
    struct ms_patterns *patterns = create();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_pattern_options options = {.align = cases[i].align};
        struct ms_error error = {0};

        cr_expect((add(patterns, MS_BYTE, "1", &options, &error) == MS_OK) == cases[i].ok, "%u",
                  cases[i].align);
        cr_expect(cases[i].ok || strstr(error.text, "is no power of two from 1 to 4096"), "%s",
                  error.text);
    }
    ms_patterns_free(patterns);
}

Test(pattern_set, failure_leaves_the_set)
{
    struct ms_patterns *patterns = create();
    struct ms_error error = {0};

    cr_assert(add(patterns, MS_DWORD, "1", NULL, NULL) == MS_OK, "first");
    cr_expect(add(patterns, MS_DWORD, "1g", NULL, &error) == MS_ARGUMENT, "second");
    cr_expect_str_eq(error.text, "dword \"1g\": 'g' at character 2 is no hexadecimal digit");
    cr_expect(add(patterns, MS_REGEX, "a$", NULL, &error) == MS_ARGUMENT, "third");
    cr_expect(error.column == 2, "third");
    cr_expect(ms_patterns_add(patterns, MS_ASCII, NULL, 0, NULL, &error) == MS_ARGUMENT, "empty");
    cr_expect(ms_patterns_count(patterns) == 1, "count");
    cr_expect_str_eq(ms_patterns_info(patterns, 0).text, "1");
    ms_patterns_free(patterns);
    ms_patterns_free(NULL);
}

Test(pattern_set, text_with_zeros)
{
    struct ms_patterns *patterns = create();
    struct ms_pattern_info info;

    cr_assert(ms_patterns_add(patterns, MS_ASCII, "a\0bc", 3, NULL, NULL) == MS_OK, "add");
    info = ms_patterns_info(patterns, 0);
    cr_expect(info.length == 3 && info.text_length == 3, "lengths");
    cr_expect(memcmp(info.text, "a\0b\0", 4) == 0, "a NUL stands behind the text");
    ms_patterns_free(patterns);
}

Test(pattern_set, matches)
{
    static const struct {
        const char *name;
        enum ms_pattern_kind kind;
        const char *text;
        bool ignore_case;
        const char *memory;
        bool matches;
    } cases[] = {
        {"exact", MS_DWORD, "44434241", false, "ABCD", true},
        {"the last byte differs", MS_DWORD, "44434241", false, "ABCE", false},
        {"masked", MS_DWORD, "4443????", false, "xyCD", true},
        {"masked, but the rest differs", MS_DWORD, "4443????", false, "xyCE", false},
        {"a nibble", MS_BYTE, "4?", false, "O", true},
        {"not that nibble", MS_BYTE, "4?", false, "P", false},
        {"wildcards alone", MS_HEX, "????", false, "zz", true},
        {"case", MS_ASCII, "sE", false, "Se", false},
        {"ignored case", MS_ASCII, "sE", true, "Se", true},
        {"ignored case is for letters", MS_ASCII, "@[", true, "`{", false},
        {"at LO", MS_BYTE, "41..43", false, "A", true},
        {"at HI", MS_BYTE, "41..43", false, "C", true},
        {"below LO", MS_BYTE, "41..43", false, "@", false},
        {"above HI", MS_BYTE, "41..43", false, "D", false},
        {"a range is compared as a value", MS_WORD, "4100..4200", false, "zA", true},
        {"and not byte by byte", MS_WORD, "4100..4200", false, "zB", false},
        {"range and exact", MS_BYTE, "41 41..43 42", false, "ABB", true},
        {"range fits, exact does not", MS_BYTE, "41 41..43 42", false, "ABC", false},
        {"exact fits, range does not", MS_BYTE, "41 41..43 42", false, "ADB", false},
        {"the second range fails", MS_BYTE, "41..42 41..42", false, "AC", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = create();
        struct ms_pattern_options options = {.ignore_case = cases[i].ignore_case};
        const struct ms_pattern *pattern;

        cr_assert(add(patterns, cases[i].kind, cases[i].text, &options, NULL) == MS_OK, "%s",
                  cases[i].name);
        pattern = &patterns->all.items[0];
        cr_assert(pattern->length == strlen(cases[i].memory), "%s", cases[i].name);
        cr_expect(ms_pattern_matches(pattern, (const uint8_t *)cases[i].memory) == cases[i].matches,
                  "%s", cases[i].name);
        ms_patterns_free(patterns);
    }
}

Test(pattern_set, copies_are_independent)
{
    static const struct {
        enum ms_pattern_kind kind;
        const char *text;
    } cases[] = {{MS_DWORD, "44434241"}, {MS_BYTE, "41 4? 43..44 44"}, {MS_REGEX, "a.b"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = create();
        struct ms_pattern_options options = {.align = 8, .name = "name"};
        struct ms_pattern copy;

        cr_assert(add(patterns, cases[i].kind, cases[i].text, &options, NULL) == MS_OK, "%s",
                  cases[i].text);
        cr_assert(ms_pattern_copy(&copy, &patterns->all.items[0]), "%s", cases[i].text);
        ms_patterns_free(patterns);
        cr_expect_str_eq(copy.text, cases[i].text);
        cr_expect_str_eq(copy.name, "name");
        cr_expect(copy.kind == cases[i].kind && copy.align == 8, "%s", cases[i].text);
        cr_expect(copy.kind == MS_REGEX || ms_pattern_matches(&copy, (const uint8_t *)"ABCD"), "%s",
                  cases[i].text);
        ms_pattern_release(&copy);
        cr_expect(!copy.bytes && !copy.text && copy.length == 0, "%s", cases[i].text);
    }
}

Test(pattern_set, truncate)
{
    struct ms_patterns *patterns = create();

    for (int i = 0; i < 5; i++)
        cr_assert(add(patterns, MS_BYTE, "1", NULL, NULL) == MS_OK, "%d", i);
    ms_patterns_truncate(patterns, 2);
    cr_expect(ms_patterns_count(patterns) == 2, "count");
    cr_assert(add(patterns, MS_BYTE, "7", NULL, NULL) == MS_OK, "add again");
    cr_expect_str_eq(ms_patterns_info(patterns, 2).text, "7");
    ms_patterns_free(patterns);
}
