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

const char hex_pairs[512] = {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                             "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                             "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                             "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                             "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                             "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                             "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                             "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"};

bool output_init(struct output *out, int fd)
{
    *out = (struct output){
        .fd = fd, .terminal = isatty(fd) == 1, .bytes = malloc(OUTPUT_BUFFER_BYTES)};
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

void output_bytes_flushing(struct output *out, const char *bytes, size_t length)
{
    while (length > OUTPUT_BUFFER_BYTES - out->used) {
        size_t part = OUTPUT_BUFFER_BYTES - out->used;

        memcpy(out->bytes + out->used, bytes, part);
        out->used += part;
        bytes += part;
        length -= part;
        output_flush(out);
    }
    memcpy(out->bytes + out->used, bytes, length);
    out->used += length;
}

void output_blanks(struct output *out, size_t used, size_t width)
{
    for (; used < width; used++)
        output_char(out, ' ');
}

// Writes the digits that end in front of `end`. Returns the first.
static char *decimal_before(char *end, uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return end;
}

void output_decimal(struct output *out, uint64_t value)
{
    char text[FORMAT_NUMBER_ROOM], *end = text + sizeof(text);
    const char *start = decimal_before(end, value);

    output_bytes(out, start, (size_t)(end - start));
}

void output_hex(struct output *out, uint64_t value)
{
    char text[FORMAT_NUMBER_ROOM];

    output_bytes(out, text, (size_t)(format_hex(format_text(text, "0x"), value) - text));
}

char *format_decimal(char *at, uint64_t value)
{
    char text[FORMAT_NUMBER_ROOM], *end = text + sizeof(text);
    const char *start = decimal_before(end, value);
    size_t length = (size_t)(end - start);

    memcpy(at, start, length);
    return at + length;
}

char *format_hex_digits(char *at, uint64_t value, int digits)
{
    char *left = at + digits;

    for (; left - at >= 2; value >>= 8) {
        left -= 2;
        format_hex_byte(left, (uint8_t)value);
    }
    if (left > at)
        *at = hex_pairs[2 * (value & 15) + 1];
    return at + digits;
}

char *format_hex(char *at, uint64_t value)
{
    int bits = 64 - __builtin_clzll(value | 1);

    return format_hex_digits(at, value, (bits + 3) / 4);
}

char *format_address(char *at, uint64_t address, unsigned bits)
{
    if (bits != 64 && address <= UINT32_MAX)
        return format_hex_digits(at, address, 8);
    at = format_hex_digits(at, address >> 32, 8);
    *at++ = '`';
    return format_hex_digits(at, address, 8);
}
