// SPDX-License-Identifier: MIT

#include "symbol_files.h"

#include "interrupt.h"
#include "message.h"

bool symbol_files_open(struct settings *settings)
{
    struct ms_error error = {0};

    for (size_t i = 0; i < settings->n_symbol_paths; i++) {
        if (ms_symbols_open(settings->symbol_paths[i], &settings->symbols[i], &error) != MS_OK) {
            message("%s", error.text); // it begins with the path
            return false;
        }
    }
    return true;
}

struct ms_modules_options modules_options(const struct settings *settings)
{
    return (struct ms_modules_options){
        .flags = settings->scan ? MS_MODULES_SCAN : 0,
        .symbols = settings->symbols,
        .n_symbols = settings->n_symbol_paths,
        .progress = interrupt_on_progress,
    };
}

bool symbol_files_check(const struct settings *settings, const struct ms_modules *modules,
                        const char *image)
{
    bool all_used = true;

    for (size_t i = 0; i < settings->n_symbol_paths; i++) {
        struct ms_symbols_use use = ms_modules_symbols_use(modules, i);

        if (!use.used)
            message("%s: %s", image, use.remark);
        else if (use.remark[0] != '\0' && !settings->quiet)
            message("%s: warning: %s", image, use.remark);
        all_used = all_used && use.used;
    }
    return all_used;
}
