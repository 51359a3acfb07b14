// SPDX-License-Identifier: MIT
//
// Records: what workers pass on, a run of matches of one pattern each; and the collector, the sink
// that turns an engine's matches into them.

#ifndef MS_SCAN_RECORD_H
#define MS_SCAN_RECORD_H

#include "match/matcher.h"
#include <stdatomic.h>

// `count` matches, each `align` of the pattern after the last, all in one stretch.
struct ms_record {
    uint64_t address; // of the first match
    uint64_t count;
    uint32_t pattern;
    uint32_t
        length; // bytes of each match; 0: only the count matters, and the address means nothing
    size_t stretch;
};

typedef MS_VEC(struct ms_record) ms_record_vec;

// Ascending by address, then pattern.
int ms_record_compare(const struct ms_record *a, const struct ms_record *b);
void ms_records_sort(ms_record_vec *records);

// Has a say in each match. False: it is left out. May change the stretch that the match is recorded
// for.
struct ms_judge {
    bool (*allows)(void *user, uint32_t pattern, uint64_t address, uint32_t length,
                   size_t *stretch);
    void *user;
};

struct ms_collector {
    struct ms_sink sink; // must be first: the engines' side
    const struct ms_matcher *matcher;
    const atomic_uchar *muted; // by pattern: whose matches are counted only
    bool count_only;           // all of them

    ms_record_vec *records; // where they go
    size_t stretch;         // that is being scanned
    struct ms_judge judge;  // allows is NULL: all are allowed
    size_t match_stretch;   // of the match at hand: here the judge changes it
    size_t limit;           // records beyond which there is no room; SIZE_MAX: none
    bool failed;            // no memory
    uint32_t *latest;       // by pattern: the index of its last record, if that is its own
};

// `muted` outlives the collector; it may change at any time.
enum ms_status ms_collector_init(struct ms_collector *collector, const struct ms_matcher *matcher,
                                 const atomic_uchar *muted, bool count_only,
                                 struct ms_error *error);
void ms_collector_release(struct ms_collector *collector);

#endif
