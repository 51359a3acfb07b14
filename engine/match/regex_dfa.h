// SPDX-License-Identifier: MIT
//
// Regexes as deterministic automata: for a start, they tell each end with a look-up a byte. They
// have no way to find starts, which is Hyperscan's part.

#ifndef MS_MATCH_REGEX_DFA_H
#define MS_MATCH_REGEX_DFA_H

#include "match/pattern_set.h"

#include "base/error.h"

#define MS_DFA_DEAD    0 // nothing can match any more
#define MS_DFA_START   1
#define MS_DFA_ACCEPTS 0x8000 // what came so far is a match

// The entries of a table, at most: 64 KiB.
#define MS_DFA_ENTRIES ((size_t)32 * 1024)

struct ms_dfa {
    uint8_t class_of[256]; // bytes that are all alike to the expression
    unsigned shift;        // 1 << shift classes
    size_t n_states;
    uint16_t *next; // [state << shift | class]: a state, and MS_DFA_ACCEPTS
    bool *covers;   // by state: from here on all that matches from the start does, as far as known
};

static inline uint16_t ms_dfa_step(const struct ms_dfa *dfa, uint16_t state, uint8_t byte)
{
    return dfa->next[(size_t)(state & ~MS_DFA_ACCEPTS) << dfa->shift | dfa->class_of[byte]];
}

// *dfa_ret is NULL where the expression is not known for sure, or the table would be too large.
// MS_NOMEM is the only failure.
enum ms_status ms_dfa_create(const struct ms_pattern *regex, struct ms_dfa **dfa_ret,
                             struct ms_error *error);
void ms_dfa_free(struct ms_dfa *dfa);

#endif
