// SPDX-License-Identifier: MIT
//
// WinDbg's db, dW, dc and dq lines. -u and -w both show words and, as WinDbg does, the characters
// of all 16 bytes; qwords have no characters.

#include "row.h"

#include "output.h"
#include <string.h>

#define HIGHLIGHT_ON  "\033[1;31m"
#define HIGHLIGHT_OFF "\033[0m"

struct row_style {
    uint32_t width; // bytes of an element
    char middle;    // between the two halves of the row
    bool characters;
};

static const struct row_style styles[MS_N_PATTERN_KINDS] = {
    [MS_BYTE] = {1, '-', true},   [MS_WORD] = {2, ' ', true},  [MS_DWORD] = {4, ' ', true},
    [MS_QWORD] = {8, ' ', false}, [MS_ASCII] = {1, '-', true}, [MS_UTF16] = {2, ' ', true},
    [MS_HEX] = {1, '-', true},    [MS_REGEX] = {1, '-', true},
};

void row_read(struct row *row, struct window *window, uint64_t address, uint64_t length)
{
    uint64_t to_top = window->top - address;

    row->address = address;
    row->n_bytes = length < ROW_BYTES ? (uint32_t)length : ROW_BYTES;
    if (row->n_bytes > to_top)
        row->n_bytes = (uint32_t)to_top + 1;
    window_read(window, address, row->bytes, row->present, row->n_bytes);
}

static inline char *format_byte(char *at, uint8_t byte, bool present)
{
    return present ? format_hex_byte(at, byte) : format_text(at, "??");
}

// Two digits; blanks for a byte past the row's end.
static char *format_pair(char *at, const struct row *row, uint32_t i)
{
    return i < row->n_bytes ? format_byte(at, row->bytes[i], row->present[i])
                            : format_text(at, "  ");
}

// The bytes from `first` on, the last of them first.
static char *format_backwards(char *at, const struct row *row, uint32_t first, uint32_t n)
{
    for (uint32_t i = first + n; i-- > first;)
        at = format_pair(at, row, i);
    return at;
}

// The element that begins at byte `first`, its highest byte first.
static char *format_element(char *at, const struct row *row, uint32_t first, uint32_t width)
{
    if (width != 8)
        return format_backwards(at, row, first, width);
    at = format_backwards(at, row, first + 4, 4);
    *at++ = first + 4 < row->n_bytes ? '`' : ' ';
    return format_backwards(at, row, first, 4);
}

static char *format_columns(char *at, const struct row_style *style, const struct row *row,
                            uint32_t highlight)
{
    if (highlight > 0)
        at = format_text(at, HIGHLIGHT_ON);
    for (uint32_t first = 0; first < ROW_BYTES; first += style->width) {
        uint32_t behind = first + style->width;

        at = format_element(at, row, first, style->width);
        if (highlight > first && (highlight <= behind || behind == ROW_BYTES))
            at = format_text(at, HIGHLIGHT_OFF);
        if (behind < ROW_BYTES)
            *at++ = behind >= row->n_bytes ? ' ' : behind == ROW_BYTES / 2 ? style->middle : ' ';
    }
    return at;
}

static char *format_characters(char *at, const struct row *row, uint32_t highlight)
{
    if (highlight > 0)
        at = format_text(at, HIGHLIGHT_ON);
    for (uint32_t i = 0; i < row->n_bytes; i++) {
        *at++ = printable(row->bytes[i], row->present[i]);
        if (highlight > i && (highlight == i + 1 || i + 1 == row->n_bytes))
            at = format_text(at, HIGHLIGHT_OFF);
    }
    return at;
}

char *row_format(char *at, enum ms_pattern_kind kind, const struct row *row, uint32_t highlight)
{
    const struct row_style *style = &styles[kind];

    at = format_columns(at, style, row, highlight);
    if (style->characters)
        return format_characters(format_text(at, "  "), row, highlight);
    while (at[-1] == ' ')
        at--;
    return at;
}

char *format_hex_bytes(char *at, const uint8_t *bytes, const bool *present, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        at = format_byte(at, bytes[i], present[i]);
    return at;
}
