// SPDX-License-Identifier: MIT
//
// Rows of memory as WinDbg prints them, without the address: columns of bytes or words, and
// characters. What is not in the image prints as ??.

#ifndef CLI_ROW_H
#define CLI_ROW_H

#include "window.h"

#define ROW_BYTES 16

// The most bytes that row_format() writes, highlighted.
#define ROW_ROOM 128

struct row {
    uint64_t address;
    uint32_t n_bytes; // up to ROW_BYTES
    uint8_t bytes[ROW_BYTES];
    bool present[ROW_BYTES];
};

// Reads up to `length` bytes, but not past the top of the space, which `address` is not above.
void row_read(struct row *row, struct window *window, uint64_t address, uint64_t length);

// Writes the row's columns at `at`, the first `highlight` bytes in colour. Returns the position
// behind.
char *row_format(char *at, enum ms_pattern_kind kind, const struct row *row, uint32_t highlight);

// Two hex digits a byte without blanks, ?? for what is not present.
char *format_hex_bytes(char *at, const uint8_t *bytes, const bool *present, size_t n_bytes);

// What a byte looks like as text: itself if printable ASCII, '.' if not, '?' if not present.
static inline char printable(uint8_t byte, bool present)
{
    return !present ? '?' : byte >= 0x20 && byte < 0x7f ? (char)byte : '.';
}

#endif
