// SPDX-License-Identifier: MIT
//
// What the command line asks for, before any image is opened.

#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "option_table.h"
#include <memscan/memscan.h>

enum output_format {
    FORMAT_TEXT,
    FORMAT_KD,
    FORMAT_JSONL,
    FORMAT_CSV,
    N_FORMATS,
};

enum color_when {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER,
};

// In the order of the values of --sort.
enum tag_order {
    BY_TAG,
    BY_NONPAGED,
    BY_PAGED,
    BY_DIFFERENCE,
};

// A pattern, or a file of patterns, where it stands on the command line.
struct pattern_argument {
    const struct option_entry *option;
    const char *text;
};

// Where a search begins.
struct from {
    uint64_t address;
    bool given;
    bool physical;     // behind p:
    const char *space; // NULL: the first one
    size_t space_length;
};

struct settings {
    enum command_id command;

    struct pattern_argument *patterns;
    size_t n_patterns;
    bool ignore_case;
    uint32_t align; // 0: each kind's

    const char **space_lists; // as written, names with commas between them
    size_t n_space_lists;
    const char **ranges; // as written: what L counts is known when all patterns are
    size_t n_ranges;
    struct from from;
    unsigned page_flags; // enum ms_page_flags that pages must have

    bool modules;
    const char **module_globs;
    size_t n_module_globs;
    const char **not_module_globs;
    size_t n_not_module_globs;
    const char **section_globs;
    size_t n_section_globs;
    bool everywhere;
    uint64_t within; // bytes
    bool unaligned;
    bool code;
    const char **at; // addresses as written, or -
    size_t n_at;
    const char *of;    // NULL: everything
    const char **tags; // of pool blocks, as written
    size_t n_tags;
    bool used;
    bool special;
    bool find;
    uint64_t *pids;
    size_t n_pids;
    const char **name_globs;
    size_t n_name_globs;
    bool hooked;
    bool scan;
    bool unloaded;
    const char **symbol_paths;
    size_t n_symbol_paths;
    struct ms_symbols **symbols; // of these, once command_run() has opened them

    const uint64_t *root; // each NULL, or at the one behind it
    const uint64_t *kernel_start;
    const struct ms_range *hole;
    uint64_t root_value;
    uint64_t kernel_start_value;
    struct ms_range hole_value;
    const char *arch; // NULL: find out
    const char *as;   // NULL: recognise

    enum tag_order sort;
    uint64_t top;          // UINT64_MAX: all
    const char *tags_path; // NULL: none
    enum output_format format;
    bool verbose;
    bool addresses_only;
    bool count_only;
    bool context_given;
    uint32_t context;
    bool max_hits_given;
    uint64_t max_hits;
    bool once;
    bool edge;
    bool gaps;
    bool coverage_required;
    uint64_t coverage_ppm; // millionths
    bool stats;
    bool explain;
    bool quiet;
    enum color_when color;
    bool no_progress;
    enum ms_pattern_kind dump_kind;

    unsigned threads;
    size_t chunk_bytes;
    const char *simd;
    unsigned engine_mask;
    bool map;

    bool help;
    bool named; // the command line names the command; a search need not be named
    bool version;

    char **operands;
    size_t n_operands;
};

// Reads the command line of `command`; argv[0] is passed over. Strings stay those of argv. Returns
// false after printing an error. Released with settings_release() either way.
bool settings_parse(struct settings *settings, enum command_id command, int argc, char **argv);
void settings_release(struct settings *settings);

// Whether a name fits one of the globs of --name: without any, each does.
bool settings_ask_for(const struct settings *settings, const char *name);

#endif
