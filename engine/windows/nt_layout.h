// SPDX-License-Identifier: MIT
//
// Where structures of the kernel that differ between its versions have their fields: the built-in
// tables, which symbol files may replace.

#ifndef MS_WINDOWS_NT_LAYOUT_H
#define MS_WINDOWS_NT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fields lie within so many bytes of a structure, to the end of the longest one.
#define MS_NT_STRUCTURE_BYTES 0x400u
#define MS_NT_FIELD_BYTES     16u

enum ms_nt_field {
    MS_ENTRY_BASE, // of _KLDR_DATA_TABLE_ENTRY, which its links begin
    MS_ENTRY_SIZE,
    MS_ENTRY_PATH,
    MS_ENTRY_NAME,
    MS_ENTRY_CHECKSUM,
    MS_ENTRY_TIMESTAMP,
    MS_UNLOADED_NAME, // of _UNLOADED_DRIVERS
    MS_UNLOADED_START,
    MS_UNLOADED_END,
    MS_UNLOADED_TIME,
    MS_UNLOADED_BYTES, // not a field: its size
    MS_N_NT_FIELDS,
};

struct ms_nt_field_name {
    const char *structure; // as PDB files call it
    const char *field;     // NULL: its size is meant
    bool may_lack;         // some versions have no such field
};

extern const struct ms_nt_field_name ms_nt_field_names[MS_N_NT_FIELDS];

struct ms_nt_layout {
    uint16_t at[MS_N_NT_FIELDS];
};

// The built-in table of a machine with addresses of 32 or 64 bits.
const struct ms_nt_layout *ms_nt_layout_of(unsigned bits);

#endif
