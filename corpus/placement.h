// SPDX-License-Identifier: MIT
//
// Where physical memory lies: which addresses the image holds at all (segments), and where in the
// file they are (extents). Containers make extents; everything else looks them up.

#ifndef CORPUS_PLACEMENT_H
#define CORPUS_PLACEMENT_H

#include "spec.h"

/** A stretch that the image holds. Sorted, disjoint, not touching: what touches is one. */
struct segment {
    uint64_t start;
    uint64_t end; // first address behind it
};

struct segments {
    struct segment *items;
    size_t count;
    uint64_t total; // bytes
};

/** Merges the runs. Fails on overlapping ones unless the spec allows them. */
void segments_create(struct segments *segments, const struct spec *spec);
void segments_release(struct segments *segments);

/** The segment that holds `address`, or the next above; `count` if there is none. */
size_t segments_from(const struct segments *segments, uint64_t address);

/** True if no byte of the range is in a hole. */
bool segments_hold(const struct segments *segments, uint64_t start, uint64_t length);

/** A stretch of physical memory in the file. */
struct extent {
    uint64_t start;
    uint64_t length;
    uint64_t offset; // in the file
};

struct extents {
    struct extent *items; // in file order, as they were added
    size_t count;
    size_t capacity;
    uint64_t end; // first file offset behind the last extent added
    struct by_address {
        size_t index;      // into items
        uint64_t furthest; // the highest end of this and all before it: bounds a search
    } * sorted;
};

/** Adds an extent; ignores an empty one. */
void extents_add(struct extents *extents, uint64_t start, uint64_t length, uint64_t offset);

/** Makes the index that extents_next() needs; nothing is added afterwards. */
void extents_sort(struct extents *extents);
void extents_release(struct extents *extents);

/** A search for the extents that overlap a physical range, in no order that means anything. */
struct extent_search {
    uint64_t start;
    uint64_t end;
    size_t next; // counts down through `sorted`
};

struct extent_search extents_search(const struct extents *extents, uint64_t start, uint64_t length);

/** NULL when there are no more. */
const struct extent *extents_next(const struct extents *extents, struct extent_search *search);

#endif
