// SPDX-License-Identifier: MIT
//
// The ground truth of modules: what lists of modules, exports and imports must say.

#include "truth.h"

#include "machinery.h"
#include "material.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void truth_write_word(const char *text, FILE *file)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c > ' ' && c < 0x7f && c != '%')
            fputc(c, file);
        else
            fprintf(file, "%%%02X", c);
    }
}

bool truth_is_held(const struct image *image, size_t space, uint64_t address)
{
    uint64_t physical, left;
    return spaces_translate(&image->spaces, space, address, &physical, &left) &&
           segments_hold(&image->segments, physical, 1);
}

static bool is_whole(const struct image *image, size_t space, uint64_t start, uint64_t length)
{
    uint64_t end = start + length;
    for (uint64_t at = start; at < end; at = (at / PAGE_SIZE + 1) * PAGE_SIZE) {
        if (!truth_is_held(image, space, at))
            return false;
    }
    return length > 0;
}

static bool holds_part(const struct image *image, const struct module *module, struct part part)
{
    return is_whole(image, module->spec->space, module->spec->base + part.rva, part.size);
}

static bool holds_entry(const struct image *image, const struct module *module)
{
    const struct part *entry = &module->listed[MISSING_ENTRY];
    return is_whole(image, image->spec->nt.space, entry->rva, entry->size);
}

/** How a search must find the module; - if it cannot. */
static const char *source_of(const struct image *image, const struct module *module)
{
    bool has_entry = holds_entry(image, module);
    if (has_entry && module->spec->listing == LISTED)
        return "list";
    if (holds_part(image, module, module->parts[MISSING_HEADERS]))
        return "scan";
    return has_entry ? "pool" : "-";
}

/** Text of a list's bytes, where they are plain; else -. */
static void write_listed(const struct image *image, const struct module *module,
                         enum missing_part part, const struct bytes *text, FILE *file)
{
    const struct part *listed = &module->listed[part];
    bool is_plain = holds_entry(image, module) &&
                    is_whole(image, image->spec->nt.space, listed->rva, listed->size);
    for (size_t i = 0; i < text->length; i += 2)
        is_plain = is_plain && i + 1 < text->length && text->data[i] >= ' ' &&
                   text->data[i] < 0x7f && text->data[i + 1] == 0;
    fputs(is_plain ? " " : " -", file);
    for (size_t i = 0; is_plain && i < text->length; i += 2)
        truth_write_word((char[]){(char)text->data[i], '\0'}, file);
}

/** The header's timestamp; before Windows 10 the entry has none. */
static void write_timestamp(const struct image *image, const struct module *module, FILE *file)
{
    bool by_entry = module->entry_has_timestamp && holds_entry(image, module);
    if (by_entry || holds_part(image, module, module->parts[MISSING_HEADERS]))
        fprintf(file, " 0x%" PRIx32, module->timestamp);
    else
        fputs(" -", file);
}

static void write_module(const struct image *image, const struct module *module, FILE *file)
{
    uint64_t base = module->spec->base;
    uint64_t pages = (module->size + PAGE_SIZE - 1) / PAGE_SIZE, present = 0;
    for (uint64_t i = 0; i < pages; i++)
        present += truth_is_held(image, module->spec->space, base + i * PAGE_SIZE);
    fprintf(file, "module %s 0x%" PRIx64 " 0x%" PRIx64, module->spec->name, base,
            base + module->size);
    write_timestamp(image, module, file);
    fprintf(file, " 0x%" PRIx32 " %s %" PRIu64 " %" PRIu64, module->checksum,
            source_of(image, module), pages, present);
    write_listed(image, module, MISSING_NAME, &module->spec->listed_name, file);
    write_listed(image, module, MISSING_PATH, &module->spec->listed_path, file);
    fputc('\n', file);
}

static void write_identity(const struct module *module, FILE *file)
{
    const struct module_spec *spec = module->spec;
    const uint8_t *guid = module->pdb.guid;
    if (module->pdb.name) {
        fprintf(file, "pdb %s ", spec->name);
        truth_write_word(module->pdb.name, file);
        fprintf(file, " %02X%02X%02X%02X%02X%02X%02X%02X", guid[3], guid[2], guid[1], guid[0],
                guid[5], guid[4], guid[7], guid[6]);
        for (size_t i = 8; i < 16; i++)
            fprintf(file, "%02X", guid[i]);
        fprintf(file, " %" PRIu32 "\n", module->pdb.age);
    }
    if (module->has_version)
        fprintf(file, "version %s %u.%u.%u.%u\n", spec->name, module->version[0],
                module->version[1], module->version[2], module->version[3]);
}

static void write_sections(const struct module *module, FILE *file)
{
    for (size_t i = 0; i < module->n_sections; i++) {
        const struct section *section = &module->sections[i];
        fprintf(file, "section %s ", module->spec->name);
        truth_write_word(section->name, file);
        fprintf(file, " 0x%" PRIx64 " %" PRIu64 " 0x%" PRIx32 "\n", section->part.rva,
                section->part.size, section->flags);
    }
}

static void write_export(const struct module *module, const struct symbol *symbol, FILE *file)
{
    fprintf(file, "export %s %" PRIu32 " ", module->spec->name, symbol->ordinal);
    if (symbol->forward)
        fputc('-', file);
    else
        fprintf(file, "0x%" PRIx64, module->spec->base + symbol->rva);
    fputc(' ', file);
    truth_write_word(symbol->name ? symbol->name : "-", file);
    fputc(' ', file);
    truth_write_word(symbol->forward ? symbol->forward : "-", file);
    fputc('\n', file);
}

static void write_label(const struct module *module, const struct symbol *symbol, FILE *file)
{
    fprintf(file, "label %s 0x%" PRIx64 " ", module->spec->name, module->spec->base + symbol->rva);
    truth_write_word(symbol->name, file);
    fputc('\n', file);
}

static void write_symbols(const struct module *module, FILE *file)
{
    for (size_t i = 0; i < module->n_symbols; i++)
        (module->symbols[i].is_label ? write_label : write_export)(module, &module->symbols[i],
                                                                   file);
}

/* ---- imports ----------------------------------------------------------------------------- */

static void write_export_name(const char *name, uint32_t ordinal, FILE *file)
{
    if (name)
        truth_write_word(name, file);
    else
        fprintf(file, "#%" PRIu32, ordinal);
}

/** The name that the module of a file has here; else the file's without its extension. */
static void write_dll(const struct image *image, const char *dll, FILE *file)
{
    const struct machinery *machinery = image->spec->machinery;
    for (size_t i = 0; i < machinery->n_modules; i++) {
        if (strcasecmp(machinery->modules[i].spec->file_name, dll) == 0) {
            fputs(machinery->modules[i].spec->name, file);
            return;
        }
    }
    const char *dot = strrchr(dll, '.');
    fprintf(file, "%.*s", (int)(dot ? dot - dll : (ptrdiff_t)strlen(dll)), dll);
}

/** The export at an address: the one of that name if it is there, else the first by name. */
static const struct symbol *export_at(const struct module *module, uint64_t rva, const char *name)
{
    const struct symbol *first = NULL;
    for (size_t i = 0; i < module->n_symbols; i++) {
        const struct symbol *symbol = &module->symbols[i];
        if (symbol->is_label || symbol->forward || symbol->rva != rva)
            continue;
        if (name && symbol->name && strcmp(symbol->name, name) == 0)
            return symbol;
        first = first ? first : symbol;
    }
    return first;
}

static void write_resolved(const struct image *image, const struct slot *slot, FILE *file)
{
    const struct machinery *machinery = image->spec->machinery;
    for (size_t i = 0; i < machinery->n_modules; i++) {
        const struct module *module = &machinery->modules[i];
        uint64_t rva = slot->value - module->spec->base;
        if (slot->value < module->spec->base || rva >= module->size)
            continue;
        const struct symbol *symbol = export_at(module, rva, slot->name);
        if (!symbol) {
            fprintf(file, "%s+0x%" PRIx64, module->spec->name, rva);
            return;
        }
        fprintf(file, "%s!", module->spec->name);
        write_export_name(symbol->name, symbol->ordinal, file);
        return;
    }
    fputc('-', file);
}

/** True if the module's headers and tables still say what the slot asks for. */
static bool is_named(const struct image *image, const struct module *module,
                     const struct slot *slot)
{
    if (!holds_part(image, module, module->parts[MISSING_HEADERS]))
        return false;
    if (slot->is_delayed)
        return truth_is_held(image, module->spec->space, module->spec->base + slot->thunk);
    return module->spec->names == NAMES_KEPT &&
           holds_part(image, module, module->parts[MISSING_NAMES]);
}

static void write_imports(const struct image *image, const struct module *module, FILE *file)
{
    for (size_t i = 0; i < module->n_slots; i++) {
        const struct slot *slot = &module->slots[i];
        fprintf(file, "import %s 0x%" PRIx64 " 0x%" PRIx64 " ", module->spec->name,
                module->spec->base + slot->rva, slot->value);
        write_dll(image, slot->dll, file);
        fputc('!', file);
        write_export_name(slot->name, slot->ordinal, file);
        fputc(' ', file);
        write_resolved(image, slot, file);
        bool is_there = truth_is_held(image, module->spec->space, module->spec->base + slot->rva);
        fprintf(file, " %s%s %s %s\n", slot->is_delayed ? "delay" : "import",
                slot->is_bound ? "" : "-unbound", is_there ? "held" : "missing",
                is_named(image, module, slot) ? "named" : "nameless");
    }
}

/* ---- the system -------------------------------------------------------------------------- */

static void write_system(const struct image *image, FILE *file)
{
    static const char *const kinds[] = {
        [KDBG_PLAIN] = "plain", [KDBG_ENCODED] = "encoded", [KDBG_NONE] = "none"};
    const struct nt_spec *nt = &image->spec->nt;
    const struct module *kernel = machinery_find(image->spec->machinery, "nt", 2);
    const struct symbol *kdbg = module_symbol(kernel, "KdDebuggerDataBlock");
    const struct symbol *list = module_symbol(kernel, "PsLoadedModuleList");
    fprintf(file, "nt %s 0x%" PRIx64 " 0x%" PRIx64 " %s 0x%" PRIx64 "\n",
            image->spec->spaces[nt->space].name, kernel->spec->base, kernel->spec->base + list->rva,
            kinds[nt->kdbg], kdbg ? kernel->spec->base + kdbg->rva : 0);
    for (size_t i = 0; i < nt->n_unloaded; i++) {
        const struct unloaded_spec *driver = &nt->unloaded[i];
        fprintf(file, "unloaded 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64 " ", driver->start,
                driver->end, driver->time);
        for (size_t k = 0; k < driver->name.length; k += 2)
            truth_write_word(
                (char[]){driver->name.data[k + 1] ? '?' : (char)driver->name.data[k], '\0'}, file);
        fputc('\n', file);
    }
}

void truth_write_modules(const struct image *image, FILE *file)
{
    const struct machinery *machinery = image->spec->machinery;
    if (!machinery)
        return;
    if (image->spec->nt.is_there)
        write_system(image, file);
    for (size_t i = 0; i < machinery->n_modules; i++) {
        const struct module *module = &machinery->modules[i];
        write_module(image, module, file);
        write_identity(module, file);
        write_sections(module, file);
        write_symbols(module, file);
        write_imports(image, module, file);
    }
}
