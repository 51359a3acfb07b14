// SPDX-License-Identifier: MIT
//
// The statements about what is in a module, which is the last one that a line has begun.

#include "parser.h"

#include "quantity.h"

#include <stdlib.h>
#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_ALIGNMENT = 1 << 21, MAX_ORDINAL = 0xffff };

/* ---- headers ----------------------------------------------------------------------------- */

static void parse_timestamp(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    module->timestamp = next_below(parser, "a timestamp", UINT64_C(1) << 32);
    module->has_timestamp = true;
}

static void parse_checksum(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    module->checksum = next_below(parser, "a checksum", UINT64_C(1) << 32);
    module->has_checksum = true;
}

static void parse_entry_point(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    free(module->entry_point.text);
    module->entry_point = next_target(parser, "a place in the module");
}

static void parse_align(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct place place = place_here(parser);
    module->alignment = next_quantity(parser, "an alignment");
    if (module->alignment < 4 || module->alignment > MAX_ALIGNMENT ||
        (module->alignment & (module->alignment - 1)))
        fail_at(place, "a power of two, 4 to 2M");
}

static void parse_names(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    static const char *const kinds[] = {
        [NAMES_KEPT] = "kept", [NAMES_UNLINKED] = "unlinked", [NAMES_OVERWRITTEN] = "overwritten"};
    for (size_t i = 0; i < ITEMS(kinds); i++) {
        if (accept(parser, kinds[i])) {
            module->names = (enum import_names)i;
            return;
        }
    }
    fail_at(place_here(parser), "kept, unlinked or overwritten");
}

/* ---- sections and tables -----------------------------------------------------------------------
 */

/** section NAME SIZE KIND [at RVA] [flags N] */
static void parse_section(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct section_spec section = {.place = place_here(parser)};
    const char *name = next_text(parser, "a section's name");
    if (strlen(name) > 8)
        fail_at(section.place, "a section's name of 1 to 8 characters");
    section.name = copy_text(name);
    struct place place = place_here(parser);
    section.size = next_below(parser, "a size", MAX_IMAGE);
    if (section.size == 0)
        fail_at(place, "a size that is not zero");
    next_fill_kind(parser, &section.fill);
    section.has_rva = accept(parser, "at");
    if (section.has_rva)
        section.rva = next_below(parser, "an address in the module", MAX_IMAGE);
    section.has_flags = accept(parser, "flags");
    if (section.has_flags)
        section.flags = next_below(parser, "characteristics", UINT64_C(1) << 32);
    module->sections =
        grow(module->sections, module->n_sections, &module->sections_capacity, sizeof(section));
    module->sections[module->n_sections++] = section;
}

static uint64_t ordinal_of(const char *text, struct place place)
{
    char *copy = copy_text(text);
    struct word word = {copy, strlen(copy), place};
    uint64_t ordinal = quantity_of(&word, "an ordinal");
    free(copy);
    if (ordinal > MAX_ORDINAL)
        fail_at(place, "an ordinal of at most %d", MAX_ORDINAL);
    return ordinal;
}

static void add_symbol(struct module_spec *module, struct symbol_spec symbol)
{
    module->symbols =
        grow(module->symbols, module->n_symbols, &module->symbols_capacity, sizeof(symbol));
    module->symbols[module->n_symbols++] = symbol;
}

static struct symbol_spec next_symbol(struct parser *parser)
{
    struct symbol_spec symbol = {.place = place_here(parser)};
    const char *name = next_text(parser, "a name, or @ and an ordinal");
    symbol.has_ordinal = name[0] == '@';
    if (symbol.has_ordinal)
        symbol.ordinal = ordinal_of(name + 1, symbol.place);
    else
        symbol.name = copy_text(name);
    return symbol;
}

/** export NAME|@ORDINAL [at PLACE | to DLL.NAME] [ordinal N] */
static void parse_export(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct symbol_spec symbol = next_symbol(parser);
    if (accept(parser, "at")) {
        symbol.at = next_target(parser, "a place in the module");
    } else if (accept(parser, "to")) {
        struct place place = place_here(parser);
        symbol.forward = copy_text(next_text(parser, "DLL.NAME"));
        const char *dot = strrchr(symbol.forward, '.');
        if (!dot || dot == symbol.forward || !dot[1])
            fail_at(place, "DLL.NAME or DLL.#ORDINAL");
    }
    if (symbol.name && accept(parser, "ordinal")) {
        symbol.has_ordinal = true;
        symbol.ordinal = next_below(parser, "an ordinal", MAX_ORDINAL + 1);
    }
    add_symbol(module, symbol);
}

/** exports NAME... */
static void parse_exports(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    do {
        add_symbol(module, next_symbol(parser));
    } while (has_word(parser));
}

/** label NAME at PLACE */
static void parse_label(struct parser *parser)
{
    struct symbol_spec symbol = {.is_label = true, .place = place_here(parser)};
    symbol.name = copy_text(next_text(parser, "a name"));
    require(parser, "at");
    symbol.at = next_target(parser, "a place in the module");
    add_symbol(last_module(parser), symbol);
}

static void add_import(struct parser *parser, struct import_spec import)
{
    struct module_spec *module = last_module(parser);
    import.place = place_here(parser);
    const char *name = next_text(parser, "a name, or @ and an ordinal");
    if (name[0] == '@')
        import.ordinal = ordinal_of(name + 1, import.place);
    else
        import.name = copy_text(name);
    import.dll = copy_text(import.dll);
    module->imports =
        grow(module->imports, module->n_imports, &module->imports_capacity, sizeof(import));
    module->imports[module->n_imports++] = import;
}

/** import DLL NAME|@ORDINAL... */
static void parse_imports(struct parser *parser, bool is_delayed)
{
    char *dll = copy_text(next_text(parser, "a file's name"));
    bool is_bound = is_delayed && accept(parser, "bound");
    do {
        add_import(parser, (struct import_spec){
                               .dll = dll, .is_delayed = is_delayed, .is_bound = is_bound});
    } while (has_word(parser));
    free(dll);
}

static void parse_import(struct parser *parser)
{
    parse_imports(parser, false);
}

/** delay-import DLL [bound] NAME|@ORDINAL... */
static void parse_delay_import(struct parser *parser)
{
    parse_imports(parser, true);
}

/** hook NAME|@ORDINAL ADDRESS */
static void parse_hook(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct hook_spec hook = {.place = place_here(parser)};
    hook.name = copy_text(next_text(parser, "an import's name"));
    hook.to = next_target(parser, "an address");
    module->hooks = grow(module->hooks, module->n_hooks, &module->hooks_capacity, sizeof(hook));
    module->hooks[module->n_hooks++] = hook;
}

/** function PLACE LENGTH */
static void parse_function(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct function_spec function = {.place = place_here(parser)};
    if (paging_modes[parser->spec->spaces[module->space].paging].address_bits == 32)
        fail_at(function.place, "no function, which x86 has no table of");
    function.at = next_target(parser, "a place in the module");
    function.length = next_below(parser, "a length", MAX_IMAGE);
    module->functions =
        grow(module->functions, module->n_functions, &module->functions_capacity, sizeof(function));
    module->functions[module->n_functions++] = function;
}

/** The 16 bytes of a GUID as symbol servers print it: three numbers, then eight bytes. */
static void next_guid(struct parser *parser, uint8_t *guid)
{
    const struct word *word = next_word(parser, "a GUID");
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    if (word->length != 32 || strspn(word->text, "0123456789abcdefABCDEF") != 32)
        fail_at(word->place, "a GUID of 32 hex digits");
    struct bytes bytes = hex_of(word);
    for (size_t i = 0; i < 16; i++)
        guid[i] = bytes.data[order[i]];
    free(bytes.data);
}

/** pdb NAME GUID AGE */
static void parse_pdb(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    free(module->pdb.name);
    module->pdb.name = copy_text(next_text(parser, "a file's name"));
    next_guid(parser, module->pdb.guid);
    module->pdb.age = (uint32_t)next_below(parser, "an age", UINT64_C(1) << 32);
}

/** version A B C D */
static void parse_version(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    module->has_version = true;
    for (size_t i = 0; i < 4; i++)
        module->version[i] = (uint16_t)next_below(parser, "a number", 0x10000);
}

bool parse_content_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"timestamp", parse_timestamp},
        {"checksum", parse_checksum},
        {"entry-point", parse_entry_point},
        {"align", parse_align},
        {"names", parse_names},
        {"section", parse_section},
        {"export", parse_export},
        {"exports", parse_exports},
        {"label", parse_label},
        {"import", parse_import},
        {"delay-import", parse_delay_import},
        {"hook", parse_hook},
        {"function", parse_function},
        {"pdb", parse_pdb},
        {"version", parse_version},
    };
    return statement_find(parser, statements, ITEMS(statements), name);
}
