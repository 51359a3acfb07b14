// SPDX-License-Identifier: MIT
//
// Offsets as in Windows' public symbols. Of an entry of the module list all versions agree up to
// the checksum; behind it, where Windows 10 has the time stamp, earlier entries end.
//
// The entry that kernels keep is _KLDR_DATA_TABLE_ENTRY, which the symbols of older ones do not
// have. Their _LDR_DATA_TABLE_ENTRY is that of processes, which went other ways.

#include "windows/nt_layout.h"

#define ENTRY    "_KLDR_DATA_TABLE_ENTRY"
#define UNLOADED "_UNLOADED_DRIVERS"

const struct ms_nt_field_name ms_nt_field_names[MS_N_NT_FIELDS] = {
    [MS_ENTRY_BASE] = {ENTRY, "DllBase", false},
    [MS_ENTRY_SIZE] = {ENTRY, "SizeOfImage", false},
    [MS_ENTRY_PATH] = {ENTRY, "FullDllName", false},
    [MS_ENTRY_NAME] = {ENTRY, "BaseDllName", false},
    [MS_ENTRY_CHECKSUM] = {ENTRY, "CheckSum", false},
    [MS_ENTRY_TIMESTAMP] = {ENTRY, "TimeDateStamp", true},
    [MS_UNLOADED_NAME] = {UNLOADED, "Name", false},
    [MS_UNLOADED_START] = {UNLOADED, "StartAddress", false},
    [MS_UNLOADED_END] = {UNLOADED, "EndAddress", false},
    [MS_UNLOADED_TIME] = {UNLOADED, "CurrentTime", false},
    [MS_UNLOADED_BYTES] = {UNLOADED, NULL, false},
};

const struct ms_nt_layout *ms_nt_layout_of(unsigned bits)
{
    static const struct ms_nt_layout of_32 = {
        {
            [MS_ENTRY_BASE] = 0x18,
            [MS_ENTRY_SIZE] = 0x20,
            [MS_ENTRY_PATH] = 0x24,
            [MS_ENTRY_NAME] = 0x2c,
            [MS_ENTRY_CHECKSUM] = 0x40,
            [MS_ENTRY_TIMESTAMP] = 0x58,
            [MS_UNLOADED_NAME] = 0,
            [MS_UNLOADED_START] = 0x8,
            [MS_UNLOADED_END] = 0xc,
            [MS_UNLOADED_TIME] = 0x10,
            [MS_UNLOADED_BYTES] = 0x18,
        },
    };
    static const struct ms_nt_layout of_64 = {
        {
            [MS_ENTRY_BASE] = 0x30,
            [MS_ENTRY_SIZE] = 0x40,
            [MS_ENTRY_PATH] = 0x48,
            [MS_ENTRY_NAME] = 0x58,
            [MS_ENTRY_CHECKSUM] = 0x78,
            [MS_ENTRY_TIMESTAMP] = 0x9c,
            [MS_UNLOADED_NAME] = 0,
            [MS_UNLOADED_START] = 0x10,
            [MS_UNLOADED_END] = 0x18,
            [MS_UNLOADED_TIME] = 0x20,
            [MS_UNLOADED_BYTES] = 0x28,
        },
    };

    return bits == 64 ? &of_64 : &of_32;
}
