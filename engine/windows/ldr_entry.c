// SPDX-License-Identifier: MIT

#include "windows/ldr_entry.h"

#include "base/bytes.h"
#include "base/extent.h"

#include <stdlib.h>
#include <string.h>

struct ms_unicode_string ms_unicode_string_of(const struct ms_kernel_memory *memory,
                                              const uint8_t *bytes)
{
    size_t width = memory->bits / 8;

    return (struct ms_unicode_string){.length = ms_le16(bytes),
                                      .buffer = ms_le(bytes + width, (uint32_t)width)};
}

// Bytes of an entry up to the last field that each has. The time stamp is not one: there may be
// nothing behind an old entry.
static size_t entry_bytes(const struct ms_kernel_memory *memory)
{
    const uint16_t *at = memory->layout.at;
    const size_t width = memory->bits / 8;
    const size_t ends[] = {at[MS_ENTRY_BASE] + width, at[MS_ENTRY_SIZE] + (size_t)4,
                           at[MS_ENTRY_PATH] + 2 * width, at[MS_ENTRY_NAME] + 2 * width,
                           at[MS_ENTRY_CHECKSUM] + (size_t)4};
    size_t end = 2 * width; // its links

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        end = end > ends[i] ? end : ends[i];
    return end;
}

bool ms_ldr_entry_read(const struct ms_kernel_memory *memory, uint64_t address,
                       struct ms_ldr_entry *entry_ret)
{
    const uint16_t *at = memory->layout.at;
    uint32_t width = memory->bits / 8;
    uint8_t bytes[MS_NT_STRUCTURE_BYTES], timestamp[4] = {0};

    if (!ms_kernel_get(memory, address, bytes, entry_bytes(memory)))
        return false;
    *entry_ret = (struct ms_ldr_entry){
        .address = address,
        .next = ms_le(bytes, width),
        .previous = ms_le(bytes + width, width),
        .base = ms_le(bytes + at[MS_ENTRY_BASE], width),
        .size = ms_le32(bytes + at[MS_ENTRY_SIZE]),
        .checksum = ms_le32(bytes + at[MS_ENTRY_CHECKSUM]),
        .path = ms_unicode_string_of(memory, bytes + at[MS_ENTRY_PATH]),
        .name = ms_unicode_string_of(memory, bytes + at[MS_ENTRY_NAME]),
        .has_timestamp = ms_nt_has(&memory->layout, MS_ENTRY_TIMESTAMP) &&
                         ms_kernel_get(memory, address + at[MS_ENTRY_TIMESTAMP], timestamp, 4),
    };
    entry_ret->timestamp = ms_le32(timestamp);
    return entry_ret->base % MS_KERNEL_PAGE == 0 &&
           ms_in_kernel(memory, entry_ret->base, MS_KERNEL_PAGE);
}

// == Texts ==

static char *put_utf8(char *at, uint32_t c)
{
    if (c < 0x80) {
        *at++ = (char)c;
    } else if (c < 0x800) {
        *at++ = (char)(0xc0 | c >> 6);
        *at++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *at++ = (char)(0xe0 | c >> 12);
        *at++ = (char)(0x80 | (c >> 6 & 0x3f));
        *at++ = (char)(0x80 | (c & 0x3f));
    } else {
        *at++ = (char)(0xf0 | c >> 18);
        *at++ = (char)(0x80 | (c >> 12 & 0x3f));
        *at++ = (char)(0x80 | (c >> 6 & 0x3f));
        *at++ = (char)(0x80 | (c & 0x3f));
    }
    return at;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

// Three bytes a unit are enough: two units that are one character have four.
static void put_units(char *at, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t unit = ms_le16(bytes + 2 * i);
        uint32_t next = i + 1 < n ? ms_le16(bytes + 2 * (i + 1)) : 0;

        if (is_high(unit) && is_low(next)) {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
            i++;
        } else if (unit == 0 || is_high(unit) || is_low(unit)) {
            unit = 0xfffd;
        }
        at = put_utf8(at, unit);
    }
    *at = '\0';
}

// How many units from the first on are wholly there.
static size_t units_present(const bool *present, size_t n)
{
    size_t i = 0;

    while (i < n && present[2 * i] && present[2 * i + 1])
        i++;
    return i;
}

enum ms_text_state ms_unicode_string_read(const struct ms_kernel_memory *memory,
                                          struct ms_unicode_string string, size_t max_units,
                                          char **text_ret)
{
    struct ms_vmem vmem = ms_kernel_vmem(memory);
    uint8_t bytes[2 * MS_MAX_PATH_UNITS];
    bool present[2 * MS_MAX_PATH_UNITS];
    size_t n = string.length / 2u, asked = (size_t)ms_min_u64(n, max_units), n_present;

    memset(present, 0, sizeof(present));
    if (asked > 0 && ms_in_kernel(memory, string.buffer, 2 * asked))
        vmem.read(vmem.user, string.buffer, bytes, present, 2 * asked);
    n_present = units_present(present, asked);
    *text_ret = malloc(3 * n_present + 1);
    if (*text_ret)
        put_units(*text_ret, bytes, n_present);
    if (n_present < asked)
        return MS_TEXT_MISSING;
    return asked < n ? MS_TEXT_CUT : MS_TEXT_WHOLE;
}
