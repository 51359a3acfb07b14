// SPDX-License-Identifier: MIT
//
// The files of --symbols: opened once for all images, and what becomes of them in each.

#ifndef CLI_SYMBOL_FILES_H
#define CLI_SYMBOL_FILES_H

#include "settings.h"

// Opens the files that the settings name. False after an error message. settings_release() frees
// them either way.
bool symbol_files_open(struct settings *settings);

// What the settings say of finding modules.
struct ms_modules_options modules_options(const struct settings *settings);

// Prints which files the modules of a space do not use, and unless --quiet, which could not be
// checked. False: a file is not used, which is an error.
bool symbol_files_check(const struct settings *settings, const struct ms_modules *modules,
                        const char *image);

#endif
