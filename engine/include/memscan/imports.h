// SPDX-License-Identifier: MIT
//
// What the modules of a Windows kernel take from each other: exports by name, and the slots of
// import tables, with what the tables ask for and where the slots really point.

#ifndef MEMSCAN_IMPORTS_H
#define MEMSCAN_IMPORTS_H

#include <memscan/modules.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Exports ==

// Names are bytes as the module has them, without NUL; "Ordinal12" where there is none.
struct ms_export {
    const char *name;
    size_t length;
    uint64_t address; // forwarders followed; 0: not known
    bool forwarded;   // what is meant lies in another module, or has another name in this one
};

// Calls `visit` with the exports of a module whose name fits a pattern (see ms_name_matches()), in
// ascending order of address, forwarded ones last. What `visit` returns, if not 0, ends it and is
// put into *result_ret, else 0. Names live as long as the modules. MS_NOMEM.
MS_API enum ms_status ms_modules_exports(const struct ms_modules *modules, size_t index,
                                         const char *pattern,
                                         int (*visit)(void *user, const struct ms_export *item),
                                         void *user, int *result_ret, struct ms_error *error);

// == Imports ==

enum ms_import_kind {
    MS_IMPORT_NORMAL,
    MS_IMPORT_DELAYED,  // filled in at the first call; until then it points into its own module
    MS_IMPORT_IAT,      // in the import address table, of no descriptor that can be read
    MS_IMPORT_BY_VALUE, // the tables are not in the image: one of the module's longest row of words
                        // that has the shape of an import address table: lists of pointers, most
                        // of them to exports of one module, with a 0 behind each list
};

// "normal", "delayed", "iat", "by-value"; NULL past the last.
MS_API const char *ms_import_kind_name(size_t kind);

enum ms_import_state {
    MS_IMPORT_UNKNOWN,   // there is nothing to compare
    MS_IMPORT_AS_ASKED,  // it points to what is asked for
    MS_IMPORT_HOOKED,    // it does not
    MS_IMPORT_UNBOUND,   // it was not yet filled in
    MS_IMPORT_NO_EXPORT, // what is asked for is not known, and it points to no known export
};

// "unknown", "as-asked", "hooked", "unbound", "no-export"; NULL past the last.
MS_API const char *ms_import_state_name(size_t state);

// A slot: a pointer that the loader fills in. Texts live as long as the modules.
struct ms_import {
    uint64_t slot; // its address
    enum ms_import_kind kind;
    enum ms_import_state state;

    // What the name table asks for. A module that is not loaded has the name that its file would
    // give it.
    const char *asked_module; // "nt"; "": the table does not tell
    const char *asked;        // "SeTokenType" or "Ordinal12", bytes as the table has them; NULL: it
                              // does not tell
    size_t asked_length;
    uint64_t asked_address; // where that is, forwarders followed; 0: not known

    bool has_value; // it is in the image
    uint64_t value;
    size_t module;                  // that the value lies in; MS_NO_MODULE: none
    const struct ms_symbol *symbol; // exactly there: that which is asked for, if it has several
                                    // names; NULL: none
};

// The slots of a module, by ascending address. They are read when they are first asked for, and
// kept. MS_NOMEM.
MS_API enum ms_status ms_modules_imports(const struct ms_modules *modules, size_t index,
                                         const struct ms_import **imports_ret, size_t *n_ret,
                                         struct ms_error *error);

// The slot that an address lies in, also behind its first byte; *import_ret is NULL if there is
// none. O(log n), once the slots of the address's module are read. MS_NOMEM.
MS_API enum ms_status ms_modules_import_at(const struct ms_modules *modules, uint64_t address,
                                           const struct ms_import **import_ret,
                                           struct ms_error *error);

#ifdef __cplusplus
}
#endif

#endif
