// SPDX-License-Identifier: MIT
//
// Numbers of the spec language, and the values of plants as bytes.

#ifndef CORPUS_QUANTITY_H
#define CORPUS_QUANTITY_H

#include "lexer.h"

#include <stdint.h>

/**
 * A number: decimal or 0x hex, optional suffix K M G T (powers of 1,024), joined by * / + -
 * without blanks; * and / bind first. Fails, naming `what`, on bad syntax and on overflow.
 */
uint64_t quantity_of(const struct word *word, const char *what);

/** Even number of hex digits to bytes. The caller frees them. */
struct bytes hex_of(const struct word *word);

/** The kinds of plants, as "byte, word, ..." for messages. */
extern const char value_kinds[];

/**
 * A value of one of the kinds: byte word dword qword (hexadecimal, as memscan's patterns are; 0n
 * for decimal; several, separated by blanks, in one quoted word), ascii, utf16 (from UTF-8), hex.
 * The caller frees the bytes, which are never empty.
 */
struct bytes value_of(const struct word *kind, const struct word *value);

#endif
