// SPDX-License-Identifier: MIT
//
// What a matcher does, and why: which engine got which patterns, how each searches, and what was
// expected of that. For people who wonder why a search is slow. None of it changes what is found.

#ifndef MEMSCAN_EXPLAIN_H
#define MEMSCAN_EXPLAIN_H

#include <memscan/search.h>

#ifdef __cplusplus
extern "C" {
#endif

// Some of a matcher's patterns: the lowest numbers are listed.
#define MS_EXPLAINED_PATTERNS 8
struct ms_explained_patterns {
    size_t n;
    uint32_t listed[MS_EXPLAINED_PATTERNS]; // ascending
    size_t n_listed;
};

struct ms_explained_matcher {
    const char *simd; // the kernels' name
    size_t n_patterns;
    size_t before; // bytes that are looked at around those that matches start in
    size_t after;

    // In address spaces: how many patterns can lie across two pages, and how many bytes of either
    // side are searched for them where the two are no neighbours in memory. 0: none.
    size_t n_across;
    size_t seam_reach;
};

// An engine, and the patterns that it got for one and the same reason.
struct ms_explained_choice {
    enum ms_engine engine;
    const char *reason; // half a sentence
    struct ms_explained_patterns patterns;
};

struct ms_explained_cost {
    const char *method;
    double ns; // expected for 32 elements of 4 bytes, on the machine that it was measured on
};

struct ms_explained_database {
    const char *name;
    size_t bytes;
};

// One pass over memory.
#define MS_EXPLAINED_COSTS     5
#define MS_EXPLAINED_DATABASES 5
struct ms_explained_pass {
    enum ms_engine engine;
    // A test of a kernel: "equal", "few", "masked", "range", "nibble-pairs", "nibbles",
    // "wide-nibbles", "hashed", "sieved", "set", "period", "pairs"; "each" address; Hyperscan:
    // "literals", "regexes".
    const char *method;
    const char *reason; // half a sentence
    struct ms_explained_patterns patterns;

    // What is looked for of each pattern. 0 bytes: not known.
    uint32_t min_offset; // in the patterns
    uint32_t max_offset;
    uint32_t min_bytes;
    uint32_t max_bytes;
    double candidates; // expected in a GiB of random bytes, matches among them; negative: not known

    size_t table_bytes;                                 // of the kernel's filter; 0: none
    struct ms_explained_cost costs[MS_EXPLAINED_COSTS]; // of the tests that would do
    size_t n_costs;                                     // 0: there was nothing to compare
    struct ms_explained_database databases[MS_EXPLAINED_DATABASES]; // Hyperscan's, in block mode
    size_t n_databases;
};

// Called on the thread of the call: `matcher` once, each choice, then each pass in the order in
// which they are made. Strings are static; the rest is valid during the callback.
struct ms_explain_callbacks {
    void (*matcher)(void *user, const struct ms_explained_matcher *matcher);
    void (*choice)(void *user, const struct ms_explained_choice *choice);
    void (*pass)(void *user, const struct ms_explained_pass *pass);
    void *user;
};

// Takes about as long as it took to make the matcher. MS_NOMEM.
MS_API enum ms_status ms_matcher_explain(const struct ms_matcher *matcher,
                                         const struct ms_explain_callbacks *callbacks,
                                         struct ms_error *error);

#ifdef __cplusplus
}
#endif

#endif
