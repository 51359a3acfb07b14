// SPDX-License-Identifier: MIT
//
// What a regular expression must not contain, found before Hyperscan sees it.
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

#endif
