// SPDX-License-Identifier: MIT
//
// Pool tags: patterns of them, the library's own, and files with all that people put into them.

#include "windows/pool_tags.h"

#include "base/file_in_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(pool_tags);

static uint32_t tag_of(const char *text)
{
    const uint8_t *bytes = (const uint8_t *)text;

    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// == Files ==

static char path[64]; // of the last one

static enum ms_status open_bytes(const char *bytes, size_t length, struct ms_pool_tags **tags_ret,
                                 struct ms_error *error)
{
    struct memory_file file = memory_file_make(bytes, length);
    enum ms_status status = ms_pool_tags_open(file.path, tags_ret, error);

    snprintf(path, sizeof(path), "%s", file.path);
    memory_file_close(&file);
    return status;
}

static struct ms_pool_tags *open_text(const char *text)
{
    struct ms_pool_tags *tags = NULL;
    struct ms_error error = {0};

    cr_assert(eq(int, open_bytes(text, strlen(text), &tags, &error), MS_OK), "%s", error.text);
    return tags;
}

// "DRIVER|TEXT" of a tag; "" if nobody knows it.
static const char *find(const struct ms_pool_tags *tags, const char *tag)
{
    static char found[600];
    struct ms_pool_tag_info info;

    found[0] = '\0';
    if (ms_pool_tags_find(tags, tag_of(tag), &info))
        snprintf(found, sizeof(found), "%s|%s%s", info.driver, info.text,
                 info.from_file ? "" : "|own");
    return found;
}

static void expect(const struct ms_pool_tags *tags, const char *tag, const char *expected)
{
    cr_assert(eq(str, (char *)(uintptr_t)find(tags, tag), (char *)(uintptr_t)expected), "tag %s",
              tag);
}

// What a file with this one line says of a tag.
static const struct {
    const char *line, *tag, *found;
} lines[] = {
    {"Qqqq - q.sys - some text", "Qqqq", "q.sys|some text"},
    {"Qqqq   -   q.sys   -   some text  ", "Qqqq", "q.sys|some text"},
    {"Qq   - q.sys - blanks in the tag", "Qq  ", "q.sys|blanks in the tag"},
    {"Qq - q.sys - a short tag", "Qq  ", "q.sys|a short tag"},
    {"Q\t-\tq.sys\t-\ttabs", "Q   ", "q.sys|tabs"},
    {"Qqqq- q.sys - no blank", "Qqqq", "q.sys|no blank"},
    {"Qqqq - q.sys - CRLF\r", "Qqqq", "q.sys|CRLF"},
    {"Qqqq - q-r.sys - a dash - and more - of them", "Qqqq", "q-r.sys|a dash - and more - of them"},
    {"Qqqq - <unknown> - nobody knows", "Qqqq", "|nobody knows"},
    {"Qqqq - <unknown>  - nobody knows", "Qqqq", "|nobody knows"},
    {"Qqqq - text alone", "Qqqq", "|text alone"},
    {"Qqqq - q.sys -", "Qqqq", "q.sys|"},
    {"Qqqq -", "Qqqq", "|"},
    {" Qq  - q.sys - a blank in front", " Qq ", "q.sys|a blank in front"},
    {"Q-q  - q.sys - a dash in the tag", "Q-q ", "q.sys|a dash in the tag"},
    {"rema - q.sys - no comment", "rema", "q.sys|no comment"},
    {"\xef\xbb\xbfQqqq - q.sys - a byte order mark", "Qqqq", "q.sys|a byte order mark"},
    {"Qqqq - q.sys - \xe9t\xe9", "Qqqq", "q.sys|\xe9t\xe9"},
    {"Q?qq - q.sys - one", "Qxqq", "q.sys|one"},
    {"Q*   - q.sys - any", "Qxyz", "q.sys|any"},
    {"Q* - q.sys - any", "Q   ", "q.sys|any"},
    {"*q* - q.sys - somewhere", "Xxqx", "q.sys|somewhere"},
    {"Q?q - q.sys - with a blank", "Qxq ", "q.sys|with a blank"},
    {"Q?q - q.sys - with a blank", "Qxqx", ""},
    {"Qqqq - q.sys - case", "qqqq", ""},
};

Test(pool_tags, lines_of_all_kinds)
{
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct ms_pool_tags *tags = open_text(lines[i].line);

        cr_assert(
            eq(str, (char *)(uintptr_t)find(tags, lines[i].tag), (char *)(uintptr_t)lines[i].found),
            "%s", lines[i].line);
        cr_assert(eq(sz, ms_pool_tags_n_notes(tags), 0), "%s", lines[i].line);
        ms_pool_tags_free(tags);
    }
}

Test(pool_tags, the_first_line_of_a_tag_counts)
{
    struct ms_pool_tags *tags = open_text("Qqqq - a.sys - first\nQqqq - b.sys - second\n");

    expect(tags, "Qqqq", "a.sys|first");
    ms_pool_tags_free(tags);
}

Test(pool_tags, fewest_wildcards_win)
{
    struct ms_pool_tags *tags = open_text("* - any.sys - any\n"
                                          "Q* - one.sys - one\n"
                                          "?q* - second.sys - the second\n"
                                          "Qq?? - two.sys - two\n"
                                          "Qqq? - three.sys - three\n"
                                          "Qqqq - four.sys - four\n");

    expect(tags, "Qqqq", "four.sys|four");
    expect(tags, "Qqqx", "three.sys|three");
    expect(tags, "Qqxx", "two.sys|two");
    expect(tags, "Qxxx", "one.sys|one");
    expect(tags, "xqxx", "second.sys|the second");
    expect(tags, "Proc", "any.sys|any");
    ms_pool_tags_free(tags);
    tags = open_text("?q* - second.sys - the second\nQ* - one.sys - one\n");
    expect(tags, "Qqqq", "second.sys|the second");
    ms_pool_tags_free(tags);
}

Test(pool_tags, comments_and_the_end_byte)
{
    struct ms_pool_tags *tags =
        open_text("rem\nrem Qqq1 - q.sys - no\n//Qqq2 - q.sys - no\n\n   \n"
                  "  // no - no\nQqqq - q.sys - yes\n\x1aQqq3 - q.sys - no");

    expect(tags, "Qqqq", "q.sys|yes");
    cr_assert(eq(sz, tags->entries.n, 1));
    cr_assert(eq(sz, ms_pool_tags_n_notes(tags), 0));
    ms_pool_tags_free(tags);
}

Test(pool_tags, lines_without_sense_are_told)
{
    static const char text[] = "no sense\nQqqq - q.sys - yes\nToolong - q.sys - no\n"
                               "-\n-\n-\n-\n-\n-\n-\n-\n-\n-\n";
    char expected[200];
    struct ms_pool_tags *tags;

    tags = open_text(text);
    expect(tags, "Qqqq", "q.sys|yes");
    cr_assert(eq(sz, ms_pool_tags_n_notes(tags), 9));
    snprintf(expected, sizeof(expected),
             "%s: line 3: not TAG - DRIVER - TEXT with a tag of four characters", path);
    cr_assert(eq(str, (char *)(uintptr_t)ms_pool_tags_note(tags, 1), expected));
    snprintf(expected, sizeof(expected), "%s: 4 more such lines", path);
    cr_assert(eq(str, (char *)(uintptr_t)ms_pool_tags_note(tags, 8), expected));
    ms_pool_tags_free(tags);
}

Test(pool_tags, no_file_of_tags)
{
    struct ms_pool_tags *tags;
    struct ms_error error = {0};
    char line[5000], expected[200];

    cr_assert(eq(int, open_bytes("", 0, &tags, &error), MS_MALFORMED));
    cr_assert(eq(int, open_bytes("a b c\n", 6, &tags, &error), MS_MALFORMED));
    cr_assert(
        eq(int, open_bytes("Qqqq - a - b\nQ\0qq - a - b\n", 27, &tags, &error), MS_MALFORMED));
    snprintf(expected, sizeof(expected), "%s: line 2: a NUL: a text in ASCII or UTF-8 is expected",
             path);
    cr_assert(eq(str, error.text, expected));
    memset(line, 'x', sizeof(line));
    cr_assert(eq(int, open_bytes(line, sizeof(line), &tags, &error), MS_MALFORMED));
    cr_assert(strstr(error.text, ": line 1 has more than 4096 bytes") != NULL);
    cr_assert(eq(int, ms_pool_tags_open("/nonexistent/tags", &tags, &error), MS_IO));
    cr_assert(eq(int, ms_pool_tags_open("/nonexistent/tags", &tags, NULL), MS_IO));
}

// == The library's own ==

Test(pool_tags, known_tags_are_sorted_and_fit)
{
    for (size_t i = 0; i < ms_n_known_tags; i++) {
        const struct ms_known_tag *known = &ms_known_tags[i];

        cr_assert(eq(sz, strlen(known->tag), MS_POOL_TAG_BYTES));
        cr_assert(known->driver[0] != '\0' && known->text[0] != '\0');
        cr_assert(i == 0 || memcmp(known[-1].tag, known->tag, MS_POOL_TAG_BYTES) < 0, "%s",
                  known->tag);
    }
    cr_assert(ms_n_known_tags >= 150);
}

Test(pool_tags, known_tags_are_found)
{
    struct ms_pool_tags *tags;
    char expected[300];

    cr_assert(eq(int, ms_pool_tags_open(NULL, &tags, NULL), MS_OK));
    for (size_t i = 0; i < ms_n_known_tags; i++) {
        snprintf(expected, sizeof(expected), "%s|%s|own", ms_known_tags[i].driver,
                 ms_known_tags[i].text);
        expect(tags, ms_known_tags[i].tag, expected);
    }
    expect(tags, "\x01\x02\x03\x04", "");
    expect(tags, "\xff\xff\xff\xff", "");
    ms_pool_tags_free(tags);
}

Test(pool_tags, the_file_goes_before_the_own)
{
    struct ms_pool_tags *tags = open_text("Pr* - mine.sys - my own\n");

    expect(tags, "Proc", "mine.sys|my own");
    expect(tags, "Thre", "nt!ps|thread objects|own");
    ms_pool_tags_free(tags);
}

// == Patterns ==

static const struct {
    const char *pattern, *tag;
    bool fits;
} patterns[] = {
    {"Se", "Se  ", true},       {"Se  ", "Se  ", true},    {"Se", "SeTk", false},
    {"Se*", "SeTk", true},      {"Se*", "Se  ", true},     {"se*", "SeTk", false},
    {"????", "SeTk", true},     {"???", "SeTk", false},    {"???", "SeT ", true},
    {"*", "\0\0\0\0", true},    {"**", "SeTk", true},      {"S*k", "SeTk", true},
    {"S*k", "Skk ", false},     {"*T*", "SeTk", true},     {"*T*", "Setk", false},
    {"*e*k*", "SeTk", true},    {"*k*e*", "SeTk", false},  {"*S*e*T*k*", "SeTk", true},
    {"*S*e*T*k", "SeTk", true}, {"[S]eTk", "SeTk", false}, {"Pro\xe3", "Pro\xe3", true},
};

Test(pool_tags, patterns_fit)
{
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        cr_assert(eq(int, ms_pool_tag_matches(patterns[i].pattern, tag_of(patterns[i].tag)),
                     patterns[i].fits),
                  "%s %s", patterns[i].pattern, patterns[i].tag);
}

Test(pool_tags, patterns_that_no_tag_can_fit)
{
    cr_assert(ms_pool_tag_pattern_valid("") == false);
    cr_assert(ms_pool_tag_pattern_valid("SeTok") == false);
    cr_assert(ms_pool_tag_pattern_valid("*a*b*c*d*e*") == false);
    cr_assert(ms_pool_tag_pattern_valid("?????") == false);
    cr_assert(ms_pool_tag_pattern_valid("*"));
    cr_assert(ms_pool_tag_pattern_valid("S"));
    cr_assert(ms_pool_tag_pattern_valid("*a*b*c*d*"));
    cr_assert(ms_pool_tag_pattern_valid("******?******"));
}

// All patterns of up to five characters of an alphabet, against all tags of it, by the matcher of
// names, which goes about it in another way.
static bool fits_slowly(const char *pattern, const char *tag)
{
    if (*pattern == '\0')
        return *tag == '\0';
    if (*pattern == '*')
        return fits_slowly(pattern + 1, tag) || (*tag != '\0' && fits_slowly(pattern, tag + 1));
    return *tag != '\0' && (*pattern == '?' || *pattern == *tag) &&
           fits_slowly(pattern + 1, tag + 1);
}

static void write_digits(char *text, const char *alphabet, size_t length, unsigned number)
{
    for (size_t i = 0; i < length; i++, number /= (unsigned)strlen(alphabet))
        text[i] = alphabet[number % strlen(alphabet)];
    text[length] = '\0';
}

// With the blanks that a pattern without stars lacks.
static void pad(char padded[8], const char *pattern)
{
    size_t length = strlen(pattern);

    memcpy(padded, pattern, length);
    while (strchr(pattern, '*') == NULL && length < MS_POOL_TAG_BYTES)
        padded[length++] = ' ';
    padded[length] = '\0';
}

Test(pool_tags, all_short_patterns)
{
    static const char alphabet[] = "ab?*";

    for (size_t length = 1; length <= 5; length++)
        for (unsigned number = 0; number < 1u << 2 * length; number++) {
            char pattern[8], padded[8];
            bool any = false;

            write_digits(pattern, alphabet, length, number);
            pad(padded, pattern);
            for (unsigned tag = 0; tag < 81; tag++) {
                char text[8];
                bool fits;

                write_digits(text, "ab ", 4, tag);
                fits = fits_slowly(padded, text);
                any = any || fits;
                cr_assert(eq(int, ms_pool_tag_matches(pattern, tag_of(text)), fits), "%s %s",
                          pattern, text);
            }
            cr_assert(eq(int, ms_pool_tag_pattern_valid(pattern), any), "%s", pattern);
        }
}
