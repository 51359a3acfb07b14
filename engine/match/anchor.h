// SPDX-License-Identifier: MIT
//
// Anchors: the part of a fixed pattern that an engine searches for; where it is found, the rest of
// the pattern is verified. A good anchor is rare in memory, so bytes are weighed: zeros and repeats
// are worth little, odd values much.

#ifndef MS_MATCH_ANCHOR_H
#define MS_MATCH_ANCHOR_H

#include "match/pattern_set.h"

// An aligned element of a pattern, for the words engine.
enum ms_element_kind {
    MS_ELEMENT_EXACT,  // equals value
    MS_ELEMENT_MASKED, // equals value under mask
    MS_ELEMENT_RANGE,  // value <= element <= last
};

struct ms_element {
    uint32_t offset; // in the pattern
    uint32_t width;  // 1, 2, 4, 8
    enum ms_element_kind kind;
    uint64_t value;
    uint64_t mask;
    uint64_t last;
    bool whole;    // the pattern is this element and nothing else
    uint32_t bits; // how much of memory it rules out: 1 in 2^bits passes, roughly
};

// The best element of at most `max_width` bytes that lies at a multiple of its width wherever the
// pattern matches. There always is one.
struct ms_element ms_anchor_element(const struct ms_pattern *pattern, uint32_t max_width);

// The best element of 4 bytes, exact, at any offset of the pattern, so at any address. False: there
// is none of which few are met.
bool ms_anchor_shifted(const struct ms_pattern *pattern, struct ms_element *element_ret);

// What a byte value rules out, in bits: 1 in 2^bits bytes of memory has it, roughly.
uint32_t ms_byte_bits(uint8_t byte);

// A stretch of at most MS_ANCHOR_BYTES bytes, for Hyperscan.
#define MS_ANCHOR_BYTES 64

struct ms_stretch_anchor {
    uint32_t offset;
    uint32_t length;
    uint32_t bits; // as above
};

struct ms_stretch_anchor ms_anchor_stretch(const struct ms_pattern *pattern);

// The smallest p from 1 to `most` with bytes[i] == bytes[i + p] throughout; 0 if there is none, or
// if the pattern is shorter than 2 * p or not exact.
uint32_t ms_pattern_period(const struct ms_pattern *pattern, uint32_t most);

#endif
