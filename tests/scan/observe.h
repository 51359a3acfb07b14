// SPDX-License-Identifier: MIT
//
// Searches for tests: runs one, keeps all that it says, and compares it with what is known.

#ifndef TESTS_SCAN_OBSERVE_H
#define TESTS_SCAN_OBSERVE_H

#include "scan/naive.h"

// How to search: what must not make a difference.
struct way {
    const char *simd;
    unsigned engine_mask;
    size_t chunk_bytes;
    unsigned threads;
    bool map;
    bool fold;
};

struct observation {
    hit_vec hits;
    gap_vec gaps;
    struct ms_search_result result;
    uint64_t last_done, all_bytes; // of the progress callback
    bool progress_fell;
};

struct ms_patterns *make_patterns(const struct known_pattern *patterns, size_t n);
struct ms_matcher *make_matcher(const struct known_pattern *patterns, size_t n,
                                const struct way *way);

// Searches, and fails the test unless that ends with MS_OK.
struct observation observe(const struct ms_image *image, const struct ms_matcher *matcher,
                           const struct known_query *query, const struct way *way);
void observation_release(struct observation *seen);

// Fails the test with `name` and the way unless the observation is the answer.
void expect_answer(const char *name, const struct way *way, const struct observation *seen,
                   const struct known_answer *answer);
// That engines which have patterns were given bytes, and no others; and that bytes came from the
// file.
void expect_engines(const char *name, const struct way *way, const struct ms_matcher *matcher,
                    const struct ms_search_result *result);
void expect_hits(const char *name, const struct way *way, const hit_vec *seen,
                 const hit_vec *known);

// Opens the machine's image and does all of the above once.
void check_search(const char *name, const struct machine *machine, const struct known_query *query,
                  const struct known_answer *answer, const struct way *way);

#endif
