// SPDX-License-Identifier: MIT
//
// Symbols and module belong together if they name the same PDB. Where the record of it is not in
// memory, or an old one that has no GUID, the names of PDB and module must do.

#include "windows/symbols.h"

#include "base/bytes.h"
#include "windows/modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// The PDB that an image asks for.
struct wanted {
    bool known; // else the rest means nothing
    char guid[MS_GUID_DIGITS + 1];
    uint32_t age;
    char name[MS_PDB_NAME_ROOM];
};

static struct wanted find_wanted(const struct ms_pe *pe)
{
    struct wanted wanted = {.known = false};
    struct ms_pe_pdb pdb;
    const uint8_t *g = pdb.guid;

    if (!pe || ms_pe_pdb(pe, &pdb) != MS_PE_WHOLE || pdb.is_nb10)
        return wanted;
    wanted.known = true;
    wanted.age = pdb.age;
    snprintf(wanted.guid, sizeof(wanted.guid), "%08X%04X%04X%02X%02X%02X%02X%02X%02X%02X%02X",
             ms_le32(g), ms_le16(g + 4), ms_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13],
             g[14], g[15]);
    ms_pdb_file_name(&pdb, wanted.name);
    return wanted;
}

// Whether a module is called as its PDB: "nt" has one of a few, others their own name.
static enum ms_status compare_module(const struct ms_symbols *symbols, const char *name,
                                     bool *equal_ret)
{
    const char *pdb = symbols->pdb_name;
    char *module;

    *equal_ret = strcmp(name, "nt") == 0 && ms_nt_is_pdb((const uint8_t *)pdb, strlen(pdb));
    if (*equal_ret)
        return MS_OK;
    module = ms_module_name_of(pdb);
    if (!module)
        return MS_NOMEM;
    *equal_ret = strcasecmp(module, name) == 0;
    free(module);
    return MS_OK;
}

enum ms_status ms_symbols_fit(const struct ms_symbols *symbols, const struct ms_pe *pe,
                              const char *name, unsigned bits, enum ms_symbols_fit *fit_ret)
{
    struct wanted wanted = find_wanted(pe);
    bool named;
    enum ms_status status = compare_module(symbols, name, &named);

    if (status)
        return status;
    named = named || (wanted.known && strcasecmp(symbols->pdb_name, wanted.name) == 0);
    if (wanted.known && wanted.age == symbols->age && strcmp(wanted.guid, symbols->guid) == 0)
        *fit_ret = symbols->bits == bits ? MS_FIT_EXACTLY : MS_FIT_REFUSED;
    else if (named)
        *fit_ret = wanted.known || symbols->bits != bits ? MS_FIT_REFUSED : MS_FIT_BY_NAME;
    else
        *fit_ret = MS_FIT_NONE;
    return MS_OK;
}

bool ms_symbols_tell_refused(const struct ms_symbols *symbols, const struct ms_pe *pe,
                             const char *name, unsigned bits, char **text_ret)
{
    struct wanted wanted = find_wanted(pe);

    if (symbols->bits != bits)
        return asprintf(text_ret,
                        "%s: not used: it is for machines of %u bits, the image is of one of %u: "
                        "leave it out",
                        symbols->path, symbols->bits, bits) >= 0;
    return asprintf(text_ret,
                    "%s: not used: %s wants the PDB %s with GUID %s and age %u, it is for GUID %s "
                    "and age %u: make one from the PDB that is wanted",
                    symbols->path, name, wanted.name, wanted.guid, wanted.age, symbols->guid,
                    symbols->age) >= 0;
}
