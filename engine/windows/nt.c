// SPDX-License-Identifier: MIT
//
// The kernel is found by its KDBG where a header names that, else by its base; either leads to the
// other. Where neither is to be had, all of the kernel's half is searched for a KDBG.

#include "windows/nt.h"

#include "base/extent.h"
#include "image/memory.h"
#include "space/spaces.h"
#include "windows/ldr_entry.h"
#include <memscan/modules.h>

#include <stdlib.h>
#include <string.h>

#define MAX_KERNEL    UINT64_C(0x4000000)
#define MAX_MATCHES   0x10000
#define SECTION_WRITE 0x80000000u

void ms_nt_release(struct ms_nt *nt)
{
    ms_pe_exports_free(nt->exports);
    ms_pe_close(nt->pe);
    *nt = (struct ms_nt){0};
}

uint64_t ms_nt_export(const struct ms_nt *nt, const char *name)
{
    const struct ms_pe_export *found =
        nt->exports ? ms_pe_exports_named(nt->exports, (const uint8_t *)name, strlen(name)) : NULL;

    return found && found->has_rva && found->forwarder.state == MS_PE_NONE ? nt->base + found->rva
                                                                           : 0;
}

uint64_t ms_nt_symbol(const struct ms_nt *nt, const char *name)
{
    for (size_t i = 0; nt->symbols && i < nt->symbols->n; i++) {
        if (strcmp(nt->symbols->items[i].name, name) == 0)
            return nt->base + nt->symbols->items[i].rva;
    }
    return 0;
}

void ms_nt_apply_symbols(const struct ms_nt *nt, struct ms_nt_layout *layout)
{
    for (size_t i = 0; nt->symbols && i < MS_N_NT_FIELDS; i++) {
        if (nt->symbols->tells[i])
            layout->at[i] = nt->symbols->layout.at[i];
    }
}

uint64_t ms_nt_variable(const struct ms_nt *nt, enum ms_kdbg_field field, const char *name)
{
    uint64_t address = ms_kdbg_value(&nt->kdbg, field);

    return address ? address : ms_nt_symbol(nt, name);
}

// The file that fits best.
static enum ms_status choose_symbols(struct ms_kernel_memory *memory,
                                     const struct ms_modules_options *options, struct ms_nt *nt,
                                     struct ms_error *error)
{
    nt->symbols_fit = MS_FIT_REFUSED;
    for (size_t i = 0; i < options->n_symbols; i++) {
        enum ms_symbols_fit fit;

        if (ms_symbols_fit(options->symbols[i], nt->pe, "nt", memory->bits, &fit) != MS_OK)
            return ms_fail_nomem(error);
        if (fit <= nt->symbols_fit)
            continue;
        nt->symbols_fit = fit;
        nt->symbols = options->symbols[i];
    }
    return MS_OK;
}

static const struct ms_system *system_of(const struct ms_kernel_memory *memory)
{
    return &ms_image_layout(ms_spaces_image(memory->spaces))->system;
}

// == KDBG ==

// A base that a list or block tells counts also if the header of the image is not in memory.
static void take_base(const struct ms_kernel_memory *memory, uint64_t base, const char *origin,
                      struct ms_nt *nt)
{
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    enum ms_status status = ms_pe_open(&vmem, base, &nt->pe, NULL);

    nt->base = base;
    nt->base_origin = origin;
    nt->no_memory |= status == MS_NOMEM;
    if (status != MS_OK)
        nt->pe = NULL;
}

static void take_base_of_kdbg(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    take_base(memory, ms_kdbg_value(&nt->kdbg, MS_KDBG_KERNEL_BASE), "KDBG", nt);
}

static bool find_kdbg_by_header(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    const struct ms_system *system = system_of(memory);

    if (!system->debugger_data.known ||
        !ms_kdbg_read(memory, system->debugger_data.value, nt->base, &nt->kdbg))
        return false;
    nt->kdbg.origin = "crash-dump header";
    return true;
}

static bool find_kdbg_by_symbol(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    uint64_t address = ms_nt_symbol(nt, "KdDebuggerDataBlock");

    if (!address || !ms_kdbg_read(memory, address, nt->base, &nt->kdbg))
        return false;
    nt->kdbg.origin = "symbols";
    return true;
}

// `left` bytes may still be looked through.
static bool find_kdbg_in_section(const struct ms_kernel_memory *memory, struct ms_nt *nt,
                                 const struct ms_pe_section *section, uint64_t *left)
{
    uint64_t size;

    if (!(section->flags & SECTION_WRITE) || section->rva >= nt->pe->size_of_image)
        return false;
    size = ms_min_u64(section->size, nt->pe->size_of_image - section->rva);
    size = ms_min_u64(size, *left);
    *left -= size;
    return ms_kdbg_find(memory, nt->base + section->rva, size, nt->base, &nt->kdbg);
}

// In what the kernel writes to; if its sections are not known, in all of it. Sections may lie over
// each other, and be as large as they say: together they are no larger than a kernel.
static void find_kdbg_in_image(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    uint64_t size = ms_min_u64(MAX_KERNEL, memory->last - nt->base), left = size;
    bool found = false;

    for (size_t i = 0; nt->pe && !found && i < nt->pe->n_sections; i++)
        found = find_kdbg_in_section(memory, nt, &nt->pe->sections[i], &left);
    if (!found && (!nt->pe || nt->pe->n_sections == 0))
        found = ms_kdbg_find(memory, nt->base, size, nt->base, &nt->kdbg);
    if (found)
        nt->kdbg.origin = "search of nt";
}

// Text that looks like the tag is common; a block whose base holds the kernel is not.
static enum ms_status find_kdbg_anywhere(const struct ms_kernel_memory *memory, struct ms_nt *nt,
                                         struct ms_error *error)
{
    static const struct ms_kernel_pattern tag = {"'GBDK'", 8};
    struct ms_kernel_matches matches = {0};
    enum ms_status status =
        ms_kernel_search(memory, &tag, 1, MAX_MATCHES, nt->watch, &matches, error);

    for (size_t i = 0; !status && !nt->base && i < matches.list.n; i++) {
        if (!ms_kdbg_read(memory, matches.list.items[i].address - 0x10, 0, &nt->kdbg))
            continue;
        nt->kdbg.origin = "search";
        take_base_of_kdbg(memory, nt);
    }
    free(matches.list.items);
    return status;
}

// == The list of modules ==

static bool is_list_head(const struct ms_kernel_memory *memory, uint64_t address)
{
    uint64_t next, previous;

    return ms_kernel_pointer(memory, address, &next) &&
           ms_kernel_pointer(memory, address + memory->bits / 8, &previous) &&
           (ms_in_kernel(memory, next, 1) || ms_in_kernel(memory, previous, 1));
}

static void find_list(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    const struct ms_system *system = system_of(memory);
    const struct {
        uint64_t address;
        const char *origin;
    } heads[] = {
        {ms_kdbg_value(&nt->kdbg, MS_KDBG_LOADED_MODULE_LIST), "KDBG"},
        {system->loaded_module_list.known ? system->loaded_module_list.value : 0,
         "crash-dump header"},
        {ms_nt_export(nt, "PsLoadedModuleList"), "export"},
        {ms_nt_symbol(nt, "PsLoadedModuleList"), "symbols"},
    };

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (!heads[i].address || !is_list_head(memory, heads[i].address))
            continue;
        nt->module_list = heads[i].address;
        nt->module_list_origin = heads[i].origin;
        return;
    }
}

// The kernel is the first module that is loaded.
static void take_first_of_list(const struct ms_kernel_memory *memory, struct ms_nt *nt)
{
    struct ms_ldr_entry entry;
    uint64_t first;

    if (nt->module_list && ms_kernel_pointer(memory, nt->module_list, &first) &&
        ms_ldr_entry_read(memory, first, &entry))
        take_base(memory, entry.base, "module list", nt);
}

// == All of it ==

static enum ms_status find_base(const struct ms_kernel_memory *memory, struct ms_nt *nt,
                                struct ms_error *error)
{
    enum ms_status status = MS_OK;

    if (find_kdbg_by_header(memory, nt))
        take_base_of_kdbg(memory, nt);
    else if (!ms_nt_find_base(memory, nt)) {
        find_list(memory, nt);
        take_first_of_list(memory, nt);
    }
    if (!nt->base && memory->spaces->tables.kernel.rules.windows)
        status = find_kdbg_anywhere(memory, nt, error);
    if (!status && nt->no_memory)
        status = ms_fail_nomem(error);
    if (!status && nt->pe)
        status = ms_pe_exports_read(nt->pe, &nt->exports, error);
    return status;
}

enum ms_status ms_nt_find(struct ms_kernel_memory *memory, const struct ms_modules_options *options,
                          struct ms_watch *watch, struct ms_nt *nt, struct ms_error *error)
{
    enum ms_status status;

    *nt = (struct ms_nt){.base_origin = "", .module_list_origin = "", .kdbg.origin = ""};
    if (memory->spaces->n_roots && memory->spaces->roots[0].is_linux)
        return MS_OK;
    nt->watch = watch;
    status = find_base(memory, nt, error);
    nt->watch = NULL;
    if (!status && nt->base)
        status = choose_symbols(memory, options, nt, error);
    if (status || !nt->base)
        return status;
    if (!nt->kdbg.address && !find_kdbg_by_header(memory, nt) && !find_kdbg_by_symbol(memory, nt))
        find_kdbg_in_image(memory, nt);
    find_list(memory, nt);
    ms_nt_find_version(memory, nt);
    ms_nt_layout_for(memory->bits, nt->build, &memory->layout);
    ms_nt_apply_symbols(nt, &memory->layout);
    return MS_OK;
}
