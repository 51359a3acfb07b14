// SPDX-License-Identifier: MIT
//
// Commands: one file each, which is given its settings and returns the program's exit status.

#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "output.h"
#include "settings.h"

// What a command came to, over all its images.
struct outcome {
    bool found;
    bool error;
    bool output_failed; // and has been told
    bool coverage_low;
    bool interrupted;
};

#define EXIT_ERROR 2

// Opens standard output. Returns false after an error message.
bool command_output_open(struct output *out);

// Writes out what is buffered; says so and notes the error if that fails.
void outcome_flush(struct outcome *outcome, struct output *out);

// Flushes and releases the output. Returns the exit status: 130 interrupted, 2 an error, 3 coverage
// below what was required, 0 something found, 1 nothing.
int command_finish(struct outcome *outcome, struct output *out);

int command_search(const struct settings *settings);
int command_info(const struct settings *settings);
int command_dump(const struct settings *settings);
int command_spaces(const struct settings *settings);
int command_map(const struct settings *settings);
int command_v2p(const struct settings *settings);
int command_p2v(const struct settings *settings);
int command_modules(const struct settings *settings);
int command_near(const struct settings *settings);
int command_imports(const struct settings *settings);
int command_refs(const struct settings *settings);
int command_pool(const struct settings *settings);
int command_processes(const struct settings *settings);
int command_threads(const struct settings *settings);
int command_stacks(const struct settings *settings);
int command_drivers(const struct settings *settings);

// The command that `word` names, N_COMMANDS if it names none.
enum command_id command_find(const char *word);

// Does what the settings ask for: the command, or its help. Returns the exit status.
int command_run(struct settings *settings);

#endif
