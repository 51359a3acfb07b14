// SPDX-License-Identifier: MIT
//
// Rows of memscan modules: as lm and lmv print them, or as fields.

#ifndef CLI_MODULE_ROWS_H
#define CLI_MODULE_ROWS_H

#include "listing.h"

extern const struct columns module_columns;

void module_rows_header(struct listing *listing, size_t space, const char *title);
// False, with a message: without memory. Nothing is printed then.
bool module_row_print(struct listing *listing, size_t space, const struct ms_modules *modules,
                      size_t index);
void unloaded_row_print(struct listing *listing, size_t space,
                        const struct ms_unloaded_info *driver);

#endif
