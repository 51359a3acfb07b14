// SPDX-License-Identifier: MIT
//
// Places: where pages are mapped that several places map, so that one hit can stand for all of
// them.
//
// A match is folded into the first place that maps its page if it lies in the page, the place maps
// the whole page, and the pattern is no regex, of which the bytes before might make another match.

#ifndef MS_SCAN_PLACES_H
#define MS_SCAN_PLACES_H

#include "scan/marks.h"
#include "scan/ranges.h"
#include "scan/record.h"
#include "scan/view.h"

struct ms_places;

// A space of the search and the ranges in it.
struct ms_places_source {
    const struct ms_view *view;
    const struct ms_ranges *ranges;
};

// Counts the places of marked pages in the sources, in their order. Pages of more than `most`
// places are folded. The search begins with source `first` at `from`; places before the page of
// that address are taken as come to. *places_ret is NULL where nothing is folded. All arguments
// outlive it. Freed with ms_places_free(), which accepts NULL.
enum ms_status ms_places_create(const struct ms_matcher *matcher, const struct ms_marks *marks,
                                const struct ms_places_source *sources, size_t n_sources,
                                uint64_t most, size_t first, uint64_t from,
                                struct ms_places **places_ret, struct ms_error *error);
void ms_places_free(struct ms_places *places);

// A folded page in what one task looks at.
struct ms_folded_page {
    uint64_t address;
    size_t page;
    bool stands; // for all places; else it is left out
};

// Those of a task, ascending by address. Empty is zero-initialised but for `places`; free the
// items.
struct ms_folded_pages {
    const struct ms_places *places;
    MS_VEC(struct ms_folded_page) pages;
};

// The search comes to [first, last] of the view's space, which is behind all places that it came to
// before: adds the folded pages there. It comes to whole pages, as far as they are asked for.
enum ms_status ms_places_enter(struct ms_places *places, const struct ms_view *view, uint64_t first,
                               uint64_t last, struct ms_folded_pages *folded,
                               struct ms_error *error);

// Leaves out matches that an earlier place stands for. Any thread may ask it.
struct ms_judge ms_places_judge(struct ms_folded_pages *folded);

// The hits that are listed next lie in what this task looks at: their pages are listed together.
// Valid until the next call.
void ms_places_turn_to(struct ms_places *places, const struct ms_folded_pages *folded);

// Fills the mappings of a hit, whose other members are set, if it stands for several. They are
// valid until the next call.
enum ms_status ms_places_list(struct ms_places *places, struct ms_hit *hit, struct ms_error *error);

#endif
