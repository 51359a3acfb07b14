// SPDX-License-Identifier: MIT
//
// The output buffer: one write(2) a buffer, of whole buffers, so that a search is not slowed by its
// own printing.

#include "output.h"

#include "progress.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Larger writes were no faster into files or pipes.
#define BUFFER_BYTES ((size_t)256 * 1024)

const char hex_digits[16] = "0123456789abcdef";

bool output_init(struct output *out, int fd)
{
    *out = (struct output){.fd = fd, .terminal = isatty(fd) == 1, .bytes = malloc(BUFFER_BYTES)};
    return out->bytes != NULL;
}

void output_release(struct output *out)
{
    free(out->bytes);
    out->bytes = NULL;
}

// Standard output may have been made non-blocking by somebody who shares it.
static void wait_for_room(const struct output *out)
{
    struct pollfd wanted = {.fd = out->fd, .events = POLLOUT};

    poll(&wanted, 1, -1);
}

bool output_flush(struct output *out)
{
    size_t done = 0;

    // The progress line stands on the same terminal.
    if (out->terminal && out->used > 0)
        progress_erase();
    while (done < out->used && out->os_errno == 0) {
        ssize_t n = write(out->fd, out->bytes + done, out->used - done);

        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            wait_for_room(out);
        else if (n < 0 && errno != EINTR)
            out->os_errno = errno;
    }
    out->used = 0;
    return out->os_errno == 0;
}

void output_bytes(struct output *out, const char *bytes, size_t length)
{
    while (length > BUFFER_BYTES - out->used) {
        size_t part = BUFFER_BYTES - out->used;

        memcpy(out->bytes + out->used, bytes, part);
        out->used += part;
        bytes += part;
        length -= part;
        output_flush(out);
    }
    memcpy(out->bytes + out->used, bytes, length);
    out->used += length;
}

void output_text(struct output *out, const char *text)
{
    output_bytes(out, text, strlen(text));
}

void output_char(struct output *out, char c)
{
    output_bytes(out, &c, 1);
}

void output_decimal(struct output *out, uint64_t value)
{
    char text[FORMAT_NUMBER_ROOM];

    output_bytes(out, text, (size_t)(format_decimal(text, value) - text));
}

void output_hex(struct output *out, uint64_t value)
{
    char text[FORMAT_NUMBER_ROOM];

    output_bytes(out, text, (size_t)(format_hex(format_text(text, "0x"), value) - text));
}

char *format_text(char *at, const char *text)
{
    size_t length = strlen(text);

    memcpy(at, text, length);
    return at + length;
}

char *format_decimal(char *at, uint64_t value)
{
    char digits[FORMAT_NUMBER_ROOM];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    while (n > 0)
        *at++ = digits[--n];
    return at;
}

char *format_hex_digits(char *at, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = hex_digits[value & 15];
        value >>= 4;
    }
    return at + digits;
}

char *format_hex(char *at, uint64_t value)
{
    int digits = 1;

    while (digits < 16 && value >> 4 * digits != 0)
        digits++;
    return format_hex_digits(at, value, digits);
}

char *format_address(char *at, uint64_t address, unsigned bits)
{
    if (bits != 64 && address <= UINT32_MAX)
        return format_hex_digits(at, address, 8);
    at = format_hex_digits(at, address >> 32, 8);
    *at++ = '`';
    return format_hex_digits(at, address, 8);
}
