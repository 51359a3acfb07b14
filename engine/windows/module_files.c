// SPDX-License-Identifier: MIT
//
// From files to modules. Forwarders name a file without its extension, import tables name all of
// it: files are sorted by both, so that either is one binary search.

#include "windows/imports.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct file {
    const char *name;
    size_t length;
    size_t stem; // length without the extension
    bool any;    // the extension is not known
    bool unlisted;
};

static struct file file_of(const char *name, size_t length, bool unlisted)
{
    const char *dot = length > 0 ? memrchr(name, '.', length) : NULL;

    return (struct file){name, length, dot ? (size_t)(dot - name) : length, dot == NULL, unlisted};
}

static struct file file_of_module(const struct ms_module *module)
{
    struct file file = file_of(module->image_name, strlen(module->image_name),
                               !(module->sources & MS_MODULE_LIST));

    file.any = false;
    return file;
}

static int compare_texts(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = strncasecmp(a, b, a_length < b_length ? a_length : b_length);

    return order != 0 ? order : a_length < b_length ? -1 : a_length > b_length;
}

// By stem, listed ones first, by extension.
static int compare_files(const struct file *a, const struct file *b)
{
    int order = compare_texts(a->name, a->stem, b->name, b->stem);

    if (order == 0)
        order = a->unlisted - b->unlisted;
    if (order == 0 && !a->any && !b->any)
        order = compare_texts(a->name + a->stem, a->length - a->stem, b->name + b->stem,
                              b->length - b->stem);
    return order;
}

static int compare_modules(const void *left, const void *right, void *user)
{
    const struct ms_module *modules = user;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    struct file file_a = file_of_module(&modules[a]), file_b = file_of_module(&modules[b]);
    int order = compare_files(&file_a, &file_b);

    return order != 0 ? order : a < b ? -1 : a > b;
}

enum ms_status ms_modules_index_files(struct ms_modules *modules, struct ms_error *error)
{
    modules->by_file = calloc(modules->list.n + 1, sizeof(*modules->by_file));
    if (!modules->by_file)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < modules->list.n; i++)
        modules->by_file[i] = i;
    if (modules->list.n > 0)
        qsort_r(modules->by_file, modules->list.n, sizeof(*modules->by_file), compare_modules,
                modules->list.items);
    return MS_OK;
}

static size_t find(const struct ms_modules *modules, const struct file *file)
{
    size_t low = 0, high = modules->list.n;
    struct file found;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct file at = file_of_module(&modules->list.items[modules->by_file[middle]]);

        if (compare_files(&at, file) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == modules->list.n)
        return MS_NO_MODULE;
    found = file_of_module(&modules->list.items[modules->by_file[low]]);
    return compare_files(&found, file) == 0 ? modules->by_file[low] : MS_NO_MODULE;
}

static size_t find_listed_first(const struct ms_modules *modules, const char *name, size_t length)
{
    struct file file = file_of(name, length, false);
    size_t module = find(modules, &file);

    if (module != MS_NO_MODULE)
        return module;
    file.unlisted = true;
    return find(modules, &file);
}

// The kernel's file has several names, and is always imported by the first.
static bool is_kernel_file(const char *name, size_t length)
{
    static const char *const stems[] = {"ntoskrnl", "ntkrnlmp", "ntkrnlpa", "ntkrpamp"};
    struct file file = file_of(name, length, false);

    for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
        if (compare_texts(name, file.stem, stems[i], strlen(stems[i])) == 0)
            return file.any || compare_texts(name + file.stem, length - file.stem, ".exe", 4) == 0;
    return false;
}

size_t ms_module_of_file(const struct ms_modules *modules, const uint8_t *name, size_t length)
{
    size_t module;

    if (length == 0)
        return MS_NO_MODULE;
    module = find_listed_first(modules, (const char *)name, length);
    if (module == MS_NO_MODULE && modules->nt.base && is_kernel_file((const char *)name, length))
        return ms_modules_at(modules, modules->nt.base);
    return module;
}
