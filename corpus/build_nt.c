// SPDX-License-Identifier: MIT
//
// The system that lists modules: the loader's entries in pool, the list that links them, drivers
// that are gone, and the debugger's data block.

#include "build_nt.h"

#include "little_endian.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS_10 = 10240, MAX_UNLOADED = 50 };

static uint64_t build_of(const struct spec *spec, unsigned pointer_bytes)
{
    return spec_setting(spec, FACT_BUILD, 0, pointer_bytes == 8 ? 19041 : 7601);
}

bool is_kernel(const struct spec *spec, const struct module_spec *module)
{
    return spec->nt.is_there && module->space == spec->nt.space && strcmp(module->name, "nt") == 0;
}

/* ---- the kernel's variables -------------------------------------------------------------- */

static const struct {
    const char *name;
    size_t bytes;
} variables[] = {
    {"PsLoadedModuleList", 16},
    {"PsActiveProcessHead", 16},
    {"KdDebuggerDataBlock", 0x400},
    {"KiWaitNever", 8},
    {"KiWaitAlways", 8},
    {"KdpDataBlockEncoded", 1},
    {"MmUnloadedDrivers", 8},
    {"MmLastUnloadedDriver", 4},
    {"NtBuildLab", 64},
    {"NtBuildNumber", 4},
    {"PoolBigPageTable", 8},
    {"PoolBigPageTableSize", 8},
    {"PoolTrackTable", 8},
    {"PoolTrackTableSize", 8},
    {"ExPoolTagTables", 512},
    {"RtlpHpHeapGlobals", 16},
    {"MmNonPagedPoolStart", 8},
    {"MmNonPagedPoolEnd", 8},
    {"MmPagedPoolStart", 8},
    {"MmPagedPoolEnd", 8},
    // These are there only where there are objects.
    {"PsInitialSystemProcess", 8},
    {"ObpRootDirectoryObject", 8},
    {"ObTypeIndexTable", 0x800},
    {"ObHeaderCookie", 1},
};

enum { N_VARIABLES = sizeof(variables) / sizeof(variables[0]), N_OF_OBJECTS = 4 };

bool nt_is_variable(const char *name)
{
    for (size_t i = 0; i < N_VARIABLES; i++) {
        if (name && strcmp(variables[i].name, name) == 0)
            return true;
    }
    return false;
}

static struct symbol *find_symbol(struct module *module, const char *name)
{
    for (size_t i = 0; i < module->n_symbols; i++) {
        if (module->symbols[i].name && strcmp(module->symbols[i].name, name) == 0)
            return &module->symbols[i];
    }
    return NULL;
}

void nt_add_variables(struct module *kernel, const struct spec *spec)
{
    module_add_section(kernel, "ALMOSTRO", 0);
    for (size_t i = 0; i < N_VARIABLES; i++) {
        struct symbol *symbol = find_symbol(kernel, variables[i].name);
        bool is_used = i < N_VARIABLES - N_OF_OBJECTS || has_objects(&spec->nt.objects);
        if (symbol ? symbol->rva != 0 : !is_used)
            continue;
        uint64_t rva = module_grow(kernel, variables[i].bytes, 16);
        if (symbol)
            symbol->rva = rva;
        else
            module_add_symbol(kernel, (struct symbol){.name = variables[i].name,
                                                      .rva = rva,
                                                      .is_label = true,
                                                      .place = spec->nt.place});
    }
    module_end_section(kernel);
    module_sort_symbols(kernel);
}

uint64_t nt_variable(const struct nt *nt, const char *name)
{
    const struct symbol *symbol = module_symbol(nt->kernel, name);
    if (!symbol)
        fail_at(nt->kernel->spec->place, "a line 'label %s at PLACE' about the kernel", name);
    size_t i = 0;
    while (strcmp(variables[i].name, name) != 0)
        i++;
    if (variables[i].bytes > nt->kernel->size - symbol->rva)
        fail_at(symbol->place, "room for the %zu bytes of %s", variables[i].bytes, name);
    return symbol->rva;
}

uint64_t nt_variable_address(const struct nt *nt, const char *name)
{
    return nt->kernel->spec->base + nt_variable(nt, name);
}

void nt_store_variable(const struct nt *nt, const char *name, unsigned width, uint64_t value)
{
    module_store(nt->kernel, nt_variable(nt, name), width, value);
}

/** Bytes in pool as a place to store numbers. */
static void store(struct pool_block block, size_t at, unsigned width, uint64_t value)
{
    store_le(block.bytes + at, width, value);
}

/* ---- entries ----------------------------------------------------------------------------- */

/** Where an entry has what, by the width of pointers. */
struct entry_layout {
    uint16_t dll_base, entry_point, size_of_image, path, name, flags, load_count, checksum;
    uint16_t timestamp, size;
    uint16_t loaded_imports, unrounded_size; // 0: none
    uint16_t exception_table;
};

static const struct entry_layout *layout_of(const struct nt *nt)
{
    static const struct entry_layout layouts[2][2] = {
        // before Windows 10, where the imports' list is in the timestamp's place
        {{0x18, 0x1c, 0x20, 0x24, 0x2c, 0x34, 0x38, 0x40, 0, 0x50, 0x44, 0, 0x8},
         {0x30, 0x38, 0x40, 0x48, 0x58, 0x68, 0x6c, 0x78, 0, 0x90, 0x80, 0, 0x10}},
        {{0x18, 0x1c, 0x20, 0x24, 0x2c, 0x34, 0x38, 0x40, 0x58, 0x5c, 0x4c, 0x54, 0x8},
         {0x30, 0x38, 0x40, 0x48, 0x58, 0x68, 0x6c, 0x78, 0x9c, 0xa0, 0x88, 0x98, 0x10}},
    };
    return &layouts[nt->build >= WINDOWS_10][nt->width == 8];
}

static bool is_missing(const struct module_spec *module, enum missing_part part)
{
    for (size_t i = 0; i < module->n_missing; i++) {
        if (module->missing[i].part == part)
            return true;
    }
    return false;
}

/** A block for a module; what goes missing shares no page with other blocks. */
static struct pool_block allocate_for(const struct nt *nt, struct module *module,
                                      enum missing_part part, size_t length)
{
    struct pool_block block =
        pool_take(nt->pool, length, "MmLd", is_missing(module->spec, part), module->spec->place);
    module->listed[part] = (struct part){block.address, length};
    return block;
}

void nt_store_string(const struct nt *nt, struct pool_block block, size_t at,
                     const struct bytes *text, uint64_t address)
{
    store(block, at, 2, text->length);
    store(block, at + 2, 2, text->length);
    store(block, at + nt->width, nt->width, address);
}

static void add_name(const struct nt *nt, struct module *module, struct pool_block entry, size_t at,
                     enum missing_part part, const struct bytes *text)
{
    struct pool_block block = allocate_for(nt, module, part, text->length);
    memcpy(block.bytes, text->data, text->length);
    nt_store_string(nt, entry, at, text, block.address);
}

static struct pool_block add_entry(const struct nt *nt, struct module *module)
{
    const struct entry_layout *layout = layout_of(nt);
    const struct part *exceptions = &module->directories[3];
    struct pool_block entry = allocate_for(nt, module, MISSING_ENTRY, layout->size);
    store(entry, layout->dll_base, nt->width, module->spec->base);
    store(entry, layout->entry_point, nt->width,
          module->entry_point ? module->spec->base + module->entry_point : 0);
    store(entry, layout->size_of_image, 4, module->size);
    store(entry, layout->flags, 4, 0x09104000);
    store(entry, layout->load_count, 2, 1);
    store(entry, layout->checksum, 4, module->checksum);
    if (exceptions->size) {
        store(entry, layout->exception_table, nt->width, module->spec->base + exceptions->rva);
        store(entry, layout->exception_table + nt->width, 4, exceptions->size);
    }
    add_name(nt, module, entry, layout->path, MISSING_PATH, &module->spec->listed_path);
    add_name(nt, module, entry, layout->name, MISSING_NAME, &module->spec->listed_name);
    store(entry, layout->loaded_imports, nt->width, module->listed[MISSING_NAME].rva);
    module->entry_has_timestamp = layout->timestamp != 0;
    if (layout->timestamp)
        store(entry, layout->timestamp, 4, module->timestamp);
    if (layout->unrounded_size)
        store(entry, layout->unrounded_size, 4, module->size);
    return entry;
}

/** Links an entry to what is before and behind it at that time, and those to it if it is listed. */
static void link_entries(const struct nt *nt, const struct pool_block *entries)
{
    const struct machinery *machinery = nt->machinery;
    uint64_t head = nt_variable_address(nt, "PsLoadedModuleList");
    uint64_t rva = nt_variable(nt, "PsLoadedModuleList");
    uint64_t last = head;
    module_store(nt->kernel, rva, nt->width, head);
    for (size_t i = 0; i < machinery->n_modules; i++) {
        if (!entries[i].address)
            continue;
        uint64_t next = head;
        for (size_t k = machinery->n_modules; k > i + 1; k--) {
            if (entries[k - 1].address && machinery->modules[k - 1].spec->listing == LISTED)
                next = entries[k - 1].address;
        }
        store(entries[i], 0, nt->width, next);
        store(entries[i], nt->width, nt->width, last);
        if (machinery->modules[i].spec->listing != LISTED)
            continue;
        if (last == head)
            module_store(nt->kernel, rva, nt->width, entries[i].address);
        last = entries[i].address;
    }
    module_store(nt->kernel, rva + nt->width, nt->width, last);
}

static void build_list(const struct nt *nt)
{
    const struct machinery *machinery = nt->machinery;
    struct pool_block *entries = allocate(machinery->n_modules, sizeof(*entries));
    for (size_t i = 0; i < machinery->n_modules; i++) {
        if (machinery->modules[i].spec->listing != UNLISTED)
            entries[i] = add_entry(nt, &machinery->modules[i]);
    }
    link_entries(nt, entries);
    free(entries);
}

/* ---- drivers that are gone --------------------------------------------------------------- */

static void build_unloaded(const struct nt *nt)
{
    bool is_wide = nt->width == 8;
    size_t entry_bytes = is_wide ? 0x28 : 0x18, string_bytes = is_wide ? 16 : 8;
    size_t count = nt->spec->n_unloaded;
    if (count == 0)
        return;
    if (count > MAX_UNLOADED)
        fail_at(nt->spec->unloaded[MAX_UNLOADED].place, "at most %d drivers", MAX_UNLOADED);
    struct pool_block array =
        pool_take(nt->pool, MAX_UNLOADED * entry_bytes, "MmDT", false, nt->spec->place);
    for (size_t i = 0; i < count; i++) {
        const struct unloaded_spec *driver = &nt->spec->unloaded[i];
        struct pool_block name =
            pool_take(nt->pool, driver->name.length, "MmDT", false, driver->place);
        memcpy(name.bytes, driver->name.data, driver->name.length);
        size_t at = i * entry_bytes;
        nt_store_string(nt, array, at, &driver->name, name.address);
        size_t rest = at + string_bytes;
        store(array, rest, nt->width, driver->start);
        store(array, rest + nt->width, nt->width, driver->end);
        store(array, rest + string_bytes, 8,
              driver->time); // behind two pointers, which are as long
    }
    nt_store_variable(nt, "MmUnloadedDrivers", nt->width, array.address);
    nt_store_variable(nt, "MmLastUnloadedDriver", 4, count % MAX_UNLOADED);
}

/* ---- the debugger's data block ----------------------------------------------------------- */

static uint64_t size_of_kdbg(const struct nt *nt)
{
    static const struct {
        uint64_t build; // up to this one
        uint64_t bytes;
    } sizes[] = {{2600, 0x290}, {5999, 0x318},  {6000, 0x328},  {6002, 0x330},
                 {7999, 0x340}, {14392, 0x360}, {17762, 0x368}, {UINT64_MAX, 0x380}};
    size_t i = 0;
    if (nt->spec->kdbg_size)
        return nt->spec->kdbg_size;
    while (nt->build > sizes[i].build)
        i++;
    return sizes[i].bytes;
}

static void store_kdbg(const struct nt *nt, uint64_t at)
{
    static const struct {
        unsigned offset;
        const char *name;
    } pointers[] = {
        {0x48, "PsLoadedModuleList"}, {0x50, "PsActiveProcessHead"},   {0x208, "NtBuildLab"},
        {0x220, "MmUnloadedDrivers"}, {0x228, "MmLastUnloadedDriver"},
    };
    static const struct {
        unsigned offset;
        const char *name;
    } optional[] = {
        {0x98, "ObpRootDirectoryObject"}, {0x110, "MmNonPagedPoolStart"},
        {0x118, "MmNonPagedPoolEnd"},     {0x120, "MmPagedPoolStart"},
        {0x128, "MmPagedPoolEnd"},        {0x1b8, "PoolTrackTable"},
    };
    enum paging paging = nt->machinery->spec->spaces[nt->spec->space].paging;
    uint64_t head = nt->kernel->spec->base + at; // as if it were alone in its list
    module_store(nt->kernel, at, nt->width, head);
    module_store(nt->kernel, at + nt->width, nt->width, head);
    module_store(nt->kernel, at + 0x10, 4, 0x4742444b);
    module_store(nt->kernel, at + 0x14, 4, size_of_kdbg(nt));
    module_store(nt->kernel, at + 0x18, 8, nt->kernel->spec->base);
    module_store(nt->kernel, at + 0x36, 2, paging == PAGING_PAE);
    module_store(nt->kernel, at + 0x138, 8, 0x1000); // MmPageSize
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
        module_store(nt->kernel, at + pointers[i].offset, 8,
                     nt_variable_address(nt, pointers[i].name));
    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
        if (module_symbol(nt->kernel, optional[i].name))
            module_store(nt->kernel, at + optional[i].offset, 8,
                         nt_variable_address(nt, optional[i].name));
    }
    if (has_objects(&nt->spec->objects))
        nt_store_kdbg_offsets(nt, at, size_of_kdbg(nt));
}

static uint64_t rotate_right(uint64_t value, unsigned by)
{
    by &= 63;
    return by ? value >> by | value << (64 - by) : value;
}

/** What the kernel decodes by XOR, rotation, XOR, byte swap and XOR, backwards. */
static void encode_kdbg(const struct nt *nt, uint64_t at)
{
    uint64_t flag = nt_variable_address(nt, "KdpDataBlockEncoded") | UINT64_C(0xffff) << 48;
    uint64_t never = nt->spec->wait_never, always = nt->spec->wait_always;
    for (uint64_t i = 0; i < size_of_kdbg(nt); i += 8) {
        uint64_t value = module_load(nt->kernel, at + i, 8) ^ always;
        value = __builtin_bswap64(value) ^ flag;
        value = rotate_right(value, (unsigned)(never & 0xff)) ^ never;
        module_store(nt->kernel, at + i, 8, value);
    }
    nt_store_variable(nt, "KiWaitNever", 8, never);
    nt_store_variable(nt, "KiWaitAlways", 8, always);
    nt_store_variable(nt, "KdpDataBlockEncoded", 1, 1);
}

static void build_kdbg(const struct nt *nt)
{
    if (nt->spec->kdbg == KDBG_NONE)
        return;
    uint64_t at = nt_variable(nt, "KdDebuggerDataBlock");
    store_kdbg(nt, at);
    if (nt->spec->kdbg == KDBG_ENCODED)
        encode_kdbg(nt, at);
}

/* ---- all --------------------------------------------------------------------------------- */

static void build_identity(const struct nt *nt)
{
    char lab[64];
    snprintf(lab, sizeof(lab), "%llu.1.%s.memscan.200101-0000", (unsigned long long)nt->build,
             nt->width == 8 ? "amd64fre" : "x86fre");
    uint64_t head = nt_variable_address(nt, "PsActiveProcessHead");
    module_store_bytes(nt->kernel, nt_variable(nt, "NtBuildLab"), lab, strlen(lab) + 1);
    nt_store_variable(nt, "NtBuildNumber", 4, nt->build | 0xf0000000);
    nt_store_variable(nt, "PsActiveProcessHead", nt->width, head);
    module_store(nt->kernel, nt_variable(nt, "PsActiveProcessHead") + nt->width, nt->width, head);
}

void nt_build(struct machinery *machinery)
{
    const struct nt_spec *spec = &machinery->spec->nt;
    if (!spec->is_there)
        return;
    struct nt nt = {.machinery = machinery, .spec = spec};
    nt.kernel = machinery_find(machinery, "nt", 2);
    if (!nt.kernel || nt.kernel->spec->space != spec->space)
        fail_at(spec->place, "a module 'nt' in the space of 'nt'");
    nt.width = nt.kernel->pointer_bytes;
    nt.build = build_of(machinery->spec, nt.width);
    nt.pool = pool_create(machinery, nt.width, nt.build);
    build_identity(&nt);
    build_list(&nt);
    build_unloaded(&nt);
    build_kdbg(&nt);
    nt_build_pool(&nt);
    nt_build_objects(&nt);
    nt_build_pool_tables(&nt);
    pool_finish(nt.pool);
}
