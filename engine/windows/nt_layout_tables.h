// SPDX-License-Identifier: MIT
//
// The built-in tables of nt_layout.h: a row a field, a column a build of the kernel.

#ifndef MS_WINDOWS_NT_LAYOUT_TABLES_H
#define MS_WINDOWS_NT_LAYOUT_TABLES_H

#include "windows/nt_layout.h"

#define MS_NT_MAX_BUILDS 16

struct ms_nt_row {
    enum ms_nt_field field;
    uint16_t at[MS_NT_MAX_BUILDS]; // in the order of the builds of ms_nt_builds
};

struct ms_nt_table {
    const struct ms_nt_row *rows;
    size_t n;
};

#define MS_NT_TABLE(rows)                                                                          \
    {                                                                                              \
        rows, sizeof(rows) / sizeof((rows)[0])                                                     \
    }

// Of 32 bits, and of 64.
extern const struct ms_nt_table ms_nt_process_tables[2], ms_nt_thread_tables[2],
    ms_nt_tracker_tables[2], ms_nt_big_page_tables[2], ms_nt_object_type_tables[2];

#endif
