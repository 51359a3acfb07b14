// SPDX-License-Identifier: MIT
//
// The second pass of a search of spaces: one space after the other is confirmed, and reported.

#ifndef MS_SCAN_SECOND_PASS_H
#define MS_SCAN_SECOND_PASS_H

#include "scan/confirm.h"
#include "scan/report.h"
#include "scan/survey.h"

// A space that is searched.
struct ms_part {
    enum ms_space_kind kind;
    struct ms_view view;
    struct ms_ranges ranges;
    uint64_t from;

    // Of the second pass:
    struct ms_view all_memory; // in which the space `unmapped` is searched
    struct ms_confirm confirm;
};

// What a survey of the part asks for.
struct ms_survey ms_part_survey(const struct ms_part *part,
                                const struct ms_search_options *options);

struct ms_second_pass {
    const struct ms_image *image;
    const struct ms_matcher *matcher;
    const struct ms_search_options *options;
    size_t chunk_bytes;
    const struct ms_marks *marks;
    const struct ms_candidates *candidates;
    struct ms_places *places; // NULL: hits stand for themselves
    uint8_t *settled;         // by table, as of struct ms_confirm
    struct ms_part *parts;    // by space; those from options->first_space on are searched
    size_t n_parts;
    struct ms_report *report;

    // Private:
    size_t number;      // of the part that is being reported
    bool space_is_open; // and is not finished yet
    uint64_t marked_pages;
};

// MS_OK, MS_STOPPED (a callback wants no more), or a failure.
enum ms_status ms_second_pass_run(struct ms_second_pass *pass, struct ms_error *error);

#endif
