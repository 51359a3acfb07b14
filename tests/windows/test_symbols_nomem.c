// SPDX-License-Identifier: MIT
//
// Each allocation of the engine's fails in turn while symbol files are read and modules take them:
// the status says so, or it does without, and nothing is left. The linker puts the functions here
// in the place of malloc() and the like; jansson's and liblzma's own are not reached.

#include "windows/small_windows.h"

#include "windows/isf_file.h"

#include <stdarg.h>

TestSuite(symbols_nomem);

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
int __real_vasprintf(char **text, const char *format, va_list arguments);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap___vasprintf_chk(char **text, int flag, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
int __wrap___asprintf_chk(char **text, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __wrap_free(void *memory);

static size_t n_left; // allocations until one fails; 0: none will
static long n_live;

static bool fails(void)
{
    return n_left > 0 && --n_left == 0;
}

static void *counted(void *memory)
{
    n_live += memory != NULL;
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

// On failure the pointer is undefined: what uses it is found.
int __wrap_vasprintf(char **text, const char *format, va_list arguments)
{
    int length;

    *text = (char *)1;
    if (fails())
        return -1;
    length = __real_vasprintf(text, format, arguments);
    n_live += length >= 0;
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
    n_live -= memory != NULL;
    __real_free(memory);
}

#define N_FILES 3

// For the kernel by its name, for nobody, and of another machine; with symbols that lie outside.
static const char *const texts[N_FILES] = {
    ISF("{\"A\":{\"address\":4096},\"B\":{\"address\":4100},\"C\":{\"address\":99999}}", "{}"),
    ISF_OF(ISF_PDB(ISF_GUID, 1, "nosuch.pdb", 34404), "{}", "{}"),
    ISF_OF(ISF_PDB(ISF_GUID, 1, "ntoskrnl.pdb", 332), "{}", "{}"),
};

struct subject {
    struct memory_file files[N_FILES];
    struct ms_spaces *spaces;
};

static enum ms_status look_up(const struct ms_modules *modules, struct ms_error *error)
{
    struct ms_near near;
    enum ms_status status = ms_modules_near(modules, KERNEL + NT_IMAGE + 0x1004, &near, error);

    return status || (near.symbol && strcmp(near.symbol->name, "B") == 0) ? status : MS_MALFORMED;
}

// All that is done with symbol files if allocation `n` fails.
static enum ms_status use_all(const struct subject *subject, size_t n, bool *failed_ret)
{
    struct ms_symbols *symbols[N_FILES] = {NULL};
    struct ms_modules_options options = {.symbols = symbols, .n_symbols = N_FILES};
    struct ms_modules *modules = NULL;
    struct ms_error error = {0};
    enum ms_status status = MS_OK;

    n_left = n;
    for (size_t i = 0; !status && i < N_FILES; i++)
        status = ms_symbols_open(subject->files[i].path, &symbols[i], &error);
    if (!status)
        status = ms_modules_create(subject->spaces, 0, &options, &modules, &error);
    if (!status)
        status = look_up(modules, &error);
    *failed_ret = n_left == 0;
    n_left = 0;
    ms_modules_free(modules);
    for (size_t i = 0; i < N_FILES; i++)
        ms_symbols_free(symbols[i]);
    return status;
}

Test(symbols_nomem, each_fails)
{
    struct windows windows = windows_of(10);
    struct subject subject;
    struct ms_image *image;
    size_t n = 0;
    bool failed;

    add_module(&windows, NT_IMAGE, 0x10000, "ntoskrnl.exe");
    image = open_machine(&windows.machine);
    subject.spaces = spaces_of(image, ROOT, "x64", "kernel");
    for (size_t i = 0; i < N_FILES; i++)
        subject.files[i] = memory_file_make(texts[i], strlen(texts[i]));
    do {
        long before = n_live;
        enum ms_status status = use_all(&subject, ++n, &failed);

        cr_assert(eq(long, n_live, before), "allocation %zu", n);
        cr_assert(status == MS_OK || (failed && status == MS_NOMEM), "allocation %zu", n);
    } while (failed);
    cr_assert(gt(sz, n, 40));
    for (size_t i = 0; i < N_FILES; i++)
        memory_file_close(&subject.files[i]);
    ms_spaces_free(subject.spaces);
    ms_image_close(image);
    free(windows.machine.bytes);
}
