// SPDX-License-Identifier: MIT
//
// Patterns: what to search for, written as text.

#ifndef MEMSCAN_PATTERN_H
#define MEMSCAN_PATTERN_H

#include <memscan/status.h>
#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ms_pattern_kind {
    MS_BYTE,  // values of 1 byte: "43", "43 00", "4?", "20..7e", "'R'"
    MS_WORD,  // values of 2 bytes, at multiples of 2
    MS_DWORD, // values of 4 bytes, at multiples of 4: "78090043 02000000", "'Reff'"
    MS_QWORD, // values of 8 bytes, at multiples of 8
    MS_ASCII, // the bytes of the text as they are
    MS_UTF16, // the text, given as UTF-8, as UTF-16LE
    MS_HEX,   // bytes as hex digits: "48 8b ?? c3", blanks optional
    MS_REGEX, // a regular expression over bytes, Hyperscan's syntax
};
#define MS_N_PATTERN_KINDS 8

// Values are hexadecimal; 0x is allowed, 0n means decimal, a backtick may stand between two digits.
// `?` is any nibble, LO..HI an inclusive range of values, 'abcd' a character constant whose last
// character is the lowest byte. Several values separated by blanks are a sequence.

enum {
    MS_MAX_LITERAL = 65536,    // bytes that a pattern other than a regex may have
    MS_MAX_REGEX_MATCH = 4096, // bytes that a match of a regex may have
    MS_MAX_ALIGN = 4096,
};

struct ms_pattern_options {
    bool ignore_case; // fold ASCII letters (MS_ASCII, MS_UTF16, MS_REGEX; no effect on others)
    uint32_t align;   // of matches: a power of two up to MS_MAX_ALIGN; 0: the kind's own
    const char *name; // copied; NULL: ""
};

struct ms_patterns;

// Makes an empty set. Freed with ms_patterns_free(), which accepts NULL.
MS_API enum ms_status ms_patterns_create(struct ms_patterns **patterns_ret, struct ms_error *error);
MS_API void ms_patterns_free(struct ms_patterns *patterns);

// Parses the `length` bytes at `text` and adds the pattern; its number is the count before the
// call. `options` may be NULL. On failure the set is as before; error->column points into `text`
// and error->text quotes it.
MS_API enum ms_status ms_patterns_add(struct ms_patterns *patterns, enum ms_pattern_kind kind,
                                      const char *text, size_t length,
                                      const struct ms_pattern_options *options,
                                      struct ms_error *error);

// Adds the patterns of a file, one a line: KIND[/i][/align=N] VALUE [NAME], KIND being one of
// b w d q a u x e. Blank lines and what follows a # at the start of a word are passed over.
// `defaults` (may be NULL) gives the options and the name of lines that do not set them. `name` is
// how errors call the file: their text starts with "NAME:LINE:COLUMN: ", and error->column is that
// column. MS_IO: the stream could not be read. On failure the set holds what it held before.
MS_API enum ms_status ms_patterns_add_stream(struct ms_patterns *patterns, FILE *stream,
                                             const char *name,
                                             const struct ms_pattern_options *defaults,
                                             struct ms_error *error);

// A pattern as it was added. Pointers live until the set is freed or added to.
struct ms_pattern_info {
    enum ms_pattern_kind kind;
    bool ignore_case;
    uint32_t align;
    uint32_t length;  // of its matches in bytes; 0 for a regex
    const char *text; // as given, text_length bytes, then a NUL
    size_t text_length;
    const char *name; // "" if it has none
};
MS_API size_t ms_patterns_count(const struct ms_patterns *patterns);

// `index` is below the count.
MS_API struct ms_pattern_info ms_patterns_info(const struct ms_patterns *patterns, size_t index);

// "byte", "word", "dword", "qword", "ascii", "utf16", "hex", "regex".
MS_API const char *ms_pattern_kind_name(enum ms_pattern_kind kind);

// 1, 2, 4, 8 for values; 2 for MS_UTF16; 1 for the rest: what N counts in a range "START,LN".
MS_API uint32_t ms_pattern_kind_size(enum ms_pattern_kind kind);

#ifdef __cplusplus
}
#endif

#endif
