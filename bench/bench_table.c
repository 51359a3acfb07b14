// SPDX-License-Identifier: MIT

#include "bench_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_add(struct table *table, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    if (table->n_cells == table->capacity) {
        size_t capacity = table->capacity ? 2 * table->capacity : 64;
        char **cells = realloc(table->cells, capacity * sizeof(*cells));

        if (!cells)
            return;
        table->cells = cells;
        table->capacity = capacity;
    }
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    table->cells[table->n_cells++] = text;
}

// Row 0 is the heading.
static const char *cell(const struct table *table, size_t row, size_t column)
{
    size_t index = (row - 1) * table->n_columns + column;
    const char *text;

    if (row == 0)
        return table->columns[column].title;
    text = index < table->n_cells ? table->cells[index] : NULL;
    return text ? text : "";
}

static size_t count_rows(const struct table *table)
{
    return 1 + table->n_cells / table->n_columns;
}

static int column_width(const struct table *table, size_t column)
{
    size_t width = 0;

    for (size_t row = 0; row < count_rows(table); row++) {
        size_t length = strlen(cell(table, row, column));

        width = length > width ? length : width;
    }
    return (int)width;
}

static bool is_shown(const struct table *table, size_t column)
{
    enum shown shown = table->columns[column].shown;

    return shown == SHOWN_ALWAYS || (shown == SHOWN_IN_MARKDOWN) == table->markdown;
}

static void print_row(const struct table *table, size_t row)
{
    const char *between = table->markdown ? "| " : "";
    bool is_text = true; // the first that is shown

    for (size_t column = 0; column < table->n_columns; column++) {
        int width = column_width(table, column);

        if (!is_shown(table, column))
            continue;
        printf("%s%*s", between, is_text ? -width : width, cell(table, row, column));
        between = table->markdown ? " | " : "  ";
        is_text = false;
    }
    puts(table->markdown ? " |" : "");
}

// Under the heading: numbers are right-aligned.
static void print_rule(const struct table *table)
{
    const char *rule = "|---";

    for (size_t column = 0; column < table->n_columns; column++) {
        if (!is_shown(table, column))
            continue;
        fputs(rule, stdout);
        rule = "|--:";
    }
    puts("|");
}

void table_print(const struct table *table)
{
    for (size_t row = 0; row < count_rows(table); row++) {
        print_row(table, row);
        if (row == 0 && table->markdown)
            print_rule(table);
    }
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}
