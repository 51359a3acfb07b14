// SPDX-License-Identifier: MIT
//
// Code in memory with holes, a table of functions and data, and targets: what a scan of it finds,
// held to a naive search that decodes each function from its start, and elsewhere from each byte.

#ifndef MS_FUZZ_CODE_CHECKS_H
#define MS_FUZZ_CODE_CHECKS_H

#include <memscan/range.h>
#include <stddef.h>

enum { MAX_CASE_RANGES = 16 };

struct code_case {
    unsigned bits; // 32 or 64
    uint64_t base;
    size_t size; // bytes of memory
    const uint8_t *bytes;
    const bool *hidden; // of each byte: it is not there

    struct ms_range functions[MAX_CASE_RANGES]; // ascending, disjoint unless `overlapping`
    size_t n_functions;
    struct ms_range data;                     // where no code is; 1 to 0: nowhere
    struct ms_range targets[MAX_CASE_RANGES]; // ascending, disjoint
    size_t n_targets;
    struct ms_range area;
    uint64_t from;
    unsigned step;    // bytes, from one `last` to the next; 0: one call
    bool stops;       // each second chunk is stopped before
    bool overlapping; // functions may overlap: then a reference is only held to be one
};

// Aborts where they differ. Returns how many references there are.
size_t code_case_check(const struct code_case *code);

#endif
