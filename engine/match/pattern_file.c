// SPDX-License-Identifier: MIT
//
// Files of patterns, one a line: KIND[/i][/align=N] VALUE [NAME], split into words as a shell
// would: quotes may stand anywhere in a word and group what is between them. Errors name file, line
// and column; they come from below with the column in a word, which is traced back through quotes
// and escapes to the line.

#include "base/cleanup.h"
#include "base/error.h"
#include "match/number.h"
#include "match/pattern_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_LINE = 1 << 20, // bytes: the longest literal takes 200 KB as hex, so this is no pattern
    MAX_WORDS = 3,
};

struct file {
    struct ms_patterns *patterns;
    FILE *stream;
    const char *name;
    const struct ms_pattern_options *defaults;
    struct ms_error *error; // never NULL: columns are read from it
    size_t line_number;     // from 1
    MS_VEC(char) line;      // without its end
    MS_VEC(char) plain;     // the line's words without quotes, a NUL behind each
};

struct word {
    size_t start; // in the line
    const char *text;
    size_t length;
};

// == Words ==

// A place in a line, inside of quotes or not.
struct cursor {
    const char *line;
    size_t length;
    size_t at;
    char quote;      // the open quote, 0 if there is none
    size_t quote_at; // where it is
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_quote(const struct cursor *cursor, char c)
{
    return cursor->quote ? c == cursor->quote : c == '"' || c == '\'';
}

static bool is_escape(const struct cursor *cursor)
{
    const char *text = cursor->line + cursor->at;

    return cursor->quote == '"' && text[0] == '\\' && cursor->length - cursor->at >= 2 &&
           (text[1] == '"' || text[1] == '\\');
}

// Takes the next character of a word. At the word's end it returns false, the cursor behind the
// word.
static bool next_char(struct cursor *cursor, char *c_ret)
{
    for (; cursor->at < cursor->length; cursor->at++) {
        char c = cursor->line[cursor->at];

        if (!cursor->quote && is_blank(c))
            return false;
        if (!is_quote(cursor, c)) {
            cursor->at += is_escape(cursor);
            *c_ret = cursor->line[cursor->at++];
            return true;
        }
        cursor->quote = cursor->quote ? 0 : c;
        cursor->quote_at = cursor->at;
    }
    return false;
}

static enum ms_status read_word(struct file *file, struct cursor *cursor, struct word *word)
{
    char *text = file->plain.items + file->plain.n;
    char c;

    *word = (struct word){.start = cursor->at, .text = text};
    while (next_char(cursor, &c))
        text[word->length++] = c;
    text[word->length] = '\0';
    file->plain.n += word->length + 1;
    if (cursor->quote)
        return ms_fail_at(file->error, cursor->quote_at + 1, "this quote is not closed");
    return MS_OK;
}

// Splits the line; *n_ret, which starts at 0, counts the words.
static enum ms_status split(struct file *file, struct word words[MAX_WORDS], size_t *n_ret)
{
    struct cursor cursor = {.line = file->line.items, .length = file->line.n};
    enum ms_status status = MS_OK;

    // The words are not longer than what they are written as, so they will not move.
    file->plain.n = 0;
    if (!ms_vec_reserve(&file->plain, file->line.n + MAX_WORDS))
        return ms_fail_nomem(file->error);
    for (; status == MS_OK; ++*n_ret) {
        while (cursor.at < cursor.length && is_blank(cursor.line[cursor.at]))
            cursor.at++;
        if (cursor.at == cursor.length || cursor.line[cursor.at] == '#')
            break;
        if (*n_ret == MAX_WORDS)
            return ms_fail_at(file->error, cursor.at + 1,
                              "a fourth field: a value with blanks needs quotes");
        status = read_word(file, &cursor, &words[*n_ret]);
    }
    return status;
}

// Where in the line the character at `offset` of a word stands, or the word's end if it is its
// length.
static size_t trace(const struct file *file, const struct word *word, size_t offset)
{
    struct cursor cursor = {.line = file->line.items, .length = file->line.n, .at = word->start};
    size_t behind = cursor.at;
    char c;

    while (next_char(&cursor, &c)) {
        if (offset-- == 0)
            return cursor.at - 1;
        behind = cursor.at;
    }
    return behind;
}

// Turns the column of an error about a word into one of the line.
static enum ms_status retrace(const struct file *file, const struct word *word,
                              enum ms_status status)
{
    if (status == MS_ARGUMENT && file->error->column > 0)
        file->error->column = (uint32_t)trace(file, word, file->error->column - 1) + 1;
    return status;
}

// == KIND[/i][/align=N] ==

// The first word while it is read.
struct head {
    struct ms_subject subject;
    const struct ms_kind_facts *facts;
    struct ms_pattern_options *options;
    struct ms_error *error;
};

static enum ms_status set_ignore_case(const struct head *head, size_t first, size_t end)
{
    (void)end;
    if (!head->facts->letters)
        return ms_fail_text(head->error, &head->subject, first,
                            "a %s has no letters whose case to ignore", head->facts->name);
    head->options->ignore_case = true;
    return MS_OK;
}

static enum ms_status set_align(const struct head *head, size_t first, size_t end)
{
    static const struct ms_number_syntax syntax = {.base = 10, .width = 8};
    size_t digits = first + strlen("align=");
    struct ms_number number;
    enum ms_status status =
        ms_number_parse(&head->subject, digits, end, &syntax, &number, head->error);

    if (status != MS_OK)
        return status;
    if (!ms_align_valid(number.value))
        return ms_fail_text(head->error, &head->subject, digits,
                            "the number at character %zu is no power of two from 1 to %d",
                            digits + 1, MS_MAX_ALIGN);
    head->options->align = (uint32_t)number.value;
    return MS_OK;
}

static const struct {
    const char *text;
    bool prefix; // a value follows
    enum ms_status (*set)(const struct head *head, size_t first, size_t end);
} options[] = {
    {"i", false, set_ignore_case},
    {"align=", true, set_align},
};
enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

// The index of the option in [first, end) of the text; N_OPTIONS if there is none.
static size_t find_option(const char *text, size_t first, size_t end)
{
    size_t i;

    for (i = 0; i < N_OPTIONS; i++) {
        size_t n = strlen(options[i].text);

        if ((options[i].prefix ? n <= end - first : n == end - first) &&
            memcmp(text + first, options[i].text, n) == 0)
            break;
    }
    return i;
}

static enum ms_status read_options(const struct head *head)
{
    const char *text = head->subject.text;
    bool seen[N_OPTIONS] = {false};
    enum ms_status status = MS_OK;
    size_t end;

    // The kind's letter is at 0; a slash stands in front of each option.
    for (size_t first = 2; status == MS_OK && first <= head->subject.length; first = end + 1) {
        size_t i;

        end = first + strcspn(text + first, "/");
        i = find_option(text, first, end);
        if (i == N_OPTIONS)
            return ms_fail_text(head->error, &head->subject, first,
                                "the options are /i and /align=N");
        if (seen[i])
            return ms_fail_text(head->error, &head->subject, first,
                                "the option at character %zu is there twice", first + 1);
        seen[i] = true;
        status = options[i].set(head, first, end);
    }
    return status;
}

static enum ms_status read_head(const struct file *file, const struct word *word,
                                enum ms_pattern_kind *kind_ret,
                                struct ms_pattern_options *options_ret)
{
    struct head head = {{"kind", word->text, word->length}, NULL, options_ret, file->error};
    size_t kind;

    for (kind = 0; kind < MS_N_PATTERN_KINDS; kind++) {
        head.facts = ms_kind_facts((enum ms_pattern_kind)kind);
        if (word->text[0] == head.facts->letter)
            break;
    }
    if (kind == MS_N_PATTERN_KINDS || (word->length > 1 && word->text[1] != '/'))
        return ms_fail_text(file->error, &head.subject, 0, "the kinds are b w d q a u x e");
    *kind_ret = (enum ms_pattern_kind)kind;
    return read_options(&head);
}

// == Lines ==

static enum ms_status add_line(struct file *file)
{
    struct ms_pattern_options line_options = *file->defaults;
    struct word words[MAX_WORDS];
    enum ms_pattern_kind kind = MS_BYTE;
    size_t n = 0;
    enum ms_status status = split(file, words, &n);

    if (status != MS_OK || n == 0)
        return status;
    status = retrace(file, &words[0], read_head(file, &words[0], &kind, &line_options));
    if (status != MS_OK)
        return status;
    if (n == 1)
        return ms_fail_at(file->error, trace(file, &words[0], words[0].length) + 1,
                          "a value is missing behind the kind");
    if (n == 3)
        line_options.name = words[2].text;
    status = ms_patterns_add(file->patterns, kind, words[1].text, words[1].length, &line_options,
                             file->error);
    return retrace(file, &words[1], status);
}

// The bytes of a byte order mark in front of the line.
static size_t mark_length(const struct file *file)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};

    if (file->line_number == 1 && file->line.n >= sizeof(mark) &&
        memcmp(file->line.items, mark, sizeof(mark)) == 0)
        return sizeof(mark);
    return 0;
}

// The column of the byte behind what has been read of the line.
static size_t next_column(const struct file *file)
{
    return file->line.n - mark_length(file) + 1;
}

// Removes what is not part of the line proper.
static void trim_line(struct file *file)
{
    size_t mark = mark_length(file);
    char *line = file->line.items;

    if (file->line.n > mark && line[file->line.n - 1] == '\r')
        file->line.n--;
    if (mark > 0) {
        file->line.n -= mark;
        memmove(line, line + mark, file->line.n);
    }
}

// Reads the next line; *more_ret is false if there was none.
static enum ms_status read_line(struct file *file, bool *more_ret)
{
    int c;

    file->line_number++;
    file->line.n = 0;
    errno = 0;
    while ((c = getc_unlocked(file->stream)) != EOF && c != '\n') {
        if (c == '\0')
            return ms_fail_at(file->error, next_column(file),
                              "a NUL byte: pattern files are plain text");
        if (file->line.n == MAX_LINE)
            return ms_fail_at(file->error, next_column(file), "the line is longer than %d bytes",
                              MAX_LINE);
        if (!ms_vec_push(&file->line, (char)c))
            return ms_fail_nomem(file->error);
    }
    if (c == EOF && ferror(file->stream))
        return ms_fail_errno(file->error, errno ? errno : EIO, "%s: cannot be read", file->name);
    *more_ret = c != EOF || file->line.n > 0;
    trim_line(file);
    return MS_OK;
}

static enum ms_status add_lines(struct file *file)
{
    enum ms_status status;
    bool more = false;

    do {
        status = read_line(file, &more);
        if (status == MS_OK && more)
            status = add_line(file);
    } while (status == MS_OK && more);
    if (status == MS_ARGUMENT)
        ms_prepend(file->error, status, "%s:%zu:%u", file->name, file->line_number,
                   file->error->column);
    return status;
}

enum ms_status ms_patterns_add_stream(struct ms_patterns *patterns, FILE *stream, const char *name,
                                      const struct ms_pattern_options *defaults,
                                      struct ms_error *error)
{
    static const struct ms_pattern_options none = {0};
    struct ms_error unwanted;
    struct file file = {
        .patterns = patterns,
        .stream = stream,
        .name = name,
        .defaults = defaults ? defaults : &none,
        .error = error ? error : &unwanted,
    };
    size_t n_before = ms_patterns_count(patterns);
    enum ms_status status = add_lines(&file);

    if (status != MS_OK)
        ms_patterns_truncate(patterns, n_before);
    free(file.line.items);
    free(file.plain.items);
    return status;
}
