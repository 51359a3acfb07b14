// SPDX-License-Identifier: MIT
//
// Values of a symbol file's tree. Numbers in it are doubles, and texts whatever the file has.

#ifndef MS_WINDOWS_SYMBOLS_JSON_H
#define MS_WINDOWS_SYMBOLS_JSON_H

#include "windows/symbols.h"
#include <jansson.h>

struct ms_symbols_loading {
    struct ms_symbols *symbols;
    struct ms_error *error;
};

// A failure: of the value that the names lead to, which end with NULL.
enum ms_status ms_symbols_expect(const struct ms_symbols_loading *loading, const char *what,
                                 const char *const *names);

#define EXPECT(loading, what, ...)                                                                 \
    ms_symbols_expect(loading, what, (const char *const[]){__VA_ARGS__, NULL})

// Whether a value is a whole number in [first, last].
bool ms_symbols_get_number(const json_t *value, uint32_t first, uint32_t last,
                           uint32_t *number_ret);

// Sets the layout by the structures of the tree: symbols_layout.c.
enum ms_status ms_symbols_take_layout(struct ms_symbols_loading *loading, const json_t *root);

#endif
