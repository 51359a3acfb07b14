// SPDX-License-Identifier: MIT
//
// What a loader does with import tables: each slot gets the address of what it asks for, in
// whichever module that is at last; then hooks, and the fate of the names.

#include "machinery.h"

#include "quantity.h"
#include "random.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_FORWARDS = 16 };

/** The module of that file name; without its extension if `length` says so. */
static const struct module *find_dll(const struct machinery *machinery, const char *dll,
                                     size_t length)
{
    for (size_t i = 0; i < machinery->n_modules; i++) {
        const char *name = machinery->modules[i].spec->file_name;
        const char *dot = strrchr(name, '.');
        bool is_whole = strlen(name) == length;
        bool is_stem = dot && (size_t)(dot - name) == length;
        if ((is_whole || is_stem) && strncasecmp(name, dll, length) == 0)
            return &machinery->modules[i];
    }
    return NULL;
}

static const struct symbol *find_export(const struct module *module, const char *name,
                                        uint64_t ordinal)
{
    const struct symbol *symbol =
        name ? module_symbol(module, name) : module_symbol_by_ordinal(module, ordinal);
    return symbol && !symbol->is_label ? symbol : NULL;
}

/** Goes to where a forwarder leads. */
static const struct symbol *follow(const struct machinery *machinery, const struct symbol *symbol,
                                   const struct module **module)
{
    for (int i = 0; symbol && symbol->forward; i++) {
        const char *dot = strrchr(symbol->forward, '.');
        if (i == MAX_FORWARDS)
            fail_at(symbol->place, "a forwarder that ends after %d others", MAX_FORWARDS);
        *module = find_dll(machinery, symbol->forward, (size_t)(dot - symbol->forward));
        if (!*module)
            return NULL;
        bool by_ordinal = dot[1] == '#';
        symbol = find_export(*module, by_ordinal ? NULL : dot + 1,
                             by_ordinal ? strtoul(dot + 2, NULL, 10) : 0);
    }
    return symbol;
}

/** Where the asked name stands among the exporter's names, as linkers note it. */
static void store_hint(struct module *module, const struct slot *slot,
                       const struct module *exporter, const struct symbol *symbol)
{
    uint64_t hint = 0;
    if (!slot->thunk || !slot->name)
        return;
    for (const struct symbol *at = exporter->symbols; at < symbol; at++)
        hint += at->name && !at->is_label;
    module_store(module, module_load(module, slot->thunk, module->pointer_bytes), 2, hint);
}

static bool find_value(const struct machinery *machinery, struct module *module, struct slot *slot)
{
    const struct module *exporter = find_dll(machinery, slot->dll, strlen(slot->dll));
    const struct symbol *symbol =
        exporter ? find_export(exporter, slot->name, slot->ordinal) : NULL;
    if (!symbol)
        return false;
    if (module->spec->file < 0)
        store_hint(module, slot, exporter, symbol);
    symbol = follow(machinery, symbol, &exporter);
    if (symbol)
        slot->value = exporter->spec->base + symbol->rva;
    return symbol != NULL;
}

static bool is_hooked(const struct slot *slot, const struct hook_spec *hook)
{
    return slot->name ? strcmp(slot->name, hook->name) == 0
                      : hook->name[0] == '@' && strtoul(hook->name + 1, NULL, 0) == slot->ordinal;
}

static const struct hook_spec *find_hook(const struct module *module, const struct slot *slot)
{
    for (size_t i = 0; i < module->spec->n_hooks; i++) {
        if (is_hooked(slot, &module->spec->hooks[i]))
            return &module->spec->hooks[i];
    }
    return NULL;
}

/** Delayed imports that nothing has called yet: the slot leads to what loads the DLL. */
static uint64_t unbound_value(struct module *module, const struct slot *slot)
{
    if (module->spec->file < 0)
        return module->spec->base + module_next_code(module, slot->place);
    return module_load(module, slot->rva, module->pointer_bytes);
}

static void bind_slot(const struct machinery *machinery, struct module *module, struct slot *slot)
{
    const struct hook_spec *hook = find_hook(module, slot);
    bool is_found = find_value(machinery, module, slot);
    if (!is_found && !hook && module->spec->file < 0)
        fail_at(slot->place, "an import that a module of the machine exports, not %s of %s",
                slot->name ? slot->name : "that ordinal", slot->dll);
    slot->is_bound = hook || (is_found && slot->is_bound);
    if (hook)
        slot->value = machinery_address(machinery, &hook->to, NULL);
    else if (!slot->is_bound)
        slot->value = unbound_value(module, slot);
    if (module->pointer_bytes == 4 && slot->value > UINT32_MAX)
        fail_at(hook ? hook->place : slot->place, "an address of 32 bits, not %#llx",
                (unsigned long long)slot->value);
    module_store(module, slot->rva, module->pointer_bytes, slot->value);
}

/** Names of built modules that something else has been written over since. */
static void overwrite_names(struct module *module, uint64_t seed)
{
    struct random random = random_from(seed, module->spec->base);
    struct part part = module->parts[MISSING_NAMES];
    for (uint64_t i = 0; i < part.size; i++)
        module->bytes[part.rva + i] = (uint8_t)random_next(&random);
}

static void check_hooks(const struct module *module)
{
    for (size_t i = 0; i < module->spec->n_hooks; i++) {
        const struct hook_spec *hook = &module->spec->hooks[i];
        size_t k = 0;
        while (k < module->n_slots && !is_hooked(&module->slots[k], hook))
            k++;
        if (k == module->n_slots)
            fail_at(hook->place, "an import of %s, not '%s'", module->spec->name, hook->name);
    }
}

void machinery_bind(struct machinery *machinery)
{
    for (size_t i = 0; i < machinery->n_modules; i++) {
        struct module *module = &machinery->modules[i];
        check_hooks(module);
        for (size_t k = 0; k < module->n_slots; k++)
            bind_slot(machinery, module, &module->slots[k]);
        if (module->spec->names == NAMES_OVERWRITTEN)
            overwrite_names(module, machinery->spec->seed);
    }
}
