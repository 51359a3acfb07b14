// SPDX-License-Identifier: MIT
//
// The one table of commands and options. getopt's tables, --help, the man page and the shell
// completions are all made from it, so that none of them can forget an option. It depends on
// nothing: the generator of the documents (docgen.c) is built of it without the engine.

#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum command_id {
    COMMAND_SEARCH,
    COMMAND_INFO,
    COMMAND_DUMP,
    COMMAND_SPACES,
    COMMAND_MAP,
    COMMAND_V2P,
    COMMAND_P2V,
    COMMAND_MODULES,
    COMMAND_NEAR,
    COMMAND_IMPORTS,
    COMMAND_REFS,
    COMMAND_POOL,
    COMMAND_PROCESSES,
    COMMAND_THREADS,
    COMMAND_STACKS,
    COMMAND_DRIVERS,
    N_COMMANDS,
};

struct command_example {
    const char *line;
    const char *comment;
};

#define MAX_EXAMPLES 6

struct command_text {
    const char *name;
    const char *synopsis; // what follows "memscan " in a usage line
    const char *summary;  // half a line
    const char *man;      // paragraphs, separated by '\n'
    struct command_example examples[MAX_EXAMPLES];
};

extern const struct command_text command_texts[N_COMMANDS];

// The first eight stand in the order of enum ms_pattern_kind.
enum option_id {
    OPT_BYTE,
    OPT_WORD,
    OPT_DWORD,
    OPT_QWORD,
    OPT_ASCII,
    OPT_UTF16,
    OPT_HEX,
    OPT_REGEX,
    OPT_FILE,
    OPT_IGNORE_CASE,
    OPT_ALIGN,
    OPT_SPACE,
    OPT_RANGE,
    OPT_FROM,
    OPT_WRITABLE,
    OPT_EXECUTABLE,
    OPT_MODULES,
    OPT_MODULE,
    OPT_NOT_MODULE,
    OPT_SECTION,
    OPT_EVERYWHERE,
    OPT_WITHIN,
    OPT_UNALIGNED,
    OPT_CODE,
    OPT_AT,
    OPT_OF,
    OPT_TAG,
    OPT_USED,
    OPT_SPECIAL,
    OPT_FIND,
    OPT_PID,
    OPT_NAME,
    OPT_HOOKED,
    OPT_SCAN,
    OPT_UNLOADED,
    OPT_SYMBOLS,
    OPT_DTB,
    OPT_ARCH,
    OPT_KERNEL_START,
    OPT_HOLE,
    OPT_AS,
    OPT_FORMAT,
    OPT_SORT,
    OPT_TOP,
    OPT_TAGS,
    OPT_VERBOSE,
    OPT_ADDRESSES,
    OPT_COUNT,
    OPT_CONTEXT,
    OPT_MAX_HITS,
    OPT_ONCE,
    OPT_EDGE,
    OPT_GAPS,
    OPT_REQUIRE_COVERAGE,
    OPT_STATS,
    OPT_EXPLAIN,
    OPT_QUIET,
    OPT_COLOR,
    OPT_NO_PROGRESS,
    OPT_THREADS,
    OPT_SIMD,
    OPT_CHUNK,
    OPT_ENGINE,
    OPT_MMAP,
    OPT_NO_MMAP,
    OPT_HELP,
    OPT_VERSION,
    N_OPTIONS,
};

enum option_group {
    GROUP_PATTERNS,
    GROUP_WHERE,
    GROUP_OUTPUT,
    GROUP_OTHER,
    N_GROUPS,
};

extern const char *const group_names[N_GROUPS];

struct option_entry {
    enum option_id id;
    unsigned commands; // bits 1u << enum command_id
    char short_name;   // 0: none
    const char *long_name;
    const char *argument; // its name; NULL: takes none
    const char *values;   // what may be given, separated by blanks; NULL: free
    enum option_group group;
    bool rare; // memscan --help leaves it out, which has to fit a screen; memscan search --help
               // does not
    const char *help; // 50 columns at most
    const char *man;
};

// An option that differs between commands has an entry for each.
extern const struct option_entry option_table[];
extern const size_t option_table_length;

static inline bool option_belongs(const struct option_entry *entry, enum command_id command)
{
    return entry->commands >> command & 1;
}

#endif
