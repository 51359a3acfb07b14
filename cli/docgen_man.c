// SPDX-License-Identifier: MIT
//
// memscan.1.scd: what does not depend on an option is text here, the rest comes from the table.

#include "docgen.h"

#include "option_table.h"
#include <string.h>

static const char description[] =
    "memscan searches memory images: copies of a machine's physical memory, with holes where the "
    "machine had none or where the image has none. Where it finds page tables in an image, it "
    "searches the kernel's address space and then the memory that this does not map. It finds "
    "values, text and regular expressions "
    "exactly: no match is lost at the edge of a page or a chunk, none is made up across a hole, "
    "and "
    "the output is the same for any number of threads.\n"
    "\n"
    "Without the name of a command memscan searches. An image that is called like a command is "
    "written "
    "./info. Options and images may be mixed; -- ends the options.\n"
    "\n"
    "An address space is a list of segments, stretches of memory that is mapped one behind the "
    "other, wherever it lies physically; everything else is a hole. A match lies in one segment, "
    "and is reported once for each address that it has.\n"
    "\n"
    "Values, addresses and the lengths of ranges are hexadecimal; 0x is allowed, and 0n means "
    "decimal. "
    "Counts and sizes of options are decimal, or hexadecimal behind 0x.\n";

static const char output[] =
    "Text lines are those of WinDbg's s command: the address, two spaces, and 16 bytes as bytes, "
    "words, "
    "DWORDs or QWORDs, with the characters behind them. Physical addresses have p: in front; where "
    "several virtual spaces are searched, or several with physical addresses, the name of the "
    "space and a colon are in front. A byte that is not in the image prints as ??. Three blanks "
    "further to the right stands which pattern it was, if there are several, \"repeated N times\" "
    "for matches in a row, what is missing of a partial match, and where else the same bytes are "
    "mapped. If several images are searched each line begins with the image's name and a colon.\n"
    "\n"
    "JSON Lines: a _begin_ object an image, then _hit_, _gap_ and _coverage_ objects, and an _end_ "
    "object with the counts. Addresses are strings, counts are numbers. A hit has the _space_, the "
    "_address_ there and the _physical_ address of its first byte; with --once, _mappings_ with "
    "all its places, and _n_mappings_ where not all are listed; with --edge, _partial_ and the "
    "bytes that are _missing_before_ and _missing_behind_. There is a coverage object for each "
    "space. An interrupted search has _interrupted_, _next_ and, where spaces are searched, "
    "_next_space_ in its end object.\n"
    "\n"
    "A closing line on standard error says for each image how many matches there were and how much "
    "of "
    "what was asked for could be searched. An image is searched up to the size that it had when it "
    "was "
    "opened. Bytes that cannot be read, because the disk fails or the file has become shorter, are "
    "counted as unreadable and listed by --gaps; no match holds one.\n";

static const struct {
    const char *status;
    const char *meaning;
} exit_statuses[] = {
    {"0", "Something was found."},
    {"1", "Nothing was found."},
    {"2", "An error; one line on standard error says which."},
    {"3", "Less was searched than --require-coverage asks for."},
    {"130", "Interrupted, by SIGINT, SIGTERM, SIGHUP or SIGXCPU; standard error says which --space "
            "and --from go on. modules, processes, threads and drivers list what they have found "
            "until then."},
};

static const struct {
    const char *name;
    const char *meaning;
} environment[] = {
    {"MEMSCAN_SIMD", "The kernels to use, as with --simd."},
    {"NO_COLOR", "If not empty, --color auto means never."},
};

// Text as it is: scdoc's marks escaped.
static void put_plain(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_#`~[]|<>+-", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_term(FILE *out, const char *term, const char *meaning)
{
    fprintf(out, "*");
    put_plain(out, term);
    fprintf(out, "*\n\t");
    put_plain(out, meaning);
    fprintf(out, "\n\n");
}

static void put_option(FILE *out, const struct option_entry *entry)
{
    if (entry->short_name != 0)
        fprintf(out, "*-%c*, ", entry->short_name);
    fprintf(out, "*--%s*", entry->long_name);
    if (entry->argument != NULL) {
        fprintf(out, " _");
        put_plain(out, entry->argument);
        fprintf(out, "_");
    }
    fprintf(out, "\n\t");
    put_plain(out, entry->man);
    fprintf(out, "\n\n");
}

static void put_command(FILE *out, enum command_id command)
{
    const struct command_text *text = &command_texts[command];

    fprintf(out, "# MEMSCAN ");
    for (const char *c = text->name; *c != '\0'; c++)
        fputc(*c - 'a' + 'A', out);
    fprintf(out, "\n\n*memscan* ");
    put_plain(out, text->synopsis);
    fprintf(out, "\n\n");
    put_plain(out, text->man);
    fprintf(out, "\n\n");
    for (int group = 0; group < N_GROUPS; group++)
        for (size_t i = 0; i < option_table_length; i++)
            if (option_belongs(&option_table[i], command) &&
                option_table[i].group == (unsigned)group)
                put_option(out, &option_table[i]);
}

static void put_examples(FILE *out)
{
    fprintf(out, "# EXAMPLES\n\n");
    for (int command = 0; command < N_COMMANDS; command++)
        for (size_t i = 0; i < MAX_EXAMPLES && command_texts[command].examples[i].line != NULL; i++)
            put_term(out, command_texts[command].examples[i].line,
                     command_texts[command].examples[i].comment);
}

void docgen_man(FILE *out)
{
    fprintf(out, "memscan(1)\n\n# NAME\n\nmemscan - searches memory images\n\n# SYNOPSIS\n\n");
    for (int command = 0; command < N_COMMANDS; command++) {
        fprintf(out, "*memscan* ");
        put_plain(out, command_texts[command].synopsis);
        fprintf(out, "%s\n", command + 1 < N_COMMANDS ? "++" : "");
    }
    fprintf(out, "\n# DESCRIPTION\n\n%s\n", description);
    for (int command = 0; command < N_COMMANDS; command++)
        put_command(out, (enum command_id)command);
    fprintf(out, "# OUTPUT\n\n%s\n# EXIT STATUS\n\n", output);
    for (size_t i = 0; i < sizeof(exit_statuses) / sizeof(exit_statuses[0]); i++)
        put_term(out, exit_statuses[i].status, exit_statuses[i].meaning);
    fprintf(out, "# ENVIRONMENT\n\n");
    for (size_t i = 0; i < sizeof(environment) / sizeof(environment[0]); i++)
        put_term(out, environment[i].name, environment[i].meaning);
    put_examples(out);
}
