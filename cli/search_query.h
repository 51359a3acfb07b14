// SPDX-License-Identifier: MIT
//
// What a search looks for and where, made from the settings: patterns, their matcher, ranges. All
// of it is checked before the first image is opened.

#ifndef CLI_SEARCH_QUERY_H
#define CLI_SEARCH_QUERY_H

#include "settings.h"

struct search_query {
    struct ms_patterns *patterns;
    struct ms_matcher *matcher;
    struct ms_range *ranges;
    size_t n_ranges;
    char *labels_text;   // the memory that `labels` point into
    const char **labels; // of each pattern, for people; NULL if there is only one
};

// Returns false after an error message. Released with search_query_release() either way.
bool search_query_make(struct search_query *query, const struct settings *settings);
void search_query_release(struct search_query *query);

#endif
