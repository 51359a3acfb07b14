// SPDX-License-Identifier: MIT
//
// What is kept of a symbol file, and whose it is.

#ifndef MS_WINDOWS_SYMBOLS_H
#define MS_WINDOWS_SYMBOLS_H

#include "windows/nt_layout.h"
#include "windows/pe.h"
#include <memscan/symbols.h>

#define MS_GUID_DIGITS 32

struct ms_file_symbol {
    const char *name; // ends with a NUL, which is not counted
    uint32_t length;
    uint32_t rva;
};

struct ms_symbols {
    char *path;
    char *pdb_name;
    char guid[MS_GUID_DIGITS + 1]; // as PDB files are named: upper-case letters
    uint32_t age;
    uint32_t machine;
    unsigned bits;
    struct ms_file_symbol *items; // by RVA; of one RVA the shortest name first
    size_t n;
    size_t n_outside; // left out: no module is so large, or they are negative
    char *names;
    struct ms_nt_layout layout; // means something where the next one says so
    bool tells[MS_N_NT_FIELDS]; // which fields the file tells, or tells that there is none
};

// The symbols below an RVA. O(log n).
size_t ms_symbols_below(const struct ms_symbols *symbols, uint64_t rva);

// == Whose they are: symbols_fit.c ==

enum ms_symbols_fit {
    MS_FIT_NONE,
    MS_FIT_REFUSED, // the module has that name, and another PDB or machine
    MS_FIT_BY_NAME, // the image does not hold the record that would tell the PDB
    MS_FIT_EXACTLY,
};

// Whether they are those of a module. `pe` is NULL where its headers are not in memory; `name` is
// the one it is listed with; `bits` are those of the machine. MS_NOMEM.
enum ms_status ms_symbols_fit(const struct ms_symbols *symbols, const struct ms_pe *pe,
                              const char *name, unsigned bits, enum ms_symbols_fit *fit_ret);

// Says in one line why they are refused; allocated. False without memory.
bool ms_symbols_tell_refused(const struct ms_symbols *symbols, const struct ms_pe *pe,
                             const char *name, unsigned bits, char **text_ret);

#endif
