// SPDX-License-Identifier: MIT
//
// Which module gets which symbol file. A file is for one module, and a module has one file: the
// first that fits best.

#include "windows/modules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct taking {
    struct ms_modules *modules;
    struct ms_symbols *const *files;
    size_t module; // that is being looked at, and its headers
    struct ms_pe *pe;
};

static bool set_remark(struct ms_file_use *use, const char *format, ...) MS_PRINTF(2, 3);
static bool set_remark(struct ms_file_use *use, const char *format, ...)
{
    va_list arguments;
    int length;

    free(use->remark);
    va_start(arguments, format);
    length = vasprintf(&use->remark, format, arguments);
    va_end(arguments);
    if (length < 0)
        use->remark = NULL;
    return use->remark != NULL;
}

// == A module ==

static bool refuse(struct taking *taking, size_t file)
{
    struct ms_file_use *use = &taking->modules->files.items[file];
    const char *name = taking->modules->list.items[taking->module].name;

    free(use->remark);
    use->remark = NULL;
    use->fit = MS_FIT_REFUSED;
    if (ms_symbols_tell_refused(taking->files[file], taking->pe, name, taking->modules->memory.bits,
                                &use->remark))
        return true;
    use->remark = NULL;
    return false;
}

// A file that fits a module better than the one that it had leaves that.
static void give(struct taking *taking, size_t file, enum ms_symbols_fit fit)
{
    struct ms_modules *modules = taking->modules;
    struct ms_file_use *use = &modules->files.items[file];

    if (use->module != MS_NO_MODULE)
        modules->list.items[use->module].symbols = NULL;
    use->fit = fit;
    use->module = taking->module;
    modules->list.items[taking->module].symbols = taking->files[file];
}

static enum ms_status try_file(struct taking *taking, size_t file)
{
    struct ms_modules *modules = taking->modules;
    enum ms_symbols_fit fit, before = modules->files.items[file].fit;
    enum ms_status status =
        ms_symbols_fit(taking->files[file], taking->pe, modules->list.items[taking->module].name,
                       modules->memory.bits, &fit);

    if (status || fit <= before)
        return status;
    if (fit == MS_FIT_REFUSED)
        return refuse(taking, file) ? MS_OK : MS_NOMEM;
    // All files that fit one module fit it alike: exactly where it tells its PDB, else by name.
    if (!modules->list.items[taking->module].symbols)
        give(taking, file, fit);
    return MS_OK;
}

static enum ms_status try_module(struct taking *taking)
{
    struct ms_vmem vmem = ms_kernel_vmem(&taking->modules->memory);
    uint64_t base = taking->modules->list.items[taking->module].base;
    enum ms_status status = ms_pe_open(&vmem, base, &taking->pe, NULL);

    if (status == MS_NOMEM)
        return status;
    if (status != MS_OK)
        taking->pe = NULL;
    status = MS_OK;
    for (size_t i = 0; !status && i < taking->modules->files.n; i++)
        status = try_file(taking, i);
    ms_pe_close(taking->pe);
    return status;
}

// Listed ones first: another one may be a copy.
static enum ms_status try_modules(struct taking *taking, bool listed)
{
    const struct ms_modules *modules = taking->modules;
    enum ms_status status = MS_OK;

    for (size_t i = 0; !status && i < modules->list.n; i++) {
        taking->module = i;
        if (((modules->list.items[i].sources & MS_MODULE_LIST) != 0) == listed)
            status = try_module(taking);
    }
    return status;
}

// == What is said ==

static bool tell_used(struct ms_modules *modules, struct ms_file_use *use,
                      const struct ms_symbols *symbols)
{
    const struct ms_module *module = &modules->list.items[use->module];
    size_t n_outside = symbols->n_outside + (symbols->n - ms_symbols_below(symbols, module->size));

    if (n_outside > 0 &&
        !ms_modules_add_note(modules, "%s: symbols that lie outside of %s, left out: %zu",
                             symbols->path, module->name, n_outside))
        return false;
    if (use->fit == MS_FIT_EXACTLY) {
        free(use->remark);
        use->remark = NULL;
        return true;
    }
    return set_remark(use,
                      "%s: used for %s because of its name: the image does not hold what tells the "
                      "PDB",
                      symbols->path, module->name);
}

static bool tell_unused(const struct ms_modules *modules, struct ms_file_use *use,
                        const struct ms_symbols *symbols)
{
    if (use->remark)
        return true;
    if (!modules->nt.base)
        return set_remark(use, "%s: not used: no Windows kernel was found: leave it out",
                          symbols->path);
    return set_remark(use,
                      "%s: not used: no module is left that wants the PDB %s with GUID %s and age "
                      "%u: memscan modules -v tells what they want",
                      symbols->path, symbols->pdb_name, symbols->guid, symbols->age);
}

static bool tell(struct ms_modules *modules, size_t file, const struct ms_symbols *symbols)
{
    struct ms_file_use *use = &modules->files.items[file];

    if (use->module != MS_NO_MODULE)
        return tell_used(modules, use, symbols);
    if (modules->nt.symbols != symbols)
        return tell_unused(modules, use, symbols);
    use->fit = modules->nt.symbols_fit; // a kernel that no list has
    return true;
}

enum ms_status ms_modules_take_symbols(struct ms_modules *modules,
                                       const struct ms_modules_options *options,
                                       struct ms_error *error)
{
    struct taking taking = {.modules = modules, .files = options->symbols};
    struct ms_file_use unused = {MS_FIT_NONE, MS_NO_MODULE, NULL};
    enum ms_status status = MS_OK;

    for (size_t i = 0; i < options->n_symbols; i++) {
        if (!ms_vec_push(&modules->files, unused))
            return ms_fail_nomem(error);
    }
    if (options->n_symbols > 0)
        status = try_modules(&taking, true);
    if (options->n_symbols > 0 && !status)
        status = try_modules(&taking, false);
    for (size_t i = 0; !status && i < options->n_symbols; i++) {
        if (!tell(modules, i, options->symbols[i]))
            status = MS_NOMEM;
    }
    return status ? ms_fail_nomem(error) : MS_OK;
}

struct ms_symbols_use ms_modules_symbols_use(const struct ms_modules *modules, size_t index)
{
    const struct ms_file_use *use = &modules->files.items[index];

    return (struct ms_symbols_use){
        .used = use->fit >= MS_FIT_BY_NAME,
        .checked = use->fit == MS_FIT_EXACTLY,
        .module = use->module,
        .remark = use->remark ? use->remark : "",
    };
}
