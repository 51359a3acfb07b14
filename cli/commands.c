// SPDX-License-Identifier: MIT
//
// The commands by number.

#include "command.h"

#include "help.h"
#include "symbol_files.h"
#include <string.h>

static int (*const commands[N_COMMANDS])(const struct settings *settings) = {
    [COMMAND_SEARCH] = command_search,
    [COMMAND_INFO] = command_info,
    [COMMAND_DUMP] = command_dump,
    [COMMAND_SPACES] = command_spaces,
    [COMMAND_MAP] = command_map,
    [COMMAND_V2P] = command_v2p,
    [COMMAND_P2V] = command_p2v,
    [COMMAND_MODULES] = command_modules,
    [COMMAND_NEAR] = command_near,
    [COMMAND_IMPORTS] = command_imports,
    [COMMAND_REFS] = command_refs,
    [COMMAND_POOL] = command_pool,
    [COMMAND_PROCESSES] = command_processes,
    [COMMAND_THREADS] = command_threads,
    [COMMAND_STACKS] = command_stacks,
    [COMMAND_DRIVERS] = command_drivers,
};

enum command_id command_find(const char *word)
{
    int command = 0;

    while (command < N_COMMANDS && strcmp(word, command_texts[command].name) != 0)
        command++;
    return (enum command_id)command;
}

static int print_help(const struct settings *settings)
{
    struct outcome outcome = {.found = true};
    struct output out;

    if (!command_output_open(&out))
        return EXIT_ERROR;
    if (settings->help)
        help_print(&out, settings->command, settings->named);
    else
        help_print_version(&out);
    return command_finish(&outcome, &out);
}

int command_run(struct settings *settings)
{
    if (settings->help || settings->version)
        return print_help(settings);
    return symbol_files_open(settings) ? commands[settings->command](settings) : EXIT_ERROR;
}
