// SPDX-License-Identifier: MIT
//
// What memscan knows of the syntax of regular expressions: what they must not contain, found before
// Hyperscan sees it, and what all their matches begin with.
//
// A match in memory is bytes and nothing around them, so whatever looks at the surroundings is
// refused: ^ $ \A \z \Z \b \B \G, lookahead and lookbehind. So are control verbs, which would
// switch on UTF-8, and NUL bytes, at which Hyperscan would stop reading. All other errors are for
// Hyperscan to report.

#ifndef MS_MATCH_REGEX_SYNTAX_H
#define MS_MATCH_REGEX_SYNTAX_H

#include <memscan/status.h>

// MS_ARGUMENT if the text contains any of it or is empty; it is about the first one.
enum ms_status ms_regex_check(const char *text, size_t length, struct ms_error *error);

// Shortens an expression that has been checked and that Hyperscan takes, at its end: each match
// begins with one of the shorter expression, which so has the same starts. "[a-z]{8,}=?" becomes
// "[a-z]{8}". *short_ret is freed by the caller; NULL: it cannot be shortened, or is too odd to be
// sure. MS_NOMEM is the only failure.
enum ms_status ms_regex_shorten(const char *text, size_t length, char **short_ret,
                                struct ms_error *error);

#endif
