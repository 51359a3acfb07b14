// SPDX-License-Identifier: MIT
//
// Cases of machines that have names.

#ifndef MS_TESTS_NAMED_CASE_H
#define MS_TESTS_NAMED_CASE_H

#include <memscan/memscan.h>

enum { MAX_CASE_SPACES = 8, MAX_CASE_NEEDLES = 4, MAX_CASE_RANGES = 4 };

struct case_needle {
    const char *text; // hex digits, or the name of a text of test_machines.c
    uint32_t align;
};

struct named_case {
    const char *name;
    const char *container; // NULL: elf64
    const char *spec;
    const char *spaces[MAX_CASE_SPACES];
    bool all_roots; // those of the spec are searched, too
    struct case_needle needles[MAX_CASE_NEEDLES];
    uint32_t most; // not 0: the first is a regex, in which the first byte comes 1 to so many times
    struct ms_range ranges[MAX_CASE_RANGES];
    unsigned page_flags;
    uint64_t kernel;
    uint64_t cut;  // bytes that the file lacks
    uint64_t hits; // what must be found, by hand
};

// Of tables that several places share.
extern const struct named_case shared_cases[];
extern const size_t n_shared_cases;

#endif
