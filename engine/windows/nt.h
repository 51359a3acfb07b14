// SPDX-License-Identifier: MIT
//
// The NT kernel in memory: where it is, what it says of itself, and where its lists begin.

#ifndef MS_WINDOWS_NT_H
#define MS_WINDOWS_NT_H

#include "windows/kdbg.h"
#include "windows/pe.h"
#include "windows/symbols.h"

#define MS_NT_LAB_BYTES 128

struct ms_nt {
    uint64_t base; // 0: not found, and the rest means nothing
    const char *base_origin;
    struct ms_pe *pe;                 // NULL: its headers are not in memory
    struct ms_pe_exports *exports;    // NULL without `pe`
    const struct ms_symbols *symbols; // of a file; NULL: none fits
    enum ms_symbols_fit symbols_fit;
    struct ms_kdbg kdbg;
    uint64_t module_list; // 0: nothing tells
    const char *module_list_origin;
    uint32_t major, minor, build; // 0: not known
    char build_lab[MS_NT_LAB_BYTES];
    struct ms_watch *watch; // while it is looked for
    unsigned n_images;      // that were looked at for the kernel
    bool no_memory;         // for one of them: the rest may be wrong
};

struct ms_modules_options;

// Looks for the kernel. That there is none is MS_OK, too, as is that this was stopped. `nt` is
// released either way. Where one of the symbol files is the kernel's, the layout of its structures
// is set.
enum ms_status ms_nt_find(struct ms_kernel_memory *memory, const struct ms_modules_options *options,
                          struct ms_watch *watch, struct ms_nt *nt, struct ms_error *error);
void ms_nt_release(struct ms_nt *nt);

// The address of an export; 0: there is none, or it is forwarded.
uint64_t ms_nt_export(const struct ms_nt *nt, const char *name);

// The address of a symbol by the file; 0: there is none.
uint64_t ms_nt_symbol(const struct ms_nt *nt, const char *name);

// Puts into a layout what the symbol file tells, if there is one.
void ms_nt_apply_symbols(const struct ms_nt *nt, struct ms_nt_layout *layout);

// The address of a variable by the KDBG, else by its symbol; 0: neither tells.
uint64_t ms_nt_variable(const struct ms_nt *nt, enum ms_kdbg_field field, const char *name);

// == Finding the base: nt_base.c ==

// Whether a PE image of the kernel is at an address. It is nt->pe then. Of only so many images is
// it looked at; all others are none.
bool ms_nt_is_kernel(const struct ms_kernel_memory *memory, uint64_t base, struct ms_nt *nt);

// Sets base, base_origin and pe by what points into the kernel, else by looking for it where it
// can be. False: it was not found.
bool ms_nt_find_base(const struct ms_kernel_memory *memory, struct ms_nt *nt);

// Whether a PDB file has the name of a kernel's.
bool ms_nt_is_pdb(const uint8_t *name, size_t length);

// == Version: nt_version.c ==

void ms_nt_find_version(const struct ms_kernel_memory *memory, struct ms_nt *nt);

#endif
