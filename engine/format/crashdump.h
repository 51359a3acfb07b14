// SPDX-License-Identifier: MIT
//
// The header of a Windows crash dump: a copy of it, and where its fields are. Fields that the
// writer left alone hold the text "PAGE", which it fills the header with.

#ifndef MS_FORMAT_CRASHDUMP_H
#define MS_FORMAT_CRASHDUMP_H

#include "format/field.h"
#include "format/format.h"

#define MS_CRASHDUMP_MAX_HEADER 0x2000
#define MS_CRASHDUMP_PAGE       0x1000u

enum ms_crashdump_field {
    MS_CRASHDUMP_MAJOR_VERSION,
    MS_CRASHDUMP_MINOR_VERSION,
    MS_CRASHDUMP_DIRECTORY_TABLE_BASE,
    MS_CRASHDUMP_PFN_DATABASE,
    MS_CRASHDUMP_LOADED_MODULE_LIST,
    MS_CRASHDUMP_ACTIVE_PROCESS_HEAD,
    MS_CRASHDUMP_MACHINE,
    MS_CRASHDUMP_N_PROCESSORS,
    MS_CRASHDUMP_BUGCHECK_CODE,
    MS_CRASHDUMP_BUGCHECK_PARAMETER_1,
    MS_CRASHDUMP_BUGCHECK_PARAMETER_2,
    MS_CRASHDUMP_BUGCHECK_PARAMETER_3,
    MS_CRASHDUMP_BUGCHECK_PARAMETER_4,
    MS_CRASHDUMP_PAE_ENABLED,
    MS_CRASHDUMP_DEBUGGER_DATA_BLOCK,
    MS_CRASHDUMP_N_RUNS,
    MS_CRASHDUMP_N_PAGES,
    MS_CRASHDUMP_DUMP_TYPE,
    MS_CRASHDUMP_PRODUCT_TYPE,
    MS_CRASHDUMP_SYSTEM_TIME,
    MS_CRASHDUMP_UPTIME,
    MS_CRASHDUMP_N_FIELDS,
};

// What differs between 32 and 64 bits.
struct ms_crashdump_class {
    const char *signature; // 8 bytes
    uint8_t address_bytes;
    uint16_t header_bytes;
    uint8_t max_runs;
    uint16_t runs; // offset of the first run: page number and number of pages, an address wide each
    uint16_t comment; // offset of 128 characters
    struct ms_field fields[MS_CRASHDUMP_N_FIELDS];
};

struct ms_crashdump {
    const struct ms_crashdump_class *class;
    uint8_t header[MS_CRASHDUMP_MAX_HEADER];
};

static inline uint64_t ms_crashdump_value(const struct ms_crashdump *dump,
                                          enum ms_crashdump_field field)
{
    return ms_field_value(dump->header, dump->class->fields[field]);
}

// Whether this header has the field, and its writer filled it in.
bool ms_crashdump_is_set(const struct ms_crashdump *dump, enum ms_crashdump_field field);

// The name of a DumpType, such as "bitmap kernel"; NULL if there is no such type.
const char *ms_crashdump_type_name(uint32_t dump_type);

// What the header says of page tables, and of where the kernel is.
void ms_crashdump_tell_system(const struct ms_crashdump *dump, struct ms_system *system);

// Adds what the header says of the machine to the facts.
enum ms_status ms_crashdump_add_facts(const struct ms_crashdump *dump, struct ms_layout *layout,
                                      struct ms_error *error);

#endif
