// SPDX-License-Identifier: MIT
//
// Text from elsewhere (file names, patterns, headers) made fit to print: a terminal obeys control
// characters, and what is JSON has to be UTF-8.

#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include "output.h"

// The bytes of the UTF-8 character at `text`, 1 to 4; 0 if the bytes there are not UTF-8.
size_t utf8_length(const char *text, size_t length);

// Writes a text for people at `at`: control characters and what is not UTF-8 as \xNN; cut, with
// "..." behind, where it would take more than `room` bytes (at least 8). Returns the position
// behind.
char *format_escaped(char *at, const char *text, size_t length, size_t room);

// The same for text of images: all that is not printable ASCII as \xNN.
char *format_ascii(char *at, const char *text, size_t length, size_t room);

// As a JSON string, in quotes; what is not UTF-8 becomes U+FFFD.
void output_json_string(struct output *out, const char *text, size_t length);
void output_json_text(struct output *out, const char *text);

// Whether a CSV field needs no quotes.
bool csv_is_plain(const char *text, size_t length);

// As a CSV field (RFC 4180), in quotes where it needs them.
void output_csv_field(struct output *out, const char *text, size_t length);

#endif
