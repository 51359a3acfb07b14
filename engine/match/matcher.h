// SPDX-License-Identifier: MIT
//
// Matching inside: what a matcher is made of, and what the scan layer gives it and gets from it.
// Matching knows bytes at addresses; it knows no files, holes, threads or output.

#ifndef MS_MATCH_MATCHER_H
#define MS_MATCH_MATCHER_H

#include "base/error.h"
#include "base/extent.h"
#include "base/parallel.h"
#include "base/slack.h"
#include "match/explain.h"
#include "match/kernel/kernel.h"
#include "match/pattern_set.h"
#include <memscan/search.h>

// == Input ==

// A part of a stretch of contiguous memory in which every match must lie. A match may start in
// [own_start, own_end) only; the bytes around are there so that such matches can be seen whole: the
// window reaches margins.before bytes before own_start and margins.after bytes behind own_end,
// unless the stretch begins or ends before that. Behind it, MS_SLACK_BYTES can be read, whatever
// they are.
struct ms_window {
    const uint8_t *bytes;
    size_t length;
    uint64_t address; // of bytes[0]
    size_t own_start; // offsets into bytes
    size_t own_end;

    // Where ranges overlap, a stretch is their union, and a match must lie in one of the pieces:
    // addresses, first and last bytes both ascending. None: the whole stretch is one piece.
    const struct ms_range *pieces;
    size_t n_pieces;
};

struct ms_margins {
    size_t before;
    size_t after;
};

// The piece that reaches furthest of those that begin at or before the address; NULL: none holds
// the address. There are pieces.
const struct ms_range *ms_window_piece(const struct ms_window *window, uint64_t address);

// Whether [address, address + length) lies in one piece.
bool ms_window_allows(const struct ms_window *window, uint64_t address, uint64_t length);

// The first address at which a match whose last byte is at `last` may start. There are pieces.
uint64_t ms_window_first_start(const struct ms_window *window, uint64_t last);

// == Output ==

// Takes the matches of each pattern by ascending address (patterns among each other in any order).
struct ms_sink {
    // `count` matches of `length` bytes, each `stride` bytes after the last. False: take it back,
    // there is no room; the scan ends with MS_STOPPED and the caller tries again with less.
    bool (*take)(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                 uint64_t address, uint32_t length, uint64_t count, uint32_t stride);
};

static inline bool ms_emit(struct ms_sink *sink, const struct ms_window *window, uint32_t pattern,
                           uint64_t address, uint32_t length, uint64_t count, uint32_t stride)
{
    return sink->take(sink, window, pattern, address, length, count, stride);
}

// What one thread needs to run a matcher.
struct ms_scratch {
    struct hs_scratch *hyperscan; // NULL where no engine needs it
    struct ms_regex_scratch *regexes;
    struct ms_search_counters counters;
};

void ms_regex_scratch_free(struct ms_regex_scratch *own);

enum ms_status ms_scratch_create(const struct ms_matcher *matcher, struct ms_scratch **scratch_ret,
                                 struct ms_error *error);
void ms_scratch_free(struct ms_scratch *scratch);

// Finds all matches that start in the window's own part. MS_OK, MS_STOPPED (the sink had no room),
// MS_NOMEM, or MS_IO for a Hyperscan that fails, which must not happen and is never "no match".
enum ms_status ms_matcher_scan(const struct ms_matcher *matcher, struct ms_scratch *scratch,
                               const struct ms_window *window, struct ms_sink *sink,
                               struct ms_error *error);

struct ms_margins ms_matcher_margins(const struct ms_matcher *matcher);
size_t ms_matcher_count(const struct ms_matcher *matcher);
uint32_t ms_matcher_align(const struct ms_matcher *matcher, uint32_t pattern);
const struct ms_pattern *ms_matcher_pattern(const struct ms_matcher *matcher, uint32_t pattern);

// An engine for a pattern, and why: see planner.h.
struct ms_choice {
    uint8_t engine; // index into ms_planner_engines
    uint8_t reason; // for ms_plan_reason()
};

// What the planner chose for a pattern.
struct ms_choice ms_matcher_choice(const struct ms_matcher *matcher, uint32_t pattern);

// What was built of the engine with that index into ms_planner_engines; NULL: it has no pattern.
const void *ms_matcher_engine(const struct ms_matcher *matcher, size_t engine);

// Compiles other patterns with the kernels and engines of a matcher, `like`. With `ends`, of
// regexes that have no single length only ends are found: each is a match of one byte, the last
// one, whatever its start.
enum ms_status ms_matcher_derive(const struct ms_matcher *like, const struct ms_patterns *patterns,
                                 bool ends, struct ms_matcher **matcher_ret,
                                 struct ms_error *error);

// == Engines ==

// What an engine is built from. All of it outlives the engine.
struct ms_engine_input {
    const struct ms_pattern *patterns; // all of the matcher
    const uint32_t *mine;              // the numbers of those that are this engine's, ascending
    size_t n_mine;
    const struct ms_kernels *kernels;
    struct ms_parallel compile; // how parts that do not depend on one another are; one thread where
                                // that takes no time worth it
};

// One way to match. Immutable once built. To add one: a file, a line in planner.c's table, a case
// in the planner.
struct ms_engine_ops {
    enum ms_engine id;

    enum ms_status (*build)(const struct ms_engine_input *input, void **engine_ret,
                            struct ms_error *error);
    void (*free)(void *engine);

    // Adds to the scratch what this engine needs. NULL: nothing.
    enum ms_status (*prepare)(const void *engine, struct ms_scratch *scratch,
                              struct ms_error *error);

    // See ms_matcher_scan().
    enum ms_status (*scan)(const void *engine, struct ms_scratch *scratch,
                           const struct ms_window *window, struct ms_sink *sink,
                           struct ms_error *error);

    // Calls `pass` for each pass over memory that a scan makes. NULL for what ms_matcher_derive()
    // alone makes.
    void (*explain)(const void *engine, ms_explain_pass_fn *pass, void *user);
};

extern const struct ms_engine_ops ms_engine_scalar;
extern const struct ms_engine_ops ms_engine_words;
extern const struct ms_engine_ops ms_engine_runs;
extern const struct ms_engine_ops ms_engine_texts;
extern const struct ms_engine_ops ms_engine_literals; // these two where Hyperscan was built in
extern const struct ms_engine_ops ms_engine_regexes;
extern const struct ms_engine_ops ms_engine_regex_ends; // for ms_matcher_derive() alone

#endif
