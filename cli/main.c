// SPDX-License-Identifier: MIT
//
// memscan: finds the command, reads its options, runs it. Without a command it searches; an image
// that is called like a command is ./info.

#include "command.h"
#include "help.h"
#include "message.h"
#include <string.h>

static int (*const commands[N_COMMANDS])(const struct settings *settings) = {
    [COMMAND_SEARCH] = command_search,
    [COMMAND_INFO] = command_info,
    [COMMAND_DUMP] = command_dump,
};

// The command that `word` names, N_COMMANDS if it names none.
static enum command_id find_command(const char *word)
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
        help_print(&out, settings->command);
    else
        help_print_version(&out);
    return command_finish(&outcome, &out);
}

int main(int argc, char **argv)
{
    enum command_id command = argc > 1 ? find_command(argv[1]) : N_COMMANDS;
    int named = command < N_COMMANDS;
    struct settings settings;
    int status = EXIT_ERROR;

    if (!named)
        command = COMMAND_SEARCH;
    if (settings_parse(&settings, command, argc - named, argv + named))
        status = settings.help || settings.version ? print_help(&settings)
                                                   : commands[command](&settings);
    settings_release(&settings);
    return status;
}
