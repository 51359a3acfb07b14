// SPDX-License-Identifier: MIT
//
// The names of a module: its exports, and what a symbol file has besides.

#include "windows/modules.h"
#include "windows/symbols.h"

#include <stdlib.h>

static bool is_export(const struct ms_module_detail *detail, const struct ms_file_symbol *symbol)
{
    const struct ms_pe_export *export =
        detail->exports
            ? ms_pe_exports_named(detail->exports, (const uint8_t *)symbol->name, symbol->length)
            : NULL;

    return export && export->has_rva && export->rva == symbol->rva;
}

bool ms_module_join_names(struct ms_module_detail *detail, const struct ms_module *module)
{
    const struct ms_symbols *symbols = module->symbols;
    size_t n_file = symbols ? ms_symbols_below(symbols, module->size) : 0, next = 0;

    detail->names = detail->symbols;
    detail->n_names = detail->n_symbols;
    if (n_file == 0)
        return true;
    detail->joined = calloc(detail->n_symbols + n_file, sizeof(*detail->joined));
    if (!detail->joined)
        return false;
    detail->names = detail->joined;
    detail->n_names = 0;
    for (size_t i = 0; i < n_file; i++) {
        const struct ms_file_symbol *symbol = &symbols->items[i];
        uint64_t address = module->base + symbol->rva;

        while (next < detail->n_symbols && detail->symbols[next].address <= address)
            detail->joined[detail->n_names++] = detail->symbols[next++];
        if (!is_export(detail, symbol))
            detail->joined[detail->n_names++] =
                (struct ms_symbol){symbol->name, symbol->length, address, false};
    }
    while (next < detail->n_symbols)
        detail->joined[detail->n_names++] = detail->symbols[next++];
    return true;
}
