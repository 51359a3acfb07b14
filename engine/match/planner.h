// SPDX-License-Identifier: MIT
//
// The planner: which engine gets which pattern.

#ifndef MS_MATCH_PLANNER_H
#define MS_MATCH_PLANNER_H

#include "match/matcher.h"

// The engines there are, in the order in which they scan.
extern const struct ms_engine_ops *const ms_planner_engines[];
extern const size_t ms_planner_n_engines;
#define MS_MAX_ENGINES 7

struct ms_plan_input {
    const struct ms_pattern *patterns;
    size_t n_patterns;
    unsigned engine_mask;             // as in struct ms_matcher_options
    bool ends;                        // as in ms_matcher_derive()
    const struct ms_kernels *kernels; // whose costs count
};

// Chooses an engine for each pattern: by what the pattern is, and where many patterns would share a
// filter that rules out too little, by what all of them cost.
enum ms_status ms_plan(const struct ms_plan_input *input, struct ms_choice *choices,
                       struct ms_error *error);

// Why an engine was chosen, as half a sentence; reasons count from 0.
const char *ms_plan_reason(uint8_t reason);
extern const size_t ms_plan_n_reasons;

#endif
