// SPDX-License-Identifier: MIT
//
// The survey: walks a space before it is searched, or after, and tells what is there of what was
// asked for, what is not and why, which pages are needed, and where their seams are. Of a table
// that was surveyed where another entry points to it, only the seams at its two ends are new.

#ifndef MS_SCAN_SURVEY_H
#define MS_SCAN_SURVEY_H

#include "base/error.h"
#include "scan/bits.h"
#include "scan/ranges.h"
#include "scan/seams.h"
#include "scan/view.h"

struct ms_survey {
    const struct ms_view *view;
    const struct ms_ranges *ranges;
    bool asks_holes; // ranges were given, so what is unmapped in them was asked for, too
    uint64_t from;   // nothing below was asked for

    // What is to be told; any may be NULL.
    struct ms_coverage *coverage; // added to
    ms_bits *needed;              // by page: it is mapped, or one of so many pages on either side
    size_t margin_pages;
    struct ms_seams *seams;
    uint8_t *surveyed; // by table of the set of spaces: what it maps has been told. NULL with `gap`
    int (*gap)(void *user, const struct ms_gap *gap); // ascending; not 0: no more
    void *user;
};

// MS_OK, MS_NOMEM, or MS_STOPPED by `gap`.
enum ms_status ms_survey_run(const struct ms_survey *survey, struct ms_error *error);

#endif
