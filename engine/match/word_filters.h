// SPDX-License-Identifier: MIT
//
// Filters of the words engine: the kernel test for the anchors of a group, with the tables that it
// needs. Of the tests that would do, that which is expected to cost least with the kernels at hand.

#ifndef MS_MATCH_WORD_FILTERS_H
#define MS_MATCH_WORD_FILTERS_H

#include "match/explain.h"

struct word_anchor {
    uint32_t pattern;
    struct ms_element element;
};

// The tests that would have done, with what they were expected to cost.
struct ms_filter_costs {
    struct ms_explained_cost tests[MS_EXPLAINED_COSTS];
    size_t n; // 0: nothing was compared
};

// Sets *test to one that each value passes that is the element of an anchor. The anchors, at least
// one, are of one width; exact ones come first, by value. Of width 8, all are exact, or there is
// but one. *tables_ret is what the test points to, for free(); it may be NULL. False: no memory.
bool ms_word_filter_choose(const struct word_anchor *anchors, size_t n, size_t n_exact,
                           const struct ms_kernel_costs *costs, struct ms_test *test,
                           void **tables_ret, struct ms_filter_costs *compared_ret);

// The set of the halves of all values that pass an anchor's element, of width 2 or 4. For free();
// NULL without memory.
struct ms_element_set *ms_element_set_create(const struct word_anchor *anchors, size_t n);

#endif
