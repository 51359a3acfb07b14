// SPDX-License-Identifier: MIT
//
// What it costs to search for many loose patterns (masked ones, ranges) at once: by the words
// engine, which needs a filter that lets much pass and then tries the patterns one by one, or by
// Hyperscan.

#ifndef MS_MATCH_LOOSE_COSTS_H
#define MS_MATCH_LOOSE_COSTS_H

#include "match/word_filters.h"

// So many loose elements of one width get a pass of their own each; more share a filter.
#define MS_MAX_LOOSE_PASSES 4

// Whether an element may have a value with this top byte.
bool ms_element_may_have_top(const struct ms_element *element, uint32_t top);

// Nanoseconds a byte of memory for the words engine; all anchors are loose and of one width, 2 or
// 4. Negative without memory.
double ms_loose_words_cost(const struct word_anchor *anchors, size_t n,
                           const struct ms_kernel_costs *costs);

// The same for Hyperscan, and the patterns of these anchors.
double ms_loose_hyperscan_cost(const struct ms_pattern *patterns, const struct word_anchor *anchors,
                               size_t n);

#endif
