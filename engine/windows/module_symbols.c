// SPDX-License-Identifier: MIT
//
// Names in a module, and which of them is nearest. A module's tables are read when they are first
// asked for, under a lock; after that they are only read.

#include "windows/modules.h"

#include "base/cleanup.h"

#include <stdio.h>

#define ORDINAL_BYTES   20 // of "Ordinal4294967295" and its end
#define SECTION_EXECUTE 0x20000000u

// == Making the detail of a module ==

void ms_module_detail_free(struct ms_module_detail *detail)
{
    if (!detail)
        return;
    ms_pe_functions_free(detail->functions);
    ms_pe_exports_free(detail->exports);
    ms_pe_close(detail->pe);
    free(detail->symbols);
    free(detail->joined);
    free(detail->ordinals);
    free(detail);
}

static void free_local(struct ms_module_detail **detail)
{
    ms_module_detail_free(*detail);
}

static struct ms_symbol symbol_of(const struct ms_pe_export *item, uint64_t base, char *room)
{
    struct ms_symbol symbol = {(const char *)item->name.bytes, item->name.length, base + item->rva,
                               true};

    if (symbol.length == 0) {
        symbol.name = room;
        symbol.length = (size_t)snprintf(room, ORDINAL_BYTES, "Ordinal%u", item->ordinal);
    }
    return symbol;
}

static bool make_symbols(struct ms_module_detail *detail)
{
    const struct ms_pe_exports *exports = detail->exports;
    size_t n_unnamed = 0;

    for (size_t i = 0; i < exports->n_placed; i++)
        n_unnamed += exports->items[i].name.length == 0;
    detail->symbols = calloc(exports->n_placed + 1, sizeof(*detail->symbols));
    detail->ordinals = malloc(n_unnamed * ORDINAL_BYTES + 1);
    if (!detail->symbols || !detail->ordinals)
        return false;
    detail->n_symbols = exports->n_placed;
    n_unnamed = 0;
    for (size_t i = 0; i < exports->n_placed; i++) {
        const struct ms_pe_export *item = &exports->items[i];

        detail->symbols[i] =
            symbol_of(item, detail->pe->base, detail->ordinals + n_unnamed * ORDINAL_BYTES);
        n_unnamed += item->name.length == 0;
    }
    return true;
}

// False without memory. A module without headers has a detail, too: an empty one.
static bool read_detail(const struct ms_modules *modules, uint64_t base,
                        struct ms_module_detail *detail)
{
    struct ms_vmem vmem = ms_module_quota_vmem(ms_modules_quota(modules));
    enum ms_status status = ms_pe_open(&vmem, base, &detail->pe, NULL);

    if (status != MS_OK)
        return status != MS_NOMEM;
    if (ms_pe_exports_read(detail->pe, &detail->exports, NULL) != MS_OK ||
        ms_pe_functions_read(detail->pe, &detail->functions, NULL) != MS_OK ||
        !make_symbols(detail))
        return false;
    detail->pe->memory = ms_kernel_vmem(&modules->memory); // look-ups are not counted
    return true;
}

static uint64_t count_bytes(const struct ms_module_detail *detail)
{
    if (!detail->pe)
        return sizeof(*detail);
    return sizeof(*detail) + detail->pe->bytes + detail->exports->bytes +
           ms_pe_functions_bytes(detail->functions) +
           detail->n_symbols * (sizeof(*detail->symbols) + ORDINAL_BYTES);
}

static struct ms_module_detail *make_left_out(const struct ms_modules *modules, size_t index)
{
    struct ms_module_detail *detail =
        ms_modules_leave_out(modules, index) ? calloc(1, sizeof(*detail)) : NULL;

    if (detail)
        detail->left_out = true;
    return detail;
}

static struct ms_module_detail *make_whole(const struct ms_modules *modules, size_t index)
{
    MS_CLEANUP(free_local) struct ms_module_detail *detail = calloc(1, sizeof(*detail));

    if (!detail || !read_detail(modules, modules->list.items[index].base, detail))
        return NULL;
    return ms_keep(detail);
}

static struct ms_module_detail *make_detail(const struct ms_modules *modules, size_t index)
{
    struct ms_module_quota *quota = ms_modules_quota(modules);
    struct ms_module_detail *detail;

    if (ms_module_quota_is_spent(quota))
        return make_left_out(modules, index);
    detail = make_whole(modules, index);
    if (!detail || ms_module_quota_keep(quota, count_bytes(detail)))
        return detail;
    ms_module_detail_free(detail);
    return make_left_out(modules, index);
}

const struct ms_module_detail *ms_module_detail(const struct ms_modules *modules, size_t index)
{
    struct ms_module *module = &modules->list.items[index];
    struct ms_module_detail *detail = atomic_load(&module->detail);
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&modules->lock;

    if (detail)
        return detail;
    pthread_mutex_lock(lock);
    detail = atomic_load(&module->detail);
    if (!detail) {
        detail = make_detail(modules, index);
        if (detail && !ms_module_join_names(detail, module)) {
            ms_module_detail_free(detail);
            detail = NULL;
        }
        atomic_store(&module->detail, detail);
    }
    pthread_mutex_unlock(lock);
    return detail;
}

enum ms_status ms_modules_symbols(const struct ms_modules *modules, size_t index,
                                  const struct ms_symbol **symbols_ret, size_t *n_ret,
                                  struct ms_error *error)
{
    const struct ms_module_detail *detail = ms_module_detail(modules, index);

    if (!detail)
        return ms_fail_nomem(error);
    *symbols_ret = detail->names;
    *n_ret = detail->n_names;
    return MS_OK;
}

// == The nearest ==

// The first symbol above an address; n_names if there is none.
static size_t first_above(const struct ms_module_detail *detail, uint64_t address)
{
    size_t low = 0, high = detail->n_names;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (detail->names[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void find_symbols(const struct ms_module_detail *detail, uint64_t address,
                         struct ms_near *near)
{
    size_t above = first_above(detail, address);
    uint64_t at;

    if (above < detail->n_names)
        near->next = &detail->names[above];
    if (above == 0)
        return;
    at = detail->names[above - 1].address;
    // As many symbols as a module has may share an address, so they are searched for, too.
    near->n_same = above - (at > 0 ? first_above(detail, at - 1) : 0);
    near->symbol = &detail->names[above - near->n_same];
}

static void find_section(const struct ms_module_detail *detail, uint32_t rva, struct ms_near *near,
                         bool *executable_ret)
{
    const struct ms_pe_section *section = ms_pe_section_at(detail->pe, rva);

    *executable_ret = section && (section->flags & SECTION_EXECUTE);
    if (section)
        ms_printable_section_name(section, near->section);
}

// Whether the function that holds the address is the symbol's own, by the table of functions. Where
// it has none for the address, that of the symbol still may tell that it ended before.
static enum ms_same_function compare_functions(const struct ms_module_detail *detail,
                                               const struct ms_pe_function *here, bool known,
                                               uint32_t rva, uint32_t symbol_rva)
{
    struct ms_pe_function symbols;
    bool symbol_known;

    if (known && here->begin <= symbol_rva)
        return MS_FUNCTION_SAME;
    symbol_known =
        ms_pe_function_at(detail->functions, detail->pe, symbol_rva, &symbols) == MS_PE_WHOLE;
    if (!known)
        return symbol_known && rva >= symbols.end ? MS_FUNCTION_OTHER : MS_FUNCTION_UNKNOWN;
    if (here->primary_state != MS_PE_WHOLE ||
        (symbol_known && symbols.primary_state != MS_PE_WHOLE))
        return MS_FUNCTION_UNKNOWN;
    return here->primary == (symbol_known ? symbols.primary : symbol_rva) ? MS_FUNCTION_SAME
                                                                          : MS_FUNCTION_OTHER;
}

static void find_function(const struct ms_module_detail *detail, uint32_t rva, struct ms_near *near)
{
    struct ms_pe_function here;
    enum ms_pe_state state = ms_pe_function_at(detail->functions, detail->pe, rva, &here);

    if (state == MS_PE_WHOLE) {
        near->function_start = detail->pe->base + here.begin;
        near->function_end = detail->pe->base + here.end;
    }
    if (near->symbol && (state == MS_PE_WHOLE || state == MS_PE_NONE))
        near->same_function =
            compare_functions(detail, &here, state == MS_PE_WHOLE, rva,
                              (uint32_t)(near->symbol->address - detail->pe->base));
}

enum ms_status ms_modules_near(const struct ms_modules *modules, uint64_t address,
                               struct ms_near *near_ret, struct ms_error *error)
{
    const struct ms_module_detail *detail;
    bool executable = false;

    *near_ret = (struct ms_near){.module = ms_modules_at(modules, address)};
    if (near_ret->module == MS_NO_MODULE)
        return MS_OK;
    near_ret->offset = address - modules->list.items[near_ret->module].base;
    detail = ms_module_detail(modules, near_ret->module);
    if (!detail)
        return ms_fail_nomem(error);
    find_symbols(detail, address, near_ret);
    if (!detail->pe)
        return MS_OK;
    find_section(detail, (uint32_t)near_ret->offset, near_ret, &executable);
    if (executable)
        find_function(detail, (uint32_t)near_ret->offset, near_ret);
    return MS_OK;
}
