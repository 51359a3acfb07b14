// SPDX-License-Identifier: MIT
//
// Windows as a spec describes it: PE modules and the system that lists them. module.h has what is
// made of it.

#ifndef CORPUS_MODULE_SPEC_H
#define CORPUS_MODULE_SPEC_H

#include "object_spec.h"
#include "pool_spec.h"

/** Modules have no more bytes than this. */
#define MAX_IMAGE (UINT64_C(1) << 30)

struct section_spec {
    char *name; // at most 8 bytes
    uint64_t size;
    bool has_rva; // else it follows the section before it
    uint64_t rva;
    bool has_flags; // else they follow from the name
    uint64_t flags;
    struct fill fill;
    struct place place;
};

/** An export, or a name that only the spec knows. */
struct symbol_spec {
    char *name; // NULL: by ordinal alone
    bool is_label;
    bool has_ordinal; // else the next one that is free
    uint64_t ordinal;
    struct target at; // none: in the first section of code, behind the one before it
    char *forward;    // "dll.Name" or "dll.#7"; NULL: none
    struct place place;
};

struct import_spec {
    char *dll;
    char *name; // NULL: by ordinal
    uint64_t ordinal;
    bool is_delayed;
    bool is_bound; // of delayed ones: its slot has the function's address
    struct place place;
};

/** A slot whose value is another one than the loader's. */
struct hook_spec {
    char *name; // of the import; "@7" by ordinal
    struct target to;
    struct place place;
};

struct function_spec {
    struct target at;
    uint64_t length;
    struct place place;
};

/** Pages of a module, or of what lists it, that are not there. */
struct missing_spec {
    enum missing_part {
        MISSING_HEADERS,
        MISSING_IAT,
        MISSING_NAMES,
        MISSING_EXPORTS,
        MISSING_ALL,
        MISSING_ENTRY,
        MISSING_NAME,
        MISSING_PATH,
        MISSING_PART_COUNT
    } part; // MISSING_PART_COUNT: `length` bytes from `at` on
    struct target at;
    uint64_t length;
    size_t rule; // the space rule that takes the pages away; its range is not set yet
    struct place place;
};

struct pdb_spec {
    char *name; // NULL: none
    uint8_t guid[16];
    uint32_t age;
};

/** What the loader has left of the names of imports. */
enum import_names { NAMES_KEPT, NAMES_UNLINKED, NAMES_OVERWRITTEN };

enum module_listing {
    LISTED,
    UNLINKED, // it has an entry, which the list leaves out
    UNLISTED, // it has none
};

struct module_spec {
    char *name;
    size_t space;
    uint64_t base;
    struct place place;
    size_t map_rule; // SIZE_MAX: other lines map it
    int file;        // a PE file to map; -1: it is made here
    uint64_t file_size;

    char *file_name;
    struct bytes listed_name; // UTF-16, as the list has them
    struct bytes listed_path;
    bool has_timestamp, has_checksum;
    uint64_t timestamp, checksum;
    struct target entry_point;
    uint64_t alignment;
    enum import_names names;
    enum module_listing listing;
    struct pdb_spec pdb;
    bool has_version;
    uint16_t version[4];

    struct section_spec *sections;
    size_t n_sections, sections_capacity;
    struct symbol_spec *symbols;
    size_t n_symbols, symbols_capacity;
    struct import_spec *imports;
    size_t n_imports, imports_capacity;
    struct hook_spec *hooks;
    size_t n_hooks, hooks_capacity;
    struct function_spec *functions;
    size_t n_functions, functions_capacity;
    struct missing_spec *missing;
    size_t n_missing, missing_capacity;
};

struct unloaded_spec {
    struct bytes name; // UTF-16
    uint64_t start, end, time;
    struct place place;
};

/** An NT system: its kernel is the module "nt" of the space. */
struct nt_spec {
    bool is_there;
    size_t space;
    struct place place;
    struct pool_spec pool;
    struct objects_spec objects;
    enum { KDBG_PLAIN, KDBG_ENCODED, KDBG_NONE } kdbg;
    uint64_t wait_never, wait_always; // that it is encoded with
    uint64_t kdbg_size;               // 0: what the build has
    struct unloaded_spec *unloaded;
    size_t n_unloaded, unloaded_capacity;
};

void module_spec_release(struct module_spec *module);
void nt_spec_release(struct nt_spec *nt);

#endif
