// SPDX-License-Identifier: MIT
//
// Allocations that fail when a test wants them to. The linker puts the functions here in the place
// of the C library's: one test program includes this once, and is linked with --wrap for each.

#ifndef TESTS_WINDOWS_FAILING_MEMORY_H
#define TESTS_WINDOWS_FAILING_MEMORY_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
int __real_vasprintf(char **text, const char *format, va_list arguments);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __wrap_free(void *memory);

static atomic_long n_left; // allocations until one fails; 0 or less: none will
static atomic_long n_live;

static bool fails(void)
{
    return atomic_load(&n_left) > 0 && atomic_fetch_sub(&n_left, 1) == 1;
}

static void *counted(void *memory)
{
    atomic_fetch_add(&n_live, memory != NULL);
    return memory;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
    if (fails())
        return NULL;
    return memory ? __real_realloc(memory, size) : counted(__real_malloc(size));
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : counted(__real_strdup(text));
}

char *__wrap_strndup(const char *text, size_t n)
{
    return fails() ? NULL : counted(__real_strndup(text, n));
}

// On failure the pointer is undefined: what uses it is found.
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    int length = -1;

    *text = (char *)1;
    if (!fails())
        length = __real_vasprintf(text, format, arguments);
    atomic_fetch_add(&n_live, length >= 0);
    return length;
}

int __wrap_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = __wrap_vasprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

// What a hardened build calls in their place.
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
{
    (void)flag;
    return __wrap_vasprintf(text, format, arguments);
}

int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
{
    va_list arguments;
    int length;

    (void)flag;
    va_start(arguments, format);
    length = __wrap_vasprintf(text, format, arguments);
    va_end(arguments);
    return length;
}

void __wrap_free(void *memory)
{
    atomic_fetch_sub(&n_live, memory != NULL);
    __real_free(memory);
}

#endif
