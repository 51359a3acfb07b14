// SPDX-License-Identifier: MIT
//
// Pattern files: the words of a line, the options of a pattern, and the place that an error names.

#include <memscan/pattern.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Adds the `length` bytes at `text` as a file called F.
static enum ms_status add_bytes(struct ms_patterns *patterns, const char *text, size_t length,
                                const struct ms_pattern_options *defaults, struct ms_error *error)
{
    FILE *stream = tmpfile();
    enum ms_status status;

    cr_assert(stream != NULL, "tmpfile");
    cr_assert(fwrite(text, 1, length, stream) == length, "fwrite");
    rewind(stream);
    status = ms_patterns_add_stream(patterns, stream, "F", defaults, error);
    fclose(stream);
    return status;
}

static struct ms_patterns *create(void)
{
    struct ms_patterns *patterns = NULL;

    cr_assert(ms_patterns_create(&patterns, NULL) == MS_OK, "create");
    return patterns;
}

struct expected {
    enum ms_pattern_kind kind;
    const char *text; // NULL ends the list
    const char *name;
    bool ignore_case;
    uint32_t align;
};

static void check_pattern(const char *name, const struct ms_pattern_info *info,
                          const struct expected *expected)
{
    cr_expect(info->kind == expected->kind, "%s: kind", name);
    cr_expect(strcmp(info->text, expected->text) == 0, "%s: text <%s>", name, info->text);
    cr_expect(strcmp(info->name, expected->name ? expected->name : "") == 0, "%s: name <%s>", name,
              info->name);
    cr_expect(info->ignore_case == expected->ignore_case, "%s: case", name);
    cr_expect(expected->align == 0 || info->align == expected->align, "%s: align %u", name,
              info->align);
}

static const struct {
    const char *name;
    const char *text;
    struct expected patterns[5];
} accepted_cases[] = {
    {"the examples",
     "d 78090043 slop\na/i \"se  \" tag\n",
     {{.kind = MS_DWORD, "78090043", "slop", false, 4},
      {.kind = MS_ASCII, "se  ", "tag", true, 1}}},
    {"nothing", "", {{0}}},
    {"only a newline", "\n", {{0}}},
    {"blank lines and comments", "\n  \t\n# d 1\n   # \"\n\n", {{0}}},
    {"every kind, first half",
     "b 1\nw 2\nd 3\nq 4\n",
     {{.kind = MS_BYTE, "1", .align = 1},
      {.kind = MS_WORD, "2", .align = 2},
      {.kind = MS_DWORD, "3", .align = 4},
      {.kind = MS_QWORD, "4", .align = 8}}},
    {"every kind, second half",
     "a t\nu t\nx 00\ne a.b\n",
     {{.kind = MS_ASCII, "t"},
      {.kind = MS_UTF16, "t"},
      {.kind = MS_HEX, "00"},
      {.kind = MS_REGEX, "a.b"}}},
    {"no newline at the end", "d 1\nd 2", {{.kind = MS_DWORD, "1"}, {.kind = MS_DWORD, "2"}}},
    {"CRLF", "d 1\r\n\r\na x name\r\n", {{.kind = MS_DWORD, "1"}, {.kind = MS_ASCII, "x", "name"}}},
    {"CR at the end of the file", "d 1\r", {{.kind = MS_DWORD, "1"}}},
    {"a CR inside", "a x\ry\n", {{.kind = MS_ASCII, "x\ry"}}},
    {"byte order mark",
     "\xef\xbb\xbf"
     "d 1\n",
     {{.kind = MS_DWORD, "1"}}},
    {"blanks and tabs", " \td\t \t1  \tname\t \n", {{.kind = MS_DWORD, "1", "name"}}},
    {"a comment behind",
     "d 1 # one\nd 2 two # two\n",
     {{.kind = MS_DWORD, "1"}, {.kind = MS_DWORD, "2", "two"}}},
    {"a comment without a blank behind the #", "d 1 #one two three\n", {{.kind = MS_DWORD, "1"}}},
    {"# inside a word", "a x#y\n", {{.kind = MS_ASCII, "x#y"}}},
    {"# behind quotes", "a \"\"#y\n", {{.kind = MS_ASCII, "#y"}}},
    {"# in quotes", "a '#y' \"#z\"\n", {{.kind = MS_ASCII, "#y", "#z"}}},
    {"a sequence",
     "d \"78090043 02000000\" two\n",
     {{.kind = MS_DWORD, "78090043 02000000", "two"}}},
    {"a sequence in single quotes", "d '1 2'\n", {{.kind = MS_DWORD, "1 2"}}},
    {"a character constant", "d \"'Reff'\"\n", {{.kind = MS_DWORD, "'Reff'"}}},
    {"backslash outside of quotes", "e a\\.b\\\\c\\x20\n", {{.kind = MS_REGEX, "a\\.b\\\\c\\x20"}}},
    {"backslash in single quotes", "a '\\\\ \\\" \\n'\n", {{.kind = MS_ASCII, "\\\\ \\\" \\n"}}},
    {"escapes in double quotes", "a \"\\\"\\\\\"\n", {{.kind = MS_ASCII, "\"\\"}}},
    {"no escapes in double quotes", "a \"\\n\\x\\'\"\n", {{.kind = MS_ASCII, "\\n\\x\\'"}}},
    {"an escaped backslash ends quotes", "a \"\\\\\" n\n", {{.kind = MS_ASCII, "\\", "n"}}},
    {"backslash before blank", "a \\ n\n", {{.kind = MS_ASCII, "\\", "n"}}},
    {"single in double, double in single", "a \"'\" '\"'\n", {{.kind = MS_ASCII, "'", "\""}}},
    {"quotes inside a word", "a x\"y z\"w'1 2'\n", {{.kind = MS_ASCII, "xy zw1 2"}}},
    {"empty name", "d 1 \"\"\n", {{.kind = MS_DWORD, "1", ""}}},
    {"alignment",
     "d/align=1 1\nb/align=4096 1\n",
     {{.kind = MS_DWORD, "1", .align = 1}, {.kind = MS_BYTE, "1", .align = 4096}}},
    {"alignment is decimal, 0x allowed",
     "d/align=16 1\nd/align=0x10 1\n",
     {{.kind = MS_DWORD, "1", .align = 16}, {.kind = MS_DWORD, "1", .align = 16}}},
    {"options in any order",
     "a/i/align=2 x\nu/align=2/i x\n",
     {{.kind = MS_ASCII, "x", NULL, true, 2}, {.kind = MS_UTF16, "x", NULL, true, 2}}},
    {"regex without case", "e/i a\n", {{.kind = MS_REGEX, "a", NULL, true, 1}}},
    {"quoted kind", "\"d\"/'align=2' 1\n", {{.kind = MS_DWORD, "1", .align = 2}}},
};

Test(pattern_file, accepted)
{
    for (size_t i = 0; i < sizeof(accepted_cases) / sizeof(accepted_cases[0]); i++) {
        struct ms_patterns *patterns = create();
        struct ms_error error = {0};
        size_t n = 0;

        cr_expect(add_bytes(patterns, accepted_cases[i].text, strlen(accepted_cases[i].text), NULL,
                            &error) == MS_OK,
                  "%s: %s", accepted_cases[i].name, error.text);
        while (accepted_cases[i].patterns[n].text)
            n++;
        cr_expect(ms_patterns_count(patterns) == n, "%s: count", accepted_cases[i].name);
        for (size_t j = 0; j < n && j < ms_patterns_count(patterns); j++) {
            struct ms_pattern_info info = ms_patterns_info(patterns, j);

            check_pattern(accepted_cases[i].name, &info, &accepted_cases[i].patterns[j]);
        }
        ms_patterns_free(patterns);
    }
}

static const struct {
    const char *name;
    const char *text;
    uint32_t column;
    const char *message; // the whole of it
} refused_cases[] = {
    {"no digit", "d 7809004g\n", 10,
     "F:1:10: dword \"7809004g\": 'g' at character 8 is no hexadecimal digit"},
    {"a later line", "d 1\n\n# x\n  d 1g\n", 6,
     "F:4:6: dword \"1g\": 'g' at character 2 is no hexadecimal digit"},
    {"lines end in CRLF", "d 1\r\nd 1g\r\n", 4,
     "F:2:4: dword \"1g\": 'g' at character 2 is no hexadecimal digit"},
    {"behind a byte order mark",
     "\xef\xbb\xbf"
     "d 1g",
     4, "F:1:4: dword \"1g\": 'g' at character 2 is no hexadecimal digit"},
    {"in quotes", "d \"1 2g\"", 7,
     "F:1:7: dword \"1 2g\": 'g' at character 4 is no hexadecimal digit"},
    {"behind quotes", "d '1'\"2\"g", 9,
     "F:1:9: dword \"12g\": 'g' at character 3 is no hexadecimal digit"},
    {"behind an escape", "d \"'\\\"' '\\\\' 2g\"", 15,
     "F:1:15: dword \"'\"' '\\' 2g\": 'g' at character 10 is no hexadecimal digit"},
    {"an escape itself", "d \"1 \\\\\"", 7,
     "F:1:7: dword \"1 \\\": '\\' at character 3 is no hexadecimal digit"},
    {"a backslash that is none", "d \"1\\x\"", 5,
     "F:1:5: dword \"1\\x\": '\\' at character 2 is no hexadecimal digit"},
    {"at the value's end", "b 1..", 6, "F:1:6: byte \"1..\": a number is missing at character 4"},
    {"at the quoted value's end", "b '1..' n", 7,
     "F:1:7: byte \"1..\": a number is missing at character 4"},
    {"regex", "e \"a b$\"", 7,
     "F:1:7: regex \"a b$\": '$' at character 4 is an anchor: a match cannot depend on the "
     "bytes around it"},
    {"UTF-8", "u \xff", 3, "F:1:3: utf16 \"\\xff\": '\\xff' at character 1 is not valid UTF-8"},
    {"empty value", "a \"\" n", 3, "F:1:3: ascii \"\": the pattern is empty"},
    {"no value", " d", 3, "F:1:3: a value is missing behind the kind"},
    {"no value but a comment", "d # 1", 2, "F:1:2: a value is missing behind the kind"},
    {"a fourth field", "d 78090043 02000000  0", 22,
     "F:1:22: a fourth field: a value with blanks needs quotes"},
    {"unknown kind", " z 1", 2, "F:1:2: kind \"z\": the kinds are b w d q a u x e"},
    {"capital kind", "D 1", 1, "F:1:1: kind \"D\": the kinds are b w d q a u x e"},
    {"long kind", "dword 1", 1, "F:1:1: kind \"dword\": the kinds are b w d q a u x e"},
    {"empty kind", "'' 1", 1, "F:1:1: kind \"\": the kinds are b w d q a u x e"},
    {"unknown option", "d/j 1", 3, "F:1:3: kind \"d/j\": the options are /i and /align=N"},
    {"a longer option", "a/ii 1", 3, "F:1:3: kind \"a/ii\": the options are /i and /align=N"},
    {"no option", "d/ 1", 3, "F:1:3: kind \"d/\": the options are /i and /align=N"},
    {"no second option", "a/i/ 1", 5, "F:1:5: kind \"a/i/\": the options are /i and /align=N"},
    {"align without =", "d/align 1", 3, "F:1:3: kind \"d/align\": the options are /i and /align=N"},
    {"an option twice", "a/i/align=1/i 1", 13,
     "F:1:13: kind \"a/i/align=1/i\": the option at character 13 is there twice"},
    {"alignment twice", "a/align=1/align=1 1", 11,
     "F:1:11: kind \"a/align=1/align=1\": the option at character 11 is there twice"},
    {"case of a dword", "d/i 1", 3,
     "F:1:3: kind \"d/i\": a dword has no letters whose case to "
     "ignore"},
    {"case of hex", "x/align=1/i 11", 11,
     "F:1:11: kind \"x/align=1/i\": a hex has no letters whose case to ignore"},
    {"alignment 0", "d/align=0 1", 9,
     "F:1:9: kind \"d/align=0\": the number at character 9 is no power of two from 1 to 4096"},
    {"alignment 3", "d/align=3 1", 9,
     "F:1:9: kind \"d/align=3\": the number at character 9 is no power of two from 1 to 4096"},
    {"alignment 8192", "d/align=8192 1", 9,
     "F:1:9: kind \"d/align=8192\": the number at character 9 is no power of two from 1 to "
     "4096"},
    {"alignment 2^32 + 1", "d/align=4294967297 1", 9,
     "F:1:9: kind \"d/align=4294967297\": the number at character 9 is no power of two from 1 "
     "to 4096"},
    {"alignment without a number", "d/align= 1", 9,
     "F:1:9: kind \"d/align=\": a number is missing at character 9"},
    {"alignment in hexadecimal", "d/align=1f 1", 10,
     "F:1:10: kind \"d/align=1f\": 'f' at character 10 is no decimal digit"},
    {"alignment in quotes", "'d/ali'gn=3 1", 11,
     "F:1:11: kind \"d/align=3\": the number at character 9 is no power of two from 1 to "
     "4096"},
    {"double quote open", "a x\"y z # \\\" ", 4, "F:1:4: this quote is not closed"},
    {"single quote open", "a don't", 6, "F:1:6: this quote is not closed"},
    {"quote open in the name", "a x 'n", 5, "F:1:5: this quote is not closed"},
    {"a quote does not reach the next line", "a 'x\ny'\n", 3, "F:1:3: this quote is not closed"},
};

Test(pattern_file, refused)
{
    for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++) {
        struct ms_patterns *patterns = create();
        struct ms_error error = {0};
        size_t length = strlen(refused_cases[i].text);

        cr_assert(ms_patterns_add(patterns, MS_BYTE, "7", 1, NULL, NULL) == MS_OK, "one before");
        cr_expect(add_bytes(patterns, refused_cases[i].text, length, NULL, &error) == MS_ARGUMENT,
                  "%s", refused_cases[i].name);
        cr_expect(error.column == refused_cases[i].column, "%s: column %u", refused_cases[i].name,
                  error.column);
        cr_expect(strncmp(error.text, refused_cases[i].message, strlen(refused_cases[i].message)) ==
                      0,
                  "%s: %s", refused_cases[i].name, error.text);
        cr_expect(ms_patterns_count(patterns) == 1, "%s: the set has changed",
                  refused_cases[i].name);
        cr_expect(add_bytes(patterns, refused_cases[i].text, length, NULL, NULL) == MS_ARGUMENT,
                  "%s: without an error", refused_cases[i].name);
        ms_patterns_free(patterns);
    }
}

Test(pattern_file, what_came_before_is_kept)
{
    struct ms_patterns *patterns = create();

    cr_assert(add_bytes(patterns, "d 1\nd 2\n", 8, NULL, NULL) == MS_OK, "two");
    cr_assert(add_bytes(patterns, "d 3\nd 4\nd 5g\nd 6\n", 17, NULL, NULL) == MS_ARGUMENT, "bad");
    cr_expect(ms_patterns_count(patterns) == 2, "count");
    cr_assert(add_bytes(patterns, "d 7\n", 4, NULL, NULL) == MS_OK, "one more");
    cr_expect_str_eq(ms_patterns_info(patterns, 1).text, "2");
    cr_expect_str_eq(ms_patterns_info(patterns, 2).text, "7");
    ms_patterns_free(patterns);
}

Test(pattern_file, defaults)
{
    struct ms_patterns *patterns = create();
    struct ms_pattern_options defaults = {.ignore_case = true, .align = 2, .name = "default"};
    static const char text[] = "a x\nd/align=8 1 own\ne/i/align=1 y\n";
    static const struct expected expected[] = {
        {.kind = MS_ASCII, "x", "default", true, 2},
        {.kind = MS_DWORD, "1", "own", false, 8},
        {.kind = MS_REGEX, "y", "default", true, 1},
    };
    struct ms_error error = {0};

    cr_assert(add_bytes(patterns, text, sizeof(text) - 1, &defaults, &error) == MS_OK, "%s",
              error.text);
    cr_assert(ms_patterns_count(patterns) == 3, "count");
    for (size_t i = 0; i < 3; i++) {
        struct ms_pattern_info info = ms_patterns_info(patterns, i);

        check_pattern(expected[i].text, &info, &expected[i]);
    }
    ms_patterns_free(patterns);
}

Test(pattern_file, nul_bytes)
{
    static const struct {
        const char *name;
        const char *text;
        size_t length;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"in a value",
         "d 1\nd 1\0"
         "2\n",
         10, 4, "F:2:4: a NUL byte"},
        {"in a comment", "# x\0\n", 5, 4, "F:1:4: a NUL byte"},
        {"UTF-16",
         "\xff\xfe"
         "d\0 \0001\0",
         8, 4, "F:1:4: a NUL byte"},
        {"zeros alone", "\0\0\0\0", 4, 1, "F:1:1: a NUL byte"},
        // Found: the mark, which no editor shows, was counted here alone.
        {"behind a byte order mark",
         "\xef\xbb\xbf"
         "d\0",
         5, 2, "F:1:2: a NUL byte"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct ms_patterns *patterns = create();
        struct ms_error error = {0};

        cr_expect(add_bytes(patterns, cases[i].text, cases[i].length, NULL, &error) == MS_ARGUMENT,
                  "%s", cases[i].name);
        cr_expect(error.column == cases[i].column, "%s: column %u", cases[i].name, error.column);
        cr_expect(strstr(error.text, cases[i].message) == error.text, "%s: %s", cases[i].name,
                  error.text);
        cr_expect(ms_patterns_count(patterns) == 0, "%s", cases[i].name);
        ms_patterns_free(patterns);
    }
}

Test(pattern_file, long_lines)
{
    enum { LONGEST = 65536, LIMIT = 1 << 20 };
    struct ms_patterns *patterns = create();
    struct ms_error error = {0};
    char *text = malloc(LIMIT + 2);
    size_t n = 3;

    memcpy(text, "x \"", n);
    for (size_t i = 0; i < LONGEST; i++, n += 3)
        memcpy(text + n, "4f ", 3);
    memcpy(text + n, "\" name", 6);
    cr_assert(add_bytes(patterns, text, n + 6, NULL, &error) == MS_OK, "%s", error.text);
    cr_assert(ms_patterns_info(patterns, 0).length == LONGEST, "length");
    cr_expect_str_eq(ms_patterns_info(patterns, 0).name, "name");

    text[n - 2] = 'g';
    cr_assert(add_bytes(patterns, text, n + 6, NULL, &error) == MS_ARGUMENT, "a bad digit");
    cr_expect(error.column == n - 1, "column %u", error.column);

    memset(text, '#', LIMIT + 1);
    text[LIMIT] = '\n';
    cr_expect(add_bytes(patterns, text, LIMIT + 1, NULL, &error) == MS_OK, "%s", error.text);
    text[LIMIT] = '#';
    cr_expect(add_bytes(patterns, text, LIMIT + 1, NULL, &error) == MS_ARGUMENT, "too long");
    cr_expect_str_eq(error.text, "F:1:1048577: the line is longer than 1048576 bytes");
    free(text);
    ms_patterns_free(patterns);
}

Test(pattern_file, a_stream_that_cannot_be_read)
{
    struct ms_patterns *patterns = create();
    struct ms_error error = {0};
    FILE *stream = fopen("/", "r"); // opens, but reading a directory fails

    cr_assert(stream != NULL, "fopen");
    cr_expect(ms_patterns_add_stream(patterns, stream, "F", NULL, &error) == MS_IO, "%s",
              error.text);
    cr_expect(error.os_errno != 0, "errno");
    cr_expect(strncmp(error.text, "F: cannot be read: ", 19) == 0, "%s", error.text);
    cr_expect(ms_patterns_count(patterns) == 0, "count");
    fclose(stream);
    ms_patterns_free(patterns);
}

// Gives "d 1\nd 2" and then an error, so that the last line might be taken for a whole one.
static ssize_t read_then_fail(void *cookie, char *buffer, size_t size)
{
    int *calls = cookie;

    if ((*calls)++ > 0 || size < 7) {
        errno = EIO;
        return -1;
    }
    memcpy(buffer, "d 1\nd 2", 7);
    return 7;
}

Test(pattern_file, a_stream_that_fails_later)
{
    struct ms_patterns *patterns = create();
    struct ms_error error = {0};
    int calls = 0;
    FILE *stream = fopencookie(&calls, "r", (cookie_io_functions_t){.read = read_then_fail});

    cr_assert(stream != NULL, "fopencookie");
    cr_expect(ms_patterns_add_stream(patterns, stream, "F", NULL, &error) == MS_IO, "%s",
              error.text);
    cr_expect(error.os_errno == EIO, "errno %d", error.os_errno);
    cr_expect(ms_patterns_count(patterns) == 0, "count");
    fclose(stream);
    ms_patterns_free(patterns);
}

// Doubling the file about doubles the time: 100,000 lines take a fraction of a second, not minutes.
Test(pattern_file, many_lines, .timeout = 20)
{
    enum { LINES = 100000 };
    struct ms_patterns *patterns = create();
    struct ms_error error = {0};
    char *text = malloc(LINES * 32);
    size_t n = 0;

    for (unsigned i = 0; i < LINES; i++)
        n += (size_t)sprintf(text + n, "d %08x name%u\n", i * 2654435761u, i);
    cr_assert(add_bytes(patterns, text, n, NULL, &error) == MS_OK, "%s", error.text);
    cr_assert(ms_patterns_count(patterns) == LINES, "count");
    cr_expect_str_eq(ms_patterns_info(patterns, LINES - 1).name, "name99999");
    free(text);
    ms_patterns_free(patterns);
}
