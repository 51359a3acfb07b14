// SPDX-License-Identifier: MIT
//
// What is behind virtual pages, as a spec says it.

#ifndef CORPUS_BACKING_H
#define CORPUS_BACKING_H

#include <stdint.h>

/** What is behind the pages of a `map` statement. */
struct backing {
    enum backing_kind {
        BACKING_NOTHING,    // entries of zero; of a prototype: it is written by another statement
        BACKING_PRESENT,    // pages from `first` on
        BACKING_SCATTER,    // pages of the range, none twice, no two neighbours
        BACKING_TRANSITION, // pages from `first` on, which processors do not see
        BACKING_PAGEFILE,   // file `first`, pages from `second` on
        BACKING_DEMAND_ZERO,
        BACKING_ENTRY, // entries that hold `first`
    } kind;
    uint64_t first;
    uint64_t second; // BACKING_SCATTER: the range's length
};

#endif
