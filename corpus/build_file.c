// SPDX-License-Identifier: MIT
//
// A PE file as a loader maps it: sections where they belong, relocated to its base; then its tables
// are read, for binding and for the truth.

#include "machinery.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void fail_file(const struct module *module, const char *what)
{
    fail_at(module->spec->place, "a PE file that a loader takes, for %s: %s", module->spec->name,
            what);
}

/* ---- reading within bounds --------------------------------------------------------------- */

struct pe_file {
    uint8_t *bytes;
    size_t length;
};

static struct pe_file read_file(const struct module *module)
{
    struct pe_file file = {.length = module->spec->file_size};
    file.bytes = allocate(file.length, 1);
    for (size_t done = 0; done < file.length;) {
        ssize_t got = pread(module->spec->file, file.bytes + done, file.length - done, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            fail_file(module, got < 0 ? strerror(errno) : "it became shorter");
        done += (size_t)got;
    }
    return file;
}

/** A number of the module, which must lie in it. */
static uint64_t load(const struct module *module, uint64_t rva, unsigned width)
{
    if (rva > module->size || width > module->size - rva)
        fail_file(module, "a table that lies outside of it");
    return module_load(module, rva, width);
}

static const char *text_at(const struct module *module, uint64_t rva)
{
    if (rva >= module->size || !memchr(module->bytes + rva, '\0', module->size - rva))
        fail_file(module, "a text without an end");
    return (const char *)module->bytes + rva;
}

/* ---- mapping ----------------------------------------------------------------------------- */

/** The file's start as if it were the module: headers alone. */
static struct module headers_of(const struct module *module, const struct pe_file *file)
{
    return (struct module){.spec = module->spec,
                           .pointer_bytes = module->pointer_bytes,
                           .bytes = file->bytes,
                           .size = file->length};
}

/** Where the optional header begins. */
static uint64_t optional_at(const struct module *headers)
{
    return load(headers, 0x3c, 4) + 24;
}

static void check_headers(const struct module *headers)
{
    bool is_wide = headers->pointer_bytes == 8;
    uint64_t optional = optional_at(headers);
    if (load(headers, 0, 2) != 0x5a4d || load(headers, optional - 24, 4) != 0x4550)
        fail_file(headers, "no signature");
    if (load(headers, optional - 20, 2) != (is_wide ? 0x8664 : 0x14c) ||
        load(headers, optional, 2) != (is_wide ? 0x20b : 0x10b))
        fail_file(headers, "not of the machine that its space is of");
    uint64_t size = load(headers, optional + 0x38, 4);
    if (size > MAX_IMAGE || size < load(headers, optional + 0x3c, 4))
        fail_file(headers, "no size that an image has");
    if (load(headers, optional + (is_wide ? 0x6c : 0x5c), 4) != 16)
        fail_file(headers, "not 16 directories");
}

static void copy(struct module *module, const struct pe_file *file, uint64_t rva, uint64_t raw,
                 uint64_t length)
{
    if (raw > file->length || length > file->length - raw || rva > module->size ||
        length > module->size - rva)
        fail_file(module, "a section that lies outside of it");
    module_store_bytes(module, rva, file->bytes + raw, length);
}

static void map_section(struct module *module, const struct pe_file *file,
                        const struct module *headers, uint64_t at)
{
    uint64_t virtual_size = load(headers, at + 8, 4), raw_size = load(headers, at + 0x10, 4);
    uint64_t used = virtual_size && virtual_size < raw_size ? virtual_size : raw_size;
    struct section section = {
        .part = {load(headers, at + 0xc, 4), virtual_size ? virtual_size : raw_size},
        .flags = (uint32_t)load(headers, at + 0x24, 4)};
    memcpy(section.name, headers->bytes + at, 8);
    copy(module, file, section.part.rva, used ? load(headers, at + 0x14, 4) : 0, used);
    module->sections =
        grow(module->sections, module->n_sections, &module->sections_capacity, sizeof(section));
    module->sections[module->n_sections++] = section;
}

static void map(struct module *module, const struct pe_file *file)
{
    struct module headers = headers_of(module, file);
    check_headers(&headers);
    uint64_t optional = optional_at(&headers);
    uint64_t at = optional + load(&headers, optional - 4, 2); // sections' headers
    uint64_t directories = optional + (module->pointer_bytes == 8 ? 0x70 : 0x60);
    module->parts[MISSING_HEADERS].size = load(&headers, optional + 0x3c, 4);
    module->timestamp = (uint32_t)load(&headers, optional - 16, 4);
    module->checksum = (uint32_t)load(&headers, optional + 0x40, 4);
    module->entry_point = load(&headers, optional + 0x10, 4);
    module_grow(module, load(&headers, optional + 0x38, 4), 1);
    copy(module, file, 0, 0, module->parts[MISSING_HEADERS].size);
    for (uint64_t i = load(&headers, optional - 18, 2); i > 0; i--, at += 40)
        map_section(module, file, &headers, at);
    for (size_t i = 0; i < 16; i++)
        module->directories[i] = (struct part){load(&headers, directories + i * 8, 4),
                                               load(&headers, directories + i * 8 + 4, 4)};
}

/* ---- relocation -------------------------------------------------------------------------- */

static void relocate_one(struct module *module, uint64_t page, uint64_t entry, uint64_t delta)
{
    enum { NONE = 0, HIGH_LOW = 3, DIR64 = 10 };
    uint64_t rva = page + (entry & 0xfff);
    unsigned width = entry >> 12 == DIR64 ? 8 : 4;
    if (entry >> 12 == NONE)
        return;
    if (entry >> 12 != DIR64 && entry >> 12 != HIGH_LOW)
        fail_file(module, "relocations that are no plain addresses");
    module_store(module, rva, width, load(module, rva, width) + delta);
}

static void relocate(struct module *module)
{
    uint64_t optional = optional_at(module);
    uint64_t base_at = optional + (module->pointer_bytes == 8 ? 0x18 : 0x1c);
    uint64_t delta = module->spec->base - load(module, base_at, module->pointer_bytes);
    struct part part = module->directories[5];
    uint64_t end = part.rva + part.size;
    if (delta == 0)
        return;
    if (part.size == 0)
        fail_file(module, "no relocations");
    for (uint64_t at = part.rva, length; at < end; at += length) {
        length = load(module, at + 4, 4);
        if (length < 8 || length > end - at)
            fail_file(module, "relocations that do not end");
        for (uint64_t i = 8; i + 1 < length; i += 2)
            relocate_one(module, load(module, at, 4), load(module, at + i, 2), delta);
    }
    module_store(module, base_at, module->pointer_bytes, module->spec->base);
}

/* ---- tables ------------------------------------------------------------------------------ */

/** Adds what is at an index of the export address table, under one of its names or without one. */
static void add_export(struct module *module, uint64_t index, const char *name)
{
    struct part part = module->directories[0];
    uint64_t rva = load(module, load(module, part.rva + 0x1c, 4) + index * 4, 4);
    bool is_forwarder = rva >= part.rva && rva < part.rva + part.size;
    uint64_t ordinal = load(module, part.rva + 0x10, 4) + index;
    if (rva == 0)
        return;
    module_add_symbol(module, (struct symbol){.name = name,
                                              .forward = is_forwarder ? text_at(module, rva) : NULL,
                                              .rva = rva,
                                              .ordinal = (uint32_t)ordinal,
                                              .place = module->spec->place});
}

static void read_exports(struct module *module)
{
    struct part part = module->directories[0];
    if (part.size == 0)
        return;
    uint64_t n_functions = load(module, part.rva + 0x14, 4);
    uint64_t n_names = load(module, part.rva + 0x18, 4);
    uint64_t names = load(module, part.rva + 0x20, 4);
    uint64_t indices = load(module, part.rva + 0x24, 4);
    bool *has_name = allocate(n_functions, sizeof(*has_name));
    for (uint64_t i = 0; i < n_names; i++) {
        uint64_t index = load(module, indices + i * 2, 2);
        if (index >= n_functions)
            fail_file(module, "a name of no export");
        has_name[index] = true;
        add_export(module, index, text_at(module, load(module, names + i * 4, 4)));
    }
    for (uint64_t i = 0; i < n_functions; i++) {
        if (!has_name[i])
            add_export(module, i, NULL);
    }
    free(has_name);
    module->parts[MISSING_EXPORTS] = part;
}

static void read_thunks(struct module *module, const char *dll, uint64_t thunks, uint64_t slots,
                        bool is_delayed)
{
    unsigned width = module->pointer_bytes;
    uint64_t by_ordinal = UINT64_C(1) << (width * 8 - 1);
    for (uint64_t value; (value = load(module, thunks, width)) != 0;
         thunks += width, slots += width) {
        load(module, slots, width);
        bool has_name = !(value & by_ordinal);
        module_add_slot(
            module, (struct slot){.rva = slots,
                                  .thunk = thunks,
                                  .dll = copy_text(dll),
                                  .name = has_name ? copy_text(text_at(module, value + 2)) : NULL,
                                  .ordinal = (uint32_t)(value & 0xffff),
                                  .is_delayed = is_delayed,
                                  .is_bound = !is_delayed,
                                  .place = module->spec->place});
    }
}

static void read_imports(struct module *module)
{
    uint64_t at = module->directories[1].rva;
    uint64_t name;
    if (module->directories[1].size == 0)
        return;
    for (; (name = load(module, at + 0xc, 4)) != 0; at += 0x14) {
        uint64_t thunks = load(module, at, 4), slots = load(module, at + 0x10, 4);
        read_thunks(module, text_at(module, name), thunks ? thunks : slots, slots, false);
    }
    module->parts[MISSING_IAT] = module->directories[12];
    module->parts[MISSING_NAMES] = module->directories[1];
}

static void read_delayed_imports(struct module *module)
{
    uint64_t at = module->directories[13].rva;
    uint64_t name;
    if (module->directories[13].size == 0)
        return;
    for (; (name = load(module, at + 4, 4)) != 0; at += 0x20) {
        if (load(module, at, 4) != 1)
            fail_file(module, "delayed imports by address");
        read_thunks(module, text_at(module, name), load(module, at + 0x10, 4),
                    load(module, at + 0xc, 4), true);
    }
}

static void read_pdb(struct module *module)
{
    struct part part = module->directories[6];
    for (uint64_t at = part.rva; at + 0x1c <= part.rva + part.size; at += 0x1c) {
        uint64_t record = load(module, at + 0x14, 4);
        if (load(module, at + 0xc, 4) != 2 || load(module, record, 4) != 0x53445352)
            continue;
        load(module, record + 0x14, 4);
        memcpy(module->pdb.guid, module->bytes + record + 4, sizeof(module->pdb.guid));
        module->pdb.age = (uint32_t)module_load(module, record + 0x14, 4);
        module->pdb.name = text_at(module, record + 0x18);
        return;
    }
}

/** Down the directories of type, name and language: an entry of that number, or the first one. */
static uint64_t resource_entry(const struct module *module, uint64_t at, uint64_t wanted)
{
    uint64_t count = load(module, at + 0xc, 2) + load(module, at + 0xe, 2);
    for (uint64_t i = 0; i < count; i++) {
        if (wanted == 0 || load(module, at + 0x10 + i * 8, 4) == wanted)
            return module->directories[2].rva + (load(module, at + 0x14 + i * 8, 4) & INT32_MAX);
    }
    return 0;
}

static void read_version(struct module *module)
{
    enum { VERSION = 16, FIXED_AT = 0x28 };
    uint64_t at = module->directories[2].rva;
    for (uint64_t level = 0; at != 0 && level < 3; level++)
        at = resource_entry(module, at, level == 0 ? VERSION : 0);
    uint64_t info = at ? load(module, at, 4) + FIXED_AT : 0;
    if (!info || load(module, info, 4) != 0xfeef04bd)
        return;
    module->has_version = true;
    for (size_t i = 0; i < 4; i++) // each pair has the more significant number above
        module->version[i] = (uint16_t)load(module, info + 8 + (i ^ 1) * 2, 2);
}

/* ---- all --------------------------------------------------------------------------------- */

/** What a file has itself, no statement may give it. */
static void check_statements(const struct module_spec *spec)
{
    bool has_more = spec->n_sections || spec->n_imports || spec->n_functions ||
                    spec->has_timestamp || spec->has_checksum || spec->entry_point.text ||
                    spec->pdb.name || spec->has_version || spec->names != NAMES_KEPT;
    for (size_t i = 0; i < spec->n_symbols; i++)
        has_more = has_more || !spec->symbols[i].is_label;
    if (has_more)
        fail_at(spec->place,
                "lines about where %s is and what else is at it: its file has the rest",
                spec->name);
}

void module_map_file(struct module *module)
{
    check_statements(module->spec);
    struct pe_file file = read_file(module);
    map(module, &file);
    free(file.bytes);
    relocate(module);
    read_exports(module);
    read_imports(module);
    read_delayed_imports(module);
    read_pdb(module);
    read_version(module);
    for (size_t i = 0; i < module->spec->n_symbols; i++) {
        const struct symbol_spec *label = &module->spec->symbols[i];
        module_add_symbol(module, (struct symbol){.name = label->name,
                                                  .rva = module_place(module, &label->at),
                                                  .is_label = true,
                                                  .place = label->place});
    }
    module_sort_symbols(module);
}
