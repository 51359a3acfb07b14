// SPDX-License-Identifier: MIT
//
// Matches as the checks of the differential targets handle them: found, sorted, compared.

#ifndef MS_FUZZ_MATCHES_H
#define MS_FUZZ_MATCHES_H

#include "fuzz.h"

#include "base/vec.h"

struct match {
    uint64_t address;
    uint32_t pattern;
    uint32_t length;
};

struct matches {
    MS_VEC(struct match) all;
};

// By address, then pattern.
int match_compare(const struct match *a, const struct match *b);

void matches_add(struct matches *matches, uint64_t address, uint32_t pattern, uint32_t length);
void matches_sort(struct matches *matches);

// Both are sorted. Aborts with the first difference, saying `how` it was searched.
void matches_expect(const struct matches *got, const struct matches *expected, const char *how);

void matches_release(struct matches *matches);

#endif
