// SPDX-License-Identifier: MIT
//
// Failing, and memory that is always there.

#include "diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_ERROR = 2 };

static const char *spec_path = "-";
static void (*undo_output)(void);

void diag_set_spec(const char *path)
{
    spec_path = path;
}

void diag_set_undo(void (*undo)(void))
{
    undo_output = undo;
}

struct place later_place(struct place a, struct place b)
{
    bool is_a = a.line != b.line ? a.line > b.line : a.column > b.column;
    return is_a ? a : b;
}

static _Noreturn void finish(void)
{
    fputc('\n', stderr);
    if (undo_output)
        undo_output();
    exit(EXIT_ERROR);
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("mkimage: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    finish();
}

void fail_at(struct place where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "mkimage: %s:%u:%u: expected ", spec_path, where.line, where.column);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    finish();
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        fail("out of memory (%zu times %zu bytes)", count, size);
    return memory;
}

void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    void *moved = reallocarray(array, wanted, size);
    if (!moved)
        fail("out of memory (%zu times %zu bytes)", wanted, size);
    *capacity = wanted;
    return moved;
}

char *copy_text(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        fail("out of memory (%zu bytes)", strlen(text) + 1);
    return copy;
}
