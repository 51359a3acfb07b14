// SPDX-License-Identifier: MIT
//
// Allocations that fail when a test wants them to, and are counted. The linker puts the functions
// here in the place of the C library's: one test program includes this once, and is given to
// memscan_failing_memory() of tests/CMakeLists.txt. What the C library calls inside is not reached.

#ifndef TESTS_BASE_FAILING_MEMORY_H
#define TESTS_BASE_FAILING_MEMORY_H

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static atomic_bool armed;
static atomic_bool failed;
static atomic_bool from_then_on;
static atomic_long n_left; // allocations until one fails, if armed
static atomic_long n_live; // blocks that were allocated and not freed

// Lets the n-th allocation from here on fail, on whatever thread, and, if so said, all behind it.
static inline void fail_allocation(long n, bool all_behind)
{
    atomic_store(&n_left, n);
    atomic_store(&from_then_on, all_behind);
    atomic_store(&failed, false);
    atomic_store(&armed, true);
}

// Lets no allocation fail any more. Whether one has.
static inline bool fail_no_more(void)
{
    atomic_store(&armed, false);
    return atomic_load(&failed);
}

// Whether what is to be allocated now fails.
static bool fails(void)
{
    long n;

    if (!atomic_load(&armed))
        return false;
    n = atomic_fetch_sub(&n_left, 1);
    if (n > 1 || (n < 1 && !atomic_load(&from_then_on)))
        return false;
    atomic_store(&failed, true);
    errno = ENOMEM;
    return true;
}

static void *counted(void *memory)
{
    atomic_fetch_add(&n_live, memory != NULL);
    return memory;
}

// == In the place of the C library's ==

#define WRAP_ALLOCATING(type, function, parameters, arguments)                                     \
    type __real_##function parameters;                                                             \
    type __wrap_##function parameters;                                                             \
    type __wrap_##function parameters                                                              \
    {                                                                                              \
        return fails() ? NULL : counted(__real_##function arguments);                              \
    }

WRAP_ALLOCATING(void *, malloc, (size_t size), (size))
WRAP_ALLOCATING(void *, calloc, (size_t n, size_t size), (n, size))
WRAP_ALLOCATING(char *, strdup, (const char *text), (text))
WRAP_ALLOCATING(char *, strndup, (const char *text, size_t n), (text, n))

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size)
{
    if (fails())
        return NULL;
    return memory ? __real_realloc(memory, size) : counted(__real_malloc(size));
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    atomic_fetch_sub(&n_live, memory != NULL);
    __real_free(memory);
}

int __real_vasprintf(char **text, const char *format, va_list arguments);

// On failure the pointer is undefined: what uses it is found.
__attribute__((format(printf, 2, 0))) static int print(char **text, const char *format,
                                                       va_list arguments)
{
    int length = -1;

    *text = (char *)1;
    if (!fails())
        length = __real_vasprintf(text, format, arguments);
    atomic_fetch_add(&n_live, length >= 0);
    return length;
}

// What stands before the format, and the number of that.
#define WRAP_VPRINTING(function, format_at, ...)                                                   \
    int function(__VA_ARGS__, const char *format, va_list arguments)                               \
        __attribute__((format(printf, format_at, 0)));                                             \
    int function(__VA_ARGS__, const char *format, va_list arguments)                               \
    {                                                                                              \
        return print(text, format, arguments);                                                     \
    }
#define WRAP_PRINTING(function, format_at, ...)                                                    \
    int function(__VA_ARGS__, const char *format, ...)                                             \
        __attribute__((format(printf, format_at, (format_at) + 1)));                               \
    int function(__VA_ARGS__, const char *format, ...)                                             \
    {                                                                                              \
        va_list arguments;                                                                         \
        int length;                                                                                \
                                                                                                   \
        va_start(arguments, format);                                                               \
        length = print(text, format, arguments);                                                   \
        va_end(arguments);                                                                         \
        return length;                                                                             \
    }

// The checking ones are what a hardened build calls.
WRAP_VPRINTING(__wrap_vasprintf, 2, char **text)
WRAP_VPRINTING(__wrap___vasprintf_chk, 3, char **text, __attribute__((unused)) int flag)
WRAP_PRINTING(__wrap_asprintf, 2, char **text)
WRAP_PRINTING(__wrap___asprintf_chk, 3, char **text, __attribute__((unused)) int flag)

#endif
