// SPDX-License-Identifier: MIT
//
// Lays a PE module out as it is in memory: headers, the spec's sections, the generated ones.

#include "machinery.h"

#include "little_endian.h"
#include "material.h"
#include "quantity.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>

enum {
    PE_AT = 0x80,
    FILE_HEADER_BYTES = 24, // with the signature
    SECTION_HEADER_BYTES = 40,
    MAX_GENERATED = 10, // sections
    FILE_ALIGNMENT = 0x200,
    CODE_STEP = 0x40, // between exports that the spec puts nowhere
};

static const uint32_t executable = 0x20000000;

/* ---- bytes ------------------------------------------------------------------------------- */

uint64_t module_load(const struct module *module, uint64_t rva, unsigned width)
{
    return load_le(module->bytes + rva, width);
}

void module_store(struct module *module, uint64_t rva, unsigned width, uint64_t value)
{
    store_le(module->bytes + rva, width, value);
}

void module_store_bytes(struct module *module, uint64_t rva, const void *bytes, size_t length)
{
    memcpy(module->bytes + rva, bytes, length);
}

uint64_t module_grow(struct module *module, uint64_t length, uint64_t alignment)
{
    uint64_t start = (module->size + alignment - 1) / alignment * alignment;
    size_t size = start + length;
    if (size > MAX_IMAGE)
        fail_at(module->spec->place, "a module of at most %#llx bytes",
                (unsigned long long)MAX_IMAGE);
    if (size > module->room) {
        size_t room = size * 2;
        uint8_t *bytes = allocate(room, 1);
        if (module->size)
            memcpy(bytes, module->bytes, module->size);
        free(module->bytes);
        module->bytes = bytes;
        module->room = room;
    }
    module->size = size;
    return start;
}

/* ---- sections ---------------------------------------------------------------------------- */

static uint64_t rounded(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

/** As linkers set them. */
static uint32_t usual_flags(const char *name)
{
    static const struct {
        const char *prefix;
        uint32_t flags;
    } usual[] = {
        {".text", 0x68000020},  {"PAGE", 0x60000020},   {"INIT", 0x62000020},
        {".rdata", 0x48000040}, {".pdata", 0x48000040}, {".edata", 0x40000040},
        {".rsrc", 0x42000040},  {".reloc", 0x42000040}, {"POOL", 0x68000020},
    };
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (strncmp(name, usual[i].prefix, strlen(usual[i].prefix)) == 0)
            return usual[i].flags;
    }
    return 0xc8000040; // data
}

struct section *module_add_section(struct module *module, const char *name, uint32_t flags)
{
    module->sections = grow(module->sections, module->n_sections, &module->sections_capacity,
                            sizeof(*module->sections));
    struct section *section = &module->sections[module->n_sections++];
    *section = (struct section){.flags = flags ? flags : usual_flags(name)};
    memcpy(section->name, name, strlen(name));
    section->part.rva = module_grow(module, 0, module->spec->alignment);
    return section;
}

void module_end_section(struct module *module)
{
    struct section *section = &module->sections[module->n_sections - 1];
    section->part.size = module->size - section->part.rva;
}

static void build_section(struct module *module, const struct section_spec *spec, uint64_t seed)
{
    struct fill fill = spec->fill;
    if (spec->has_rva) {
        if (spec->rva < module->size || spec->rva % module->spec->alignment)
            fail_at(spec->place, "a section behind %#zx, at a multiple of the alignment",
                    module->size);
        module_grow(module, spec->rva - module->size, 1);
    }
    struct section *section = module_add_section(module, spec->name, (uint32_t)spec->flags);
    if (spec->has_flags)
        section->flags = (uint32_t)spec->flags;
    uint64_t rva = module_grow(module, spec->size, 1);
    fill_set_key(&fill, seed);
    fill.start = module->spec->base + rva;
    fill_read(&fill, fill.start, module->bytes + rva, spec->size);
    module_end_section(module);
}

static const struct section *find_section(const struct module *module, const char *name,
                                          size_t length)
{
    for (size_t i = 0; i < module->n_sections; i++) {
        const struct section *section = &module->sections[i];
        if (strlen(section->name) == length && strncmp(section->name, name, length) == 0)
            return section;
    }
    return NULL;
}

uint64_t module_next_code(struct module *module, struct place place)
{
    const struct section *code = NULL;
    for (size_t i = 0; i < module->n_sections && !code; i++) {
        if (module->sections[i].flags & executable)
            code = &module->sections[i];
    }
    if (!code)
        fail_at(place, "a section of code on an earlier line");
    if (!module->next_code)
        module->next_code = rounded(code->part.rva, 16) + 16;
    uint64_t rva = module->next_code;
    module->next_code += CODE_STEP;
    if (module->next_code > code->part.rva + code->part.size)
        fail_at(place, "more room for functions in %s", code->name);
    return rva;
}

/* ---- symbols ----------------------------------------------------------------------------- */

static int compare_symbols(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;
    if (!a->name || !b->name)
        return a->name ? -1 : b->name ? 1 : (a->ordinal > b->ordinal) - (a->ordinal < b->ordinal);
    int order = strcmp(a->name, b->name);
    return order ? order : (a->rva > b->rva) - (a->rva < b->rva);
}

void module_add_symbol(struct module *module, struct symbol symbol)
{
    module->symbols = grow(module->symbols, module->n_symbols, &module->symbols_capacity,
                           sizeof(*module->symbols));
    module->symbols[module->n_symbols++] = symbol;
}

void module_sort_symbols(struct module *module)
{
    if (module->n_symbols)
        qsort(module->symbols, module->n_symbols, sizeof(*module->symbols), compare_symbols);
}

const struct symbol *module_symbol(const struct module *module, const char *name)
{
    const struct symbol *label = NULL;
    for (size_t i = 0; i < module->n_symbols; i++) {
        const struct symbol *symbol = &module->symbols[i];
        if (!symbol->name || strcmp(symbol->name, name) != 0)
            continue;
        if (!symbol->is_label)
            return symbol;
        label = symbol;
    }
    return label;
}

const struct symbol *module_symbol_by_ordinal(const struct module *module, uint64_t ordinal)
{
    for (size_t i = 0; i < module->n_symbols; i++) {
        const struct symbol *symbol = &module->symbols[i];
        if (!symbol->is_label && symbol->ordinal == ordinal)
            return symbol;
    }
    return NULL;
}

/** The name's symbol or section; the number if it is one. */
static bool find_place(const struct module *module, const char *name, size_t length,
                       uint64_t *rva_ret)
{
    const struct section *section = find_section(module, name, length);
    char *copy = allocate(length + 1, 1);
    memcpy(copy, name, length);
    const struct symbol *symbol = section ? NULL : module_symbol(module, copy);
    free(copy);
    if (section)
        *rva_ret = section->part.rva;
    else if (symbol)
        *rva_ret = symbol->rva;
    return section || symbol;
}

uint64_t module_place(const struct module *module, const struct target *target)
{
    size_t length = strcspn(target->text, "+");
    struct word number = {target->text, strlen(target->text), target->place};
    uint64_t rva = 0, distance = 0;
    if (target->text[0] >= '0' && target->text[0] <= '9') {
        rva = quantity_of(&number, "a place in the module");
    } else if (!find_place(module, target->text, length, &rva)) {
        fail_at(target->place, "a section or a name of %s, not '%.*s'", module->spec->name,
                (int)length, target->text);
    } else if (target->text[length]) {
        number.text += length + 1;
        number.length -= length + 1;
        number.place.column += (unsigned)length + 1;
        distance = quantity_of(&number, "a distance");
    }
    if (rva >= module->size || distance >= module->size - rva)
        fail_at(target->place, "a place in the %#zx bytes of %s", module->size, module->spec->name);
    return rva + distance;
}

/** The first ordinal from `ordinal` on that no statement takes. */
static uint32_t free_ordinal(const struct module_spec *spec, uint32_t ordinal)
{
    for (size_t i = 0; i < spec->n_symbols; i++) {
        if (spec->symbols[i].has_ordinal && spec->symbols[i].ordinal == ordinal) {
            ordinal++;
            i = SIZE_MAX; // from the start again
        }
    }
    return ordinal;
}

static void check_symbols(const struct module *module)
{
    for (size_t i = 1; i < module->n_symbols; i++) {
        const struct symbol *a = &module->symbols[i - 1], *b = &module->symbols[i];
        if (a->name && b->name && strcmp(a->name, b->name) == 0)
            fail_at(later_place(a->place, b->place), "a name that the module has once, not '%s'",
                    b->name);
    }
}

static void build_symbols(struct module *module, bool is_kernel_module)
{
    const struct module_spec *spec = module->spec;
    uint32_t ordinal = 1;
    for (size_t i = 0; i < spec->n_symbols; i++) {
        const struct symbol_spec *from = &spec->symbols[i];
        struct symbol symbol = {.name = from->name,
                                .forward = from->forward,
                                .is_label = from->is_label,
                                .place = from->place};
        if (from->at.text)
            symbol.rva = module_place(module, &from->at);
        else if (!from->forward && !(is_kernel_module && nt_is_variable(from->name)))
            symbol.rva = module_next_code(module, from->place);
        if (from->has_ordinal)
            symbol.ordinal = (uint32_t)from->ordinal;
        else if (!from->is_label)
            symbol.ordinal = ordinal = free_ordinal(spec, ordinal);
        ordinal += !from->is_label && !from->has_ordinal;
        module_add_symbol(module, symbol);
    }
    module_sort_symbols(module);
    check_symbols(module);
}

/* ---- headers ----------------------------------------------------------------------------- */

static size_t optional_bytes(const struct module *module)
{
    return module->pointer_bytes == 8 ? 0xf0 : 0xe0;
}

static uint64_t file_alignment(const struct module *module)
{
    return module->spec->alignment < FILE_ALIGNMENT ? module->spec->alignment : FILE_ALIGNMENT;
}

static void store_dos_header(struct module *module)
{
    static const uint8_t stub[] = "\x0e\x1f\xba\x0e\x00\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21"
                                  "This program cannot be run in DOS mode.\r\r\n$";
    module_store(module, 0, 2, 0x5a4d);
    module_store(module, 2, 2, 0x90);
    module_store(module, 4, 2, 3);
    module_store(module, 8, 2, 4);
    module_store(module, 0xc, 2, 0xffff);
    module_store(module, 0x10, 2, 0xb8);
    module_store(module, 0x18, 2, 0x40);
    module_store(module, 0x3c, 4, PE_AT);
    module_store_bytes(module, 0x40, stub, sizeof(stub) - 1);
}

static uint64_t size_by_flag(const struct module *module, uint32_t flag)
{
    uint64_t size = 0;
    for (size_t i = 0; i < module->n_sections; i++) {
        if (module->sections[i].flags & flag)
            size += rounded(module->sections[i].part.size, file_alignment(module));
    }
    return size;
}

static void store_optional_header(struct module *module, uint64_t at, uint64_t headers)
{
    bool is_wide = module->pointer_bytes == 8;
    uint64_t directories = at + (is_wide ? 0x70 : 0x60);
    module_store(module, at, 2, is_wide ? 0x20b : 0x10b);
    module_store(module, at + 2, 2, 0x0a0e); // linker 14.10
    module_store(module, at + 4, 4, size_by_flag(module, 0x20));
    module_store(module, at + 8, 4, size_by_flag(module, 0x40));
    module_store(module, at + 0x10, 4, module->entry_point);
    module_store(module, at + 0x14, 4, module->n_sections ? module->sections[0].part.rva : 0);
    module_store(module, at + (is_wide ? 0x18 : 0x1c), module->pointer_bytes, module->spec->base);
    module_store(module, at + 0x20, 4, module->spec->alignment);
    module_store(module, at + 0x24, 4, file_alignment(module));
    module_store(module, at + 0x28, 4, is_wide ? 10 : 0x10006);
    module_store(module, at + 0x2c, 4, is_wide ? 10 : 0x10006);
    module_store(module, at + 0x30, 4, is_wide ? 10 : 0x10006);
    module_store(module, at + 0x38, 4, module->size);
    module_store(module, at + 0x3c, 4, headers);
    module_store(module, at + 0x40, 4, module->checksum);
    module_store(module, at + 0x44, 2, 1); // native
    for (size_t i = 0; i < 4; i++)         // of stack and heap: what is reserved, what is committed
        module_store(module, at + 0x48 + i * module->pointer_bytes, module->pointer_bytes,
                     i % 2 ? 0x1000 : 0x100000);
    module_store(module, directories - 4, 4, 16);
    for (size_t i = 0; i < 16; i++) {
        module_store(module, directories + i * 8, 4, module->directories[i].rva);
        module_store(module, directories + i * 8 + 4, 4, module->directories[i].size);
    }
}

static void store_section_header(struct module *module, uint64_t at, const struct section *section,
                                 uint64_t raw)
{
    module_store_bytes(module, at, section->name, 8);
    module_store(module, at + 8, 4, section->part.size);
    module_store(module, at + 0xc, 4, section->part.rva);
    module_store(module, at + 0x10, 4, rounded(section->part.size, file_alignment(module)));
    module_store(module, at + 0x14, 4, raw);
    module_store(module, at + 0x24, 4, section->flags);
}

static void store_headers(struct module *module)
{
    uint64_t headers = module->parts[MISSING_HEADERS].size;
    uint64_t raw = headers;
    uint64_t optional = PE_AT + FILE_HEADER_BYTES;
    uint64_t at = optional + optional_bytes(module);
    store_dos_header(module);
    module_store(module, PE_AT, 4, 0x4550);
    module_store(module, PE_AT + 4, 2, module->pointer_bytes == 8 ? 0x8664 : 0x14c);
    module_store(module, PE_AT + 6, 2, module->n_sections);
    module_store(module, PE_AT + 8, 4, module->timestamp);
    module_store(module, PE_AT + 0x14, 2, optional_bytes(module));
    module_store(module, PE_AT + 0x16, 2, module->pointer_bytes == 8 ? 0x22 : 0x102);
    store_optional_header(module, optional, headers);
    for (size_t i = 0; i < module->n_sections; i++, at += SECTION_HEADER_BYTES) {
        store_section_header(module, at, &module->sections[i], raw);
        raw += rounded(module->sections[i].part.size, file_alignment(module));
    }
}

/* ---- all --------------------------------------------------------------------------------- */

/** What the spec does not say of a module depends on its name alone. */
static void choose_stamps(struct module *module, uint64_t seed)
{
    const struct module_spec *spec = module->spec;
    uint64_t key = seed;
    for (const char *c = spec->name; *c; c++)
        key = random_fold(key, (unsigned char)*c);
    uint64_t time = 0x55000000 + random_fold(key, 1) % 0x0b000000; // 2015 to 2021
    uint64_t sum = 0x10000 + random_fold(key, 2) % 0xf0000;
    module->timestamp = (uint32_t)(spec->has_timestamp ? spec->timestamp : time);
    module->checksum = (uint32_t)(spec->has_checksum ? spec->checksum : sum);
}

void module_build(struct module *module, const struct spec *spec)
{
    const struct module_spec *from = module->spec;
    size_t headers = PE_AT + FILE_HEADER_BYTES + optional_bytes(module) +
                     (from->n_sections + MAX_GENERATED) * SECTION_HEADER_BYTES;
    choose_stamps(module, spec->seed);
    module->parts[MISSING_HEADERS].size = rounded(headers, file_alignment(module));
    module_grow(module, module->parts[MISSING_HEADERS].size, 1);
    for (size_t i = 0; i < from->n_sections; i++)
        build_section(module, &from->sections[i], spec->seed);
    build_symbols(module, is_kernel(spec, from));
    if (is_kernel(spec, from))
        nt_add_variables(module, spec);
    module_add_debug(module);
    module_add_exports(module);
    module_add_imports(module);
    module_add_functions(module);
    module_add_resources(module);
    module_grow(module, 0, from->alignment);
    if (from->entry_point.text)
        module->entry_point = module_place(module, &from->entry_point);
    store_headers(module);
}
