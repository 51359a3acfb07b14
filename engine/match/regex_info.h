// SPDX-License-Identifier: MIT
//
// What Hyperscan knows about a regex before it is compiled.

#ifndef MS_MATCH_REGEX_INFO_H
#define MS_MATCH_REGEX_INFO_H

#include "base/error.h"
#include "match/pattern_set.h"

// Checks the regex, sets `longest`, and its length where all its matches have one. MS_ARGUMENT: its
// syntax is wrong, it matches nothing, or nothing of 1 to MS_MAX_REGEX_MATCH bytes. Does nothing
// where Hyperscan was not built in.
enum ms_status ms_regex_measure(struct ms_pattern *regex, struct ms_error *error);

#endif
