// SPDX-License-Identifier: MIT
//
// memscan pool --special.

#ifndef CLI_SPECIAL_POOL_H
#define CLI_SPECIAL_POOL_H

#include "command.h"

// Returns the exit status.
int command_pool_special(const struct settings *settings);

#endif
