// SPDX-License-Identifier: MIT
//
// The version resource: VS_FIXEDFILEINFO. Resources are a tree of three levels: type, name,
// language; each entry leads on by an offset from the tree's start.

#include "windows/pe.h"

#include "base/bytes.h"
#include "windows/pe_window.h"

#include <string.h>

enum {
    TABLE_BYTES = 0x10,
    TABLE_N_NAMED = 0x0c,
    TABLE_N_NUMBERED = 0x0e,
    ENTRY_BYTES = 8,
    TYPE_VERSION = 16,
    LEVELS = 3,
    MAX_ENTRIES = 4096, // real tables have a few

    INFO_KEY = 6,                   // behind three lengths
    INFO_FIXED = INFO_KEY + 30 + 4, // behind the key's 0, at a multiple of 4
    FIXED_BYTES = 0x34,
    FIXED_FILE = 0x08,
    FIXED_PRODUCT = 0x10,
    FIXED_FLAGS_MASK = 0x18,
    FIXED_FLAGS = 0x1c,
    FIXED_OS = 0x20,
    FIXED_TYPE = 0x24,
    FIXED_SUBTYPE = 0x28,
};
#define IS_TABLE        0x80000000u // in an entry's offset; in its name: it is no number
#define FIXED_SIGNATURE 0xfeef04bdu

static const uint8_t version_key[] = "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0";

// Looks in the table at `table` for the entry of the version resource (at the first level), or
// takes the first; gives what the entry holds as offset.
static enum ms_pe_state find_entry(struct ms_pe_window *window, uint64_t table, int level,
                                   uint32_t *offset_ret)
{
    uint8_t bytes[TABLE_BYTES];
    enum ms_pe_state state = ms_pe_window_get(window, table, bytes, sizeof(bytes));
    uint32_t n;

    if (state != MS_PE_WHOLE)
        return state;
    n = (uint32_t)ms_le16(bytes + TABLE_N_NAMED) + ms_le16(bytes + TABLE_N_NUMBERED);
    for (uint32_t i = 0; i < n && i < MAX_ENTRIES; i++) {
        uint8_t entry[ENTRY_BYTES];

        state = ms_pe_window_get(window, table + TABLE_BYTES + (uint64_t)i * ENTRY_BYTES, entry,
                                 sizeof(entry));
        if (state != MS_PE_WHOLE)
            return state;
        *offset_ret = ms_le32(entry + 4);
        if (level > 0 || ms_le32(entry) == TYPE_VERSION)
            return MS_PE_WHOLE;
    }
    return MS_PE_NONE;
}

// The RVA of VS_VERSION_INFO.
static enum ms_pe_state find_info(struct ms_pe_window *window, uint32_t root, uint64_t *rva_ret)
{
    uint32_t offset = 0;

    for (int level = 0; level < LEVELS; level++) {
        enum ms_pe_state state =
            find_entry(window, (uint64_t)root + (offset & ~IS_TABLE), level, &offset);

        if (state != MS_PE_WHOLE)
            return state;
        if (((offset & IS_TABLE) != 0) != (level < LEVELS - 1))
            return MS_PE_BAD;
    }
    return ms_pe_window_number(window, (uint64_t)root + offset, 4, rva_ret);
}

// Four numbers, in two words of which each has the first of its two in its upper half.
static void take_numbers(const uint8_t *bytes, uint16_t numbers_ret[4])
{
    for (size_t i = 0; i < 4; i++)
        numbers_ret[i] = ms_le16(bytes + 2 * (i ^ 1));
}

enum ms_pe_state ms_pe_version(const struct ms_pe *pe, struct ms_pe_version *version_ret)
{
    const struct ms_pe_directory *directory = &pe->directories[MS_PE_DIRECTORY_RESOURCE];
    uint8_t bytes[INFO_FIXED + FIXED_BYTES];
    const uint8_t *fixed = bytes + INFO_FIXED;
    struct ms_pe_window window;
    enum ms_pe_state state;
    uint64_t rva;

    *version_ret = (struct ms_pe_version){0};
    if (directory->state != MS_PE_WHOLE)
        return directory->state;
    ms_pe_window_start(&window, pe);
    state = find_info(&window, directory->rva, &rva);
    if (state == MS_PE_WHOLE)
        state = ms_pe_window_get(&window, rva, bytes, sizeof(bytes));
    if (state != MS_PE_WHOLE)
        return state;
    if (memcmp(bytes + INFO_KEY, version_key, 30) != 0 || ms_le32(fixed) != FIXED_SIGNATURE)
        return MS_PE_BAD;
    take_numbers(fixed + FIXED_FILE, version_ret->file);
    take_numbers(fixed + FIXED_PRODUCT, version_ret->product);
    version_ret->flags = ms_le32(fixed + FIXED_FLAGS) & ms_le32(fixed + FIXED_FLAGS_MASK);
    version_ret->os = ms_le32(fixed + FIXED_OS);
    version_ret->type = ms_le32(fixed + FIXED_TYPE);
    version_ret->subtype = ms_le32(fixed + FIXED_SUBTYPE);
    return MS_PE_WHOLE;
}
