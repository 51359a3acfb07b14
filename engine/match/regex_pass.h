// SPDX-License-Identifier: MIT
//
// The regexes engine inside, shared by its three parts: regexes.c searches windows tile by tile for
// ends, regex_starts.c finds the starts of ends, regex_spans.c chooses among matches.

#ifndef MS_MATCH_REGEX_PASS_H
#define MS_MATCH_REGEX_PASS_H

#include "match/regex_databases.h"

// Ends are looked for in large pieces, their starts only in granules that hold some.
#define MS_REGEX_GRANULE 4096

// Bytes of a tile at first, and at most.
#define MS_REGEX_TILE ((size_t)256 * 1024)

// Matches that one tile may have before it is tried again in halves.
#define MS_REGEX_TILE_SPANS ((size_t)128 * 1024)

struct ms_regexes {
    const struct ms_pattern *patterns;
    const uint32_t *numbers; // of the patterns, by Hyperscan's id
    struct ms_regex_databases databases;
    uint32_t reach; // bytes of the longest match, MS_MAX_REGEX_MATCH at most
};

// `count` matches of `length` bytes, each a byte after the last.
struct ms_regex_span {
    uint32_t id;
    uint32_t length;
    size_t start; // offset in the window
    size_t count;
};

// An end whose leftmost start is too far back.
struct ms_regex_pending {
    size_t end;
    uint32_t id;
    size_t start; // SIZE_MAX until it is settled
};

struct ms_regex_scratch {
    MS_VEC(struct ms_regex_span) spans;
    MS_VEC(struct ms_regex_pending) pending;
    size_t tile_bytes;

    // By granule of the tile: OF_TRACKED and OF_ANCHORED, if any end lies there.
    uint8_t granules[MS_REGEX_TILE / MS_REGEX_GRANULE + 3];

    // seen[id * MS_REGEX_GRANULE + i]: the start of end i of a granule is known. NULL where nothing
    // is anchored.
    bool *seen;

    // uniform[byte * n + id]: the length of the match that ends where the `reach` bytes before are
    // all `byte`; 0: none.
    uint16_t *uniform;
    bool uniform_known[256];
};

// One tile: matches that start in [start, end).
struct ms_regex_pass {
    const struct ms_regexes *regexes;
    const struct ms_window *window;
    struct ms_sink *sink;
    struct ms_scratch *scratch;
    struct ms_regex_scratch *own;
    size_t start;
    size_t end;
    size_t base;      // offset in the window of the bytes that Hyperscan sees
    size_t first_end; // ends in [first_end, last_end] are of interest
    size_t last_end;
    size_t first_pending; // those from here on are being settled
    bool failed;          // no memory
    bool full;            // too many matches for one tile
};

// == regex_starts.c ==

// The first start that a match ending at offset `end` of the window may have.
size_t ms_regex_first_start(const struct ms_regex_pass *pass, size_t end);

// Works out what matches end where the bytes before are all `byte`.
enum ms_status ms_regex_know_uniform(struct ms_regex_pass *pass, uint8_t byte,
                                     struct ms_error *error);

// Finds the starts of the ends in [first_end, last_end] of the pass, of the expressions whose
// starts Hyperscan tracks, and adds them as spans.
enum ms_status ms_regex_find_starts(struct ms_regex_pass *pass, struct ms_error *error);

// The same for the others; [first_end, last_end] is a granule at most.
enum ms_status ms_regex_try_starts(struct ms_regex_pass *pass, struct ms_error *error);

// == regex_spans.c ==

// Adds a span to the tile's. False: there are too many (pass->full), or no memory (pass->failed).
bool ms_regex_add_span(struct ms_regex_pass *pass, struct ms_regex_span span);

// Whether the tile has too many matches, held as spans or pending; sets pass->full.
bool ms_regex_is_full(struct ms_regex_pass *pass);

// Emits the matches that the tile's spans come to: of each end the earliest start, of each start
// the longest. False if the sink stopped.
bool ms_regex_emit_spans(struct ms_regex_pass *pass);

#endif
