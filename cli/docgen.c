// SPDX-License-Identifier: MIT
//
// docgen DOCUMENT FILE: writes the man page (scdoc's source) or the completions of a shell. Built
// and run by the build; not installed.

#include "docgen.h"

#include "option_table.h"
#include <string.h>

static const struct {
    const char *name;
    void (*write)(FILE *out);
} documents[] = {
    {"man", docgen_man},   {"bash", docgen_bash}, {"zsh", docgen_zsh},
    {"fish", docgen_fish}, {"list", docgen_list},
};

void docgen_list(FILE *out)
{
    for (int command = 0; command < N_COMMANDS; command++) {
        for (size_t i = 0; i < option_table_length; i++) {
            const struct option_entry *entry = &option_table[i];

            if (!option_belongs(entry, (enum command_id)command))
                continue;
            fprintf(out, "%s -%.1s --%s\n", command_texts[command].name, &entry->short_name,
                    entry->long_name);
        }
    }
}

static int write_document(void (*write)(FILE *out), const char *path)
{
    FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");

    if (out == NULL) {
        perror(path);
        return 1;
    }
    write(out);
    if (ferror(out) || fclose(out) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof(documents) / sizeof(documents[0]); i++)
        if (strcmp(argv[1], documents[i].name) == 0)
            return write_document(documents[i].write, argv[2]);
    fputs("usage: docgen man|bash|zsh|fish|list FILE\n", stderr);
    return 2;
}
