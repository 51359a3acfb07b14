// SPDX-License-Identifier: MIT
//
// Groups of the words engine: patterns whose anchor elements are searched for by one kernel call,
// with what leads from an element's value back to the patterns.

#ifndef MS_MATCH_WORD_GROUPS_H
#define MS_MATCH_WORD_GROUPS_H

#include "match/matcher.h"
#include "match/word_filters.h"

// Anchors [first, end) of a group's list.
struct anchor_slice {
    uint32_t first;
    uint32_t end;
};

// An entry of the hash table from exact values to anchors; empty if the slice is.
struct value_slot {
    uint64_t value;
    struct anchor_slice slice;
};

struct word_group {
    // Elements are at any address: all of them, of 4 bytes and exact.
    bool shifted;

    struct ms_test test;
    void *tables; // of the test; NULL where it needs none
    struct ms_filter_costs compared;

    struct word_anchor *anchors; // exact ones by value, then by number; then the loose ones
    size_t n_anchors;
    size_t n_exact;

    struct value_slot *slots; // a power of two of them, at most half full; NULL without exact ones
    uint32_t slot_shift;      // 64 - log2 of their number

    // Loose anchors (masked, ranges) by the values' top byte; [256] is the end of the last.
    uint32_t *loose; // indexes into anchors
    uint32_t loose_start[257];

    uint32_t min_offset; // of the elements in their patterns
    uint32_t max_offset;
};

// Sorts the patterns into groups of each width. On failure nothing is left to release.
enum ms_status ms_word_groups_build(const struct ms_engine_input *input,
                                    struct word_group **groups_ret, size_t *n_ret,
                                    struct ms_error *error);
void ms_word_groups_free(struct word_group *groups, size_t n);

// The number of different exact values.
size_t ms_word_group_values(const struct word_group *group);

// The exact anchors of a value.
static inline struct anchor_slice ms_word_group_exact(const struct word_group *group,
                                                      uint64_t value)
{
    uint64_t mask, i;

    if (!group->slots)
        return (struct anchor_slice){0, 0};
    mask = (UINT64_C(1) << (64 - group->slot_shift)) - 1;
    // Multiplicative hashing: the upper bits of the product depend on all of the value.
    for (i = value * UINT64_C(0x9e3779b97f4a7c15) >> group->slot_shift;; i = (i + 1) & mask) {
        const struct value_slot *slot = &group->slots[i];

        if (slot->value == value || slot->slice.first == slot->slice.end)
            return slot->value == value ? slot->slice : (struct anchor_slice){0, 0};
    }
}

// The loose anchors that may pass for a value: indexes group->loose[first..end).
static inline struct anchor_slice ms_word_group_loose(const struct word_group *group,
                                                      uint64_t value)
{
    uint32_t top = (uint32_t)(value >> 8 * (group->test.width - 1));

    return (struct anchor_slice){group->loose_start[top], group->loose_start[top + 1]};
}

#endif
