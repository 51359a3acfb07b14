// SPDX-License-Identifier: MIT
//
// A random machine with address spaces, and a question about it, taken from an input:
//
//     how        paging, system, container, lengths                              2 bytes
//     memory     tables' length; data's lengths and place                        5
//     contents   a count; for each fill: kind, start, length, value              1 + 9n
//     spaces     a count, PAE's root                                             2
//     rules      a count; for each: kind, space, place, length, backing, flags   1 + 25n
//     patterns   a count; for each: length, alignment, alphabet, wild nibbles    1 + 6n
//     plants     a count; for each: pattern, rule, page, distance                1 + 5n
//     question   spaces, ranges, flags, what is cut off, two ways to search      6 + 6n + 16
//
// Whatever the input, the image builder can make the machine: weird entries have regions of their
// own, and so do large pages and shared tables.

#ifndef MS_FUZZ_RANDOM_MACHINE_H
#define MS_FUZZ_RANDOM_MACHINE_H

#include "fuzz.h"
#include "space_checks.h"

enum {
    RANDOM_RUNS = 3,
    RANDOM_FILLS = 4,
    RANDOM_SPACES = 3,
    RANDOM_RULES = 10,
    RANDOM_NEEDLES = 4,
    RANDOM_PLANTS = 6,
    RANDOM_LONGEST = 9000, // of a pattern
    RANDOM_WAYS = 2,
    MAX_PIECES = RANDOM_PLANTS * 5, // of plants
};

struct random_machine {
    struct spec spec;
    struct space_query query;

    struct run runs[RANDOM_RUNS];
    struct fill fills[RANDOM_FILLS + MAX_PIECES];
    struct space_spec spaces[RANDOM_SPACES];
    struct space_rule rules[2 + RANDOM_SPACES + 6 * RANDOM_RULES];
    size_t first_map;   // the rules from here on are not about roots
    bool self_mapped;   // PAE
    uint64_t scattered; // pages that scatter has drawn

    struct needle needles[RANDOM_NEEDLES];
    uint8_t bytes[RANDOM_NEEDLES][RANDOM_LONGEST], masks[RANDOM_NEEDLES][RANDOM_LONGEST];
    struct space_way ways[RANDOM_WAYS];
};

// Points into itself, and into the input's bytes.
void random_machine_take(struct random_machine *machine, struct input *input);

#endif
