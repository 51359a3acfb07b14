// SPDX-License-Identifier: MIT
//
// Symbol files: names of a module's functions and variables, and where its structures have their
// fields. They are what Volatility 3 calls ISF files: JSON, plain or packed as .xz, one a PDB file.

#ifndef MEMSCAN_SYMBOLS_H
#define MEMSCAN_SYMBOLS_H

#include <memscan/status.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a file has. Does not change once made: any number of threads may use it.
struct ms_symbols;

// Reads a file. MS_NOMEM, MS_IO; MS_MALFORMED: it is no symbol file of a PDB, the text says where;
// MS_UNSUPPORTED: of another machine than x86 and x64, of a later version of the format, too large,
// or this library was built without what reads it.
MS_API enum ms_status ms_symbols_open(const char *path, struct ms_symbols **symbols_ret,
                                      struct ms_error *error);
MS_API void ms_symbols_free(struct ms_symbols *symbols); // NULL is allowed

// Texts live as long as the symbols.
struct ms_symbols_info {
    const char *path;     // as it was opened
    const char *pdb_name; // "ntkrnlmp.pdb"
    const char *pdb_guid; // 32 hexadecimal digits, as they begin struct ms_module_details.pdb_key
    uint32_t pdb_age;
    uint32_t machine; // 0x14c: x86, 0x8664: x64
    size_t n_symbols;
};
MS_API struct ms_symbols_info ms_symbols_info(const struct ms_symbols *symbols);

#ifdef __cplusplus
}
#endif

#endif
