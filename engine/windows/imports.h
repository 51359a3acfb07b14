// SPDX-License-Identifier: MIT
//
// Exports by name, and slots of import tables with what they mean.

#ifndef MS_WINDOWS_IMPORTS_H
#define MS_WINDOWS_IMPORTS_H

#include "windows/modules.h"
#include <memscan/imports.h>

// == Files: module_files.c ==

// Makes the index for ms_module_of_file().
enum ms_status ms_modules_index_files(struct ms_modules *modules, struct ms_error *error);

// The module of a file, "HAL.dll" or "HAL"; MS_NO_MODULE: none is loaded. Listed ones win. O(log
// n).
size_t ms_module_of_file(const struct ms_modules *modules, const uint8_t *name, size_t length);

// == Exports: exports.c ==

// What is asked for of a module.
struct ms_export_key {
    const uint8_t *name; // NULL: by ordinal
    size_t length;
    uint32_t ordinal;
};

// Where an export is, forwarders followed; *address_ret is 0 if that is not known. False without
// memory.
bool ms_export_address(const struct ms_modules *modules, size_t module, struct ms_export_key key,
                       uint64_t *address_ret);

// The symbol exactly at an address of the module: that which is asked for if it is one of them
// (`key` may be NULL), else the first. NULL: none. O(log n).
const struct ms_symbol *ms_symbol_exactly(const struct ms_module_detail *detail, uint64_t address,
                                          const struct ms_export_key *key);

// == Imports: imports.c ==

// The slots of a module. Does not change once made.
struct ms_module_imports {
    MS_VEC(struct ms_import) list; // by ascending slot
    unsigned slot_bytes;
    struct ms_pe_imports *tables; // which hold the names; NULL: no headers
    MS_VEC(char *) names;         // of modules that are not loaded
    char *ordinals;               // "Ordinal12", of slots
    uint64_t bytes;               // that it takes
};

void ms_module_imports_free(struct ms_module_imports *imports); // NULL is allowed

// Says where the value of a slot points: its module and symbol. False without memory.
bool ms_import_point(const struct ms_modules *modules, struct ms_import *item,
                     const struct ms_export_key *key);

// == Slots without tables: import_values.c ==

// Adds slots that are known by their values alone. They have the shape of an import address table:
//   - a row of lists, each with one 0 behind it, or a page that is not in memory;
//   - a list holds addresses of the kernel's half that are not of the module itself. More than half
//     are exactly those of exports, and at least half of these of one module.
// Of all such rows of a module that with the most exports counts, the first of equal ones; a single
// export only if there is no second. `memory` is where the module is read. False without memory.
bool ms_imports_by_value(const struct ms_modules *modules, size_t module,
                         const struct ms_vmem *memory, struct ms_module_imports *imports);

#endif
