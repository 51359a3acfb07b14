// SPDX-License-Identifier: MIT
//
// The tables of a PE module, each in a section of its own.

#include "machinery.h"

#include <stdlib.h>
#include <string.h>

enum directory {
    DIRECTORY_EXPORT = 0,
    DIRECTORY_IMPORT = 1,
    DIRECTORY_RESOURCE = 2,
    DIRECTORY_EXCEPTION = 3,
    DIRECTORY_DEBUG = 6,
    DIRECTORY_IAT = 12,
    DIRECTORY_DELAY_IMPORT = 13,
};

/** A text with its NUL; returns where. */
static uint64_t add_text(struct module *module, const char *text)
{
    uint64_t at = module_grow(module, strlen(text) + 1, 1);
    module_store_bytes(module, at, text, strlen(text) + 1);
    return at;
}

/* ---- debug directory --------------------------------------------------------------------- */

void module_add_debug(struct module *module)
{
    enum { DIRECTORY_BYTES = 0x1c, RSDS_BYTES = 0x18 };
    const struct pdb_spec *pdb = &module->spec->pdb;
    if (!pdb->name)
        return;
    size_t length = RSDS_BYTES + strlen(pdb->name) + 1;
    module_add_section(module, ".rdata", 0);
    uint64_t at = module_grow(module, DIRECTORY_BYTES, 4);
    uint64_t record = module_grow(module, length, 4);
    module_store(module, at + 4, 4, module->timestamp);
    module_store(module, at + 0xc, 4, 2); // CodeView
    module_store(module, at + 0x10, 4, length);
    module_store(module, at + 0x14, 4, record);
    module_store(module, at + 0x18, 4, record);
    module_store_bytes(module, record, "RSDS", 4);
    module_store_bytes(module, record + 4, pdb->guid, sizeof(pdb->guid));
    module_store(module, record + 0x14, 4, pdb->age);
    module_store_bytes(module, record + RSDS_BYTES, pdb->name, strlen(pdb->name));
    module->pdb = (struct pdb){.name = pdb->name, .age = pdb->age};
    memcpy(module->pdb.guid, pdb->guid, sizeof(pdb->guid));
    module->directories[DIRECTORY_DEBUG] = (struct part){at, DIRECTORY_BYTES};
    module_end_section(module);
}

/* ---- exports ----------------------------------------------------------------------------- */

struct export_counts {
    size_t names;
    size_t symbols;
    uint32_t least, most; // ordinals
};

static struct export_counts count_exports(const struct module *module)
{
    struct export_counts counts = {.least = UINT32_MAX};
    for (size_t i = 0; i < module->n_symbols; i++) {
        const struct symbol *symbol = &module->symbols[i];
        if (symbol->is_label)
            continue;
        counts.symbols++;
        counts.names += symbol->name != NULL;
        counts.least = symbol->ordinal < counts.least ? symbol->ordinal : counts.least;
        counts.most = symbol->ordinal > counts.most ? symbol->ordinal : counts.most;
    }
    return counts;
}

static void check_ordinals(const struct module *module, const struct export_counts *counts)
{
    const struct symbol **taken =
        allocate(counts->most - counts->least + 1, sizeof(const struct symbol *));
    const struct symbol *symbol = NULL, *other = NULL; // that have one ordinal
    for (size_t i = 0; i < module->n_symbols && !other; i++) {
        symbol = &module->symbols[i];
        if (symbol->is_label)
            continue;
        other = taken[symbol->ordinal - counts->least];
        taken[symbol->ordinal - counts->least] = symbol;
    }
    free(taken);
    if (other)
        fail_at(later_place(symbol->place, other->place),
                "an ordinal that the module has once, not %u", symbol->ordinal);
}

void module_add_exports(struct module *module)
{
    enum { DIRECTORY_BYTES = 0x28 };
    struct export_counts counts = count_exports(module);
    if (counts.symbols == 0)
        return;
    check_ordinals(module, &counts);
    uint32_t n_functions = counts.most - counts.least + 1;
    module_add_section(module, ".edata", 0);
    uint64_t at = module_grow(module, DIRECTORY_BYTES, 4);
    uint64_t functions = module_grow(module, (uint64_t)n_functions * 4, 4);
    uint64_t names = module_grow(module, counts.names * 4, 4);
    uint64_t ordinals = module_grow(module, counts.names * 2, 2);
    module_store(module, at + 4, 4, module->timestamp);
    module_store(module, at + 0xc, 4, add_text(module, module->spec->file_name));
    module_store(module, at + 0x10, 4, counts.least);
    module_store(module, at + 0x14, 4, n_functions);
    module_store(module, at + 0x18, 4, counts.names);
    module_store(module, at + 0x1c, 4, functions);
    module_store(module, at + 0x20, 4, names);
    module_store(module, at + 0x24, 4, ordinals);
    for (size_t i = 0; i < module->n_symbols; i++) {
        struct symbol *symbol = &module->symbols[i];
        if (symbol->is_label)
            continue;
        if (symbol->forward)
            symbol->rva = add_text(module, symbol->forward);
        module_store(module, functions + (uint64_t)(symbol->ordinal - counts.least) * 4, 4,
                     symbol->rva);
        if (!symbol->name)
            continue;
        uint64_t name = add_text(module, symbol->name);
        module_store(module, names, 4, name);
        module_store(module, ordinals, 2, symbol->ordinal - counts.least);
        names += 4;
        ordinals += 2;
    }
    module->directories[DIRECTORY_EXPORT] = (struct part){at, module->size - at};
    module->parts[MISSING_EXPORTS] = module->directories[DIRECTORY_EXPORT];
    module_end_section(module);
}

/* ---- imports ----------------------------------------------------------------------------- */

/** An import is in the table of the first one of its DLL and kind. */
static size_t leader_of(const struct module_spec *spec, size_t import)
{
    size_t i = 0;
    while (spec->imports[i].is_delayed != spec->imports[import].is_delayed ||
           strcmp(spec->imports[i].dll, spec->imports[import].dll) != 0)
        i++;
    return i;
}

/** The imports of one DLL, in the order of the spec. */
struct dll {
    size_t leader;
    size_t count;
    uint64_t slots;
    uint64_t thunks;
};

static size_t list_dlls(const struct module_spec *spec, bool is_delayed, struct dll *dlls)
{
    size_t n = 0;
    for (size_t i = 0; i < spec->n_imports; i++) {
        size_t leader = leader_of(spec, i), k = 0;
        if (spec->imports[i].is_delayed != is_delayed)
            continue;
        while (k < n && dlls[k].leader != leader)
            k++;
        if (k == n)
            dlls[n++] = (struct dll){.leader = leader};
        dlls[k].count++;
    }
    return n;
}

/** The slots of all DLLs, each with a zero behind them. */
static struct part add_slots(struct module *module, struct dll *dlls, size_t n)
{
    unsigned width = module->pointer_bytes;
    struct part part = {module_grow(module, 0, 16), 0};
    for (size_t i = 0; i < n; i++)
        dlls[i].slots = module_grow(module, (dlls[i].count + 1) * width, width);
    part.size = module->size - part.rva;
    return part;
}

/** IMAGE_IMPORT_BY_NAME, or the ordinal with its bit. */
static uint64_t thunk_of(struct module *module, const struct import_spec *import)
{
    if (!import->name)
        return import->ordinal | UINT64_C(1) << (module->pointer_bytes * 8 - 1);
    uint64_t at = module_grow(module, 2, 2);
    add_text(module, import->name);
    return at;
}

static void add_thunks(struct module *module, struct dll *dll)
{
    const struct module_spec *spec = module->spec;
    unsigned width = module->pointer_bytes;
    size_t k = 0;
    dll->thunks = module_grow(module, (dll->count + 1) * width, width);
    for (size_t i = dll->leader; i < spec->n_imports; i++) {
        const struct import_spec *import = &spec->imports[i];
        if (leader_of(spec, i) != dll->leader)
            continue;
        uint64_t value = thunk_of(module, import);
        module_store(module, dll->thunks + k * width, width, value);
        module_add_slot(module, (struct slot){.rva = dll->slots + k * width,
                                              .thunk = dll->thunks + k * width,
                                              .dll = copy_text(import->dll),
                                              .name = import->name ? copy_text(import->name) : NULL,
                                              .ordinal = (uint32_t)import->ordinal,
                                              .is_delayed = import->is_delayed,
                                              .is_bound = !import->is_delayed || import->is_bound,
                                              .place = import->place});
        k++;
    }
}

static void add_plain_imports(struct module *module, struct dll *dlls, size_t n)
{
    enum { DESCRIPTOR_BYTES = 0x14 };
    module_add_section(module, ".idata", 0xc8000040);
    struct part slots = add_slots(module, dlls, n);
    module_end_section(module);
    module_add_section(module, "INIT", 0);
    uint64_t at = module_grow(module, (n + 1) * DESCRIPTOR_BYTES, 4);
    module->directories[DIRECTORY_IMPORT] = (struct part){at, (n + 1) * DESCRIPTOR_BYTES};
    for (size_t i = 0; i < n; i++, at += DESCRIPTOR_BYTES) {
        add_thunks(module, &dlls[i]);
        uint64_t name = add_text(module, module->spec->imports[dlls[i].leader].dll);
        bool is_linked = module->spec->names != NAMES_UNLINKED;
        module_store(module, at, 4, is_linked ? dlls[i].thunks : 0);
        module_store(module, at + 0xc, 4, name);
        module_store(module, at + 0x10, 4, dlls[i].slots);
    }
    module_end_section(module);
    struct part names = module->sections[module->n_sections - 1].part;
    module->directories[DIRECTORY_IAT] = module->parts[MISSING_IAT] = slots;
    module->parts[MISSING_NAMES] = names;
}

static void add_delayed_imports(struct module *module, struct dll *dlls, size_t n)
{
    enum { DESCRIPTOR_BYTES = 0x20 };
    module_add_section(module, ".didat", 0);
    add_slots(module, dlls, n);
    uint64_t handles = module_grow(module, n * module->pointer_bytes, module->pointer_bytes);
    module_end_section(module);
    module_add_section(module, ".rdata", 0);
    uint64_t at = module_grow(module, (n + 1) * DESCRIPTOR_BYTES, 4);
    module->directories[DIRECTORY_DELAY_IMPORT] = (struct part){at, (n + 1) * DESCRIPTOR_BYTES};
    for (size_t i = 0; i < n; i++, at += DESCRIPTOR_BYTES) {
        add_thunks(module, &dlls[i]);
        uint64_t name = add_text(module, module->spec->imports[dlls[i].leader].dll);
        module_store(module, at, 4, 1); // all are RVAs
        module_store(module, at + 4, 4, name);
        module_store(module, at + 8, 4, handles + i * module->pointer_bytes);
        module_store(module, at + 0xc, 4, dlls[i].slots);
        module_store(module, at + 0x10, 4, dlls[i].thunks);
    }
    module_end_section(module);
}

void module_add_imports(struct module *module)
{
    struct dll *dlls = allocate(module->spec->n_imports, sizeof(*dlls));
    size_t n = list_dlls(module->spec, false, dlls);
    if (n)
        add_plain_imports(module, dlls, n);
    memset(dlls, 0, module->spec->n_imports * sizeof(*dlls));
    n = list_dlls(module->spec, true, dlls);
    if (n)
        add_delayed_imports(module, dlls, n);
    free(dlls);
}

/* ---- functions of x64 -------------------------------------------------------------------- */

static int compare_parts(const void *left, const void *right)
{
    const struct part *a = left, *b = right;
    return (a->rva > b->rva) - (a->rva < b->rva);
}

void module_add_functions(struct module *module)
{
    enum { ENTRY_BYTES = 12, UNWIND_BYTES = 4 };
    const struct module_spec *spec = module->spec;
    struct part *parts = allocate(spec->n_functions, sizeof(*parts));
    if (spec->n_functions == 0) {
        free(parts);
        return;
    }
    for (size_t i = 0; i < spec->n_functions; i++) {
        const struct function_spec *function = &spec->functions[i];
        parts[i] = (struct part){module_place(module, &function->at), function->length};
        if (function->length == 0 || function->length > module->size - parts[i].rva)
            fail_at(function->place, "a function that lies in the module");
    }
    qsort(parts, spec->n_functions, sizeof(*parts), compare_parts);
    module_add_section(module, ".pdata", 0);
    uint64_t at = module_grow(module, spec->n_functions * ENTRY_BYTES, 4);
    uint64_t unwind = module_grow(module, UNWIND_BYTES, 4); // one for all: version 1, nothing to do
    module_store(module, unwind, 1, 1);
    module->directories[DIRECTORY_EXCEPTION] = (struct part){at, spec->n_functions * ENTRY_BYTES};
    for (size_t i = 0; i < spec->n_functions; i++, at += ENTRY_BYTES) {
        module_store(module, at, 4, parts[i].rva);
        module_store(module, at + 4, 4, parts[i].rva + parts[i].size);
        module_store(module, at + 8, 4, unwind);
    }
    module_end_section(module);
    free(parts);
}

/* ---- version resource -------------------------------------------------------------------- */

/** A directory with one entry, which leads to `offset` from the section's start. */
static void store_directory(struct module *module, uint64_t at, uint32_t id, uint32_t offset)
{
    module_store(module, at + 0xe, 2, 1);
    module_store(module, at + 0x10, 4, id);
    module_store(module, at + 0x14, 4, offset);
}

/** Type 16, name 1, language 0x409, then VS_VERSION_INFO with its fixed part alone. */
void module_add_resources(struct module *module)
{
    enum { KEY_AT = 6, FIXED_AT = 0x28, INFO_BYTES = 0x5c, LEVELS = 3 };
    static const uint32_t directory_bytes = 0x18;
    static const uint32_t below = 0x80000000;
    static const char key[] = "VS_VERSION_INFO";
    const uint16_t *version = module->spec->version;
    if (!module->spec->has_version)
        return;
    module_add_section(module, ".rsrc", 0);
    uint64_t at = module_grow(module, LEVELS * directory_bytes + 0x10, 8);
    uint64_t info = module_grow(module, INFO_BYTES, 8);
    uint64_t leaf = at + (uint64_t)LEVELS * directory_bytes;
    store_directory(module, at, 16, below + directory_bytes);
    store_directory(module, at + directory_bytes, 1, below + 2 * directory_bytes);
    store_directory(module, leaf - directory_bytes, 0x409, LEVELS * directory_bytes);
    module_store(module, leaf, 4, info);
    module_store(module, leaf + 4, 4, INFO_BYTES);
    module_store(module, info, 2, INFO_BYTES);
    module_store(module, info + 2, 2, INFO_BYTES - FIXED_AT);
    for (size_t i = 0; i < sizeof(key) - 1; i++)
        module_store(module, info + KEY_AT + 2 * i, 2, (unsigned char)key[i]);
    module_store(module, info + FIXED_AT, 4, 0xfeef04bd);
    module_store(module, info + FIXED_AT + 4, 4, 0x10000);
    for (size_t i = 0; i < 2; i++) { // of the file, of the product
        module_store(module, info + FIXED_AT + 8 + i * 8, 4,
                     (uint32_t)version[0] << 16 | version[1]);
        module_store(module, info + FIXED_AT + 12 + i * 8, 4,
                     (uint32_t)version[2] << 16 | version[3]);
    }
    module_store(module, info + FIXED_AT + 0x18, 4, 0x3f);
    module_store(module, info + FIXED_AT + 0x20, 4, 0x40004);
    module_store(module, info + FIXED_AT + 0x24, 4, 3); // a driver
    module->has_version = true;
    memcpy(module->version, version, sizeof(module->version));
    module->directories[DIRECTORY_RESOURCE] = (struct part){at, module->size - at};
    module_end_section(module);
}
