// SPDX-License-Identifier: MIT
//
// What each option sets. What a value means is checked here, so that errors name the option.

#ifndef CLI_SETTERS_H
#define CLI_SETTERS_H

#include "settings.h"

// An option as it was given. Setters leave longer messages in `error`.
struct given {
    struct settings *settings;
    const struct option_entry *option;
    const char *argument; // NULL if the option takes none
    struct ms_error error;
};

// Applies an option. Returns NULL, or what is wrong with its argument.
const char *setter_apply(struct given *given);

#endif
