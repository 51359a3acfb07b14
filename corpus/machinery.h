// SPDX-License-Identifier: MIT
//
// Windows in memory: modules as bytes, their imports bound to one another, and the system that
// lists them. All of it is made from the spec alone, before there are page tables: the ranges that
// they map for it are filled in here.

#ifndef CORPUS_MACHINERY_H
#define CORPUS_MACHINERY_H

#include "pool_result.h"
#include "spec.h"

/** A stretch of a module. */
struct part {
    uint64_t rva;
    uint64_t size;
};

struct section {
    char name[9];
    struct part part;
    uint32_t flags;
    uint32_t raw; // where the file would have it
};

struct symbol {
    const char *name; // NULL: by ordinal alone
    const char *forward;
    uint64_t rva; // of forwarders: the text's
    uint32_t ordinal;
    bool is_label;
    struct place place;
};

/** A slot of an import address table. */
struct slot {
    uint64_t rva;
    uint64_t thunk; // RVA of its entry in the name table; 0: none
    char *dll;
    char *name; // NULL: by ordinal
    uint32_t ordinal;
    bool is_delayed;
    bool is_bound; // false: the loader has left alone what is there
    uint64_t value;
    struct place place;
};

struct module {
    const struct module_spec *spec;
    unsigned pointer_bytes; // 4 or 8
    uint8_t *bytes;         // `size` of them, with room for `room`
    size_t size;
    size_t room;
    uint32_t timestamp, checksum;
    uint64_t entry_point; // RVA; 0: none
    struct pdb {
        const char *name; // NULL: none
        uint8_t guid[16];
        uint32_t age;
    } pdb;
    bool has_version;
    uint16_t version[4];
    struct section *sections;
    size_t n_sections, sections_capacity;
    struct symbol *symbols; // those with names first, sorted
    size_t n_symbols, symbols_capacity;
    struct slot *slots;
    size_t n_slots, slots_capacity;
    struct part directories[16];            // of the optional header
    struct part parts[MISSING_ALL];         // by enum missing_part
    uint64_t next_code;                     // where exports without a place go; 0: not known yet
    struct part listed[MISSING_PART_COUNT]; // entry, name and path: virtual addresses
    bool entry_has_timestamp;
};

/** Bytes at a virtual address; where there is no page, there is nothing of them. */
struct piece {
    size_t space;
    uint64_t address;
    uint8_t *bytes;
    size_t length;
    struct place place;
};

struct machinery {
    struct spec *spec;
    struct module *modules; // one for each of the spec's
    size_t n_modules;
    struct piece *pieces;
    size_t n_pieces, pieces_capacity;
    struct pool_result pool;
    struct objects *objects; // NULL: none
};

/**
 * Makes the spec's modules and system, sets the facts that headers have of them, the addresses that
 * plants have in words, and the ranges of space rules that depend on them.
 */
void machinery_create(struct spec *spec);
void machinery_release(struct machinery *machinery);

/** Adds a piece, which takes the bytes. */
void machinery_add(struct machinery *machinery, struct piece piece);

/* ---- modules ----------------------------------------------------------------------------- */

/** Lays a module out: everything but the values of its slots. */
void module_build(struct module *module, const struct spec *spec);

/** The same for a PE file. */
void module_map_file(struct module *module);

/** Gives each slot of all modules its value. */
void machinery_bind(struct machinery *machinery);

/** NULL if there is none of that name. */
struct module *machinery_find(const struct machinery *machinery, const char *name, size_t length);
const struct symbol *module_symbol(const struct module *module, const char *name);
const struct symbol *module_symbol_by_ordinal(const struct module *module, uint64_t ordinal);

/** Where "NUMBER", "SECTION+N" or "SYMBOL+N" lies in the module. */
uint64_t module_place(const struct module *module, const struct target *target);

uint64_t module_load(const struct module *module, uint64_t rva, unsigned width);
void module_store(struct module *module, uint64_t rva, unsigned width, uint64_t value);
void module_store_bytes(struct module *module, uint64_t rva, const void *bytes, size_t length);

/** Makes room at the end, zeroed; returns where. */
uint64_t module_grow(struct module *module, uint64_t length, uint64_t alignment);

/** Starts a section at the end of the module, or at an address behind it. */
struct section *module_add_section(struct module *module, const char *name, uint32_t flags);
void module_end_section(struct module *module);
void module_add_slot(struct module *module, struct slot slot);
void module_add_symbol(struct module *module, struct symbol symbol);
void module_sort_symbols(struct module *module);

/** A place for a function in the first section of code. */
uint64_t module_next_code(struct module *module, struct place place);

/** The sections that are made of other statements than `section`. */
void module_add_debug(struct module *module);
void module_add_exports(struct module *module);
void module_add_imports(struct module *module);
void module_add_functions(struct module *module);
void module_add_resources(struct module *module);

/* ---- addresses --------------------------------------------------------------------------- */

/** Looks up [SPACE:]NUMBER, MODULE+N, MODULE!SYMBOL+N, MODULE/SECTION+N, MODULE@entry+N. */
uint64_t machinery_address(const struct machinery *machinery, const struct target *target,
                           size_t *space_ret);

/* ---- the system -------------------------------------------------------------------------- */

/** True if the module is the system's kernel. */
bool is_kernel(const struct spec *spec, const struct module_spec *module);

/** True if the kernel has such a variable, which nt_add_variables() gives a place. */
bool nt_is_variable(const char *name);

/** Gives the kernel the variables that the spec puts nowhere. */
void nt_add_variables(struct module *kernel, const struct spec *spec);

/** Lists the modules, and fills in the debugger's block. */
void nt_build(struct machinery *machinery);

#endif
