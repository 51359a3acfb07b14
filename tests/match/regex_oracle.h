// SPDX-License-Identifier: MIT
//
// What a regex matches, by PCRE2's DFA matcher and the rule of memscan's contract alone: PCRE2 says
// of each start all ends within 4,096 bytes; for each end the earliest start counts; of matches
// with the same start the longest.

#ifndef TESTS_MATCH_REGEX_ORACLE_H
#define TESTS_MATCH_REGEX_ORACLE_H

#include "windows.h"

struct regex_oracle;

// NULL where PCRE2 does not take the expression. Freed with regex_oracle_free().
struct regex_oracle *regex_oracle_create(const char *text, bool ignore_case);
void regex_oracle_free(struct regex_oracle *oracle);

// Appends the matches in the stretch that lie in one of its pieces and start at a multiple of
// `align`, as those of pattern number `pattern`.
void regex_oracle_find(struct regex_oracle *oracle, const struct stretch *stretch, uint32_t align,
                       uint32_t pattern, found_vec *found);

#endif
