// SPDX-License-Identifier: MIT
//
// Numbers: what is accepted, what is refused and where the error points; and a second parser, which
// strips and calls strtoull, must agree on random texts.

#include "match/number.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static enum ms_status parse(const char *text, struct ms_number_syntax syntax,
                            struct ms_number *number, struct ms_error *error)
{
    struct ms_subject subject = {"number", text, strlen(text)};

    return ms_number_parse(&subject, 0, subject.length, &syntax, number, error);
}

Test(number, accepted)
{
    static const struct {
        const char *name;
        const char *text;
        struct ms_number_syntax syntax;
        uint64_t value;
        uint64_t unknown;
    } cases[] = {
        {"hexadecimal is the default of patterns", "10", {16, 8, false}, 0x10, 0},
        {"decimal is the default of counts", "10", {10, 8, false}, 10, 0},
        {"0x", "0x10", {10, 8, false}, 0x10, 0},
        {"0X", "0XaB", {16, 8, false}, 0xab, 0},
        {"0n", "0n10", {16, 8, false}, 10, 0},
        {"0N", "0N10", {10, 8, false}, 10, 0},
        {"zero", "0", {16, 1, false}, 0, 0},
        {"both cases of letters", "aBcDeF", {16, 8, false}, 0xabcdef, 0},
        {"the largest", "ffffffffffffffff", {16, 8, false}, UINT64_MAX, 0},
        {"the largest in decimal", "0n18446744073709551615", {16, 8, false}, UINT64_MAX, 0},
        {"zeros in front", "0000000000000000000000ff", {16, 1, false}, 0xff, 0},
        {"decimal zeros in front", "0n000000000000000000000000255", {16, 1, false}, 255, 0},
        {"largest byte", "ff", {16, 1, false}, 0xff, 0},
        {"largest dword", "0n4294967295", {16, 4, false}, 0xffffffff, 0},
        {"backtick", "fffff800`00d00813", {16, 8, false}, 0xfffff80000d00813, 0},
        {"backticks anywhere", "1`2`3", {16, 8, false}, 0x123, 0},
        {"backtick in decimal", "0n1`000", {16, 8, false}, 1000, 0},
        {"wildcards", "7809????", {16, 4, true}, 0x78090000, 0xffff},
        {"a wildcard in the middle", "1?3", {16, 8, true}, 0x103, 0xf0},
        {"all wildcards", "????????????????", {16, 8, true}, 0, UINT64_MAX},
        {"zeros before wildcards", "000??", {16, 1, true}, 0, 0xff},
        {"backtick between wildcards", "??`?1", {16, 8, true}, 1, 0xfff0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_number number = {99, 99};
        struct ms_error error = {0};
        enum ms_status status = parse(cases[i].text, cases[i].syntax, &number, &error);

        cr_expect(status == MS_OK, "%s: %s", cases[i].name, error.text);
        cr_expect(number.value == cases[i].value, "%s: value %jx", cases[i].name,
                  (uintmax_t)number.value);
        cr_expect(number.unknown == cases[i].unknown, "%s: unknown %jx", cases[i].name,
                  (uintmax_t)number.unknown);
    }
}

static const struct {
    const char *name;
    const char *text;
    struct ms_number_syntax syntax;
    uint32_t column;
    const char *message;
} refused_cases[] = {
    {"nothing", "", {16, 8, false}, 1, "a number is missing at character 1"},
    {"only 0x", "0x", {16, 8, false}, 3, "a number is missing at character 3"},
    {"only 0n", "0n", {16, 8, false}, 3, "a number is missing at character 3"},
    {"no digit", "7809004g", {16, 8, false}, 8, "'g' at character 8 is no hexadecimal digit"},
    {"letter in decimal", "0n1a", {16, 8, false}, 4, "'a' at character 4 is no decimal digit"},
    {"default decimal", "1f", {10, 8, false}, 2, "'f' at character 2 is no decimal digit"},
    {"two prefixes", "0x0x1", {16, 8, false}, 4, "'x' at character 4 is no hexadecimal digit"},
    {"minus", "-1", {16, 8, false}, 1, "'-' at character 1 is no hexadecimal digit"},
    {"blank", "1 2", {16, 8, false}, 2, "' ' at character 2 is no hexadecimal digit"},
    {"unprintable", "1\xe9", {16, 8, false}, 2, "'\\xe9' at character 2 is no hexadecimal digit"},
    {"wildcard not allowed", "1?", {16, 8, false}, 2, "'?' at character 2 is no hexadecimal digit"},
    {"wildcard in decimal", "0n1?", {16, 8, true}, 4, "'?' at character 4 is no decimal digit"},
    {"backtick first",
     "`1",
     {16, 8, false},
     1,
     "'`' at character 1 does not stand between two digits"},
    {"backtick behind 0x",
     "0x`1",
     {16, 8, false},
     3,
     "'`' at character 3 does not stand between two digits"},
    {"backtick last",
     "1`",
     {16, 8, false},
     2,
     "'`' at character 2 does not stand between two digits"},
    {"two backticks",
     "1``2",
     {16, 8, false},
     2,
     "'`' at character 2 does not stand between two digits"},
    {"byte", "100", {16, 1, false}, 1, "the number at character 1 does not fit 1 byte"},
    {"word", "10000", {16, 2, false}, 1, "the number at character 1 does not fit 2 bytes"},
    {"dword", "100000000", {16, 4, false}, 1, "the number at character 1 does not fit 4 bytes"},
    {"decimal byte", "0n256", {16, 1, false}, 1, "the number at character 1 does not fit 1 byte"},
    {"64 bits",
     "10000000000000000",
     {16, 8, false},
     1,
     "the number at character 1 does not fit 8 bytes"},
    {"64 bits in decimal",
     "0n18446744073709551616",
     {16, 8, false},
     1,
     "the number at character 1 does not fit 8 bytes"},
    {"far too large",
     "123456789012345678901234567890",
     {16, 8, false},
     1,
     "the number at character 1 does not fit 8 bytes"},
    {"a wildcard too high",
     "???",
     {16, 1, true},
     1,
     "the number at character 1 does not fit 1 byte"},
    {"17 wildcards",
     "?????????????????",
     {16, 8, true},
     1,
     "the number at character 1 does not fit 8 bytes"},
    {"too large, and no number",
     "123456789012345678901z",
     {16, 8, false},
     22,
     "'z' at character 22 is no hexadecimal digit"},
};

Test(number, refused)
{
    for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
        struct ms_number number = {99, 99};
        struct ms_error error = {0};
        enum ms_status status =
            parse(refused_cases[i].text, refused_cases[i].syntax, &number, &error);

        cr_expect(status == MS_ARGUMENT, "%s", refused_cases[i].name);
        cr_expect(error.column == refused_cases[i].column, "%s: column %u", refused_cases[i].name,
                  error.column);
        cr_expect(strstr(error.text, refused_cases[i].message) != NULL, "%s: %s",
                  refused_cases[i].name, error.text);
        cr_expect(number.value == 99, "%s: the result was touched", refused_cases[i].name);
        cr_expect(parse(refused_cases[i].text, refused_cases[i].syntax, &number, NULL) ==
                      MS_ARGUMENT,
                  "%s", refused_cases[i].name);
    }
}

Test(number, part_of_a_text)
{
    struct ms_subject subject = {"range", "80000000,L20", 12};
    struct ms_number_syntax syntax = {16, 8, false};
    struct ms_number number;
    struct ms_error error;

    cr_assert(ms_number_parse(&subject, 0, 8, &syntax, &number, NULL) == MS_OK, "START");
    cr_assert(number.value == 0x80000000, "START");
    cr_assert(ms_number_parse(&subject, 9, 12, &syntax, &number, &error) == MS_ARGUMENT, "L20");
    cr_assert_str_eq(error.text, "range \"80000000,L20\": 'L' at character 10 is no hexadecimal "
                                 "digit");
}

// Whether the text is digits of `set` with single backticks between them; copies them without.
static bool strip(const char *text, const char *set, char *digits)
{
    size_t n = strlen(text);

    if (n == 0 || text[0] == '`' || text[n - 1] == '`' || strstr(text, "``"))
        return false;
    for (; *text; text++) {
        if (*text != '`' && !strchr(set, *text))
            return false;
        if (*text != '`')
            *digits++ = *text;
    }
    *digits = '\0';
    return true;
}

// The second parser.
static bool simple_parse(const char *text, uint64_t *value)
{
    bool decimal = strncmp(text, "0n", 2) == 0;
    char digits[64];

    if (decimal || strncmp(text, "0x", 2) == 0)
        text += 2;
    if (!strip(text, decimal ? "0123456789" : "0123456789abcdef", digits))
        return false;
    errno = 0;
    *value = strtoull(digits, NULL, decimal ? 10 : 16);
    return errno == 0;
}

Test(number, agrees_with_a_simple_parser)
{
    static const char alphabet[] = "00112359af`xn";
    unsigned accepted = 0;

    srand(1);
    for (int round = 0; round < 300000; round++) {
        char text[25] = {0};
        size_t n = (size_t)rand() % (sizeof(text) - 1);
        struct ms_number number = {0};
        uint64_t value = 0;
        bool ok;

        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[(size_t)rand() % (i < 2 || i == n / 2 ? sizeof(alphabet) - 1 : 10)];
        ok = simple_parse(text, &value);
        accepted += ok;
        cr_assert((parse(text, (struct ms_number_syntax){16, 8, false}, &number, NULL) == MS_OK) ==
                      ok,
                  "%s", text);
        cr_assert(!ok || number.value == value, "%s", text);
    }
    cr_assert(accepted > 10000 && accepted < 290000, "%u", accepted);
}
