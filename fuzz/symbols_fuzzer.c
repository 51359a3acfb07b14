// SPDX-License-Identifier: MIT
//
// Any bytes as a symbol file. Users take such files from each other. The input is the file, plain
// or packed.
//
// Held to: symbols ascend, have names that end, and addresses that a module can have; the GUID has
// its digits; offsets of fields lie in their structures; a look-up is a count; what is refused has
// one line of text that begins with the path, and nothing is handed out.

#include "fuzz.h"
#include "windows/modules.h"
#include "windows/symbols.h"

#define MAX_INPUT 8192

static void check_symbols(const struct ms_symbols *symbols)
{
    for (size_t i = 0; i < symbols->n; i++) {
        const struct ms_file_symbol *item = &symbols->items[i];

        CHECK(item->length > 0 && strlen(item->name) == item->length, "name of symbol %zu", i);
        CHECK(item->rva < MS_MAX_MODULE_SIZE, "address of symbol %zu", i);
        CHECK(i == 0 || symbols->items[i - 1].rva <= item->rva, "symbol %zu", i);
    }
}

static void check_look_up(const struct ms_symbols *symbols, uint64_t rva)
{
    size_t below = 0;

    for (size_t i = 0; i < symbols->n; i++)
        below += symbols->items[i].rva < rva;
    CHECK(ms_symbols_below(symbols, rva) == below, "below %#lx", (unsigned long)rva);
}

static bool may_be_told(enum ms_nt_field field, uint16_t told)
{
    static const uint16_t most[] = {
        [MS_NT_OFFSET] = MS_NT_STRUCTURE_BYTES - MS_NT_FIELD_BYTES,
        [MS_NT_SIZE] = MS_NT_STRUCTURE_BYTES,
        [MS_NT_BIT] = 31,
        [MS_NT_WIDTH] = 8,
    };
    const struct ms_nt_field_name *name = &ms_nt_field_names[field];

    return told <= most[name->fact] || (told == MS_NO_FIELD && name->may_lack);
}

static void check_file(const struct ms_symbols *symbols, const char *path)
{
    struct ms_symbols_info info = ms_symbols_info(symbols);

    CHECK(strcmp(info.path, path) == 0, "path");
    CHECK(strspn(info.pdb_guid, "0123456789ABCDEF") == MS_GUID_DIGITS &&
              strlen(info.pdb_guid) == MS_GUID_DIGITS,
          "GUID %s", info.pdb_guid);
    CHECK(info.pdb_name[0] && info.n_symbols == symbols->n, "facts");
    CHECK(symbols->bits == (info.machine == MS_PE_MACHINE_AMD64 ? 64 : 32), "machine");
    for (enum ms_nt_field i = 0; i < MS_N_NT_FIELDS; i++)
        CHECK(may_be_told(i, symbols->layout.at[i]), "field %d", (int)i);
    check_symbols(symbols);
    check_look_up(symbols, 0);
    check_look_up(symbols, 0x1000);
    check_look_up(symbols, UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct ms_symbols *symbols = NULL;
    struct ms_error error = {0};
    enum ms_status status;

    if (size > MAX_INPUT)
        return 0;
    file = memory_file_open(data, size);
    status = ms_symbols_open(file.path, &symbols, &error);
    if (status == MS_OK)
        check_file(symbols, file.path);
    else
        check_error(status, &error, "opening a symbol file");
    CHECK(status == MS_OK || strncmp(error.text, file.path, strlen(file.path)) == 0, "no path: %s",
          error.text);
    CHECK((status == MS_OK) == (symbols != NULL), "status %d", (int)status);
    memory_file_close(&file);
    ms_symbols_free(symbols);
    return 0;
}
