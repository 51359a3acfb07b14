// SPDX-License-Identifier: MIT
//
// Tables: cells are added row by row and printed together, when it is known how wide they are; as
// aligned text, or as Markdown.

#ifndef MS_BENCH_TABLE_H
#define MS_BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

// Where a column is shown.
enum shown {
    SHOWN_ALWAYS,
    SHOWN_IN_TEXT,
    SHOWN_IN_MARKDOWN,
};

struct column {
    const char *title;
    enum shown shown;
};

struct table {
    const struct column *columns; // the first that is shown is text, the others are numbers
    size_t n_columns;
    char **cells; // owned, row by row; NULL where memory ran out
    size_t n_cells;
    size_t capacity;
    bool markdown;
};

// Adds a cell, as printf does.
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

void table_print(const struct table *table);
void table_release(struct table *table);

#endif
