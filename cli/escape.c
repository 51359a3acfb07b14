// SPDX-License-Identifier: MIT
//
// UTF-8 is checked strictly: no overlong forms, no surrogates, nothing above U+10FFFF, because JSON
// parsers refuse those.

#include "escape.h"

#include <string.h>

static bool continues(const unsigned char *bytes, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    return true;
}

// How long a character is, by the first of its bytes; 0 if none begins so.
static size_t announced_length(unsigned char first)
{
    static const struct {
        unsigned char from;
        unsigned char length;
    } starts[] = {{0xf5, 0}, {0xf0, 4}, {0xe0, 3}, {0xc2, 2}, {0x80, 0}, {0x00, 1}};
    size_t i = 0;

    while (first < starts[i].from)
        i++;
    return starts[i].length;
}

size_t utf8_length(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char first = bytes[0];
    size_t n = announced_length(first);

    if (n == 0 || n > length || !continues(bytes, n))
        return 0;
    if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] >= 0xa0) ||
        (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] >= 0x90))
        return 0;
    return n;
}

// Whether a terminal just shows the character: not C0, DEL or, as two bytes, C1.
static bool is_harmless(const char *text, size_t n)
{
    unsigned char first = (unsigned char)text[0];

    if (n == 1)
        return first >= ' ' && first != 0x7f;
    return n > 1 && !(first == 0xc2 && (unsigned char)text[1] < 0xa0);
}

// `longest`: bytes of a character that may stay as it is.
static char *format_fit(char *at, const char *text, size_t length, size_t room, size_t longest)
{
    char *start = at, *cut = at; // the last place where "..." still has room

    for (size_t i = 0; i < length;) {
        size_t n = (unsigned char)text[i] < 0x80 ? 1 : utf8_length(text + i, length - i);
        bool plain = n <= longest && is_harmless(text + i, n);
        size_t width = plain ? n : 4;
        size_t used = (size_t)(at - start);

        if (used + width > room)
            return format_text(cut, "...");
        if (plain)
            memcpy(at, text + i, n);
        else
            format_hex_digits(format_text(at, "\\x"), (unsigned char)text[i], 2);
        at += width;
        i += plain ? n : 1;
        if (used + width + 3 <= room)
            cut = at;
    }
    return at;
}

char *format_escaped(char *at, const char *text, size_t length, size_t room)
{
    return format_fit(at, text, length, room, 4);
}

char *format_ascii(char *at, const char *text, size_t length, size_t room)
{
    return format_fit(at, text, length, room, 1);
}

// What stands for a character that a JSON string cannot hold as it is.
static void output_json_escape(struct output *out, char c)
{
    static const char short_names[] = "\b\f\n\r\t\"\\";
    static const char short_escapes[] = "bfnrt\"\\";
    const char *found = strchr(short_names, c);
    char text[6] = {'\\', 'u', '0', '0'};

    if (c != '\0' && found != NULL) {
        text[1] = short_escapes[found - short_names];
        output_bytes(out, text, 2);
        return;
    }
    format_hex_digits(text + 4, (unsigned char)c, 2);
    output_bytes(out, text, sizeof(text));
}

// How many characters from here on are ASCII that a JSON string holds as it is.
static size_t plain_length(const char *text, size_t length)
{
    size_t n = 0;

    while (n < length && text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

void output_json_string(struct output *out, const char *text, size_t length)
{
    output_char(out, '"');
    for (size_t i = 0;;) {
        size_t plain = plain_length(text + i, length - i), n;

        output_bytes(out, text + i, plain);
        i += plain;
        if (i == length)
            break;
        n = utf8_length(text + i, length - i);
        if (n == 0)
            output_text(out, "\xef\xbf\xbd");
        else if (n == 1)
            output_json_escape(out, text[i]);
        else
            output_bytes(out, text + i, n);
        i += n == 0 ? 1 : n;
    }
    output_char(out, '"');
}

void output_json_text(struct output *out, const char *text)
{
    output_json_string(out, text, strlen(text));
}

bool csv_is_plain(const char *text, size_t length)
{
    size_t plain = 0;

    while (plain < length && text[plain] != '"' && text[plain] != ',' &&
           (unsigned char)text[plain] >= ' ')
        plain++;
    return plain == length;
}

void output_csv_field(struct output *out, const char *text, size_t length)
{
    if (csv_is_plain(text, length)) {
        output_bytes(out, text, length);
        return;
    }
    output_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            output_char(out, '"');
        output_char(out, text[i]);
    }
    output_char(out, '"');
}
