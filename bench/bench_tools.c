// SPDX-License-Identifier: MIT

#include "bench_tools.h"

#include "bench_pattern_files.h"

#include <ctype.h>
#include <string.h>

const char *tools_memscan = BENCH_MEMSCAN;

// == Input ==

bool tool_input_make(struct tool_input *input, const struct row *row,
                     const struct row_pattern *patterns, const char *image)
{
    *input = (struct tool_input){.row = row, .patterns = patterns, .image = image};
    return pattern_file_make(&input->memscan_patterns, write_memscan_patterns, row, patterns) &&
           pattern_file_make(&input->expressions, write_expressions, row, patterns) &&
           pattern_file_make(&input->bytes, write_bytes, row, patterns) &&
           pattern_file_make(&input->yara_rule, write_yara_rule, row, patterns);
}

void tool_input_release(struct tool_input *input)
{
    memory_file_release(&input->memscan_patterns);
    memory_file_release(&input->expressions);
    memory_file_release(&input->bytes);
    memory_file_release(&input->yara_rule);
}

// == Calls ==

// Appends to arguments, of which there are MAX_ARGUMENTS at most; NULL is passed over.
static void append(const char **arguments, const char *const more[], size_t n)
{
    while (*arguments)
        arguments++;
    for (size_t i = 0; i < n; i++) {
        if (more[i])
            *arguments++ = more[i];
    }
    *arguments = NULL;
}

#define APPEND(arguments, ...)                                                                     \
    append(arguments, (const char *const[]){__VA_ARGS__},                                          \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static const char *if_ignoring_case(const struct tool_input *input)
{
    return input->patterns[0].ignore_case ? "-i" : NULL;
}

static void memscan_one_thread(const struct tool_input *input, const char **arguments)
{
    APPEND(arguments, tools_memscan, "-1", "--quiet", "--as", "raw", "--space", "physical",
           "--threads", "1", "-f", input->memscan_patterns.path, input->image);
}

static void memscan_all_threads(const struct tool_input *input, const char **arguments)
{
    APPEND(arguments, tools_memscan, "-1", "--quiet", "--as", "raw", "--space", "physical", "-f",
           input->memscan_patterns.path, input->image);
}

static void hyperscan(const struct tool_input *input, const char **arguments)
{
    APPEND(arguments, BENCH_HS, if_ignoring_case(input), input->expressions.path, input->image);
}

// Bytes as they are: no configuration, no ignored files, no text encoding, no lines counted.
static void ripgrep(const struct tool_input *input, const char **arguments)
{
    APPEND(arguments, "rg", "--no-config", "-uuu", "-a", "-o", "-b", "-N", "-j1", "--no-unicode",
           "-E", "none", "--regex-size-limit=4G", "--dfa-size-limit=4G", if_ignoring_case(input),
           "-f", input->expressions.path, input->image);
}

// Many bytes are faster by -F than by -P. Without -z, which gives wrong offsets behind holes.
static void grep(const struct tool_input *input, const char **arguments)
{
    bool fixed = input->patterns[0].n_bytes > 0;

    APPEND(arguments, "grep", "-o", "-b", "-U", "-a", if_ignoring_case(input), fixed ? "-F" : "-P",
           "-f", fixed ? input->bytes.path : input->expressions.path, input->image);
}

// A rule needs a place on the stack for each of its patterns.
static void yara(const struct tool_input *input, const char **arguments)
{
    APPEND(arguments, "yara", "-s", "-w", "--max-strings-per-rule=1000000", "--stack-size=1000000",
           input->yara_rule.path, input->image);
}

// clang-format off
const struct tool tools[N_TOOLS] = {
    // name                 program  arguments             aligned leftmost needs_hyperscan
    {"memscan",              NULL,   memscan_one_thread,   true,   false,   false},
    {"memscan, all threads", NULL,   memscan_all_threads,  true,   false,   false},
    {"Hyperscan",            NULL,   hyperscan,            false,  false,   true},
    {"ripgrep",              "rg",   ripgrep,              false,  true,    false},
    {"grep",                 "grep", grep,                 false,  true,    false},
    {"YARA",                 "yara", yara,                 false,  false,   false},
};
// clang-format on

bool tool_version(const struct tool *tool, char *version, size_t size)
{
    char command[64], line[128] = "";
    FILE *output;

    snprintf(command, sizeof(command), "%s --version 2>/dev/null", tool->program);
    output = popen(command, "r");
    if (!output)
        return false;
    if (!fgets(line, sizeof(line), output))
        line[0] = '\0';
    while (fgetc(output) != EOF)
        ; // lest it complain that nobody reads
    pclose(output);
    line[strcspn(line, "\n")] = '\0';
    if (isdigit((unsigned char)line[0]))
        snprintf(version, size, "%s %s", tool->name, line);
    else
        snprintf(version, size, "%s", line);
    return line[0] != '\0';
}
