// SPDX-License-Identifier: MIT
//
// Any text as a pattern file. Such files are passed around: whoever can hand a user one feeds this.
// The input is the text.
//
// Held to: each pattern that is accepted is as pattern_set.h says; the set reads back from a file
// that is written of it; what is refused has one line of text that names a line and a column of the
// file, and leaves the set as it was; a matcher of the set compiles, or fails with a text.

#include "pattern_checks.h"

#define MAX_INPUT 2048

// The column is in its line, which the text names.
static void check_place(const struct ms_error *error, const char *text, size_t length)
{
    unsigned line, column, at = 1;
    const char *start = text, *end;

    CHECK(sscanf(error->text, "FILE:%u:%u: ", &line, &column) == 2, "no place: %s", error->text);
    CHECK(column == error->column, "column %u in the text, %u in the error: %s", column,
          error->column, error->text);
    while (at < line && (end = memchr(start, '\n', length - (size_t)(start - text)))) {
        start = end + 1;
        at++;
    }
    CHECK(at == line, "line %u of %u: %s", line, at, error->text);
    end = memchr(start, '\n', length - (size_t)(start - text));
    end = end ? end : text + length;
    CHECK(column >= 1, "no column: %s", error->text);
    // A byte order mark is no part of the first line.
    if (at == 1 && end - start >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
        start += 3;
    check_column(error, start, (size_t)(end - start));
}

static void check_refused(enum ms_status status, const struct ms_error *error, const char *text,
                          size_t length)
{
    CHECK(status == MS_ARGUMENT || status == MS_UNSUPPORTED, "adding a file: %s", error->text);
    check_error(status, error, "adding a file");
    check_place(error, text, length);
}

static void check_accepted(const struct ms_patterns *patterns)
{
    for (size_t i = 0; i < patterns->all.n; i++)
        check_pattern(patterns, i);
    check_written(patterns);
    check_compiles(patterns);
}

// The set holds a pattern before, which must be left alone.
static void add_file(struct ms_patterns *patterns, const char *text, size_t length)
{
    // fmemopen() refuses an empty buffer.
    FILE *stream =
        length > 0 ? fmemopen((void *)(uintptr_t)text, length, "r") : fopen("/dev/null", "r");
    struct ms_error error = {0};
    enum ms_status status;

    if (!stream)
        abort();
    status = ms_patterns_add_stream(patterns, stream, "FILE", NULL, &error);
    fclose(stream);
    CHECK(strcmp(patterns->all.items[0].text, "78090043") == 0, "the first pattern has changed");
    if (status == MS_OK)
        check_accepted(patterns);
    else
        CHECK(patterns->all.n == 1, "what failed left patterns behind");
    if (status != MS_OK)
        check_refused(status, &error, text, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ms_patterns *patterns;

    if (size > MAX_INPUT)
        return 0;
    if (ms_patterns_create(&patterns, NULL) ||
        ms_patterns_add(patterns, MS_DWORD, "78090043", 8, NULL, NULL))
        abort();
    add_file(patterns, (const char *)data, size);
    ms_patterns_free(patterns);
    return 0;
}
