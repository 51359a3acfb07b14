// SPDX-License-Identifier: MIT
//
// The text of a pattern other than a regex, made into bytes, masks and value ranges.

#ifndef MS_MATCH_FIXED_TEXT_H
#define MS_MATCH_FIXED_TEXT_H

#include "match/pattern_set.h"

// Reads kind, ignore_case, text and text_length of `pattern`, which is no regex, and fills length,
// bytes, mask, ranges and n_ranges. On failure these are as they were. MS_ARGUMENT is about a
// character of the text.
enum ms_status ms_literal_parse(struct ms_pattern *pattern, struct ms_error *error);

#endif
