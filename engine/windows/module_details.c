// SPDX-License-Identifier: MIT
//
// What a module's debug directory and version resource say.

#include "windows/modules.h"

#include "base/bytes.h"

#include <stdio.h>

void ms_pdb_file_name(const struct ms_pe_pdb *pdb, char name[MS_PDB_NAME_ROOM])
{
    size_t start = pdb->path_length, length;

    while (start > 0 && pdb->path[start - 1] != '\\' && pdb->path[start - 1] != '/')
        start--;
    length = pdb->path_length - start;
    if (length >= MS_PDB_NAME_ROOM)
        length = MS_PDB_NAME_ROOM - 1;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = pdb->path[start + i];

        name[i] = c >= ' ' && c < 0x7f ? (char)c : '?';
    }
    name[length] = '\0';
}

// An old PDB has a time instead of a GUID.
static void put_identity(const struct ms_pe_pdb *pdb, struct ms_module_details *details)
{
    const uint8_t *g = pdb->guid;
    size_t used = 0;

    if (pdb->is_nb10) {
        snprintf(details->pdb_key, sizeof(details->pdb_key), "%08X%x", pdb->signature, pdb->age);
        return;
    }
    snprintf(details->pdb_guid, sizeof(details->pdb_guid),
             "%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X", ms_le32(g), ms_le16(g + 4),
             ms_le16(g + 6), g[8], g[9], g[10], g[11], g[12], g[13], g[14], g[15]);
    for (const char *c = details->pdb_guid; *c; c++) {
        if (*c != '-')
            details->pdb_key[used++] = *c;
    }
    snprintf(details->pdb_key + used, sizeof(details->pdb_key) - used, "%x", pdb->age);
}

static void take_version(const struct ms_pe_version *version, struct ms_module_details *details)
{
    details->has_version = true;
    for (size_t i = 0; i < 4; i++) {
        details->file_version[i] = version->file[i];
        details->product_version[i] = version->product[i];
    }
    details->file_flags = version->flags;
    details->file_os = version->os;
    details->file_type = version->type;
    details->file_subtype = version->subtype;
}

enum ms_status ms_modules_details(const struct ms_modules *modules, size_t index,
                                  struct ms_module_details *details_ret, struct ms_error *error)
{
    struct ms_vmem vmem = ms_kernel_vmem(&modules->memory);
    struct ms_pe_version version;
    struct ms_pe_pdb pdb;
    struct ms_pe *pe;
    enum ms_status status = ms_pe_open(&vmem, modules->list.items[index].base, &pe, NULL);

    *details_ret = (struct ms_module_details){0};
    if (status != MS_OK)
        return status == MS_NOMEM ? ms_fail_nomem(error) : MS_OK;
    if (ms_pe_pdb(pe, &pdb) == MS_PE_WHOLE) {
        ms_pdb_file_name(&pdb, details_ret->pdb_name);
        put_identity(&pdb, details_ret);
        details_ret->pdb_age = pdb.age;
    }
    if (ms_pe_version(pe, &version) == MS_PE_WHOLE)
        take_version(&version, details_ret);
    ms_pe_close(pe);
    return MS_OK;
}
