// SPDX-License-Identifier: MIT
//
// Symbol files, written in the test.

#ifndef TESTS_WINDOWS_ISF_FILE_H
#define TESTS_WINDOWS_ISF_FILE_H

#include "base/file_in_memory.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <memscan/symbols.h>
#include <string.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

#define ISF_GUID "00112233445566778899AABBCCDDEEFF"

// The record that tells the PDB, and what stands before and behind it in a file.
#define ISF_PDB(guid, age, name, machine)                                                          \
    "{\"GUID\":\"" guid "\",\"age\":" #age ",\"database\":\"" name "\",\"machine_type\":" #machine \
    "}"
#define ISF_OF(pdb, symbols, types)                                                                \
    "{\"metadata\":{\"format\":\"6.2.0\",\"windows\":{\"pdb\":" pdb "}},\"base_types\":{},"        \
    "\"enums\":{},\"user_types\":" types ",\n\"symbols\":" symbols "}"
#define ISF(symbols, types) ISF_OF(ISF_PDB(ISF_GUID, 7, "ntkrnlmp.pdb", 34404), symbols, types)

// Opens bytes as a file.
static inline enum ms_status open_isf_bytes(const void *bytes, size_t n,
                                            struct ms_symbols **symbols_ret, struct ms_error *error)
{
    struct memory_file file = memory_file_make(bytes, n);
    enum ms_status status = ms_symbols_open(file.path, symbols_ret, error);

    memory_file_close(&file);
    return status;
}

static inline struct ms_symbols *open_isf(const char *text)
{
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};

    cr_assert(open_isf_bytes(text, strlen(text), &symbols, &error) == MS_OK, "%s", error.text);
    return symbols;
}

#endif
