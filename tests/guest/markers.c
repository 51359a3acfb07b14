// SPDX-License-Identifier: MIT

#include "markers.h"

#include <stdbool.h>
#include <stdio.h>

// == Markers ==

// Volatile, so that no compiler computes a marker's bytes and puts them into the program.
static volatile uint32_t salt = 0x6d656d73;

static void put(struct cursor *cursor, unsigned byte)
{
    if (cursor->at < cursor->end)
        *cursor->at++ = (uint8_t)byte;
    cursor->length++;
}

// A random-looking byte: number `i` of stream `stream`.
static unsigned noise(unsigned stream, unsigned i)
{
    uint32_t x = (salt ^ stream * 0x9e3779b1u) + i * 0x85ebca6bu;

    for (int round = 0; round < 3; round++) {
        x ^= x >> 15;
        x *= 0x2c1b3c6du;
        x ^= x >> 12;
    }
    return x >> 24;
}

static unsigned letter(unsigned stream, unsigned i)
{
    return 'a' + (noise(stream, i) * 26u >> 8);
}

// A DWORD.
static void put_word(struct cursor *cursor, unsigned copy)
{
    (void)copy;
    for (unsigned i = 0; i < 4; i++)
        put(cursor, noise(WORD, i));
}

static void put_text(struct cursor *cursor, unsigned copy)
{
    (void)copy;
    for (unsigned i = 0; i < TEXT_LENGTH; i++)
        put(cursor, letter(TEXT, i));
}

// TEXT, some letters of which, and always the first, are capitals.
static void put_cased(struct cursor *cursor, unsigned copy)
{
    for (unsigned i = 0; i < TEXT_LENGTH; i++) {
        bool capital = i == 0 || noise(copy, i) >= 128;

        put(cursor, letter(TEXT, i) - (capital ? 'a' - 'A' : 0));
    }
}

// UTF-16.
static void put_wide(struct cursor *cursor, unsigned copy)
{
    (void)copy;
    for (unsigned i = 0; i < 12; i++) {
        put(cursor, letter(WIDE, i));
        put(cursor, 0);
    }
}

// Bytes 3 and 7 differ from copy to copy.
static bool is_wild(unsigned i)
{
    return i % 4 == 3;
}

static void put_wild(struct cursor *cursor, unsigned copy)
{
    for (unsigned i = 0; i < 11; i++)
        put(cursor, noise(is_wild(i) ? N_MARKERS + copy : WILD, i));
}

// A QWORD, of which only the lowest three bytes are given.
static void put_qword(struct cursor *cursor, uint32_t low)
{
    for (unsigned i = 0; i < 3; i++)
        put(cursor, low >> 8 * i);
    for (unsigned i = 3; i < 8; i++)
        put(cursor, noise(POINTER, i));
}

#define POINTER_FIRST 0x100000u
#define POINTER_LAST  0x1fffffu

// A value of the range that POINTER's pattern asks for. The first two copies are its ends.
static void put_pointer(struct cursor *cursor, unsigned copy)
{
    if (copy == 0)
        put_qword(cursor, POINTER_FIRST);
    else if (copy == 1)
        put_qword(cursor, POINTER_LAST);
    else
        put_qword(cursor, POINTER_FIRST | noise(copy, 0) << 8 | noise(copy, 1));
}

// The values just outside it.
static void put_outside(struct cursor *cursor, unsigned copy)
{
    put_qword(cursor, copy % 2 ? POINTER_LAST + 1 : POINTER_FIRST - 1);
}

// Most of a page.
static void put_long(struct cursor *cursor, unsigned copy)
{
    (void)copy;
    for (unsigned i = 0; i < LONG_LENGTH; i++)
        put(cursor, noise(LONG, i));
}

static void put_string(struct cursor *cursor, const char *text)
{
    while (*text)
        put(cursor, (unsigned char)*text++);
}

// Of many lengths. The texts below do not match URL's pattern, nor does any part of this program.
static void put_url(struct cursor *cursor, unsigned copy)
{
    put_string(cursor, copy % 2 ? "https://" : "http://");
    for (unsigned i = 0; i < 6 + copy % 7; i++)
        put(cursor, letter(copy, i));
    put_string(cursor, ".example/");
    for (unsigned i = 0; i < 4 + copy % 13; i++) {
        unsigned digit = noise(copy, i) & 15;

        put(cursor, digit < 10 ? '0' + digit : 'a' + digit - 10);
    }
    put(cursor, 0);
    cursor->length--; // the NUL ends the match, and is no part of it
}

// A DWORD of which there are many in a row.
static void put_flood(struct cursor *cursor, unsigned copy)
{
    (void)copy;
    for (unsigned i = 0; i < 4; i++)
        put(cursor, noise(FLOOD, i));
}

const struct marker_kind markers[N_MARKERS] = {
    [WORD] = {"word", put_word},
    [TEXT] = {"text", put_text},
    [CASED] = {"cased", put_cased},
    [WIDE] = {"wide", put_wide},
    [WILD] = {"wild", put_wild},
    [POINTER] = {"pointer", put_pointer},
    [OUTSIDE] = {"outside", put_outside},
    [LONG] = {"long", put_long},
    [URL] = {"url", put_url},
    [FLOOD] = {"flood", put_flood},
};

// == Patterns ==

struct bytes {
    uint8_t at[PAGE];
    size_t length;
};

// Those of the first copy.
static struct bytes bytes_of(enum marker marker)
{
    struct bytes bytes = {.length = 0};
    struct cursor cursor = {bytes.at, bytes.at + sizeof(bytes.at), 0};

    markers[marker].put(&cursor, 0);
    bytes.length = cursor.length;
    return bytes;
}

static void print_number(const uint8_t *bytes, size_t length)
{
    while (length-- > 0)
        printf("%02x", bytes[length]);
}

static void print_value(enum marker marker)
{
    struct bytes bytes = bytes_of(marker);

    print_number(bytes.at, bytes.length);
}

static void print_text(enum marker marker)
{
    struct bytes bytes = bytes_of(marker);

    for (size_t i = 0; i < bytes.length; i += marker == WIDE ? 2 : 1)
        putchar(bytes.at[i]);
}

static void print_hex(enum marker marker)
{
    struct bytes bytes = bytes_of(marker);

    for (unsigned i = 0; i < bytes.length; i++) {
        if (marker == WILD && is_wild(i))
            printf("??");
        else
            printf("%02x", bytes.at[i]);
    }
}

static void print_range(enum marker marker)
{
    uint8_t bytes[8] = {0};

    print_value(marker);
    printf("..");
    put_qword(&(struct cursor){bytes, bytes + sizeof(bytes), 0}, POINTER_LAST);
    print_number(bytes, sizeof(bytes));
}

static void print_url(enum marker marker)
{
    (void)marker;
    printf("'https?://[a-z]{6,12}\\.example/[0-9a-f]{4,16}'");
}

// The regex is the last: not every memscan has regexes.
const struct pattern patterns[N_PATTERNS] = {
    {"d", WORD, print_value, BIT(WORD), 4},
    {"d/align=1", WORD, print_value, BIT(WORD), 1},
    {"a", TEXT, print_text, BIT(TEXT), 1},
    {"a/i", TEXT, print_text, BIT(TEXT) | BIT(CASED), 1},
    {"u", WIDE, print_text, BIT(WIDE), 1},
    {"x", WILD, print_hex, BIT(WILD), 1},
    {"q", POINTER, print_range, BIT(POINTER), 8},
    {"x", LONG, print_hex, BIT(LONG), 1},
    {"d", FLOOD, print_value, BIT(FLOOD), 4},
    {"e", URL, print_url, BIT(URL), 1},
};

void print_patterns(void)
{
    for (size_t i = 0; i < N_PATTERNS; i++) {
        printf("%s ", patterns[i].kind);
        patterns[i].print(patterns[i].marker);
        printf(" %s\n", markers[patterns[i].marker].name);
    }
}
