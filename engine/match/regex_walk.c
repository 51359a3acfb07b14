// SPDX-License-Identifier: MIT
//
// Starts of regexes that have an automaton (regex_dfa.h). Hyperscan has told where what every match
// begins with ends, so starts are tried in few places, in ascending order: an end belongs to the
// first start that gets there. Two starts whose automata are in the same state at the same place go
// on alike, so a start is followed only until it joins the path of an earlier one.

#include "match/regex_pass.h"

#include <stdlib.h>

// Paths that never join cost a step for each byte of each start. So many for each byte of memory
// are still cheaper than Hyperscan's starts; where there are more, the rest is left to those.
#define STEPS_A_BYTE 64

struct walk {
    struct ms_regex_pass *pass;
    struct ms_regex_rings *rings;
    const struct ms_dfa *dfa;
    uint32_t id;
    size_t next;        // the first start that is to be tried
    size_t tip;         // where the path ends
    int64_t steps_left; // beside the path
};

// == Candidates ==

// With more, those of an expression are taken together with what lies between them: that is to try
// more places than need be, and bounds memory whatever there is.
#define MOST_CANDIDATES ((size_t)64 * 1024)

// Candidates come by ascending ends, so most go on where the last one of the expression ended.
static bool extend_latest(struct ms_regex_scratch *own, struct ms_regex_candidate candidate)
{
    size_t at = own->latest[candidate.id];
    struct ms_regex_candidate *latest;

    if (at >= own->candidates.n)
        return false;
    latest = &own->candidates.items[at];
    if (latest->id != candidate.id || candidate.first < latest->first ||
        (candidate.first > latest->end && own->candidates.n < MOST_CANDIDATES))
        return false;
    if (candidate.end > latest->end)
        latest->end = candidate.end;
    return true;
}

bool ms_regex_add_candidate(struct ms_regex_pass *pass, uint32_t id, size_t end)
{
    struct ms_regex_scratch *own = pass->own;
    size_t back = pass->regexes->databases.backs[id];
    struct ms_regex_candidate candidate = {id, pass->base, end};

    if (end - pass->base > back)
        candidate.first = end - back;
    if (extend_latest(own, candidate))
        return true;
    own->latest[id] = own->candidates.n;
    pass->failed = !ms_vec_push(&own->candidates, candidate);
    return !pass->failed;
}

bool ms_regex_add_all(struct ms_regex_pass *pass)
{
    struct ms_regex_candidate all = {0, pass->base, pass->last_end};

    pass->failed = !ms_vec_push(&pass->own->candidates, all);
    return !pass->failed;
}

static int compare_candidates(const void *left, const void *right)
{
    const struct ms_regex_candidate *a = left, *b = right;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

// == Paths ==

// The last end that a match may have which starts there.
static size_t last_end_of(const struct ms_regex_pass *pass, size_t start)
{
    const struct ms_window *window = pass->window;
    uint64_t address = window->address + start;
    size_t last = start + MS_MAX_REGEX_MATCH;
    const struct ms_range *piece;

    if (last > pass->last_end)
        last = pass->last_end;
    if (window->n_pieces == 0)
        return last;
    piece = ms_window_piece(window, address);
    if (!piece)
        return start;
    if (piece->last - address < last - start)
        last = start + (size_t)(piece->last - address) + 1;
    return last;
}

// Prolongs the path to `last`, or until nothing can match any more. All ends there are its own.
static void prolong(struct walk *walk, uint16_t state, size_t last, size_t *longest)
{
    const uint8_t *bytes = walk->pass->window->bytes;
    struct ms_regex_rings *rings = walk->rings;
    size_t at = walk->tip;

    while (at < last && state != MS_DFA_DEAD) {
        uint16_t next = ms_dfa_step(walk->dfa, state, bytes[at++]);

        state = next & (uint16_t)~MS_DFA_ACCEPTS;
        rings->path[at % MS_REGEX_RING] = state;
        rings->taken[at % MS_REGEX_RING] = next != state;
        if (next != state)
            *longest = at;
    }
    walk->tip = at;
}

static void swap_paths(struct ms_regex_rings *rings)
{
    uint16_t *path = rings->path;

    rings->path = rings->other;
    rings->other = path;
}

// Follows a start, whose matches end at `last` at the latest: the last end that is its own, or 0.
static size_t follow(struct walk *walk, size_t start, size_t last)
{
    const uint8_t *bytes = walk->pass->window->bytes;
    struct ms_regex_rings *rings = walk->rings;
    uint16_t state = MS_DFA_START;
    size_t at = start, longest = 0;

    if (walk->tip < start)
        walk->tip = start;
    while (at < walk->tip && at < last) {
        uint16_t next = ms_dfa_step(walk->dfa, state, bytes[at++]);
        size_t slot = at % MS_REGEX_RING;

        state = next & (uint16_t)~MS_DFA_ACCEPTS;
        if (next != state && !rings->taken[slot]) {
            rings->taken[slot] = true;
            longest = at;
        }
        if (state == MS_DFA_DEAD || state == rings->path[slot])
            break;
        rings->other[slot] = state;
    }
    walk->steps_left -= (int64_t)(at - start);
    if (state == MS_DFA_DEAD)
        return longest;
    if (at > start && state == rings->path[at % MS_REGEX_RING])
        state = rings->path[walk->tip % MS_REGEX_RING];
    else if (at < walk->tip)
        return longest;
    else
        swap_paths(rings);
    prolong(walk, state, last, &longest);
    return longest;
}

// == Walking ==

// All ends that starts from `start` on may have are Hyperscan's.
static void leave(const struct walk *walk, size_t start, size_t candidates_end)
{
    struct ms_regex_pass *pass = walk->pass;
    size_t first = start + 1, last = candidates_end - 1 + MS_MAX_REGEX_MATCH;

    if (first < pass->first_end)
        first = pass->first_end;
    if (last > pass->last_end)
        last = pass->last_end;
    for (size_t end = first; end <= last; end += MS_REGEX_GRANULE)
        ms_regex_mark(pass, end, MS_REGEX_LEFT);
    if (first <= last)
        ms_regex_mark(pass, last, MS_REGEX_LEFT);
}

// Whether the path that goes on over the start takes all its ends: those before its tip, of which
// it ends in all that the start does, and there are none behind.
static bool is_covered(const struct walk *walk, size_t start)
{
    const uint16_t *path = walk->rings->path;

    return start < walk->tip && walk->dfa->covers[path[start % MS_REGEX_RING]] &&
           (path[walk->tip % MS_REGEX_RING] == MS_DFA_DEAD ||
            last_end_of(walk->pass, start) <= walk->tip);
}

// Starts in the tile have spans; those before it take ends away from them.
static bool walk_candidate(struct walk *walk, const struct ms_regex_candidate *candidate)
{
    struct ms_regex_pass *pass = walk->pass;
    size_t end = candidate->end < pass->end ? candidate->end : pass->end;
    size_t start = candidate->first > walk->next ? candidate->first : walk->next;

    for (; start < end && walk->steps_left >= 0; start++) {
        size_t longest;

        if (ms_dfa_step(walk->dfa, MS_DFA_START, pass->window->bytes[start]) == MS_DFA_DEAD)
            continue;
        if (is_covered(walk, start))
            continue;
        longest = follow(walk, start, last_end_of(pass, start));
        if (longest >= pass->first_end && start >= pass->start &&
            !ms_regex_add_span(
                pass, (struct ms_regex_span){walk->id, (uint32_t)(longest - start), start, 1}))
            return false;
    }
    walk->next = start;
    return true;
}

// The candidates of one expression.
static bool walk_expression(struct ms_regex_pass *pass, const struct ms_regex_candidate *candidates,
                            size_t n)
{
    struct walk walk = {
        .pass = pass,
        .rings = &pass->own->rings,
        .dfa = pass->regexes->databases.dfas[candidates->id],
        .id = candidates->id,
        .steps_left = STEPS_A_BYTE * (int64_t)(pass->last_end - pass->base),
    };

    for (size_t i = 0; i < n; i++) {
        if (!walk_candidate(&walk, &candidates[i]))
            return false;
        if (walk.steps_left < 0) {
            leave(&walk, walk.next, candidates[n - 1].end);
            break;
        }
    }
    return true;
}

// Of one expression they come in order.
static void sort_candidates(struct ms_regex_scratch *own)
{
    struct ms_regex_candidate *candidates = own->candidates.items;
    size_t n = own->candidates.n, i = 1;

    while (i < n && compare_candidates(&candidates[i - 1], &candidates[i]) <= 0)
        i++;
    if (i < n)
        qsort(candidates, n, sizeof(*candidates), compare_candidates);
}

bool ms_regex_walk(struct ms_regex_pass *pass)
{
    struct ms_regex_scratch *own = pass->own;
    const struct ms_regex_candidate *candidates = own->candidates.items;
    bool ok = true;

    sort_candidates(own);
    for (size_t i = 0, behind; i < own->candidates.n && ok; i = behind) {
        behind = i + 1;
        while (behind < own->candidates.n && candidates[behind].id == candidates[i].id)
            behind++;
        ok = walk_expression(pass, &candidates[i], behind - i);
    }
    own->candidates.n = 0;
    return ok;
}
