// SPDX-License-Identifier: MIT
//
// The planner: which engine gets which pattern.

#ifndef MS_MATCH_PLANNER_H
#define MS_MATCH_PLANNER_H

#include "match/matcher.h"

// The engines there are, in the order in which they scan.
extern const struct ms_engine_ops *const ms_planner_engines[];
extern const size_t ms_planner_n_engines;
#define MS_MAX_ENGINES 6

// Sets choice[i] to the index of an engine for each pattern. `engine_mask` as in struct
// ms_matcher_options, `ends` as in ms_matcher_derive().
enum ms_status ms_plan(const struct ms_pattern *patterns, size_t n_patterns, unsigned engine_mask,
                       bool ends, uint8_t *choice, struct ms_error *error);

#endif
