// SPDX-License-Identifier: MIT
//
// Exports of modules by name, through forwarders.

#include "windows/imports.h"

#include <string.h>

#define MAX_FORWARDS 8 // in a row

// == Addresses ==

static const struct ms_pe_export *look_up(const struct ms_module_detail *detail,
                                          struct ms_export_key key)
{
    if (!detail->exports)
        return NULL;
    return key.name ? ms_pe_exports_named(detail->exports, key.name, key.length)
                    : ms_pe_exports_numbered(detail->exports, key.ordinal);
}

static bool parse_ordinal(const uint8_t *text, size_t length, uint32_t *ordinal_ret)
{
    uint32_t ordinal = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || ordinal > UINT16_MAX)
            return false;
        ordinal = ordinal * 10 + (text[i] - '0');
    }
    *ordinal_ret = ordinal;
    return length > 0;
}

// Reads "HAL.HalQueryCounter" or "HAL.#12". False: it is neither.
static bool read_forwarder(const struct ms_modules *modules, const struct ms_pe_text *text,
                           size_t *module_ret, struct ms_export_key *key_ret)
{
    const uint8_t *dot, *end;

    if (text->state != MS_PE_WHOLE || text->length == 0)
        return false;
    dot = memrchr(text->bytes, '.', text->length);
    end = text->bytes + text->length;
    if (!dot)
        return false;
    *module_ret = ms_module_of_file(modules, text->bytes, (size_t)(dot - text->bytes));
    dot++;
    if (end > dot && *dot == '#') {
        key_ret->name = NULL;
        return parse_ordinal(dot + 1, (size_t)(end - dot - 1), &key_ret->ordinal);
    }
    *key_ret = (struct ms_export_key){.name = dot, .length = (size_t)(end - dot)};
    return true;
}

bool ms_export_address(const struct ms_modules *modules, size_t module, struct ms_export_key key,
                       uint64_t *address_ret)
{
    *address_ret = 0;
    for (unsigned depth = 0; depth <= MAX_FORWARDS && module != MS_NO_MODULE; depth++) {
        const struct ms_module_detail *detail = ms_module_detail(modules, module);
        const struct ms_pe_export *item;

        if (!detail)
            return false;
        item = look_up(detail, key);
        if (!item)
            return true;
        if (item->has_rva) {
            *address_ret = detail->pe->base + item->rva;
            return true;
        }
        if (!read_forwarder(modules, &item->forwarder, &module, &key))
            return true;
    }
    return true;
}

const struct ms_symbol *ms_symbol_exactly(const struct ms_module_detail *detail, uint64_t address,
                                          const struct ms_export_key *key)
{
    const struct ms_pe_export *asked = key ? look_up(detail, *key) : NULL;
    size_t low = 0, high = detail->n_symbols;

    if (asked && asked->has_rva && detail->pe->base + asked->rva == address)
        return &detail->symbols[asked - detail->exports->items];
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (detail->symbols[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < detail->n_symbols && detail->symbols[low].address == address
               ? &detail->symbols[low]
               : NULL;
}

// == Going through them ==

struct walk {
    const struct ms_modules *modules;
    size_t module;
    const char *pattern;
    int (*visit)(void *user, const struct ms_export *item);
    void *user;
    int result;
};

static void visit(struct walk *walk, struct ms_export item)
{
    if (ms_name_matches(walk->pattern, item.name, item.length))
        walk->result = walk->visit(walk->user, &item);
}

// Those that have no address in the module. False without memory.
static bool visit_elsewhere(struct walk *walk, const struct ms_pe_export *export)
{
    struct ms_export item = {.name = (const char *)export->name.bytes,
                             .length = export->name.length,
                             .forwarded = export->forwarder.state != MS_PE_NONE};
    struct ms_export_key key = {.name = export->name.bytes, .length = export->name.length};

    if (item.length == 0 || !ms_name_matches(walk->pattern, item.name, item.length))
        return true;
    if (!ms_export_address(walk->modules, walk->module, key, &item.address))
        return false;
    visit(walk, item);
    return true;
}

enum ms_status ms_modules_exports(const struct ms_modules *modules, size_t index,
                                  const char *pattern,
                                  int (*visit_item)(void *user, const struct ms_export *item),
                                  void *user, int *result_ret, struct ms_error *error)
{
    struct walk walk = {modules, index, pattern, visit_item, user, 0};
    const struct ms_module_detail *detail = ms_module_detail(modules, index);

    if (!detail)
        return ms_fail_nomem(error);
    for (size_t i = 0; i < detail->n_symbols && walk.result == 0; i++) {
        const struct ms_symbol *symbol = &detail->symbols[i];

        visit(&walk, (struct ms_export){symbol->name, symbol->length, symbol->address, false});
    }
    for (size_t i = detail->n_symbols; detail->exports && i < detail->exports->n && !walk.result;
         i++)
        if (!visit_elsewhere(&walk, &detail->exports->items[i]))
            return ms_fail_nomem(error);
    *result_ret = walk.result;
    return MS_OK;
}
