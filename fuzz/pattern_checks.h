// SPDX-License-Identifier: MIT
//
// What holds of every pattern that was accepted, wherever it came from.

#ifndef MS_FUZZ_PATTERN_CHECKS_H
#define MS_FUZZ_PATTERN_CHECKS_H

#include "fuzz.h"

#include "match/pattern_set.h"

// Aborts unless pattern `number` is as pattern_set.h says, and matches the memory that is made
// after it and no other.
void check_pattern(const struct ms_patterns *patterns, size_t number);

// Writes the set as a pattern file, values in their plainest form, and aborts unless the file reads
// back as the same set. Patterns that no line can hold are left out.
void check_written(const struct ms_patterns *patterns);

// Aborts unless the set compiles, or is refused because of a regex. Sets that would take long are
// left alone: Hyperscan takes seconds for some regexes of a few hundred characters.
void check_compiles(const struct ms_patterns *patterns);

#endif
