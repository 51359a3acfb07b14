// SPDX-License-Identifier: MIT
//
// --explain: how a search would be done, and why.

#ifndef CLI_EXPLAIN_PRINT_H
#define CLI_EXPLAIN_PRINT_H

#include "search_query.h"

// Whether an explanation goes with the other options; false after an error message.
bool explain_check(const struct settings *settings);

// Prints it to standard output. Returns the exit status.
int explain_print(const struct search_query *query, const struct settings *settings);

#endif
