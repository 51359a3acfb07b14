// SPDX-License-Identifier: MIT
//
// What the header of a Windows crash dump tells of the machine, as facts for people and scripts.
// Each fact is one row of a table; one that the writer of the dump left unset is left out.

#include "format/crashdump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMENT_BYTES 128
#define TICKS         10000000u // of 100 ns, a second

// Writes a fact's text into text[size]. False: there is nothing to tell.
typedef bool format_fact(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size);

static bool format_number(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    (void)dump;
    snprintf(text, size, "%" PRIu64, value);
    return true;
}

static bool format_address(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    snprintf(text, size, "0x%0*" PRIx64, 2 * dump->class->address_bytes, value);
    return true;
}

static bool format_hex(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    (void)dump;
    snprintf(text, size, "0x%" PRIx64, value);
    return true;
}

static bool format_type(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    const char *name = ms_crashdump_type_name((uint32_t)value);

    (void)dump;
    snprintf(text, size, "%s (0x%" PRIx64 ")", name ? name : "not known", value);
    return true;
}

// MajorVersion is not Windows' version: it tells a kernel built for release from a checked one.
static bool format_system(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    uint64_t major = ms_crashdump_value(dump, MS_CRASHDUMP_MAJOR_VERSION);
    const char *kind = major == 0xf ? ", free" : major == 0xc ? ", checked" : "";

    snprintf(text, size, "Windows build %" PRIu64 "%s", value, kind);
    return true;
}

// The code and its four parameters, of which a writer may have left any alone.
static bool format_bugcheck(const struct ms_crashdump *dump, uint64_t value, char *text,
                            size_t size)
{
    size_t used = (size_t)snprintf(text, size, "0x%08" PRIx64, value);

    for (unsigned i = 0; i < 4; i++) {
        enum ms_crashdump_field field = MS_CRASHDUMP_BUGCHECK_PARAMETER_1 + i;
        const char *before = i ? ", " : " (";

        if (!ms_crashdump_is_set(dump, field))
            used += (size_t)snprintf(text + used, size - used, "%snot set", before);
        else
            used +=
                (size_t)snprintf(text + used, size - used, "%s0x%0*" PRIx64, before,
                                 2 * dump->class->address_bytes, ms_crashdump_value(dump, field));
    }
    snprintf(text + used, size - used, ")");
    return true;
}

struct date {
    uint64_t year;
    unsigned month, day;
};

// The date `days` days after 1601-01-01. Counted from 1600-03-01, so that the leap day ends a
// year, and in cycles of 400 years, which have 146,097 days each.
static struct date date_of_days(uint64_t days)
{
    uint64_t since_march = days + 306;
    uint64_t in_cycle = since_march % 146097;
    uint64_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    uint64_t in_year = in_cycle - (365 * year + year / 4 - year / 100);
    unsigned month = (unsigned)((5 * in_year + 2) / 153); // from March

    return (struct date){
        .year = 1600 + since_march / 146097 * 400 + year + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = (unsigned)(in_year - (153 * month + 2) / 5 + 1),
    };
}

// FILETIME to ISO 8601. A sum of 2^64 ticks is the year 60056, and years of more than four digits
// have a sign.
static bool format_time(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    uint64_t seconds = value / TICKS;
    struct date date = date_of_days(seconds / 86400);
    unsigned in_day = (unsigned)(seconds % 86400);

    (void)dump;
    snprintf(text, size, "%s%04" PRIu64 "-%02u-%02uT%02u:%02u:%02uZ", date.year > 9999 ? "+" : "",
             date.year, date.month, date.day, in_day / 3600, in_day / 60 % 60, in_day % 60);
    return value != 0;
}

static bool format_uptime(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    uint64_t seconds = value / TICKS;
    unsigned in_day = (unsigned)(seconds % 86400);

    (void)dump;
    snprintf(text, size, "%" PRIu64 " days %u:%02u:%02u.%03u", seconds / 86400, in_day / 3600,
             in_day / 60 % 60, in_day % 60, (unsigned)(value % TICKS / (TICKS / 1000)));
    return value != 0;
}

static bool format_pae(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    (void)dump;
    snprintf(text, size, "%s", value ? "yes" : "no");
    return true;
}

static bool format_product(const struct ms_crashdump *dump, uint64_t value, char *text, size_t size)
{
    static const char *const names[] = {NULL, "workstation", "domain controller", "server"};

    (void)dump;
    if (value == 0 || value >= sizeof(names) / sizeof(names[0]))
        return false;
    snprintf(text, size, "%s", names[value]);
    return true;
}

struct fact {
    const char *name;
    enum ms_crashdump_field field;
    format_fact *format;
};

static const struct fact facts[] = {
    {"dump_type", MS_CRASHDUMP_DUMP_TYPE, format_type},
    {"system", MS_CRASHDUMP_MINOR_VERSION, format_system},
    {"product_type", MS_CRASHDUMP_PRODUCT_TYPE, format_product},
    {"machine_type", MS_CRASHDUMP_MACHINE, format_hex},
    {"processors", MS_CRASHDUMP_N_PROCESSORS, format_number},
    {"pae", MS_CRASHDUMP_PAE_ENABLED, format_pae},
    {"bugcheck", MS_CRASHDUMP_BUGCHECK_CODE, format_bugcheck},
    {"system_time", MS_CRASHDUMP_SYSTEM_TIME, format_time},
    {"uptime", MS_CRASHDUMP_UPTIME, format_uptime},
    {"page_table_root", MS_CRASHDUMP_DIRECTORY_TABLE_BASE, format_hex},
    {"PsLoadedModuleList", MS_CRASHDUMP_LOADED_MODULE_LIST, format_address},
    {"PsActiveProcessHead", MS_CRASHDUMP_ACTIVE_PROCESS_HEAD, format_address},
    {"KdDebuggerDataBlock", MS_CRASHDUMP_DEBUGGER_DATA_BLOCK, format_address},
    {"PfnDataBase", MS_CRASHDUMP_PFN_DATABASE, format_address},
};

// A comment that is not text throughout was never written.
static enum ms_status add_comment(const struct ms_crashdump *dump, struct ms_layout *layout,
                                  struct ms_error *error)
{
    const char *comment = (const char *)dump->header + dump->class->comment;
    size_t length = strnlen(comment, COMMENT_BYTES);

    if (length == 0 || memcmp(comment, "PAGEPAGE", 8) == 0)
        return MS_OK;
    for (size_t i = 0; i < length; i++) {
        if (comment[i] < 0x20 || comment[i] > 0x7e)
            return MS_OK;
    }
    return ms_layout_add_fact(layout, error, "comment", "%.*s", (int)length, comment);
}

static void tell_number(const struct ms_crashdump *dump, enum ms_crashdump_field field,
                        struct ms_told_number *ret)
{
    ret->known = ms_crashdump_is_set(dump, field);
    ret->value = ms_crashdump_value(dump, field);
}

void ms_crashdump_tell_system(const struct ms_crashdump *dump, struct ms_system *system)
{
    static const enum ms_crashdump_field fields[] = {
        MS_CRASHDUMP_LOADED_MODULE_LIST,
        MS_CRASHDUMP_ACTIVE_PROCESS_HEAD,
        MS_CRASHDUMP_DEBUGGER_DATA_BLOCK,
    };

    system->is_windows = true;
    tell_number(dump, MS_CRASHDUMP_DIRECTORY_TABLE_BASE, &system->directory_table_base);
    tell_number(dump, MS_CRASHDUMP_PAE_ENABLED, &system->pae);
    tell_number(dump, MS_CRASHDUMP_LOADED_MODULE_LIST, &system->loaded_module_list);
    tell_number(dump, MS_CRASHDUMP_DEBUGGER_DATA_BLOCK, &system->debugger_data);
    tell_number(dump, MS_CRASHDUMP_MINOR_VERSION, &system->build);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (ms_crashdump_is_set(dump, fields[i]) && ms_crashdump_value(dump, fields[i]) != 0)
            system->kernel_addresses[system->n_kernel_addresses++] =
                ms_crashdump_value(dump, fields[i]);
    }
}

enum ms_status ms_crashdump_add_facts(const struct ms_crashdump *dump, struct ms_layout *layout,
                                      struct ms_error *error)
{
    enum ms_status status = MS_OK;
    char text[160];

    for (size_t i = 0; !status && i < sizeof(facts) / sizeof(facts[0]); i++) {
        const struct fact *fact = &facts[i];

        if (ms_crashdump_is_set(dump, fact->field) &&
            fact->format(dump, ms_crashdump_value(dump, fact->field), text, sizeof(text)))
            status = ms_layout_add_fact(layout, error, fact->name, "%s", text);
    }
    return status ? status : add_comment(dump, layout, error);
}
