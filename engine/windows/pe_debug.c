// SPDX-License-Identifier: MIT
//
// The debug directory: which PDB file belongs to an image.

#include "windows/pe.h"

#include "base/bytes.h"
#include "base/extent.h"
#include "windows/pe_window.h"

#include <string.h>

enum {
    ENTRY_BYTES = 0x1c,
    ENTRY_TYPE = 0x0c,
    ENTRY_DATA_BYTES = 0x10,
    ENTRY_DATA_RVA = 0x14,
    TYPE_CODEVIEW = 2,
    MAX_ENTRIES = 64, // linkers write up to ten

    RSDS_GUID = 0x04, // behind the signature
    RSDS_AGE = 0x14,
    RSDS_PATH = 0x18,
    NB10_SIGNATURE = 0x08,
    NB10_AGE = 0x0c,
    NB10_PATH = 0x10,
};

// A CodeView record at `rva` with `length` bytes.
static enum ms_pe_state read_codeview(struct ms_pe_window *window, uint32_t rva, uint32_t length,
                                      struct ms_pe_pdb *pdb)
{
    uint8_t bytes[RSDS_PATH];
    enum ms_pe_state state = ms_pe_window_get(window, rva, bytes, NB10_PATH);
    uint32_t path = NB10_PATH;

    *pdb = (struct ms_pe_pdb){.is_nb10 = memcmp(bytes, "NB10", 4) == 0};
    if (state != MS_PE_WHOLE)
        return state;
    if (pdb->is_nb10) {
        pdb->signature = ms_le32(bytes + NB10_SIGNATURE);
        pdb->age = ms_le32(bytes + NB10_AGE);
    } else {
        if (memcmp(bytes, "RSDS", 4) != 0)
            return MS_PE_BAD;
        state = ms_pe_window_get(window, rva, bytes, RSDS_PATH);
        if (state != MS_PE_WHOLE)
            return state;
        path = RSDS_PATH;
        memcpy(pdb->guid, bytes + RSDS_GUID, sizeof(pdb->guid));
        pdb->age = ms_le32(bytes + RSDS_AGE);
    }
    if (length < path)
        return MS_PE_BAD;
    pdb->path_state =
        ms_pe_window_text(window, (uint64_t)rva + path, pdb->path,
                          (uint32_t)ms_min_u64(length - path, MS_PE_MAX_PATH), &pdb->path_length);
    return MS_PE_WHOLE;
}

static enum ms_pe_state read_entry(struct ms_pe_window *window, uint64_t rva, struct ms_pe_pdb *pdb)
{
    uint8_t entry[ENTRY_BYTES];
    enum ms_pe_state state = ms_pe_window_get(window, rva, entry, sizeof(entry));

    if (state != MS_PE_WHOLE)
        return state;
    if (ms_le32(entry + ENTRY_TYPE) != TYPE_CODEVIEW)
        return MS_PE_NONE;
    // Data that the loader does not map has no address.
    if (ms_le32(entry + ENTRY_DATA_RVA) == 0)
        return MS_PE_MISSING;
    return read_codeview(window, ms_le32(entry + ENTRY_DATA_RVA), ms_le32(entry + ENTRY_DATA_BYTES),
                         pdb);
}

enum ms_pe_state ms_pe_pdb(const struct ms_pe *pe, struct ms_pe_pdb *pdb_ret)
{
    const struct ms_pe_directory *directory = &pe->directories[MS_PE_DIRECTORY_DEBUG];
    enum ms_pe_state worst = directory->state == MS_PE_WHOLE ? MS_PE_NONE : directory->state;
    uint32_t n = directory->size / ENTRY_BYTES;
    struct ms_pe_window window;
    bool found = false;

    *pdb_ret = (struct ms_pe_pdb){0};
    if (directory->state != MS_PE_WHOLE)
        return directory->state;
    ms_pe_window_start(&window, pe);
    for (uint32_t i = 0; i < n && i < MAX_ENTRIES; i++) {
        struct ms_pe_pdb pdb;
        enum ms_pe_state state =
            read_entry(&window, directory->rva + (uint64_t)i * ENTRY_BYTES, &pdb);

        if (state == MS_PE_WHOLE && (!found || (pdb_ret->is_nb10 && !pdb.is_nb10))) {
            *pdb_ret = pdb;
            found = true;
        } else if (worst == MS_PE_NONE || state == MS_PE_MISSING) {
            worst = state;
        }
    }
    return found ? MS_PE_WHOLE : worst;
}
