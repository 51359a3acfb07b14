// SPDX-License-Identifier: MIT
//
// A spec as parsed: what memory there is, what it holds, and how the image is to lie about it.
// The language is described in README.md. Nothing here knows a container.

#ifndef CORPUS_SPEC_H
#define CORPUS_SPEC_H

#include "backing.h"
#include "fill.h"
#include "lexer.h"
#include "module_spec.h"
#include "page_entry.h"

enum machine { MACHINE_ANY, MACHINE_X86_64, MACHINE_X86, MACHINE_X86PAE };

/** "x86_64", "x86", "x86pae"; "any" where the spec does not say. */
extern const char *const machine_names[];

/** Physical memory is at most 2^52 bytes, as on every x86 there is. */
#define PHYSICAL_LIMIT (UINT64_C(1) << 52)

/** A stretch of physical memory, in the order in which the spec lists it. */
struct run {
    uint64_t start;
    uint64_t length;        // bytes in the image; 0 only where memory_size is not
    uint64_t memory_size;   // ELF p_memsz; equal to length unless the spec says more
    uint64_t virtual_start; // ELF p_vaddr
    struct place place;
};

/** A `plant` statement of any form; plant.c turns it into plants. */
struct plant_rule {
    enum { PLANT_AT, PLANT_CROSSING, PLANT_RANDOM } form;
    struct bytes value;
    char *name;            // "-" if none
    bool is_virtual;       // the addresses are those of a space
    size_t space;          // its number
    uint64_t start;        // the address of PLANT_AT; else the range
    uint64_t length;       // of the range
    struct target at;      // PLANT_AT: what `space` and `start` come from, where it is in words
    struct target pointer; // what the value comes from, likewise
    size_t operand;        // where in the value it is put, 4 bytes; 0: it is all of the value
    bool is_relative;      // it is the distance from the value's end
    uint64_t count;        // PLANT_RANDOM
    uint64_t spacing;      // alignment of PLANT_RANDOM, distance of the seams of PLANT_CROSSING
    struct place place;
};

/** An address space; its tables are what the rules say. */
struct space_spec {
    char *name;
    enum paging paging;
};

/** A statement about page tables. They are carried out in order. */
struct space_rule {
    enum { RULE_TABLES, RULE_SPACE, RULE_MAP, RULE_SHARE, RULE_SELF_MAP } form;
    size_t space; // the first of the spaces that it is about
    size_t n_spaces;
    uint64_t start; // virtual; of RULE_TABLES physical
    uint64_t length;

    bool has_root; // RULE_SPACE: it is at `root`, else taken from the tables
    uint64_t root;

    unsigned level; // RULE_MAP: of the entries
    unsigned flags; // enum map_flags
    struct backing backing;
    bool by_prototype; // the entries point to prototypes, which have the backing
    uint64_t prototype;

    size_t other; // RULE_SHARE: with this space, from this address on
    uint64_t other_start;

    uint64_t index; // RULE_SELF_MAP
    struct place place;
};

/** What `fact` and `option` statements set. */
enum setting_id {
    FACT_ATTRIBUTES,
    FACT_BOOT_ID,
    FACT_BUGCHECK, // code, four parameters
    FACT_BUILD,
    FACT_CPUS,
    FACT_CR0,
    FACT_CR4,
    FACT_DTB,       // one a processor; the first also serves processors that have none
    FACT_EXCEPTION, // code, address
    FACT_GDT,
    FACT_GS_BASE,
    FACT_IDT,
    FACT_KDBG,
    FACT_KERNEL_GS,
    FACT_ACTIVE_PROCESSES,
    FACT_LOADED_MODULES,
    FACT_MAJOR,
    FACT_PFN_DATABASE,
    FACT_PRODUCT_TYPE,
    FACT_RIP,
    FACT_RSP,
    FACT_SUITE_MASK,
    FACT_SYSTEM_TIME,
    FACT_UP_TIME,
    OPTION_BITMAP_BITS,
    OPTION_ELF_ALIGN,
    OPTION_QEMU_NOTE_SIZE,
    SETTING_COUNT
};

enum { MAX_SETTING_VALUES = 32 };

struct setting {
    uint64_t values[MAX_SETTING_VALUES];
    size_t count; // 0: the spec does not say
    struct place place;
};

/** `break field NAME VALUE`: overrides a number of the container's own data. */
struct break_field {
    char *name;
    uint64_t value;
    struct place place;
};

/** `break bytes OFFSET HEX`: overwrites bytes of the finished file. */
struct break_bytes {
    uint64_t offset;
    struct bytes bytes;
    struct place place;
};

struct spec {
    char *folder; // of the spec file; "file" fills are found from here
    uint64_t seed;
    bool seed_forced; // by the command line: `seed` statements are ignored
    enum machine machine;
    struct place machine_place;
    bool allow_overlap;
    struct setting settings[SETTING_COUNT];

    struct run *runs;
    size_t n_runs, runs_capacity;
    struct fill *fills;
    size_t n_fills, fills_capacity;
    struct plant_rule *rules;
    size_t n_rules, rules_capacity;
    struct space_spec *spaces;
    size_t n_spaces, spaces_capacity;
    struct space_rule *space_rules;
    size_t n_space_rules, space_rules_capacity;
    struct module_spec *modules;
    size_t n_modules, modules_capacity;
    struct nt_spec nt;
    struct machinery *machinery; // what they become, once the spec is read
    struct break_field *break_fields;
    size_t n_break_fields, break_fields_capacity;
    struct break_bytes *break_bytes;
    size_t n_break_bytes, break_bytes_capacity;

    bool truncated;       // `break truncate`
    uint64_t truncate_to; // bytes that stay
    uint64_t cut;         // `break cut`: bytes that go, after truncation
};

/** Reads a spec ("-" is standard input) into an empty `spec` that may hold a forced seed. */
void spec_read(struct spec *spec, const char *path, struct variables *variables);

/** The n-th value of a setting, or `otherwise` where the spec does not give it. */
uint64_t spec_setting(const struct spec *spec, enum setting_id id, size_t n, uint64_t otherwise);

void spec_release(struct spec *spec);

#endif
