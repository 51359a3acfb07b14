// SPDX-License-Identifier: MIT
//
// Completions for bash, zsh and fish: options of the command that stands on the line, the values of
// options that have fixed ones, files for everything else.

#include "docgen.h"

#include "option_table.h"
#include <string.h>

// Calls back for each option of a command.
static void each_option(FILE *out, enum command_id command,
                        void (*put)(FILE *out, enum command_id command,
                                    const struct option_entry *entry))
{
    for (size_t i = 0; i < option_table_length; i++)
        if (option_belongs(&option_table[i], command))
            put(out, command, &option_table[i]);
}

// For the inside of single quotes; `quote` is how the shell writes one there.
static void put_quoted(FILE *out, const char *text, const char *backslashed, const char *quote)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fputs(quote, out);
            continue;
        }
        if (strchr(backslashed, *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_command_names(FILE *out)
{
    for (int command = 0; command < N_COMMANDS; command++)
        fprintf(out, "%s%s", command > 0 ? " " : "", command_texts[command].name);
}

// == bash ==

static void put_bash_word(FILE *out, enum command_id command, const struct option_entry *entry)
{
    (void)command;
    if (entry->short_name != 0)
        fprintf(out, " -%c", entry->short_name);
    fprintf(out, " --%s", entry->long_name);
}

static void put_bash_values(FILE *out, enum command_id command, const struct option_entry *entry)
{
    if (entry->values != NULL)
        fprintf(out, "    %s:--%s) COMPREPLY=($(compgen -W '%s' -- \"$current\")); return;;\n",
                command_texts[command].name, entry->long_name, entry->values);
}

void docgen_bash(FILE *out)
{
    fputs("# bash completion for memscan, made from its table of options\n\n"
          "_memscan() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} command=search options\n"
          "    COMPREPLY=()\n"
          "    if [[ $COMP_CWORD -gt 1 ]]; then\n"
          "        case ${COMP_WORDS[1]} in\n",
          out);
    for (int command = 0; command < N_COMMANDS; command++)
        fprintf(out, "        %s) command=%s;;\n", command_texts[command].name,
                command_texts[command].name);
    fputs("        esac\n    fi\n    case $command:${COMP_WORDS[COMP_CWORD-1]} in\n", out);
    for (int command = 0; command < N_COMMANDS; command++)
        each_option(out, (enum command_id)command, put_bash_values);
    fputs("    esac\n    case $command in\n", out);
    for (int command = 0; command < N_COMMANDS; command++) {
        fprintf(out, "    %s) options='", command_texts[command].name);
        each_option(out, (enum command_id)command, put_bash_word);
        fputs("';;\n", out);
    }
    fputs("    esac\n"
          "    if [[ $current == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
          "        return\n"
          "    fi\n"
          "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
          "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
          "        COMPREPLY+=($(compgen -W '",
          out);
    put_command_names(out);
    fputs("' -- \"$current\"))\n    fi\n}\n\ncomplete -o filenames -F _memscan memscan\n", out);
}

// == zsh ==

static void put_zsh_option(FILE *out, enum command_id command, const struct option_entry *entry)
{
    (void)command;
    fprintf(out, "        '*'");
    if (entry->short_name != 0)
        fprintf(out, "{-%c,--%s}", entry->short_name, entry->long_name);
    else
        fprintf(out, "--%s", entry->long_name);
    fprintf(out, "'[");
    put_quoted(out, entry->help, "[]\\:", "'\\''");
    fprintf(out, "]");
    if (entry->argument != NULL)
        fprintf(out, ":%s:", entry->argument);
    if (entry->values != NULL)
        fprintf(out, "(%s)", entry->values);
    else if (entry->id == OPT_FILE)
        fprintf(out, "_files");
    fprintf(out, "'\n");
}

void docgen_zsh(FILE *out)
{
    fputs("#compdef memscan\n# zsh completion for memscan, made from its table of options\n\n"
          "_memscan() {\n"
          "    local command=search\n"
          "    local -a options names\n"
          "    names=(",
          out);
    put_command_names(out);
    fputs(")\n    (( CURRENT > 2 && ${names[(Ie)$words[2]]} )) && command=$words[2]\n"
          "    case $command in\n",
          out);
    for (int command = 0; command < N_COMMANDS; command++) {
        fprintf(out, "    %s) options=(\n", command_texts[command].name);
        each_option(out, (enum command_id)command, put_zsh_option);
        fputs("    );;\n", out);
    }
    fputs("    esac\n    (( CURRENT == 2 )) && compadd -a names\n"
          "    _arguments -s $options '*:image:_files'\n}\n\n_memscan \"$@\"\n",
          out);
}

// == fish ==

static void put_fish_option(FILE *out, enum command_id command, const struct option_entry *entry)
{
    fprintf(out, "complete -c memscan -n '__memscan_command %s'", command_texts[command].name);
    if (entry->short_name != 0)
        fprintf(out, " -s %c", entry->short_name);
    fprintf(out, " -l %s", entry->long_name);
    if (entry->argument != NULL)
        fprintf(out, entry->id == OPT_FILE ? " -r" : " -x");
    if (entry->values != NULL)
        fprintf(out, " -a '%s'", entry->values);
    fprintf(out, " -d '");
    put_quoted(out, entry->help, "\\", "\\'");
    fprintf(out, "'\n");
}

void docgen_fish(FILE *out)
{
    fputs("# fish completion for memscan, made from its table of options\n\n"
          "function __memscan_command\n"
          "    set -l words (commandline -opc)\n"
          "    set -l command search\n"
          "    if set -q words[2]; and contains -- $words[2] ",
          out);
    put_command_names(out);
    fputs("\n        set command $words[2]\n    end\n    test $command = $argv[1]\nend\n\n", out);
    for (int command = 0; command < N_COMMANDS; command++) {
        fprintf(out, "complete -c memscan -n __fish_use_subcommand -a %s -d '",
                command_texts[command].name);
        put_quoted(out, command_texts[command].summary, "\\", "\\'");
        fprintf(out, "'\n");
    }
    for (int command = 0; command < N_COMMANDS; command++)
        each_option(out, (enum command_id)command, put_fish_option);
}
