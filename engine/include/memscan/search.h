// SPDX-License-Identifier: MIT
//
// Searching: compile a pattern set to a matcher, run it over an image.
//
// A match is never lost and never invented. It lies wholly in memory that the image holds without a
// hole, and wholly in one of the ranges asked for; all overlapping matches are reported, each once
// per space, address and pattern, by space, ascending address, then pattern number. What is
// reported does not depend on the number of threads, the chunk size, the kernels, or on mapping or
// reading.
//
// Without spaces, physical memory is searched, and hits come while it is read. With spaces, each
// page that any of them maps is read once, whatever maps it; then matches are confirmed where they
// are mapped, space by space. Neither the time nor the memory it takes grows with the number of
// hits.

#ifndef MEMSCAN_SEARCH_H
#define MEMSCAN_SEARCH_H

#include <memscan/image.h>
#include <memscan/pattern.h>
#include <memscan/range.h>
#include <memscan/space.h>
#include <memscan/status.h>

#ifdef __cplusplus
extern "C" {
#endif

// == Matchers ==

struct ms_matcher;

// The engines that search. A mask of them restricts the planner; tests and benchmarks use it.
enum ms_engine {
    MS_ENGINE_SCALAR,    // tries each pattern at each address: the oracle for all but regexes
    MS_ENGINE_WORDS,     // SIMD kernels over aligned elements, or over bytes
    MS_ENGINE_RUNS,      // uniform and short-period patterns
    MS_ENGINE_HYPERSCAN, // literals at any address, regexes
    MS_ENGINE_TEXTS,     // SIMD kernels over pairs of bytes: few literals at any address
};
#define MS_N_ENGINES 5

struct ms_matcher_options {
    const char
        *simd; // a name of ms_simd_name(); NULL: the environment's MEMSCAN_SIMD, else the fastest
    unsigned engine_mask; // bits 1u << enum ms_engine; 0: all. A pattern that no allowed engine
                          // takes is refused

    // Thousands of patterns, or dozens of regexes, take seconds to compile, and then it is done by
    // so many threads at most. 0: one a processor.
    unsigned threads;

    // Called about ten times a second while that goes on, on the thread that waits for it: that of
    // ms_matcher_create(), or of ms_search() in address spaces, for which parts of patterns are
    // compiled, too. So it must be callable as long as the matcher is used. NULL: not.
    void (*compiling)(void *user);
    void *user;
};

// Compiles a set, which may be freed afterwards. `options` may be NULL. Freed with
// ms_matcher_free(), which accepts NULL.
// MS_ARGUMENT: a regex that does not compile, a kernel that is unknown or not for this processor,
// an empty set. MS_UNSUPPORTED: a pattern that needs what was not compiled in.
MS_API enum ms_status ms_matcher_create(const struct ms_patterns *patterns,
                                        const struct ms_matcher_options *options,
                                        struct ms_matcher **matcher_ret, struct ms_error *error);
MS_API void ms_matcher_free(struct ms_matcher *matcher);

// The SIMD kernels that were built, fastest first, by index from 0; NULL past the last. Not all
// need be usable on this processor: ms_simd_usable().
MS_API const char *ms_simd_name(size_t index);
MS_API bool ms_simd_usable(size_t index);

// The name of the kernel that a matcher uses.
MS_API const char *ms_matcher_simd(const struct ms_matcher *matcher);

// "scalar", "words", "runs", "hyperscan", "texts".
MS_API const char *ms_engine_name(enum ms_engine engine);

// The number of patterns that the planner gave to an engine.
MS_API size_t ms_matcher_n_patterns(const struct ms_matcher *matcher, enum ms_engine engine);

// == Results ==

// A place where a page is mapped.
struct ms_hit_place {
    size_t space;
    uint64_t address;
};

// A match, or `repeat` matches of one pattern, each `stride` bytes after the last.
struct ms_hit {
    uint64_t address; // of the first byte
    uint64_t repeat;  // 1, or at least 3 if folded
    uint32_t stride;  // the pattern's alignment
    uint32_t pattern;
    uint32_t length; // bytes of each match

    size_t space;      // of the spaces asked for; 0 without spaces
    uint64_t physical; // address of the first byte

    // The option `once`: the hit stands for all `n_mappings` places that map the bytes of its first
    // match, in order, itself the first. 0: for itself alone. Of more than MS_MAX_MAPPINGS the
    // first are listed. Valid during the callback.
    uint64_t n_mappings;
    const struct ms_hit_place *mappings;
    size_t n_listed;

    // The option `edge`: the match is cut off by a hole. `length` bytes of it are there, from
    // `address` on; the hole has `missing_before` bytes before them, or the rest behind them.
    bool partial;
    uint32_t missing_before;
};
#define MS_MAX_MAPPINGS 64

// What a search looked at, in bytes; the other five add up to `asked`.
struct ms_coverage {
    uint64_t asked;      // of the ranges, or without ranges all that image or tables describe
    uint64_t scanned;    // counted by those who scanned
    uint64_t unmapped;   // of ranges: described by nothing
    uint64_t paged_out;  // not in memory when the image was taken
    uint64_t absent;     // described by the image, but not in the file
    uint64_t unreadable; // in the file, but reading failed
};

enum ms_gap_reason {
    MS_GAP_UNMAPPED,
    MS_GAP_PAGED_OUT,
    MS_GAP_ABSENT,
    MS_GAP_UNREADABLE,
};

// A stretch that was asked for and not scanned.
struct ms_gap {
    struct ms_range range;
    enum ms_gap_reason reason;
    size_t space;
};

// "unmapped", "paged-out", "absent", "unreadable".
MS_API const char *ms_gap_reason_name(enum ms_gap_reason reason);

// What was looked at of one of the ranges of a search, in one of the spaces that it is for.
struct ms_range_coverage {
    size_t space;
    size_t range; // index into the options' ranges
    struct ms_coverage coverage;
};

struct ms_progress {
    uint64_t done_bytes; // scanned, in order; the last hits of them may still be held for folding
    uint64_t all_bytes;
};

// Callbacks are called on the thread that called ms_search(), never two at once. Any may be NULL. A
// value other than 0 stops the search, which then returns MS_STOPPED. They may read the image, but
// not start another search with the same options.
struct ms_search_callbacks {
    int (*hit)(void *user, const struct ms_hit *hit);
    // Where hits must not be folded into one, besides where segments and ranges end: the last
    // address, `address` or above, at which a match may start that is folded with one which starts
    // at `address`. Called only where `fold` is set, in each space by ascending address: for the
    // first match, and then for the first one above the address that it returned last, whatever the
    // number of matches. There is nothing by which it could stop the search. NULL: nowhere.
    uint64_t (*fold_end)(void *user, size_t space, uint64_t address);
    // After the last hit, by space and ascending address.
    int (*gap)(void *user, const struct ms_gap *gap);
    // After the last hit too, by space, then range: that of every range which is for the space.
    // Where ranges overlap, each counts what they share. Not called without spaces, or when the
    // search was stopped.
    int (*range_coverage)(void *user, const struct ms_range_coverage *coverage);
    // A few times a second, and after each chunk where one thread searches. With all bytes done
    // there is nothing left to stop, and its value does not matter.
    int (*progress)(void *user, const struct ms_progress *progress);
    void *user;
};

struct ms_search_options {
    const struct ms_spaces *spaces; // that are searched, in their order; of the same image. NULL:
                                    // physical memory. At least one space
    unsigned page_flags; // enum ms_page_flags that pages must have, where a space has flags;
                         // others are as unmapped, and not asked for

    // Ranges may overlap and be in any order. Physical ones are for the spaces physical and
    // unmapped (without spaces, all are), the others for the other spaces.
    const struct ms_range *ranges;
    size_t n_ranges;    // 0: everything
    size_t first_space; // of `spaces`, with which to begin: those before it are not searched, but
                        // what they map is no less mapped. 0: all
    uint64_t from;      // leaves out matches of that space that start below this address
    unsigned threads;   // 0: one per processor
    size_t chunk_bytes; // 0: what is fastest
    uint64_t max_hits;  // of each pattern, passed to the hit callback; UINT64_MAX: all
    bool fold;          // pass three or more matches in a row as one hit: of one segment and range,
                        // and as the callback `fold_end` has it
    bool count_only;    // never call the hit callback
    bool once; // one hit for all places that map the same bytes, where these lie in one page, of
               // which the image holds all, and the pattern is no regex. Bytes that have more than
               // MS_MAX_MAPPINGS places always are folded so
    bool edge; // also pass, and do not count, matches of fixed patterns of 8 bytes or more that lie
               // against a hole with at least half of their bytes
};

// Sets what a caller who does not care wants: everything, all hits, folded, all processors.
MS_API void ms_search_options_init(struct ms_search_options *options);

// Work done, for benchmarks and for tests that an engine has run.
struct ms_search_counters {
    uint64_t chunks;
    uint64_t seams;        // pairs of frames that were searched across
    uint64_t marked_pages; // that held a candidate, and were searched again where they are mapped
    uint64_t mapped_bytes; // of the file, searched where they are mapped
    uint64_t read_bytes;   // of the file, read; what chunks share counts in each
    uint64_t match_callbacks;          // from Hyperscan
    uint64_t hit_callbacks;            // to the caller
    uint64_t bytes[MS_N_ENGINES];      // that each engine was given
    uint64_t candidates[MS_N_ENGINES]; // that it had to verify
    uint64_t matches[MS_N_ENGINES];    // that it found
};

struct ms_search_result {
    uint64_t hits;          // all matches, printed or not
    uint64_t *pattern_hits; // of each pattern
    size_t n_patterns;
    uint64_t max_hits_held;             // matches that max_hits kept from the callback
    struct ms_coverage coverage;        // of all spaces together
    struct ms_coverage *space_coverage; // of each; one element without spaces
    size_t n_spaces;
    uint64_t n_partial; // hits of the option `edge`
    bool complete;      // false if stopped
    // If stopped: every match in earlier spaces, and in this space every match that starts below
    // the address, has been reported; and if it was the progress callback that stopped, no other
    // has. The same search with `first_space` and `from` at these two goes on.
    size_t next_space;
    uint64_t next;
    struct ms_search_counters counters;
};

// Searches `image`: its physical memory, or the spaces of the options. `result` is filled on MS_OK
// and on MS_STOPPED and then released with ms_search_result_release(). Bytes that cannot be read
// are coverage, not an error. Where the system gives fewer threads, fewer search. MS_IO: Hyperscan
// failed, which it must not.
MS_API enum ms_status ms_search(const struct ms_image *image, const struct ms_matcher *matcher,
                                const struct ms_search_options *options,
                                const struct ms_search_callbacks *callbacks,
                                struct ms_search_result *result, struct ms_error *error);
MS_API void ms_search_result_release(struct ms_search_result *result);

#ifdef __cplusplus
}
#endif

#endif
