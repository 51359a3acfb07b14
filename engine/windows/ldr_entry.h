// SPDX-License-Identifier: MIT
//
// KLDR_DATA_TABLE_ENTRY: what the kernel keeps of each module that it has loaded.

#ifndef MS_WINDOWS_LDR_ENTRY_H
#define MS_WINDOWS_LDR_ENTRY_H

#include "windows/kernel_memory.h"

#define MS_MAX_PATH_UNITS 1024 // UTF-16 units of a path that are kept
#define MS_MAX_FILE_UNITS 260  // ... of the name of a file

// UNICODE_STRING.
struct ms_unicode_string {
    uint16_t length; // bytes
    uint64_t buffer;
};

struct ms_ldr_entry {
    uint64_t address;
    uint64_t next, previous; // entries
    uint64_t base;
    uint32_t size; // of the image; 0 occurs
    uint32_t checksum;
    uint32_t timestamp; // means nothing before Windows 10, or where it is not in memory
    bool has_timestamp;
    struct ms_unicode_string path, name;
};

// Reads the entry at an address. False: not all that counts of it is in memory, or it is none: its
// base is no address of the kernel's half at which a page begins.
bool ms_ldr_entry_read(const struct ms_kernel_memory *memory, uint64_t address,
                       struct ms_ldr_entry *entry_ret);

struct ms_unicode_string ms_unicode_string_of(const struct ms_kernel_memory *memory,
                                              const uint8_t *bytes);

enum ms_text_state {
    MS_TEXT_WHOLE,
    MS_TEXT_CUT,     // longer than `max_units`
    MS_TEXT_MISSING, // nothing, or a part, is in memory
};

// Reads a string as UTF-8. What is no character, and NUL, becomes U+FFFD. *text_ret is allocated,
// "" where nothing is in memory, and NULL without memory.
enum ms_text_state ms_unicode_string_read(const struct ms_kernel_memory *memory,
                                          struct ms_unicode_string string, size_t max_units,
                                          char **text_ret);

#endif
