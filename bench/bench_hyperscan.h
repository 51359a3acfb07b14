// SPDX-License-Identifier: MIT
//
// Bare Hyperscan: hs_scan() in calls of 2 MiB, each of which begins as far before the end of the
// last as a match can be long, so that no match is lost between two calls.

#ifndef MS_BENCH_HYPERSCAN_H
#define MS_BENCH_HYPERSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bare_expressions {
    const char **texts;
    size_t n;
    bool ignore_case;
    bool starts; // where matches start is wanted, too
};

// Whether this build has Hyperscan. Without it, the functions fail.
extern const bool bare_is_built;

struct bare;

// NULL after a message.
struct bare *bare_create(const struct bare_expressions *expressions);
void bare_free(struct bare *bare);

// A match ends before offset `end`; `start` is where it begins, 0 if starts are not wanted. The
// matches of an expression that Hyperscan reports several times are reported as often.
typedef void bare_match(void *user, uint64_t start, uint64_t end);

// Maps the file, scans it, unmaps it. False after a message.
bool bare_scan_file(const struct bare *bare, const char *path, bare_match *match, void *user);

#endif
