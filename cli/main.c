// SPDX-License-Identifier: MIT
//
// memscan: finds the command, reads its options, runs it. Without a command it searches; an image
// that is called like a command is ./info.

#include "command.h"

int main(int argc, char **argv)
{
    enum command_id command = argc > 1 ? command_find(argv[1]) : N_COMMANDS;
    bool named = command < N_COMMANDS;
    struct settings settings;
    int status = EXIT_ERROR;

    if (!named)
        command = COMMAND_SEARCH;
    if (settings_parse(&settings, command, argc - named, argv + named)) {
        settings.named = named;
        status = command_run(&settings);
    }
    settings_release(&settings);
    return status;
}
