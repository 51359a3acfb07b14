// SPDX-License-Identifier: MIT
//
// Three lines: the kernel, its KDBG, its modules; each says who told of it.

#include "info_system.h"

#include "json.h"
#include "message.h"
#include "symbol_files.h"
#include <stdio.h>

struct ms_modules *system_find(struct opened *opened, const struct settings *settings)
{
    struct ms_modules_options options = modules_options(settings);
    struct ms_modules *modules = NULL;

    // The only space of the set then: memscan info has none of its own.
    if (ms_spaces_n_roots(opened->spaces) == 0 ||
        ms_spaces_add(opened->spaces, "kernel", NULL) != MS_OK ||
        ms_modules_create(opened->spaces, 0, &options, &modules, NULL) != MS_OK)
        return NULL;
    if (ms_modules_system(modules).found)
        return modules;
    ms_modules_free(modules);
    return NULL;
}

// == Text ==

static char *put(char *at, const char *text, size_t length)
{
    memcpy(at, text, length);
    at[length] = '\0';
    return at + length;
}

static char *put_address(char *at, uint64_t address, unsigned bits)
{
    char text[FORMAT_NUMBER_ROOM];

    return put(at, text, (size_t)(format_address(text, address, bits) - text));
}

// Bytes that are left from a position on.
static size_t room(const char *text, const char *at)
{
    return SYSTEM_TEXT_BYTES - (size_t)(at - text);
}

void system_format_kernel(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                          unsigned bits)
{
    struct ms_system_info info = ms_modules_system(modules);
    char *at = put_address(text, info.base, bits);

    if (info.major > 0)
        at += snprintf(at, room(text, at), ", Windows %u.%u", info.major, info.minor);
    if (info.build > 0)
        at += snprintf(at, room(text, at), "%s build %u", info.major > 0 ? "" : ", Windows",
                       info.build);
    if (info.build_lab[0] != '\0')
        at += snprintf(at, room(text, at), " (%s)", info.build_lab);
    snprintf(at, room(text, at), ", by %s", info.base_origin);
}

void system_format_kdbg(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                        unsigned bits)
{
    struct ms_system_info info = ms_modules_system(modules);
    char *at = text;

    *at = '\0';
    if (info.debugger_data == 0)
        return;
    at = put_address(at, info.debugger_data, bits);
    snprintf(at, room(text, at), "%s, by %s", info.debugger_data_encoded ? ", encoded" : "",
             info.debugger_data_origin);
}

void system_format_modules(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                           unsigned bits)
{
    struct ms_system_info info = ms_modules_system(modules);
    char *at = text + snprintf(text, SYSTEM_TEXT_BYTES, "%zu", ms_modules_count(modules));

    if (info.module_list == 0) {
        snprintf(at, room(text, at), "; their list was not found");
        return;
    }
    at += snprintf(at, room(text, at), " in the list at ");
    at = put_address(at, info.module_list, bits);
    snprintf(at, room(text, at), ", by %s", info.module_list_origin);
}

// A kernel that is not among the modules has no name there.
static const char *symbols_module(const struct ms_modules *modules,
                                  const struct ms_symbols_use *use)
{
    return use->module != MS_NO_MODULE ? ms_modules_info(modules, use->module).name : "nt";
}

bool system_format_symbols(char text[SYSTEM_TEXT_BYTES], const struct ms_modules *modules,
                           const struct settings *settings, size_t index)
{
    struct ms_symbols_use use = ms_modules_symbols_use(modules, index);
    struct ms_symbols_info info = ms_symbols_info(settings->symbols[index]);

    snprintf(text, SYSTEM_TEXT_BYTES, "%.200s, for %.100s, of %.100s; names: %zu%s", info.path,
             symbols_module(modules, &use), info.pdb_name, info.n_symbols,
             use.checked ? "" : "; not checked");
    return use.used;
}

bool system_check_symbols(const struct ms_modules *modules, const struct settings *settings,
                          const char *image)
{
    if (modules != NULL)
        return symbol_files_check(settings, modules, image);
    if (settings->n_symbol_paths > 0)
        message("%s: --symbols: no Windows kernel was found: leave it out", image);
    return settings->n_symbol_paths == 0;
}

// == JSON ==

static void print_symbols(struct output *out, const struct ms_modules *modules,
                          const struct settings *settings)
{
    bool any = false;

    for (size_t i = 0; i < settings->n_symbol_paths; i++) {
        struct ms_symbols_use use = ms_modules_symbols_use(modules, i);
        struct ms_symbols_info info = ms_symbols_info(settings->symbols[i]);

        if (!use.used)
            continue;
        output_text(out, any ? ",{\"file\":" : ",\"symbols\":[{\"file\":");
        any = true;
        output_json_text(out, info.path);
        json_text(out, "pdb", info.pdb_name);
        json_text(out, "module", symbols_module(modules, &use));
        json_number(out, "names", info.n_symbols);
        json_key(out, "checked");
        output_text(out, use.checked ? "true}" : "false}");
    }
    output_text(out, any ? "]" : "");
}

static void print_origin(struct output *out, const char *name, uint64_t address, const char *key,
                         const char *origin)
{
    if (address == 0)
        return;
    json_address(out, name, address);
    json_text(out, key, origin);
}

void system_print_json(struct output *out, const struct ms_modules *modules,
                       const struct settings *settings)
{
    struct ms_system_info info = ms_modules_system(modules);

    json_key(out, "nt");
    output_text(out, "{\"modules\":");
    output_decimal(out, ms_modules_count(modules));
    print_origin(out, "base", info.base, "base_origin", info.base_origin);
    json_number(out, "size", info.size);
    if (info.major > 0) {
        json_number(out, "major", info.major);
        json_number(out, "minor", info.minor);
    }
    if (info.build > 0)
        json_number(out, "build", info.build);
    if (info.build_lab[0] != '\0')
        json_text(out, "build_lab", info.build_lab);
    print_origin(out, "kdbg", info.debugger_data, "kdbg_origin", info.debugger_data_origin);
    if (info.debugger_data != 0) {
        json_key(out, "kdbg_encoded");
        output_text(out, info.debugger_data_encoded ? "true" : "false");
    }
    print_origin(out, "module_list", info.module_list, "module_list_origin",
                 info.module_list_origin);
    print_symbols(out, modules, settings);
    json_key(out, "notes");
    output_char(out, '[');
    for (size_t i = 0; i < ms_modules_n_notes(modules); i++) {
        if (i > 0)
            output_char(out, ',');
        output_json_text(out, ms_modules_note(modules, i));
    }
    output_text(out, "]}");
}
