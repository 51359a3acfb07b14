// SPDX-License-Identifier: MIT
//
// The regexes engine inside, shared by its parts: regexes.c searches windows tile by tile for ends,
// regex_walk.c and regex_starts.c find starts, regex_spans.c chooses among matches.

#ifndef MS_MATCH_REGEX_PASS_H
#define MS_MATCH_REGEX_PASS_H

#include "match/regex_databases.h"

// Ends are looked for in large pieces, their starts only in granules that hold some.
#define MS_REGEX_GRANULE 4096

// Bytes of a tile at first, and at most.
#define MS_REGEX_TILE ((size_t)2 << 20)

// Matches that one tile may have before it is tried again in halves.
#define MS_REGEX_TILE_SPANS ((size_t)128 * 1024)

// What the ends in a granule are of, whose starts are not known yet.
#define MS_REGEX_TRACKED   1
#define MS_REGEX_ANCHORED  2
#define MS_REGEX_LEFT      4 // expressions that have automata, which took too long
#define MS_REGEX_ALL_MARKS (MS_REGEX_TRACKED | MS_REGEX_ANCHORED | MS_REGEX_LEFT)

struct ms_regexes {
    const struct ms_pattern *patterns;
    const uint32_t *numbers; // of the patterns, by Hyperscan's id
    struct ms_regex_databases databases;
    uint32_t reach;   // bytes of the longest match, MS_MAX_REGEX_MATCH at most
    bool lively[256]; // by byte: memory full of it is worth being recognised
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

// Where matches of an expression that has an automaton may start: [first, end).
struct ms_regex_candidate {
    uint32_t id;
    size_t first;
    size_t end;
};

// By place, of the last MS_REGEX_RING places: more than a match is long.
#define MS_REGEX_RING ((size_t)2 * MS_MAX_REGEX_MATCH)
struct ms_regex_rings {
    uint16_t *path;  // the states of the start that has come furthest
    uint16_t *other; // those of the one that is being followed
    bool *taken;     // a match of an earlier start ends there
};

struct ms_regex_scratch {
    MS_VEC(struct ms_regex_span) spans;
    MS_VEC(struct ms_regex_pending) pending;
    MS_VEC(struct ms_regex_candidate) candidates;
    size_t *latest; // by id: the index of its latest candidate, if that is its own
    struct ms_regex_rings rings;
    size_t tile_bytes;

    // Of an expression that is alone: the candidates of one call of Hyperscan, and the calls that
    // are left out, after one that had too many.
    size_t n_found;
    unsigned n_dense;

    // By granule of the tile: MS_REGEX_TRACKED and so on, if any end lies there.
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
    size_t first_pending;        // those from here on are being settled
    const hs_database_t *starts; // that are being looked for
    uint8_t marks;               // those of all granules
    bool failed;                 // no memory
    bool full;                   // too many matches for one tile
};

// Remembers that an end is in [first_end, last_end] whose start is to be found.
static inline void ms_regex_mark(struct ms_regex_pass *pass, size_t end, uint8_t mark)
{
    pass->own->granules[(end - pass->start) / MS_REGEX_GRANULE] |= mark;
    pass->marks |= mark;
}

// == regex_starts.c ==

// The first start that a match ending at offset `end` of the window may have.
size_t ms_regex_first_start(const struct ms_regex_pass *pass, size_t end);

// Works out what matches end where the bytes before are all `byte`.
enum ms_status ms_regex_know_uniform(struct ms_regex_pass *pass, uint8_t byte,
                                     struct ms_error *error);

// Finds the starts of the ends in [first_end, last_end] of the pass, of the expressions in
// pass->starts, and adds them as spans.
enum ms_status ms_regex_find_starts(struct ms_regex_pass *pass, struct ms_error *error);

// The same for the others; [first_end, last_end] is a granule at most.
enum ms_status ms_regex_try_starts(struct ms_regex_pass *pass, struct ms_error *error);

// == regex_walk.c ==

// What all matches of the expression begin with ends at `end`. False: no memory.
bool ms_regex_add_candidate(struct ms_regex_pass *pass, uint32_t id, size_t end);

// Takes all places up to last_end for candidates of expression 0. False: no memory.
bool ms_regex_add_all(struct ms_regex_pass *pass);

// Adds spans for the candidates: those that come to ends in [first_end, last_end] of the pass. Of
// each start only the longest that can be its own is among them. Marks granules with MS_REGEX_LEFT
// where that would take too long. False: there are too many spans, or no memory.
bool ms_regex_walk(struct ms_regex_pass *pass);

// == regex_spans.c ==

// Adds a span to the tile's. False: there are too many (pass->full), or no memory (pass->failed).
bool ms_regex_add_span(struct ms_regex_pass *pass, struct ms_regex_span span);

// Whether the tile has too many matches, held as spans or pending; sets pass->full.
bool ms_regex_is_full(struct ms_regex_pass *pass);

// Emits the matches that the tile's spans come to: of each end the earliest start, of each start
// the longest. False if the sink stopped.
bool ms_regex_emit_spans(struct ms_regex_pass *pass);

#endif
