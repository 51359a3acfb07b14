// SPDX-License-Identifier: MIT
//
// memscan imports: slots of import tables, what they ask for, and where they really point.

#include "escape.h"
#include "message.h"
#include "modules_open.h"
#include "owner.h"
#include "target.h"
#include <string.h>

#define MODULE_WIDTH 16

static const struct columns columns = {
    .type = "import",
    .count = 10,
    .names = {"image", "space", "module", "slot", "value", "name", "resolved", "kind", "state",
              "asked_address"},
};

// What is looked for.
struct query {
    const struct target *of;       // NULL: everything
    struct target_exports exports; // that it names
};

// A slot as it is printed.
struct line {
    const char *module;
    const struct ms_import *import;
    char asked[SYMBOL_NAME_ROOM]; // "" where the tables do not tell
    char real[SYMBOL_NAME_ROOM];  // "" where the value points nowhere that is known
};

// == What is asked for ==

static bool is_sought_address(const struct query *query, uint64_t address)
{
    if (address == 0)
        return false;
    return query->of->kind == TARGET_ADDRESS ? query->of->address == address
                                             : target_exports_at(&query->exports, address) != NULL;
}

// By the name table.
static bool asks_for(const struct target *of, const struct ms_import *import)
{
    if (of->kind == TARGET_ADDRESS || import->asked == NULL)
        return false;
    return target_has_module(of, import->asked_module) &&
           (of->kind == TARGET_MODULE ||
            ms_name_matches(of->name, import->asked, import->asked_length));
}

static bool points_into(const struct target *of, const struct ms_modules *modules,
                        const struct ms_import *import)
{
    return of->kind == TARGET_MODULE && import->module != MS_NO_MODULE &&
           target_has_module(of, ms_modules_info(modules, import->module).name);
}

// By name table or contents, or by what the asked name really is.
static bool is_sought(const struct query *query, const struct ms_modules *modules,
                      const struct ms_import *import)
{
    return query->of == NULL || asks_for(query->of, import) ||
           (import->has_value && is_sought_address(query, import->value)) ||
           is_sought_address(query, import->asked_address) ||
           points_into(query->of, modules, import);
}

// == Text ==

static void print_value(struct listing *listing, size_t space, const struct ms_import *import)
{
    bool wide = view_space(&listing->view, space).address_bits == 64;

    if (import->has_value)
        listing_print_address(listing, space, import->value);
    else
        output_text(&listing->out, wide ? "????????`????????" : "????????");
}

static void print_by_value(struct output *out, const struct line *line)
{
    output_text(out, line->real[0] != '\0' ? line->real : "no module");
    output_text(out, line->import->state == MS_IMPORT_NO_EXPORT ? " (by value, no export)"
                                                                : " (by value)");
}

static void print_meaning(struct output *out, const struct line *line)
{
    enum ms_import_state state = line->import->state;
    bool differs = line->import->has_value && strcmp(line->asked, line->real) != 0;

    output_text(out, line->asked);
    if (line->import->has_value && line->asked[0] == '\0')
        print_by_value(out, line);
    else if (differs && state != MS_IMPORT_UNBOUND) {
        output_text(out, " -> ");
        output_text(out, line->real[0] != '\0' ? line->real : "no module");
    }
    output_text(out, state == MS_IMPORT_HOOKED    ? ", hooked"
                     : state == MS_IMPORT_UNBOUND ? ", not bound"
                                                  : "");
}

static void print_text(struct listing *listing, size_t space, const struct line *line)
{
    struct output *out = &listing->out;

    listing_print_prefix(listing);
    listing_print_address(listing, space, line->import->slot);
    output_text(out, "  ");
    print_value(listing, space, line->import);
    output_text(out, "  ");
    output_text(out, line->module);
    output_blanks(out, strlen(line->module), MODULE_WIDTH);
    output_char(out, ' ');
    print_meaning(out, line);
    output_char(out, '\n');
}

// == Rows ==

static void print_fields(struct listing *listing, size_t space, const struct line *line)
{
    const struct ms_import *import = line->import;
    const struct field fields[] = {
        field_text(listing->opened.path),
        field_text(view_space(&listing->view, space).name),
        field_text(line->module),
        field_address(import->slot),
        import->has_value ? field_address(import->value) : field_none(),
        field_known(line->asked),
        field_known(line->real),
        field_text(ms_import_kind_name(import->kind)),
        field_text(ms_import_state_name(import->state)),
        import->asked_address != 0 ? field_address(import->asked_address) : field_none(),
    };

    listing_print_row(listing, fields);
}

// "nt!SeTokenType", or "!SeTokenType" where the module's name is not in the image.
static void name_asked(struct line *line)
{
    const struct ms_import *import = line->import;
    const struct ms_symbol asked = {.name = import->asked, .length = import->asked_length};

    line->asked[0] = '\0';
    if (import->asked != NULL)
        format_symbol(line->asked, import->asked_module, &asked);
}

// "nt!SeTokenType" exactly, an export or what a symbol file names, else "rootkit+0x1040".
static void name_real(struct line *line, const struct ms_modules *modules)
{
    const struct ms_import *import = line->import;
    struct ms_module_info info;
    struct ms_near near;

    line->real[0] = '\0';
    if (import->module == MS_NO_MODULE)
        return;
    info = ms_modules_info(modules, import->module);
    if (import->symbol != NULL)
        format_symbol(line->real, info.name, import->symbol);
    else if (ms_modules_near(modules, import->value, &near, NULL) == MS_OK && near.symbol != NULL &&
             near.symbol->address == import->value)
        format_symbol(line->real, info.name, near.symbol);
    else
        format_offset(line->real, info.name, import->value - info.base);
}

static void print_import(struct listing *listing, size_t space, const struct ms_modules *modules,
                         const char *module, const struct ms_import *import)
{
    struct line line = {.module = module, .import = import};

    name_asked(&line);
    name_real(&line, modules);
    (listing->settings->format == FORMAT_TEXT ? print_text : print_fields)(listing, space, &line);
    listing->outcome.found = true;
}

// == The command ==

static bool list_module(struct listing *listing, size_t space, const struct ms_modules *modules,
                        size_t index, const struct query *query)
{
    struct ms_module_info info = ms_modules_info(modules, index);
    const struct ms_import *imports;
    struct ms_error error = {0};
    size_t n;

    if (listing_stops(listing, space, info.base))
        return false;
    if (!module_is_named(listing->settings, info.name, info.image_name))
        return true;
    if (ms_modules_imports(modules, index, &imports, &n, &error) != MS_OK) {
        message_error(listing->opened.path, &error);
        listing->outcome.error = true;
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (is_sought(query, modules, &imports[i]))
            print_import(listing, space, modules, info.name, &imports[i]);
    return true;
}

static bool list_modules(struct listing *listing, size_t space, const struct ms_modules *modules)
{
    struct query query = {.of = listing->lister->user};
    const char *path = listing->opened.path;
    bool go_on = true;

    if (query.of != NULL && !target_find(query.of, modules, path, &query.exports)) {
        listing->outcome.error = true;
        go_on = false;
    }
    if (go_on && query.of != NULL && query.of->kind == TARGET_NAME && query.exports.n == 0 &&
        !listing->settings->quiet)
        message("%s: warning: no module is known to export %s", path, query.of->text);
    for (size_t i = 0; go_on && i < ms_modules_count(modules); i++)
        go_on = list_module(listing, space, modules, i, &query);
    target_exports_release(&query.exports);
    return go_on;
}

static bool list_space(struct listing *listing, size_t space)
{
    struct ms_modules *modules = modules_open(listing, space);
    bool go_on = modules == NULL || list_modules(listing, space, modules);

    modules_close(listing, modules);
    return go_on;
}

int command_imports(const struct settings *settings)
{
    const unsigned kinds = 1u << TARGET_ADDRESS | 1u << TARGET_NAME | 1u << TARGET_MODULE;
    struct target of = {0};
    const struct lister lister = {
        .columns = &columns,
        .choice = {.by_default = DEFAULT_KERNEL, .only_virtual = true},
        .list_space = list_space,
        .user = settings->of != NULL ? &of : NULL,
    };
    int status = EXIT_ERROR;

    if (settings->n_operands == 0) {
        message("no image: name the files to look in: see memscan imports --help");
        return EXIT_ERROR;
    }
    if (settings->of == NULL || target_read(&of, settings->of, kinds))
        status = listing_run(&lister, settings, settings->operands, settings->n_operands);
    target_release(&of);
    return status;
}
