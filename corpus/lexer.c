// SPDX-License-Identifier: MIT
//
// Splits spec lines into words. A word is built character by character, so that escapes and
// variables shift no column: places are those of the file as the user sees it.

#include "lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- variables ------------------------------------------------------------------------ */

struct variable *variables_find(const struct variables *variables, const char *name)
{
    for (size_t i = 0; i < variables->count; i++) {
        if (strcmp(variables->items[i].name, name) == 0)
            return &variables->items[i];
    }
    return NULL;
}

void variables_define(struct variables *variables, const char *name, const char *value)
{
    if (variables_find(variables, name))
        return;
    variables->items =
        grow(variables->items, variables->count, &variables->capacity, sizeof(*variables->items));
    variables->items[variables->count++] =
        (struct variable){.name = copy_text(name), .value = copy_text(value)};
}

void variables_release(struct variables *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        free(variables->items[i].name);
        free(variables->items[i].value);
    }
    free(variables->items);
    *variables = (struct variables){0};
}

/* ---- one word ------------------------------------------------------------------------- */

/** A word in the making, and the line it is read from. */
struct scanner {
    const struct variables *variables;
    const char *text;
    size_t at;
    unsigned line;
    char *word;
    size_t length;
    size_t capacity;
};

static struct place place_of(const struct scanner *scanner)
{
    return (struct place){scanner->line, (unsigned)scanner->at + 1};
}

static void append(struct scanner *scanner, char c)
{
    scanner->word = grow(scanner->word, scanner->length, &scanner->capacity, 1);
    scanner->word[scanner->length++] = c;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    char lower = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *found = lower ? strchr(digits, lower) : NULL;
    return found ? (int)(found - digits) : -1;
}

static void append_hex_escape(struct scanner *scanner)
{
    int high = hex_digit(scanner->text[scanner->at + 1]);
    int low = high < 0 ? -1 : hex_digit(scanner->text[scanner->at + 2]);
    if (low < 0)
        fail_at(place_of(scanner), "two hex digits after \\x");
    append(scanner, (char)(high * 16 + low));
    scanner->at += 3;
}

/** At the character behind a backslash. */
static void append_escape(struct scanner *scanner)
{
    static const char names[] = "\"\\nrt0$";
    static const char values[] = "\"\\\n\r\t\0$";
    char c = scanner->text[scanner->at];
    if (c == 'x') {
        append_hex_escape(scanner);
        return;
    }
    const char *found = c ? strchr(names, c) : NULL;
    if (!found)
        fail_at(place_of(scanner), "one of \\\" \\\\ \\n \\r \\t \\0 \\$ \\xNN");
    append(scanner, values[found - names]);
    scanner->at++;
}

/** At the '$' of a "${NAME}". */
static void append_variable(struct scanner *scanner)
{
    const char *name = scanner->text + scanner->at + 2;
    size_t length = strcspn(name, "} \t\"");
    if (name[length] != '}' || length == 0)
        fail_at(place_of(scanner), "a variable as in ${NAME}");
    char *copy = allocate(length + 1, 1);
    memcpy(copy, name, length);
    struct variable *variable = variables_find(scanner->variables, copy);
    if (!variable)
        fail_at(place_of(scanner), "a variable that is set; %s needs 'default %s VALUE' or --set",
                copy, copy);
    variable->used = true;
    for (const char *c = variable->value; *c; c++)
        append(scanner, *c);
    free(copy);
    scanner->at += length + 3;
}

static void append_plain(struct scanner *scanner)
{
    if (strncmp(scanner->text + scanner->at, "${", 2) == 0)
        append_variable(scanner);
    else
        append(scanner, scanner->text[scanner->at++]);
}

static void scan_quoted(struct scanner *scanner)
{
    struct place start = place_of(scanner);
    scanner->at++;
    while (scanner->text[scanner->at] != '"') {
        if (scanner->text[scanner->at] == '\0')
            fail_at(start, "a closing quote on the same line");
        if (scanner->text[scanner->at] == '\\') {
            scanner->at++;
            append_escape(scanner);
        } else {
            append_plain(scanner);
        }
    }
    scanner->at++;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_word(char c)
{
    return c == '\0' || is_blank(c);
}

static struct word scan_word(struct scanner *scanner)
{
    struct word word = {.place = place_of(scanner)};
    scanner->word = NULL;
    scanner->length = scanner->capacity = 0;
    if (scanner->text[scanner->at] == '"') {
        scan_quoted(scanner);
        if (!ends_word(scanner->text[scanner->at]))
            fail_at(place_of(scanner), "a blank after the closing quote");
    } else {
        while (!ends_word(scanner->text[scanner->at]))
            append_plain(scanner);
    }
    word.length = scanner->length;
    append(scanner, '\0');
    word.text = scanner->word;
    return word;
}

/* ---- lines ---------------------------------------------------------------------------- */

static void free_words(struct lexer *lexer)
{
    for (size_t i = 0; i < lexer->n_words; i++)
        free(lexer->words[i].text);
    lexer->n_words = 0;
}

static bool read_line(struct lexer *lexer)
{
    errno = 0;
    ssize_t length = getline(&lexer->text, &lexer->text_size, lexer->file);
    if (length < 0) {
        if (ferror(lexer->file))
            fail("cannot read the spec: %s", strerror(errno));
        return false;
    }
    lexer->line++;
    if (lexer->text[length - 1] == '\n')
        lexer->text[--length] = '\0';
    if (strlen(lexer->text) != (size_t)length)
        fail_at((struct place){lexer->line, (unsigned)strlen(lexer->text) + 1}, "text, not a NUL");
    lexer->end_column = (unsigned)length + 1;
    return true;
}

static void split_line(struct lexer *lexer)
{
    struct scanner scanner = {lexer->variables, lexer->text, 0, lexer->line, NULL, 0, 0};
    for (;;) {
        while (is_blank(scanner.text[scanner.at]))
            scanner.at++;
        if (scanner.text[scanner.at] == '\0' || scanner.text[scanner.at] == '#')
            return;
        if (lexer->n_words == MAX_WORDS)
            fail_at(place_of(&scanner), "at most %d words a line", MAX_WORDS);
        struct word word = scan_word(&scanner);
        lexer->words[lexer->n_words++] = word;
    }
}

bool lexer_next(struct lexer *lexer)
{
    do {
        free_words(lexer);
        if (!read_line(lexer))
            return false;
        split_line(lexer);
    } while (lexer->n_words == 0);
    return true;
}

void lexer_release(struct lexer *lexer)
{
    free_words(lexer);
    free(lexer->text);
    lexer->text = NULL;
}
