// SPDX-License-Identifier: MIT
//
// What struct ms_modules holds.

#ifndef MS_WINDOWS_MODULES_H
#define MS_WINDOWS_MODULES_H

#include "windows/module_list.h"
#include "windows/module_quota.h"
#include "windows/notes.h"
#include "windows/nt.h"
#include "windows/symbols.h"
#include <memscan/modules.h>
#include <pthread.h>
#include <stdatomic.h>

#define MS_MAX_MODULES     0x10000u
#define MS_MAX_MODULE_SIZE UINT64_C(0x10000000) // bytes; a larger size is a lie

// What is read of a module when it is first asked for. Does not change once made.
struct ms_module_detail {
    struct ms_pe *pe; // NULL: its headers are not in memory
    struct ms_pe_exports *exports;
    struct ms_pe_functions *functions;
    struct ms_symbol *symbols; // the exports, by ascending address
    size_t n_symbols;
    char *ordinals; // names of symbols that have none
    // These and those of a symbol file, by ascending address, exports first.
    const struct ms_symbol *names;
    size_t n_names;
    struct ms_symbol *joined; // where they are; NULL: without a file they are the exports
    bool left_out;            // there may be all that; the quota has no room for it
};

// Nor does this.
struct ms_module_sections {
    struct ms_module_section *items;
    size_t n;
};

struct ms_module {
    size_t order; // in which they were found: of several with one name, the first keeps it
    uint64_t base;
    uint64_t size; // 0: not yet known
    uint64_t entry;
    unsigned sources; // enum ms_module_sources
    char *name, *image_name, *path;
    const struct ms_symbols *symbols; // of a file; NULL: none
    bool has_header, has_timestamp, has_checksum;
    uint32_t timestamp, checksum;
    uint64_t pages_present;
    atomic_bool left_out;                      // a table of it is, with a note
    struct ms_module_detail *_Atomic detail;   // NULL: not yet read
    struct ms_module_imports *_Atomic imports; // the same
    struct ms_module_sections *_Atomic sections;
};

// Addresses from `first` on, up to the next one of these, belong to a module, or to none.
struct ms_module_stretch {
    uint64_t first;
    size_t module;
};

// What became of a symbol file.
struct ms_file_use {
    enum ms_symbols_fit fit; // not used below MS_FIT_BY_NAME
    size_t module;           // MS_NO_MODULE: of none, or of a kernel that no list has
    char *remark;            // NULL: there is nothing to tell
};

struct ms_modules {
    struct ms_spaces *own; // in which the kernel is read; NULL: in the caller's
    struct ms_kernel_memory memory;
    struct ms_nt nt;
    MS_VEC(struct ms_module) list; // by ascending base
    MS_VEC(struct ms_module_stretch) stretches;
    size_t *by_file; // indexes of `list`
    struct ms_unloaded_drivers unloaded;
    char *unloaded_names[MS_MAX_UNLOADED];
    MS_VEC(struct ms_file_use) files; // the symbol files, in their order
    // The rest changes while details are made, also behind a const.
    struct ms_module_quota quota;
    pthread_mutex_t lock; // for making details
    pthread_mutex_t notes_lock;
    struct ms_notes notes;
    unsigned n_left_out; // notes about what is left out
};

// Adds a line to the notes. False without memory.
bool ms_modules_add_note(struct ms_modules *modules, const char *format, ...) MS_PRINTF(2, 3);

// == What there is no room for: see module_quota.h ==

struct ms_module_quota *ms_modules_quota(const struct ms_modules *modules);

// For what is not made of a module, or not kept, because the quota is spent; an empty thing is kept
// in its place. Makes a note, once a module, and in all only a few of them. False without memory.
bool ms_modules_leave_out(const struct ms_modules *modules, size_t index);

// == Gathering: module_gather.c ==

// Fills the list: what the kernel's list has, and with MS_MODULES_SCAN what memory has, one item a
// base, sorted. Sizes, names and what headers tell are left to ms_modules_describe().
enum ms_status ms_modules_gather(struct ms_modules *modules, unsigned flags, struct ms_watch *watch,
                                 struct ms_error *error);

// == Describing: module_describe.c ==

// Takes from the image of each module what its entry did not tell, counts its pages, and names it.
enum ms_status ms_modules_describe(struct ms_modules *modules, struct ms_error *error);

// The name that WinDbg makes of a file's: without folders and extension, every other character than
// a letter, digit or underscore as one underscore. Allocated; NULL without memory.
char *ms_module_name_of(const char *image_name);

// == Symbol files: symbols_use.c ==

// Gives each module its symbols, and says what became of each file.
enum ms_status ms_modules_take_symbols(struct ms_modules *modules,
                                       const struct ms_modules_options *options,
                                       struct ms_error *error);

// == Whose an address is: module_at.c, module_symbols.c, module_names.c ==

enum ms_status ms_modules_index(struct ms_modules *modules, struct ms_error *error);

// As ms_modules_at(); and the last address that lies in the same module, or in none, without
// another one between.
size_t ms_modules_stretch_at(const struct ms_modules *modules, uint64_t address,
                             uint64_t *last_ret);

// The detail of a module, made at the first call. NULL without memory.
const struct ms_module_detail *ms_module_detail(const struct ms_modules *modules, size_t index);
void ms_module_detail_free(struct ms_module_detail *detail); // NULL is allowed

// Sets the names of a detail whose exports have been read. False without memory.
bool ms_module_join_names(struct ms_module_detail *detail, const struct ms_module *module);

// The name of a PDB file without folders, in printable ASCII.
#define MS_PDB_NAME_ROOM sizeof(((struct ms_module_details *)NULL)->pdb_name)
void ms_pdb_file_name(const struct ms_pe_pdb *pdb, char name[MS_PDB_NAME_ROOM]);

// == Sections: module_sections.c ==

void ms_module_sections_free(struct ms_module_sections *sections); // NULL is allowed

// A section's name, what is no printable ASCII of it as ?.
void ms_printable_section_name(const struct ms_pe_section *section, char name_ret[9]);

#endif
