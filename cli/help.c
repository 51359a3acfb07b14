// SPDX-License-Identifier: MIT
//
// Examples come first: most people look for one that is nearly what they want.

#include "help.h"

#include <memscan/memscan.h>
#include <stdio.h>

// Where the comment of an example and the help of an option begin.
#define EXAMPLE_COLUMN 51
#define OPTION_COLUMN  30

static void print_padded(struct output *out, const char *text, int width)
{
    char line[256];

    snprintf(line, sizeof(line), "  %-*s", width, text);
    output_text(out, line);
}

static void print_examples(struct output *out, enum command_id command)
{
    const struct command_example *examples = command_texts[command].examples;

    output_text(out, "Examples:\n");
    for (size_t i = 0; i < MAX_EXAMPLES && examples[i].line != NULL; i++) {
        print_padded(out, examples[i].line, EXAMPLE_COLUMN - 2);
        output_text(out, examples[i].comment);
        output_char(out, '\n');
    }
}

static void print_usage(struct output *out, enum command_id command)
{
    output_text(out, "\nUsage: memscan ");
    output_text(out, command_texts[command].synopsis);
    output_text(out, "\n");
    if (command != COMMAND_SEARCH)
        return;
    output_text(out, "       memscan COMMAND [--help] [OPTIONS] IMAGE..., COMMAND being\n");
    for (int i = 0; i < N_COMMANDS; i++) {
        if (i == COMMAND_SEARCH)
            continue;
        print_padded(out, command_texts[i].name, OPTION_COLUMN - 2);
        output_text(out, command_texts[i].summary);
        output_char(out, '\n');
    }
}

static void print_option(struct output *out, const struct option_entry *entry)
{
    char spelling[64];
    int used;

    if (entry->short_name != 0)
        used =
            snprintf(spelling, sizeof(spelling), "-%c, --%s", entry->short_name, entry->long_name);
    else
        used = snprintf(spelling, sizeof(spelling), "    --%s", entry->long_name);
    if (entry->argument != NULL)
        snprintf(spelling + used, sizeof(spelling) - (size_t)used, " %s", entry->argument);
    print_padded(out, spelling, OPTION_COLUMN - 2);
    output_text(out, entry->help);
    output_char(out, '\n');
}

static void print_group(struct output *out, enum command_id command, enum option_group group,
                        bool all)
{
    bool any = false;

    for (size_t i = 0; i < option_table_length; i++) {
        const struct option_entry *entry = &option_table[i];

        if (!option_belongs(entry, command) || entry->group != group || (entry->rare && !all))
            continue;
        if (!any) {
            output_text(out, group_names[group]);
            output_text(out, ":\n");
        }
        any = true;
        print_option(out, entry);
    }
}

void help_print(struct output *out, enum command_id command, bool all)
{
    print_examples(out, command);
    print_usage(out, command);
    for (int group = 0; group < N_GROUPS; group++)
        print_group(out, command, (enum option_group)group, all);
    if (!all)
        output_text(out, "memscan search --help has more options, and the manual, memscan(1), "
                         "all of each.\n");
}

void help_print_version(struct output *out)
{
    output_text(out, "memscan ");
    output_text(out, ms_version());
    output_char(out, '\n');
    for (size_t i = 0; ms_build_fact(i) != NULL; i++) {
        output_text(out, ms_build_fact(i));
        output_char(out, '\n');
    }
}
