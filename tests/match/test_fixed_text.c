// SPDX-License-Identifier: MIT
//
// Text to bytes, for each kind of pattern but regexes. Expected bytes are written by hand, as hex;
// a mask or list of ranges that is left out means that there is none.

#include "base/bytes.h"
#include "base/cleanup.h"
#include "match/fixed_text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A pattern of a text that need not end in a NUL; released with ms_pattern_release().
static struct ms_pattern unparsed(enum ms_pattern_kind kind, bool ignore_case, const char *text,
                                  size_t length)
{
    struct ms_pattern pattern = {.kind = kind, .ignore_case = ignore_case, .text_length = length};

    // Exactly the text, so that sanitizers see who reads behind it.
    pattern.text = malloc(length > 0 ? length : 1);
    if (length > 0)
        memcpy(pattern.text, text, length);
    return pattern;
}

static void to_hex(char *out, size_t size, const uint8_t *bytes, size_t n)
{
    out[0] = '\0';
    for (size_t i = 0; bytes && i < n && 2 * i + 3 <= size; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

struct accepted {
    const char *name;
    enum ms_pattern_kind kind;
    const char *text;
    const char *bytes;
    const char *mask; // NULL: exact
    struct ms_value_range ranges[2];
    bool ignore_case;
};

static void check_accepted(const struct accepted *c)
{
    MS_CLEANUP(ms_pattern_release)
    struct ms_pattern pattern = unparsed(c->kind, c->ignore_case, c->text, strlen(c->text));
    struct ms_error error = {0};
    char bytes[256], mask[256];
    size_t n_ranges = 0;

    cr_expect(ms_literal_parse(&pattern, &error) == MS_OK, "%s: %s", c->name, error.text);
    to_hex(bytes, sizeof(bytes), pattern.bytes, pattern.length);
    to_hex(mask, sizeof(mask), pattern.mask, pattern.length);
    cr_expect(strcmp(bytes, c->bytes) == 0, "%s: bytes %s", c->name, bytes);
    cr_expect((pattern.mask == NULL) == (c->mask == NULL), "%s: mask or none", c->name);
    cr_expect(strcmp(mask, c->mask ? c->mask : "") == 0, "%s: mask %s", c->name, mask);
    while (n_ranges < 2 && c->ranges[n_ranges].width > 0)
        n_ranges++;
    cr_expect(pattern.n_ranges == n_ranges, "%s: %zu ranges", c->name, pattern.n_ranges);
    for (size_t i = 0; i < pattern.n_ranges && i < n_ranges; i++) {
        cr_expect(pattern.ranges[i].offset == c->ranges[i].offset, "%s: offset", c->name);
        cr_expect(pattern.ranges[i].width == c->ranges[i].width, "%s: width", c->name);
        cr_expect(pattern.ranges[i].lo == c->ranges[i].lo, "%s: lo", c->name);
        cr_expect(pattern.ranges[i].hi == c->ranges[i].hi, "%s: hi", c->name);
    }
}

static void check_all(const struct accepted *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_accepted(&cases[i]);
}
#define CHECK_ALL(cases) check_all(cases, sizeof(cases) / sizeof((cases)[0]))

Test(fixed_text, values)
{
    static const struct accepted cases[] = {
        {.name = "byte", .kind = MS_BYTE, .text = "43", .bytes = "43"},
        {.name = "byte of one digit", .kind = MS_BYTE, .text = "7", .bytes = "07"},
        {.name = "bytes", .kind = MS_BYTE, .text = "43 0 0x9", .bytes = "430009"},
        {.name = "word", .kind = MS_WORD, .text = "1234", .bytes = "3412"},
        {.name = "dword", .kind = MS_DWORD, .text = "78090043", .bytes = "43000978"},
        {.name = "short dword", .kind = MS_DWORD, .text = "12", .bytes = "12000000"},
        {.name = "qword",
         .kind = MS_QWORD,
         .text = "fffff80000d00813",
         .bytes = "1308d00000f8ffff"},
        {.name = "backtick",
         .kind = MS_QWORD,
         .text = "fffff800`00d00813",
         .bytes = "1308d00000f8ffff"},
        {.name = "zeros in front", .kind = MS_BYTE, .text = "000000ff", .bytes = "ff"},
        {.name = "0x", .kind = MS_DWORD, .text = "0x78090043", .bytes = "43000978"},
        {.name = "0n", .kind = MS_DWORD, .text = "0n1000", .bytes = "e8030000"},
        {.name = "sequence",
         .kind = MS_DWORD,
         .text = "78090043 02000000",
         .bytes = "4300097800000002"},
        {.name = "blanks and tabs", .kind = MS_WORD, .text = " \t1 \t 2\t", .bytes = "01000200"},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, wildcards)
{
    static const struct accepted cases[] = {
        {.name = "low half",
         .kind = MS_DWORD,
         .text = "7809????",
         .bytes = "00000978",
         .mask = "0000ffff"},
        {.name = "one nibble", .kind = MS_BYTE, .text = "4?", .bytes = "40", .mask = "f0"},
        {.name = "shorter than the value: zeros in front",
         .kind = MS_DWORD,
         .text = "1?",
         .bytes = "10000000",
         .mask = "f0ffffff"},
        {.name = "everything", .kind = MS_WORD, .text = "????", .bytes = "0000", .mask = "0000"},
        {.name = "in a sequence",
         .kind = MS_WORD,
         .text = "1234 ?2?4",
         .bytes = "34120402",
         .mask = "ffff0f0f"},
        {.name = "with 0x and backtick",
         .kind = MS_QWORD,
         .text = "0xfffff8??`????????",
         .bytes = "0000000000f8ffff",
         .mask = "0000000000ffffff"},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, value_ranges)
{
    static const struct accepted cases[] = {
        {.name = "qword",
         .kind = MS_QWORD,
         .text = "fffff80000000000..fffff80000ffffff",
         .bytes = "0000000000000000",
         .mask = "0000000000000000",
         .ranges = {{0, 8, 0xfffff80000000000, 0xfffff80000ffffff}}},
        {.name = "byte",
         .kind = MS_BYTE,
         .text = "20..7e",
         .bytes = "00",
         .mask = "00",
         .ranges = {{0, 1, 0x20, 0x7e}}},
        {.name = "both ends the same",
         .kind = MS_BYTE,
         .text = "7..7",
         .bytes = "00",
         .mask = "00",
         .ranges = {{0, 1, 7, 7}}},
        {.name = "in a sequence",
         .kind = MS_WORD,
         .text = "1 2..3 4 5..6",
         .bytes = "0100000004000000",
         .mask = "ffff0000ffff0000",
         .ranges = {{2, 2, 2, 3}, {6, 2, 5, 6}}},
        {.name = "constants",
         .kind = MS_BYTE,
         .text = "'a'..'z'",
         .bytes = "00",
         .mask = "00",
         .ranges = {{0, 1, 'a', 'z'}}},
        {.name = "mixed forms",
         .kind = MS_DWORD,
         .text = "0n10..'zz'  0x1..0n1`0",
         .bytes = "0000000000000000",
         .mask = "0000000000000000",
         .ranges = {{0, 4, 10, 0x7a7a}, {4, 4, 1, 10}}},
        {.name = "everything",
         .kind = MS_QWORD,
         .text = "0..ffffffffffffffff",
         .bytes = "0000000000000000",
         .mask = "0000000000000000",
         .ranges = {{0, 8, 0, UINT64_MAX}}},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, character_constants)
{
    static const struct accepted cases[] = {
        {.name = "the last character is the lowest byte",
         .kind = MS_DWORD,
         .text = "'Reff'",
         .bytes = "66666552"},
        {.name = "blanks", .kind = MS_DWORD, .text = "'Se  '", .bytes = "20206553"},
        {.name = "WinDbg's example", .kind = MS_DWORD, .text = "'VUTS'", .bytes = "53545556"},
        {.name = "a byte", .kind = MS_BYTE, .text = "'R'", .bytes = "52"},
        {.name = "shorter than the value",
         .kind = MS_QWORD,
         .text = "'ab'",
         .bytes = "6261000000000000"},
        {.name = "full qword", .kind = MS_QWORD, .text = "'abcdefgh'", .bytes = "6867666564636261"},
        {.name = "nothing is special inside",
         .kind = MS_DWORD,
         .text = "'?..\\'",
         .bytes = "5c2e2e3f"},
        {.name = "high bytes", .kind = MS_WORD, .text = "'\xff\x80'", .bytes = "80ff"},
        {.name = "case counts",
         .kind = MS_WORD,
         .text = "'aB'",
         .bytes = "4261",
         .ignore_case = true},
        {.name = "in a sequence", .kind = MS_WORD, .text = "1 'ab' 2", .bytes = "010062610200"},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, hex)
{
    static const struct accepted cases[] = {
        {.name = "with wildcards",
         .kind = MS_HEX,
         .text = "48 8b ?? c3",
         .bytes = "488b00c3",
         .mask = "ffff00ff"},
        {.name = "without blanks", .kind = MS_HEX, .text = "488B05c3", .bytes = "488b05c3"},
        {.name = "some blanks", .kind = MS_HEX, .text = " 488b\t05c3  ", .bytes = "488b05c3"},
        {.name = "nibbles", .kind = MS_HEX, .text = "4? ?b", .bytes = "400b", .mask = "f00f"},
        {.name = "only wildcards", .kind = MS_HEX, .text = "????", .bytes = "0000", .mask = "0000"},
        {.name = "0x in front of a stretch",
         .kind = MS_HEX,
         .text = "0x488b 0X05 c3",
         .bytes = "488b05c3"},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, ascii)
{
    static const struct accepted cases[] = {
        {.name = "memory order", .kind = MS_ASCII, .text = "Reff", .bytes = "52656666"},
        {.name = "blanks count", .kind = MS_ASCII, .text = "Se  ", .bytes = "53652020"},
        {.name = "only blanks", .kind = MS_ASCII, .text = "  ", .bytes = "2020"},
        {.name = "nothing is special", .kind = MS_ASCII, .text = "?'\\..", .bytes = "3f275c2e2e"},
        {.name = "bytes as they are", .kind = MS_ASCII, .text = "\xff\x01", .bytes = "ff01"},
        {.name = "letters lose their case",
         .kind = MS_ASCII,
         .text = "aZ",
         .bytes = "415a",
         .mask = "dfdf",
         .ignore_case = true},
        {.name = "neighbours of letters do not",
         .kind = MS_ASCII,
         .text = "@A[`z{ \xc1\xe1",
         .bytes = "40415b605a7b20c1e1",
         .mask = "ffdfffffdfffffffff",
         .ignore_case = true},
        {.name = "no letter: exact",
         .kind = MS_ASCII,
         .text = "12 {",
         .bytes = "3132207b",
         .ignore_case = true},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, utf16)
{
    static const struct accepted cases[] = {
        {.name = "ASCII", .kind = MS_UTF16, .text = "Se ", .bytes = "530065002000"},
        {.name = "two, three bytes",
         .kind = MS_UTF16,
         .text = "\xc3\xa4\xe2\x82\xac",
         .bytes = "e400ac20"},
        {.name = "surrogates", .kind = MS_UTF16, .text = "\xf0\x9f\x98\x80", .bytes = "3dd800de"},
        {.name = "the highest", .kind = MS_UTF16, .text = "\xf4\x8f\xbf\xbf", .bytes = "ffdbffdf"},
        {.name = "the first with surrogates",
         .kind = MS_UTF16,
         .text = "\xf0\x90\x80\x80",
         .bytes = "00d800dc"},
        {.name = "around the surrogates",
         .kind = MS_UTF16,
         .text = "\xed\x9f\xbf\xee\x80\x80",
         .bytes = "ffd700e0"},
        {.name = "case of ASCII letters alone",
         .kind = MS_UTF16,
         .text = "aZ@\xc3\xa4",
         .bytes = "41005a004000e400",
         .mask = "dfffdfffffffffff",
         .ignore_case = true},
        {.name = "a unit whose low byte is a letter",
         .kind = MS_UTF16,
         .text = "\xc5\xa1", // U+0161
         .bytes = "6101",
         .ignore_case = true},
        {.name = "a surrogate whose low byte is a letter",
         .kind = MS_UTF16,
         .text = "\xf0\xa8\x91\xa1", // U+28461: d861 dc61
         .bytes = "61d861dc",
         .ignore_case = true},
    };

    CHECK_ALL(cases);
}

Test(fixed_text, bytes_that_are_zero)
{
    MS_CLEANUP(ms_pattern_release) struct ms_pattern ascii = unparsed(MS_ASCII, false, "a\0b", 3);
    MS_CLEANUP(ms_pattern_release) struct ms_pattern utf16 = unparsed(MS_UTF16, false, "\0", 1);

    cr_assert(ms_literal_parse(&ascii, NULL) == MS_OK, "ascii");
    cr_assert(ascii.length == 3 && memcmp(ascii.bytes, "a\0b", 3) == 0, "ascii");
    cr_assert(ms_literal_parse(&utf16, NULL) == MS_OK, "utf16");
    cr_assert(utf16.length == 2 && memcmp(utf16.bytes, "\0\0", 2) == 0, "utf16");
}

static void check_refused(const char *name, enum ms_pattern_kind kind, const char *text,
                          uint32_t column, const char *message)
{
    MS_CLEANUP(ms_pattern_release)
    struct ms_pattern pattern = unparsed(kind, false, text, strlen(text));
    struct ms_error error = {0};

    cr_expect(ms_literal_parse(&pattern, &error) == MS_ARGUMENT, "%s", name);
    cr_expect(error.status == MS_ARGUMENT, "%s", name);
    cr_expect(error.column == column, "%s: column %u", name, error.column);
    cr_expect(strcmp(error.text, message) == 0, "%s: %s", name, error.text);
    cr_expect(!pattern.bytes && !pattern.mask && !pattern.ranges, "%s: left-overs", name);
    cr_expect(ms_literal_parse(&pattern, NULL) == MS_ARGUMENT, "%s: without an error", name);
}

static const struct {
    const char *name;
    enum ms_pattern_kind kind;
    const char *text;
    uint32_t column;
    const char *message;
} refused_cases[] = {
    {"no digit", MS_DWORD, "7809004g", 8,
     "dword \"7809004g\": 'g' at character 8 is no hexadecimal digit"},
    {"in the second value", MS_WORD, "1 2x", 4,
     "word \"1 2x\": 'x' at character 4 is no hexadecimal digit"},
    {"too large for a byte", MS_BYTE, "1 100", 3,
     "byte \"1 100\": the number at character 3 does not fit 1 byte"},
    {"too large for a dword", MS_DWORD, "178090043", 1,
     "dword \"178090043\": the number at character 1 does not fit 4 bytes"},
    {"too large for a qword", MS_QWORD, "0n18446744073709551616", 1,
     "qword \"0n18446744073709551616\": the number at character 1 does not fit 8 bytes"},
    {"too many wildcards", MS_BYTE, "???", 1,
     "byte \"???\": the number at character 1 does not fit 1 byte"},
    {"wildcard in decimal", MS_BYTE, "0n1?", 4,
     "byte \"0n1?\": '?' at character 4 is no decimal digit"},
    {"comma", MS_BYTE, "1,2", 2, "byte \"1,2\": ',' at character 2 is no hexadecimal digit"},
    {"a stray backtick", MS_QWORD, "1` 2", 2,
     "qword \"1` 2\": '`' at character 2 does not stand between two digits"},
    {"empty", MS_DWORD, "", 1, "dword \"\": the pattern is empty"},
    {"blanks alone", MS_DWORD, " \t", 1, "dword \" \\x09\": the pattern is empty"},
    {"empty text", MS_ASCII, "", 1, "ascii \"\": the pattern is empty"},
    {"empty UTF-16", MS_UTF16, "", 1, "utf16 \"\": the pattern is empty"},
    {"empty hex", MS_HEX, " ", 1, "hex \" \": the pattern is empty"},

    {"no HI", MS_BYTE, "1..", 4, "byte \"1..\": a number is missing at character 4"},
    {"no LO", MS_BYTE, "..1", 1, "byte \"..1\": a number is missing at character 1"},
    {"blanks around the dots", MS_BYTE, "1 .. 2", 3,
     "byte \"1 .. 2\": a number is missing at character 3"},
    {"three dots", MS_BYTE, "1...2", 4,
     "byte \"1...2\": '.' at character 4 is no hexadecimal digit"},
    {"one dot", MS_BYTE, "1.2", 2, "byte \"1.2\": '.' at character 2 is no hexadecimal digit"},
    {"two ranges in one", MS_BYTE, "1..2..3", 5,
     "byte \"1..2..3\": '.' at character 5 follows a value without a blank"},
    {"HI below LO", MS_BYTE, "0 9..0n8", 6,
     "byte \"0 9..0n8\": the value at character 6 is below the one before the .."},
    {"wildcard in LO", MS_BYTE, "?? 1?..20", 5,
     "byte \"?? 1?..20\": '?' at character 5 cannot stand in LO..HI"},
    {"wildcard in HI", MS_BYTE, "10..2? ?1", 6,
     "byte \"10..2? ?1\": '?' at character 6 cannot stand in LO..HI"},
    {"HI too large", MS_BYTE, "10..100", 5,
     "byte \"10..100\": the number at character 5 does not fit 1 byte"},

    {"constant too long", MS_WORD, "1 'abc'", 3,
     "word \"1 'abc'\": the constant at character 3 does not fit 2 bytes"},
    {"constant not closed", MS_WORD, "'ab", 1, "word \"'ab\": ''' at character 1 has no closing '"},
    {"a lone quote", MS_WORD, "1 '", 3, "word \"1 '\": ''' at character 3 has no closing '"},
    {"empty constant", MS_WORD, "''", 1,
     "word \"''\": ''' at character 1 starts a constant without characters"},
    {"constant and digits", MS_WORD, "'a'1", 4,
     "word \"'a'1\": '1' at character 4 follows a value without a blank"},
    {"digits and constant", MS_WORD, "1'a'", 2,
     "word \"1'a'\": ''' at character 2 is no hexadecimal digit"},
    {"two constants", MS_WORD, "'a''b'", 4,
     "word \"'a''b'\": ''' at character 4 follows a value without a blank"},

    {"odd", MS_HEX, "48 8b0", 6,
     "hex \"48 8b0\": '0' at character 6 is half a byte: digits come in pairs"},
    {"odd before a blank", MS_HEX, "4 8b", 1,
     "hex \"4 8b\": '4' at character 1 is half a byte: digits come in pairs"},
    {"no hex digit first", MS_HEX, "48 g0", 4,
     "hex \"48 g0\": 'g' at character 4 is no hexadecimal digit"},
    {"no hex digit second", MS_HEX, "4g", 2,
     "hex \"4g\": 'g' at character 2 is no hexadecimal digit"},
    {"0x alone", MS_HEX, "0x", 2, "hex \"0x\": 'x' at character 2 is no hexadecimal digit"},
    {"0x inside", MS_HEX, "480x12", 4,
     "hex \"480x12\": 'x' at character 4 is no hexadecimal digit"},

    {"a continuation byte alone", MS_UTF16, "a\x80", 2,
     "utf16 \"a\\x80\": '\\x80' at character 2 is not valid UTF-8"},
    {"cut off", MS_UTF16, "a\xe2\x82", 2,
     "utf16 \"a\\xe2\\x82\": '\\xe2' at character 2 is not valid UTF-8"},
    {"no continuation", MS_UTF16, "\xe2\x82z", 1,
     "utf16 \"\\xe2\\x82z\": '\\xe2' at character 1 is not valid UTF-8"},
    {"overlong in two", MS_UTF16, "\xc1\xbf", 1,
     "utf16 \"\\xc1\\xbf\": '\\xc1' at character 1 is not valid UTF-8"},
    {"overlong NUL", MS_UTF16, "\xc0\x80", 1,
     "utf16 \"\\xc0\\x80\": '\\xc0' at character 1 is not valid UTF-8"},
    {"overlong in three", MS_UTF16, "\xe0\x9f\xbf", 1,
     "utf16 \"\\xe0\\x9f\\xbf\": '\\xe0' at character 1 is not valid UTF-8"},
    {"overlong in four", MS_UTF16, "\xf0\x8f\xbf\xbf", 1,
     "utf16 \"\\xf0\\x8f\\xbf\\xbf\": '\\xf0' at character 1 is not valid UTF-8"},
    {"first surrogate", MS_UTF16, "\xed\xa0\x80", 1,
     "utf16 \"\\xed\\xa0\\x80\": '\\xed' at character 1 is not valid UTF-8"},
    {"last surrogate", MS_UTF16, "\xed\xbf\xbf", 1,
     "utf16 \"\\xed\\xbf\\xbf\": '\\xed' at character 1 is not valid UTF-8"},
    {"beyond 10ffff", MS_UTF16, "\xf4\x90\x80\x80", 1,
     "utf16 \"\\xf4\\x90\\x80\\x80\": '\\xf4' at character 1 is not valid UTF-8"},
    {"five bytes", MS_UTF16, "\xf8\x88\x80\x80\x80", 1,
     "utf16 \"\\xf8\\x88\\x80\\x80\\x80\": '\\xf8' at character 1 is not valid UTF-8"},
};

Test(fixed_text, refused)
{
    for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++)
        check_refused(refused_cases[i].name, refused_cases[i].kind, refused_cases[i].text,
                      refused_cases[i].column, refused_cases[i].message);
}

Test(fixed_text, long_patterns_are_quoted_in_part)
{
    char text[301];

    memset(text, '1', 300);
    text[300] = '\0';
    for (size_t i = 2; i < 300; i += 3)
        text[i] = ' ';
    text[150] = 'z';
    check_refused("in the middle", MS_BYTE, text, 151,
                  "byte \"...1 11 11 11 11 11 11 11 11 11 11 z1 11 11 11 11 1...\": 'z' at "
                  "character 151 is no hexadecimal digit");
    text[150] = '1';
    text[0] = 'z';
    check_refused("at the start", MS_BYTE, text, 1,
                  "byte \"z1 11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 ...\": 'z' at "
                  "character 1 is no hexadecimal digit");
    text[0] = '1';
    text[298] = 'z';
    check_refused("at the end", MS_BYTE, text, 299,
                  "byte \"...11 11 11 11 11 11 11 11 11 11 11 11 11 11 11 1z \": 'z' at "
                  "character 299 is no hexadecimal digit");
}

// A text of `n` times `element`; freed by the caller.
static char *repeat(const char *element, size_t n)
{
    size_t bytes = strlen(element);
    char *text = malloc(n * bytes + 1);

    for (size_t i = 0; i < n; i++)
        memcpy(text + i * bytes, element, bytes);
    text[n * bytes] = '\0';
    return text;
}

Test(fixed_text, longest)
{
    static const struct {
        const char *name;
        enum ms_pattern_kind kind;
        const char *element;
        size_t n; // as many as are allowed
    } cases[] = {
        {"bytes", MS_BYTE, "1 ", 65536},     {"words", MS_WORD, "1 ", 32768},
        {"qwords", MS_QWORD, "1..2 ", 8192}, {"text", MS_ASCII, "a", 65536},
        {"UTF-16", MS_UTF16, "a", 32768},    {"surrogates", MS_UTF16, "\xf0\x90\x80\x80", 16384},
        {"hex", MS_HEX, "4?", 65536},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t bytes = strlen(cases[i].element) * cases[i].n;
        char *text = repeat(cases[i].element, cases[i].n + 1);
        struct ms_pattern longest = unparsed(cases[i].kind, false, text, bytes);
        struct ms_pattern longer = unparsed(cases[i].kind, false, text, strlen(text));
        struct ms_error error = {0};

        cr_expect(ms_literal_parse(&longest, &error) == MS_OK, "%s: %s", cases[i].name, error.text);
        cr_expect(longest.length == MS_MAX_LITERAL, "%s", cases[i].name);
        cr_expect(ms_literal_parse(&longer, &error) == MS_ARGUMENT, "%s", cases[i].name);
        cr_expect(error.column == bytes + 1, "%s: column %u", cases[i].name, error.column);
        cr_expect(strstr(error.text, "the pattern exceeds 65536 bytes") != NULL, "%s", error.text);
        ms_pattern_release(&longest);
        ms_pattern_release(&longer);
        free(text);
    }
}

// The one way to write a code point in UTF-8. Returns the number of bytes.
static size_t encode_utf8(uint8_t *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 + c / 64);
        out[1] = (uint8_t)(0x80 + c % 64);
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 + c / 4096);
        out[1] = (uint8_t)(0x80 + c / 64 % 64);
        out[2] = (uint8_t)(0x80 + c % 64);
        return 3;
    }
    out[0] = (uint8_t)(0xf0 + c / 262144);
    out[1] = (uint8_t)(0x80 + c / 4096 % 64);
    out[2] = (uint8_t)(0x80 + c / 64 % 64);
    out[3] = (uint8_t)(0x80 + c % 64);
    return 4;
}

Test(fixed_text, utf16_of_every_code_point)
{
    for (uint32_t c = 0; c < 0x120000; c++) {
        uint8_t text[8];
        size_t length = encode_utf8(text, c);
        struct ms_pattern pattern = unparsed(MS_UTF16, false, (char *)text, length);
        bool ok = ms_literal_parse(&pattern, NULL) == MS_OK;
        uint32_t back;

        cr_assert(ok == (c < 0xd800 || (c > 0xdfff && c < 0x110000)), "U+%04X", c);
        if (ok) {
            back = ms_le16(pattern.bytes);
            if (pattern.length == 4)
                back = 0x10000 + (back & 0x3ff) * 0x400 + (ms_le16(pattern.bytes + 2) & 0x3ffu);
            cr_assert(back == c && pattern.length == (c < 0x10000 ? 2 : 4), "U+%04X", c);
        }
        ms_pattern_release(&pattern);
    }
}

// Whether the bytes start with a code point: one of all of them, encoded, is what they start with.
static size_t simple_utf8(const uint8_t *bytes, size_t length)
{
    static const uint32_t limits[] = {0x7f, 0x1f, 0x0f, 0x07};

    for (size_t n = 1; n <= 4 && n <= length; n++) {
        uint32_t c = bytes[0] & limits[n - 1];
        uint8_t again[8];

        for (size_t i = 1; i < n; i++)
            c = c * 64 + (bytes[i] & 0x3f);
        if (encode_utf8(again, c) == n && memcmp(again, bytes, n) == 0 && c < 0x110000 &&
            (c < 0xd800 || c > 0xdfff))
            return n;
    }
    return 0;
}

Test(fixed_text, utf8_is_strict)
{
    static const uint8_t edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                    0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed,
                                    0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xff};
    unsigned accepted = 0;

    srand(1);
    for (int round = 0; round < 300000; round++) {
        uint8_t text[5];
        size_t length = (size_t)rand() % sizeof(text) + 1;
        size_t at = 0, used = 1;
        struct ms_error error = {0};
        struct ms_pattern pattern;
        bool ok;

        for (size_t i = 0; i < length; i++)
            text[i] = edges[(size_t)rand() % (i % 2 ? 9 : sizeof(edges))];
        while (at < length && (used = simple_utf8(text + at, length - at)) > 0)
            at += used;
        pattern = unparsed(MS_UTF16, false, (char *)text, length);
        ok = ms_literal_parse(&pattern, &error) == MS_OK;
        cr_assert(ok == (at == length), "round %d", round);
        cr_assert(ok || error.column == at + 1, "round %d: column %u", round, error.column);
        accepted += ok;
        ms_pattern_release(&pattern);
    }
    cr_assert(accepted > 10000 && accepted < 290000, "%u", accepted);
}

// A dword matches if each digit of its own hexadecimal text is that of the pattern.
Test(fixed_text, wildcards_compare_digits)
{
    srand(2);
    for (int round = 0; round < 100000; round++) {
        char text[9] = {0}, value_text[9];
        uint32_t value = 0;
        uint8_t memory[4];
        struct ms_pattern pattern;
        bool same = true;

        for (int i = 0; i < 8; i++) {
            text[i] = "01?f"[rand() % 4];
            value = value * 16 +
                    (uint32_t)(rand() % 8 ? (text[i] == 'f' ? 15 : text[i] == '1') : rand() % 16);
        }
        snprintf(value_text, sizeof(value_text), "%08x", value);
        for (int i = 0; i < 8; i++)
            same = same && (text[i] == '?' || text[i] == value_text[i]);
        ms_put_le(memory, value, 4);
        pattern = unparsed(MS_DWORD, false, text, 8);
        cr_assert(ms_literal_parse(&pattern, NULL) == MS_OK, "%s", text);
        cr_assert(ms_pattern_matches(&pattern, memory) == same, "%s in %s", text, value_text);
        ms_pattern_release(&pattern);
    }
}
