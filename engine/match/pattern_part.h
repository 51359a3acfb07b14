// SPDX-License-Identifier: MIT
//
// Parts of fixed patterns, as patterns of their own.

#ifndef MS_MATCH_PATTERN_PART_H
#define MS_MATCH_PATTERN_PART_H

#include "match/pattern_set.h"

// What the addresses of a part at `offset` are multiples of, wherever the pattern matches.
uint32_t ms_pattern_part_align(const struct ms_pattern *pattern, uint32_t offset);

// Makes a pattern of bytes [offset, offset + length), of which there is at least one. It matches
// wherever the pattern does: of a value range that it holds a part of only, any value. False
// without memory. Released with ms_pattern_release().
bool ms_pattern_part(struct ms_pattern *part, const struct ms_pattern *pattern, uint32_t offset,
                     uint32_t length);

// Whether the part matches at `memory`.
bool ms_pattern_part_matches(const struct ms_pattern *pattern, uint32_t offset, uint32_t length,
                             const uint8_t *memory);

#endif
