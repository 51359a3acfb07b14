// SPDX-License-Identifier: MIT
//
// memscan pool --used: what each tag has, by the kernel's own table and by counting blocks.

#ifndef CLI_POOL_USED_H
#define CLI_POOL_USED_H

#include "pool_rows.h"

extern const struct columns pool_used_columns;

// Prints the rows of a space that the settings ask for. False after an error message, if that is
// without memory.
bool pool_used_print(const struct pool_rows *rows, const struct ms_pool_system *system,
                     const struct ms_pool_usage *usage);

#endif
