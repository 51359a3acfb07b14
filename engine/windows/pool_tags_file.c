// SPDX-License-Identifier: MIT
//
// Files of tags, as people have them: WinDbg's own and what was added to it by hand over twenty
// years. So a line that makes no sense is passed over and told, not an error; a file of which no
// line makes sense is.
//
//     Se   - nt!se       - General security allocations
//     Tag  - driver.sys  - text - which may have dashes of its own
//     Tag  - text alone
//     rem a comment
//     // another one

#include "windows/pool_tags.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "source/whole_file.h"

#include <string.h>

enum {
    MAX_FILE = 16 << 20, // bytes: 70 times those of WinDbg's
    MAX_LINE = 4096,     // bytes: what is longer is no such file
    MAX_NOTES = 8,
    END_OF_TEXT = 0x1a,
};

struct reader {
    struct ms_pool_tags *tags;
    const char *path;
    size_t line;
    size_t n_passed_over;
    struct ms_error *error;
};

struct text {
    const char *start, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct text trim(struct text text)
{
    while (text.start < text.end && is_blank(text.start[0]))
        text.start++;
    while (text.start < text.end && is_blank(text.end[-1]))
        text.end--;
    return text;
}

static bool begins_with(struct text text, const char *prefix)
{
    size_t length = strlen(prefix);

    return (size_t)(text.end - text.start) >= length && memcmp(text.start, prefix, length) == 0;
}

// Tags may begin with these letters, too: behind a comment's there is a blank, or nothing.
static bool is_comment(struct text line)
{
    return begins_with(line, "//") ||
           (begins_with(line, "rem") && (line.end - line.start == 3 || is_blank(line.start[3])));
}

// == Notes ==

static enum ms_status pass_over(struct reader *reader)
{
    if (++reader->n_passed_over > MAX_NOTES ||
        ms_notes_add(&reader->tags->notes,
                     "%s: line %zu: not TAG - DRIVER - TEXT with a tag of four characters",
                     reader->path, reader->line))
        return MS_OK;
    return ms_fail_nomem(reader->error);
}

static enum ms_status tell_rest(struct reader *reader)
{
    if (reader->n_passed_over <= MAX_NOTES ||
        ms_notes_add(&reader->tags->notes, "%s: %zu more such lines", reader->path,
                     reader->n_passed_over - MAX_NOTES))
        return MS_OK;
    return ms_fail_nomem(reader->error);
}

// == Entries ==

// Keeps a text; *at_ret is where. Memory is reserved beforehand.
static void keep_text(struct ms_pool_tags *tags, struct text text, size_t *at_ret)
{
    size_t length = (size_t)(text.end - text.start);

    *at_ret = tags->texts.n;
    memcpy(tags->texts.items + tags->texts.n, text.start, length);
    tags->texts.n += length;
    tags->texts.items[tags->texts.n++] = '\0';
}

// The dash that ends a field: blanks or nothing on both sides. NULL: there is none.
static const char *find_dash(struct text text)
{
    for (const char *at = text.start; at < text.end; at++)
        if (*at == '-' && (at == text.start || is_blank(at[-1])) &&
            (at + 1 == text.end || is_blank(at[1])))
            return at;
    return NULL;
}

// Blanks behind a tag are part of it, but not those behind a star, which stands for them.
static struct text trim_tag(struct text tag)
{
    return memchr(tag.start, '*', (size_t)(tag.end - tag.start)) ? trim(tag) : tag;
}

// Cuts the tag off a line: its first four characters if the dash follows; else all in front of the
// dash. False: there is none.
static bool cut_tag(struct text *line, struct text *tag_ret)
{
    const char *dash = NULL;

    if (line->end - line->start > MS_POOL_TAG_BYTES) {
        struct text first = {line->start, line->start + MS_POOL_TAG_BYTES};
        struct text behind = trim((struct text){first.end, line->end});

        *tag_ret = trim_tag(first);
        dash = behind.start < behind.end && behind.start[0] == '-' ? behind.start : NULL;
    }
    if (!dash) {
        dash = find_dash(*line);
        if (!dash)
            return false;
        *tag_ret = trim((struct text){line->start, dash});
    }
    line->start = dash + 1;
    return true;
}

static enum ms_status add_entries(struct reader *reader, struct text tag, struct text driver,
                                  struct text text)
{
    struct ms_tag_spelling spellings[MS_TAG_SPELLINGS];
    struct ms_tag_entry entry = {.line = reader->line};
    struct ms_pool_tags *tags = reader->tags;
    size_t n = ms_tag_spellings(tag.start, (size_t)(tag.end - tag.start), spellings);

    if (n == 0)
        return pass_over(reader);
    if (!ms_vec_reserve(&tags->entries, n) || !ms_vec_reserve(&tags->texts, MAX_LINE + 2))
        return ms_fail_nomem(reader->error);
    keep_text(tags, driver, &entry.driver);
    keep_text(tags, text, &entry.text);
    for (size_t i = 0; i < n; i++) {
        entry.spelling = spellings[i];
        tags->entries.items[tags->entries.n++] = entry;
    }
    return MS_OK;
}

static enum ms_status read_line(struct reader *reader, struct text line)
{
    static const char unknown[] = "<unknown>";
    struct text content = trim(line), tag, driver = {line.end, line.end};
    const char *dash;

    if (content.start == content.end || is_comment(content))
        return MS_OK;
    if (!cut_tag(&line, &tag))
        return pass_over(reader);
    dash = find_dash(line);
    if (dash) {
        driver = trim((struct text){line.start, dash});
        line.start = dash + 1;
    }
    if (begins_with(driver, unknown))
        driver.start = driver.end;
    return add_entries(reader, tag, driver, trim(line));
}

// == The file ==

static enum ms_status check_line(const struct reader *reader, struct text line)
{
    if (line.end - line.start > MAX_LINE)
        return ms_fail(reader->error, MS_MALFORMED,
                       "%s: line %zu has more than %d bytes: this is no file of pool tags",
                       reader->path, reader->line, MAX_LINE);
    if (memchr(line.start, '\0', (size_t)(line.end - line.start)))
        return ms_fail(reader->error, MS_MALFORMED,
                       "%s: line %zu: a NUL: a text in ASCII or UTF-8 is expected", reader->path,
                       reader->line);
    return MS_OK;
}

static enum ms_status read_lines(struct reader *reader, struct text file)
{
    enum ms_status status = MS_OK;

    while (status == MS_OK && file.start < file.end) {
        size_t left = (size_t)(file.end - file.start);
        const char *newline = memchr(file.start, '\n', left);
        struct text line = {file.start, newline ? newline : file.end};

        reader->line++;
        file.start = newline ? newline + 1 : file.end;
        status = check_line(reader, line);
        if (status == MS_OK)
            status = read_line(reader, line);
    }
    return status ? status : tell_rest(reader);
}

static struct text text_of(const struct ms_whole_file *file)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const char *bytes = (const char *)file->bytes.items, *end;
    struct text text = {NULL, NULL};

    if (file->bytes.n == 0)
        return text;
    text = (struct text){bytes, bytes + file->bytes.n};
    end = memchr(bytes, END_OF_TEXT, file->bytes.n);
    if (end)
        text.end = end;
    if (begins_with(text, byte_order_mark))
        text.start += strlen(byte_order_mark);
    return text;
}

enum ms_status ms_pool_tags_read(struct ms_pool_tags *tags, const char *path,
                                 struct ms_error *error)
{
    struct reader reader = {.tags = tags, .path = path, .error = error};
    struct ms_whole_file file = {0};
    enum ms_status status = ms_whole_file_read(path, MAX_FILE, &file, error);

    if (status == MS_OK)
        status = read_lines(&reader, text_of(&file));
    free(file.bytes.items);
    if (status == MS_OK && tags->entries.n == 0)
        status = ms_fail(error, MS_MALFORMED,
                         "%s: none of its %zu lines is TAG - DRIVER - TEXT: it is no file of pool "
                         "tags",
                         path, reader.line);
    return status;
}
