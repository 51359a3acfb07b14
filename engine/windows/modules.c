// SPDX-License-Identifier: MIT
//
// The public face of the kernel and its modules.

#include "windows/imports.h"

#include "base/cleanup.h"
#include "space/spaces.h"

#include <stdarg.h>

#define MAX_LEFT_OUT 16 // notes about what is left out that name the module

// == Making ==

bool ms_modules_add_note(struct ms_modules *modules, const char *format, ...)
{
    va_list arguments;
    bool ok;

    va_start(arguments, format);
    pthread_mutex_lock(&modules->notes_lock);
    ok = ms_notes_add_list(&modules->notes, format, arguments);
    pthread_mutex_unlock(&modules->notes_lock);
    va_end(arguments);
    return ok;
}

void ms_modules_free(struct ms_modules *modules)
{
    if (!modules)
        return;
    for (size_t i = 0; i < modules->list.n; i++) {
        struct ms_module *module = &modules->list.items[i];

        ms_module_imports_free(atomic_load(&module->imports));
        ms_module_detail_free(atomic_load(&module->detail));
        ms_module_sections_free(atomic_load(&module->sections));
        free(module->name);
        free(module->image_name);
        free(module->path);
    }
    for (size_t i = 0; i < modules->unloaded.n; i++)
        free(modules->unloaded_names[i]);
    ms_notes_release(&modules->notes);
    free(modules->list.items);
    for (size_t i = 0; i < modules->files.n; i++)
        free(modules->files.items[i].remark);
    free(modules->files.items);
    free(modules->by_file);
    free(modules->stretches.items);
    ms_nt_release(&modules->nt);
    ms_spaces_free(modules->own);
    pthread_mutex_destroy(&modules->notes_lock);
    pthread_mutex_destroy(&modules->lock);
    free(modules);
}

static void free_local(struct ms_modules **modules)
{
    ms_modules_free(*modules);
}

static enum ms_status find_unloaded(struct ms_modules *modules, struct ms_error *error)
{
    struct ms_unloaded_drivers *unloaded = &modules->unloaded;

    ms_unloaded_drivers_read(&modules->memory, &modules->nt, unloaded);
    for (size_t i = 0; i < unloaded->n; i++) {
        ms_unicode_string_read(&modules->memory, unloaded->items[i].name, MS_MAX_FILE_UNITS,
                               &modules->unloaded_names[i]);
        if (!modules->unloaded_names[i])
            return ms_fail_nomem(error);
    }
    if (unloaded->n_missing > 0 &&
        !ms_modules_add_note(modules, "unloaded drivers that are not in the image: up to %zu",
                             unloaded->n_missing))
        return ms_fail_nomem(error);
    return MS_OK;
}

// What is told of modules that were found before it was stopped is as whole as of any.
static enum ms_status fill(struct ms_modules *modules, const struct ms_modules_options *options,
                           struct ms_watch *watch, struct ms_error *error)
{
    enum ms_status status = ms_nt_find(&modules->memory, options, watch, &modules->nt, error);

    if (!status && (modules->nt.base || (!watch->stopped && (options->flags & MS_MODULES_SCAN))))
        status = ms_modules_gather(modules, options->flags, watch, error);
    if (!status)
        status = ms_modules_describe(modules, error);
    if (!status)
        status = ms_modules_take_symbols(modules, options, error);
    if (!status)
        status = ms_modules_index(modules, error);
    if (!status)
        status = ms_modules_index_files(modules, error);
    return status ? status : find_unloaded(modules, error);
}

static bool has_kernel(const struct ms_space_info *info)
{
    return info->kind == MS_SPACE_KERNEL || info->kind == MS_SPACE_ROOT;
}

// A process's half, and what a session has of the other one, are not all that their root maps: the
// kernel's own half is read in a set of its own.
static enum ms_status open_root(struct ms_modules *modules, const struct ms_spaces *spaces,
                                const struct ms_space_info *info, struct ms_error *error)
{
    struct ms_spaces_options options = {
        .root = &info->root,
        .paging = ms_paging_name(info->paging),
        .kernel = info->address_bits == 32 ? &spaces->kernel_first : NULL,
    };
    enum ms_status status =
        ms_spaces_create(ms_spaces_image(spaces), &options, &modules->own, error);

    return status ? status : ms_spaces_add(modules->own, "kernel", error);
}

enum ms_status ms_modules_create(const struct ms_spaces *spaces, size_t space,
                                 const struct ms_modules_options *options,
                                 struct ms_modules **modules_ret, struct ms_error *error)
{
    static const struct ms_modules_options none = {0};
    struct ms_space_info info = ms_spaces_info(spaces, space);
    MS_CLEANUP(free_local) struct ms_modules *modules = NULL;
    struct ms_watch watch;
    enum ms_status status = MS_OK;

    if (!options)
        options = &none;
    watch = (struct ms_watch){.progress = options->progress, .user = options->user};
    if (info.kind == MS_SPACE_PHYSICAL || info.kind == MS_SPACE_UNMAPPED)
        return ms_fail(error, MS_ARGUMENT, "the space %s has physical addresses, so no modules",
                       info.name);
    modules = calloc(1, sizeof(*modules));
    if (!modules)
        return ms_fail_nomem(error);
    pthread_mutex_init(&modules->lock, NULL);
    pthread_mutex_init(&modules->notes_lock, NULL);
    if (!has_kernel(&info))
        status = open_root(modules, spaces, &info, error);
    if (status)
        return status;
    ms_kernel_memory_start(&modules->memory, modules->own ? modules->own : spaces,
                           modules->own ? 0 : space);
    ms_module_quota_start(&modules->quota, &modules->memory);
    status = fill(modules, options, &watch, error);
    if (status)
        return status;
    *modules_ret = ms_keep(modules);
    return ms_watch_status(&watch, error);
}

// == What there is no room for ==

// Modules do not change but for what is made of them when it is first asked for.
static struct ms_modules *mutable(const struct ms_modules *modules)
{
    return (struct ms_modules *)(uintptr_t)modules;
}

struct ms_module_quota *ms_modules_quota(const struct ms_modules *modules)
{
    return &mutable(modules)->quota;
}

static bool add_left_out(struct ms_modules *modules, const char *name)
{
    unsigned n;

    pthread_mutex_lock(&modules->notes_lock);
    n = modules->n_left_out;
    modules->n_left_out += n <= MAX_LEFT_OUT;
    pthread_mutex_unlock(&modules->notes_lock);
    if (n < MAX_LEFT_OUT)
        return ms_modules_add_note(modules,
                                   "tables of %s are left out: the modules have more of them than "
                                   "is sensible in an image of this size",
                                   name);
    return n > MAX_LEFT_OUT ||
           ms_modules_add_note(modules, "tables of more modules are left out, too");
}

bool ms_modules_leave_out(const struct ms_modules *modules, size_t index)
{
    struct ms_module *module = &mutable(modules)->list.items[index];

    if (atomic_exchange(&module->left_out, true) || add_left_out(mutable(modules), module->name))
        return true;
    atomic_store(&module->left_out, false);
    return false;
}

// == What was found ==

size_t ms_modules_n_notes(const struct ms_modules *modules)
{
    size_t n;

    pthread_mutex_lock(&mutable(modules)->notes_lock);
    n = modules->notes.lines.n;
    pthread_mutex_unlock(&mutable(modules)->notes_lock);
    return n;
}

const char *ms_modules_note(const struct ms_modules *modules, size_t index)
{
    const char *note;

    pthread_mutex_lock(&mutable(modules)->notes_lock);
    note = modules->notes.lines.items[index];
    pthread_mutex_unlock(&mutable(modules)->notes_lock);
    return note;
}

static uint64_t kernel_size(const struct ms_modules *modules)
{
    size_t at = ms_modules_at(modules, modules->nt.base);

    if (at != MS_NO_MODULE && modules->list.items[at].base == modules->nt.base)
        return modules->list.items[at].size;
    return modules->nt.pe ? modules->nt.pe->size_of_image : 0;
}

struct ms_system_info ms_modules_system(const struct ms_modules *modules)
{
    const struct ms_nt *nt = &modules->nt;

    return (struct ms_system_info){
        .found = nt->base != 0,
        .base = nt->base,
        .size = nt->base ? kernel_size(modules) : 0,
        .base_origin = nt->base_origin,
        .debugger_data = nt->kdbg.address,
        .debugger_data_origin = nt->kdbg.origin,
        .debugger_data_encoded = nt->kdbg.encoded,
        .module_list = nt->module_list,
        .module_list_origin = nt->module_list_origin,
        .major = nt->major,
        .minor = nt->minor,
        .build = nt->build,
        .build_lab = nt->build_lab,
    };
}

const char *ms_module_source_name(size_t index)
{
    static const char *const names[] = {"list", "scan", "pool"};

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

size_t ms_modules_count(const struct ms_modules *modules)
{
    return modules->list.n;
}

struct ms_module_info ms_modules_info(const struct ms_modules *modules, size_t index)
{
    const struct ms_module *module = &modules->list.items[index];

    return (struct ms_module_info){
        .name = module->name,
        .image_name = module->image_name,
        .path = module->path,
        .sources = module->sources,
        .base = module->base,
        .end = module->base + module->size,
        .size = module->size,
        .entry = module->entry,
        .has_header = module->has_header,
        .has_timestamp = module->has_timestamp,
        .has_checksum = module->has_checksum,
        .timestamp = module->timestamp,
        .checksum = module->checksum,
        .pages = (module->size + MS_KERNEL_PAGE - 1) / MS_KERNEL_PAGE,
        .pages_present = module->pages_present,
    };
}

size_t ms_modules_n_unloaded(const struct ms_modules *modules)
{
    return modules->unloaded.n;
}

struct ms_unloaded_info ms_modules_unloaded(const struct ms_modules *modules, size_t index)
{
    const struct ms_unloaded_driver *driver = &modules->unloaded.items[index];

    return (struct ms_unloaded_info){modules->unloaded_names[index], driver->base, driver->end,
                                     driver->time};
}
