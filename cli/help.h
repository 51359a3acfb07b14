// SPDX-License-Identifier: MIT
//
// --help and --version.

#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "option_table.h"
#include "output.h"

// Examples, usage and options of a command: all of them, or only those that are not rare. Search,
// which is what memscan does without a command, also lists the others.
void help_print(struct output *out, enum command_id command, bool all);

void help_print_version(struct output *out);

#endif
