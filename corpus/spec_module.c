// SPDX-License-Identifier: MIT
//
// The statements about modules: where they are, what lists them, what of them is missing. `module`
// begins one; the others are about the last one begun.

#include "parser.h"

#include "material.h"
#include "quantity.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_LISTED_BYTES = 0xfffe };

struct module_spec *last_module(struct parser *parser)
{
    struct spec *spec = parser->spec;
    if (spec->n_modules == 0)
        fail_at(parser->lexer.words[0].place, "'module NAME at SPACE:ADDRESS' on an earlier line");
    return &spec->modules[spec->n_modules - 1];
}

/* ---- names as lists have them ------------------------------------------------------------ */

static struct bytes utf16_of(const char *text, struct place place)
{
    char kind_name[] = "utf16";
    char *copy = copy_text(text);
    struct word kind = {kind_name, strlen(kind_name), place};
    struct word value = {copy, strlen(copy), place};
    struct bytes bytes = value_of(&kind, &value);
    free(copy);
    return bytes;
}

static void set_bytes(struct bytes *bytes, struct bytes value)
{
    free(bytes->data);
    *bytes = value;
}

/** named FILE [PATH] */
static void set_names(struct module_spec *module, const char *file, const char *path,
                      struct place place)
{
    free(module->file_name);
    module->file_name = copy_text(file);
    set_bytes(&module->listed_name, utf16_of(file, place));
    set_bytes(&module->listed_path, utf16_of(path, place));
}

static void parse_named(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct place place = place_here(parser);
    const char *file = next_text(parser, "a file's name");
    for (const char *c = file; *c; c++) {
        if (!isgraph((unsigned char)*c))
            fail_at(place, "a file's name in ASCII, without blanks");
    }
    set_names(module, file, has_word(parser) ? next_text(parser, "a path") : file, place);
}

/** KIND VALUE [times N]: any bytes, that many times. */
static void parse_listed(struct parser *parser, struct bytes *bytes)
{
    const struct word *kind = next_word(parser, value_kinds);
    struct place place = place_here(parser);
    struct bytes value = value_of(kind, next_word(parser, "a value"));
    uint64_t times = accept(parser, "times") ? next_quantity(parser, "a count") : 1;
    if (times == 0 || times > MAX_LISTED_BYTES || value.length * times > MAX_LISTED_BYTES)
        fail_at(place, "1 to %d bytes", MAX_LISTED_BYTES);
    struct bytes all = {allocate(value.length, times), value.length * times};
    for (size_t i = 0; i < all.length; i++)
        all.data[i] = value.data[i % value.length];
    free(value.data);
    set_bytes(bytes, all);
}

static void parse_listed_name(struct parser *parser)
{
    parse_listed(parser, &last_module(parser)->listed_name);
}

static void parse_listed_path(struct parser *parser)
{
    parse_listed(parser, &last_module(parser)->listed_path);
}

/* ---- the module -------------------------------------------------------------------------- */

static void check_new_name(const struct parser *parser, const struct word *name)
{
    if (name->length == 0 || name->length > 64)
        fail_at(name->place, "a name of 1 to 64 characters");
    for (size_t i = 0; i < name->length; i++) {
        if (!isalnum((unsigned char)name->text[i]) && !strchr("_.", name->text[i]))
            fail_at(name->place, "a name of letters, digits, _ and .");
    }
    if (isdigit((unsigned char)name->text[0]))
        fail_at(name->place, "a name that begins with a letter");
    if (strcmp(name->text, "pool") == 0)
        fail_at(name->place, "a name other than pool, which places in pool begin with");
    for (size_t i = 0; i < parser->spec->n_modules; i++) {
        if (strcmp(parser->spec->modules[i].name, name->text) == 0)
            fail_at(name->place, "a name that no other module has, not '%s'", name->text);
    }
}

static void next_base(struct parser *parser, struct module_spec *module)
{
    struct plant_rule rule = {0};
    struct place place = place_here(parser);
    if (!accept_virtual(parser, &rule))
        fail_at(place, "SPACE:ADDRESS");
    const struct paging_mode *mode = &paging_modes[parser->spec->spaces[rule.space].paging];
    if (rule.start % PAGE_SIZE || !paging_has_address(mode, rule.start))
        fail_at(place, "the address of a page of %s", mode->name);
    module->space = rule.space;
    module->base = rule.start;
}

/** The pages that it will have, once its size is known. */
static void next_module_backing(struct parser *parser, struct module_spec *module)
{
    struct space_rule rule = {.form = RULE_MAP, .n_spaces = 1};
    struct place place = place_here(parser);
    module->map_rule = SIZE_MAX;
    if (!has_word(parser))
        return;
    if (!accept_backing(parser, &rule.backing))
        fail_at(place, "%s", backings);
    rule.space = module->space;
    rule.start = module->base;
    module->map_rule = add_space_rule(parser, rule);
}

/** module NAME at SPACE:ADDRESS [BACKING] */
static void parse_module(struct parser *parser)
{
    struct spec *spec = parser->spec;
    struct module_spec module = {.file = -1, .alignment = PAGE_SIZE};
    const struct word *name = next_word(parser, "a name");
    check_new_name(parser, name);
    module.name = copy_text(name->text);
    module.place = name->place;
    require(parser, "at");
    next_base(parser, &module);
    next_module_backing(parser, &module);
    char file[80], path[160];
    snprintf(file, sizeof(file), "%s.sys", module.name);
    snprintf(path, sizeof(path), "\\SystemRoot\\System32\\drivers\\%s", file);
    set_names(&module, file, path, name->place);
    spec->modules = grow(spec->modules, spec->n_modules, &spec->modules_capacity, sizeof(module));
    spec->modules[spec->n_modules++] = module;
}

static void parse_file(struct parser *parser)
{
    struct module_spec *module = last_module(parser);
    struct place place = place_here(parser);
    if (module->file >= 0)
        fail_at(place, "one file");
    module->file = next_file(parser, &module->file_size);
    if (module->file_size >= MAX_IMAGE)
        fail_at(place, "a file below %#llx bytes", (unsigned long long)MAX_IMAGE);
}

static void parse_unlisted(struct parser *parser)
{
    last_module(parser)->listing = UNLISTED;
}

static void parse_unlinked(struct parser *parser)
{
    last_module(parser)->listing = UNLINKED;
}

/** missing PART|PLACE LENGTH [BACKING] */
static void parse_missing(struct parser *parser)
{
    static const char *const parts[] = {
        [MISSING_HEADERS] = "headers", [MISSING_IAT] = "iat",   [MISSING_NAMES] = "names",
        [MISSING_EXPORTS] = "exports", [MISSING_ALL] = "all",   [MISSING_ENTRY] = "entry",
        [MISSING_NAME] = "name",       [MISSING_PATH] = "path",
    };
    struct module_spec *module = last_module(parser);
    struct missing_spec missing = {.place = place_here(parser), .part = MISSING_HEADERS};
    struct space_rule rule = {.form = RULE_MAP, .n_spaces = 1, .space = module->space};
    while (missing.part < MISSING_PART_COUNT && !accept(parser, parts[missing.part]))
        missing.part++;
    if (missing.part == MISSING_PART_COUNT) {
        missing.at = next_target(parser, "headers, iat, names, exports, all, entry, name, path, or "
                                         "a place in the module");
        missing.length = next_below(parser, "a length", MAX_IMAGE);
    }
    rule.backing = (struct backing){.kind = BACKING_PAGEFILE, .second = 1};
    if (has_word(parser) && !accept_backing(parser, &rule.backing))
        fail_at(place_here(parser), "%s", backings);
    missing.rule = add_space_rule(parser, rule);
    module->missing =
        grow(module->missing, module->n_missing, &module->missing_capacity, sizeof(missing));
    module->missing[module->n_missing++] = missing;
}

bool parse_module_statement(struct parser *parser, const char *name)
{
    static const struct statement statements[] = {
        {"module", parse_module},
        {"file", parse_file},
        {"named", parse_named},
        {"listed-name", parse_listed_name},
        {"listed-path", parse_listed_path},
        {"unlisted", parse_unlisted},
        {"unlinked", parse_unlinked},
        {"missing", parse_missing},
    };
    return statement_find(parser, statements, ITEMS(statements), name) ||
           parse_content_statement(parser, name);
}

void module_spec_release(struct module_spec *module)
{
    for (size_t i = 0; i < module->n_sections; i++) {
        free(module->sections[i].name);
        fill_release(&module->sections[i].fill);
    }
    for (size_t i = 0; i < module->n_symbols; i++) {
        free(module->symbols[i].name);
        free(module->symbols[i].at.text);
        free(module->symbols[i].forward);
    }
    for (size_t i = 0; i < module->n_imports; i++) {
        free(module->imports[i].dll);
        free(module->imports[i].name);
    }
    for (size_t i = 0; i < module->n_hooks; i++) {
        free(module->hooks[i].name);
        free(module->hooks[i].to.text);
    }
    for (size_t i = 0; i < module->n_functions; i++)
        free(module->functions[i].at.text);
    for (size_t i = 0; i < module->n_missing; i++)
        free(module->missing[i].at.text);
    free(module->sections);
    free(module->symbols);
    free(module->imports);
    free(module->hooks);
    free(module->functions);
    free(module->missing);
    free(module->pdb.name);
    free(module->entry_point.text);
    free(module->listed_name.data);
    free(module->listed_path.data);
    free(module->file_name);
    free(module->name);
}
