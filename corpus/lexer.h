// SPDX-License-Identifier: MIT
//
// A spec file as lines of words. Words are separated by blanks; '#' at the start of a word begins
// a comment; "..." keeps blanks and knows \" \\ \n \r \t \0 \xNN; ${NAME} is replaced by a
// variable's value anywhere, except after a backslash in quotes.

#ifndef CORPUS_LEXER_H
#define CORPUS_LEXER_H

#include "diag.h"

#include <stdbool.h>
#include <stdio.h>

enum { MAX_WORDS = 40 };

struct word {
    char *text; // NUL-terminated; `length` counts NULs that \0 put inside
    size_t length;
    struct place place;
};

struct variable {
    char *name;
    char *value;
    bool used;
};

/** The values of ${NAME}. The first definition of a name stands. */
struct variables {
    struct variable *items;
    size_t count;
    size_t capacity;
};

void variables_define(struct variables *variables, const char *name, const char *value);
struct variable *variables_find(const struct variables *variables, const char *name);
void variables_release(struct variables *variables);

/** One spec being read. Words live until the next lexer_next(). */
struct lexer {
    FILE *file;
    const struct variables *variables;
    struct word words[MAX_WORDS];
    size_t n_words;
    unsigned line;
    unsigned end_column; // just behind the last character
    char *text;          // the line as read
    size_t text_size;
};

/** Reads up to the next line that has a word; false at the end of the file. */
bool lexer_next(struct lexer *lexer);
void lexer_release(struct lexer *lexer);

#endif
