// SPDX-License-Identifier: MIT
//
// getopt_long over the option table. Short and long options, in any order with the operands, "--"
// ends them; errors are our own, so that they look like all others.

#include "settings.h"

#include "message.h"
#include "setters.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A long option comes back from getopt as this plus its index in the table.
#define LONG_BASE 256

struct getopt_tables {
    struct option longs[N_OPTIONS + 1];
    char shorts[2 * N_OPTIONS + 2];
};

static void make_getopt_tables(struct getopt_tables *tables, enum command_id command)
{
    struct option *next = tables->longs;
    char *shorts = tables->shorts;

    *shorts++ = ':'; // a missing argument is told apart from an unknown option
    for (size_t i = 0; i < option_table_length; i++) {
        const struct option_entry *entry = &option_table[i];
        bool takes = entry->argument != NULL;

        if (!option_belongs(entry, command))
            continue;
        *next++ = (struct option){.name = entry->long_name,
                                  .has_arg = takes ? required_argument : no_argument,
                                  .val = LONG_BASE + (int)i};
        if (entry->short_name != 0) {
            *shorts++ = entry->short_name;
            if (takes)
                *shorts++ = ':';
        }
    }
    *next = (struct option){0};
    *shorts = '\0';
}

static const struct option_entry *find_short(enum command_id command, int name)
{
    for (size_t i = 0; i < option_table_length; i++)
        if (option_belongs(&option_table[i], command) && option_table[i].short_name == name)
            return &option_table[i];
    return NULL;
}

static const struct option_entry *find_option(enum command_id command, int value)
{
    return value >= LONG_BASE ? &option_table[value - LONG_BASE] : find_short(command, value);
}

// The option as it is best known: "-d" or "--range".
static const char *option_spelling(const struct option_entry *entry, char *room, size_t room_bytes)
{
    if (entry->short_name != 0)
        snprintf(room, room_bytes, "-%c", entry->short_name);
    else
        snprintf(room, room_bytes, "--%s", entry->long_name);
    return room;
}

// `result` is what getopt_long returned: '?' or ':'.
static void report_bad_option(const struct settings *settings, int result, char **argv)
{
    const struct option_entry *entry = NULL;
    const char *help =
        settings->command == COMMAND_SEARCH ? "" : command_texts[settings->command].name;
    const char *blank = *help != '\0' ? " " : "";
    char room[64];

    if (optopt != 0)
        entry = find_option(settings->command, optopt);
    if (entry != NULL && result == ':')
        message("%s: its %s is missing: see memscan%s%s --help",
                option_spelling(entry, room, sizeof(room)), entry->argument, blank, help);
    else if (entry != NULL)
        message("--%s: takes no value: see memscan%s%s --help", entry->long_name, blank, help);
    else if (optopt != 0)
        message("-%c: unknown option: see memscan%s%s --help", optopt, blank, help);
    else
        message("%s: unknown or ambiguous option: see memscan%s%s --help", argv[optind - 1], blank,
                help);
}

static bool apply(struct settings *settings, const struct option_entry *entry)
{
    struct given given = {settings, entry, entry->argument != NULL ? optarg : NULL, {0}};
    const char *problem = setter_apply(&given);
    char room[64];

    if (problem != NULL)
        message("%s %s: %s", option_spelling(entry, room, sizeof(room)), given.argument, problem);
    return problem == NULL;
}

static bool read_options(struct settings *settings, int argc, char **argv)
{
    struct getopt_tables tables;
    int result;

    make_getopt_tables(&tables, settings->command);
    opterr = 0;
    optind = 0; // not 1: forgets what is left of a command line that was given up half way
    while ((result = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (result == '?' || result == ':') {
            report_bad_option(settings, result, argv);
            return false;
        }
        if (!apply(settings, find_option(settings->command, result)))
            return false;
    }
    settings->operands = argv + optind;
    settings->n_operands = (size_t)(argc - optind);
    return true;
}

// Lists of arguments that may be given several times: as many as the command line has words.
static const size_t lists[] = {
    offsetof(struct settings, ranges),        offsetof(struct settings, space_lists),
    offsetof(struct settings, module_globs),  offsetof(struct settings, not_module_globs),
    offsetof(struct settings, section_globs), offsetof(struct settings, at),
    offsetof(struct settings, tags),          offsetof(struct settings, name_globs),
    offsetof(struct settings, symbol_paths),
};

static const char ***list_of(struct settings *settings, size_t index)
{
    return (const char ***)((char *)settings + lists[index]);
}

static bool make_lists(struct settings *settings, size_t room)
{
    bool made = true;

    settings->patterns = calloc(room, sizeof(*settings->patterns));
    settings->pids = calloc(room, sizeof(*settings->pids));
    settings->symbols = calloc(room, sizeof(struct ms_symbols *));
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        *list_of(settings, i) = calloc(room, sizeof(const char *));
        made = made && *list_of(settings, i) != NULL;
    }
    return made && settings->patterns != NULL && settings->pids != NULL &&
           settings->symbols != NULL;
}

bool settings_parse(struct settings *settings, enum command_id command, int argc, char **argv)
{
    *settings = (struct settings){
        .command = command,
        .map = true,
        .dump_kind = MS_BYTE,
        .top = UINT64_MAX,
    };
    if (!make_lists(settings, (size_t)argc + 1)) {
        message_no_memory();
        return false;
    }
    return read_options(settings, argc, argv);
}

void settings_release(struct settings *settings)
{
    for (size_t i = 0; settings->symbols != NULL && i < settings->n_symbol_paths; i++)
        ms_symbols_free(settings->symbols[i]);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        free(*list_of(settings, i));
    free(settings->symbols);
    free(settings->pids);
    free(settings->patterns);
    *settings = (struct settings){0};
}

bool settings_ask_for(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->n_name_globs; i++)
        if (ms_name_matches(settings->name_globs[i], name, strlen(name)))
            return true;
    return settings->n_name_globs == 0;
}
