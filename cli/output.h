// SPDX-License-Identifier: MIT
//
// Buffered standard output, with numbers formatted by hand: a search prints millions of lines, and
// printf would cost more than finding them. After a failed write all further output is dropped and
// `os_errno` says why; callers look once in a while instead of at each call.

#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Larger writes were no faster into files or pipes.
#define OUTPUT_BUFFER_BYTES ((size_t)256 * 1024)

struct output {
    int fd;
    bool terminal;
    int os_errno; // of the first write that failed, else 0
    size_t used;
    char *bytes;
};

// Returns false without memory. Released with output_release().
bool output_init(struct output *out, int fd);
void output_release(struct output *out);

// Writes what is buffered. Returns false if this or an earlier write failed.
bool output_flush(struct output *out);

// Of more bytes than the buffer has room for.
void output_bytes_flushing(struct output *out, const char *bytes, size_t length);

// In line: a line has dozens of short parts, most of a length that the compiler knows.
static inline void output_bytes(struct output *out, const char *bytes, size_t length)
{
    if (length > OUTPUT_BUFFER_BYTES - out->used) {
        output_bytes_flushing(out, bytes, length);
        return;
    }
    memcpy(out->bytes + out->used, bytes, length);
    out->used += length;
}

static inline void output_text(struct output *out, const char *text)
{
    output_bytes(out, text, strlen(text));
}

static inline void output_char(struct output *out, char c)
{
    output_bytes(out, &c, 1);
}

// Blanks after `used` characters, up to `width`.
void output_blanks(struct output *out, size_t used, size_t width);

void output_decimal(struct output *out, uint64_t value);

// "0x" and the digits, none leading.
void output_hex(struct output *out, uint64_t value);

// == Formatting into memory ==

// Each writes at `at` and returns the position behind; nothing is terminated.

static inline char *format_text(char *at, const char *text)
{
    size_t length = strlen(text);

    memcpy(at, text, length);
    return at + length;
}

char *format_decimal(char *at, uint64_t value);
char *format_hex(char *at, uint64_t value); // no leading zeros, no 0x
char *format_hex_digits(char *at, uint64_t value, int digits);

// As WinDbg writes addresses: 8 digits, or 8`8 where 8 do not suffice or `bits` is 64.
char *format_address(char *at, uint64_t address, unsigned bits);

// Room that the longest result of format_decimal() or format_address() takes.
#define FORMAT_NUMBER_ROOM 24

// The two digits of each byte, one behind the other.
extern const char hex_pairs[512];

static inline char *format_hex_byte(char *at, uint8_t byte)
{
    memcpy(at, hex_pairs + 2 * (size_t)byte, 2);
    return at + 2;
}

#endif
