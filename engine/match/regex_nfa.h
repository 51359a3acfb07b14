// SPDX-License-Identifier: MIT
//
// Regexes as nondeterministic automata over bytes, for those whose syntax is known for sure: bytes,
// classes, groups, alternatives and counts as Hyperscan reads them. Of all others there is none.

#ifndef MS_MATCH_REGEX_NFA_H
#define MS_MATCH_REGEX_NFA_H

#include "base/error.h"
#include "base/vec.h"
#include <stdint.h>

struct ms_byte_set {
    uint64_t bits[4];
};

// What is in `set` leads from this state to next[0]. A state without a set (MS_NFA_EMPTY) leads to
// one or two others without a byte.
struct ms_nfa_state {
    uint32_t set; // an index
    uint32_t next[2];
};

#define MS_NFA_EMPTY UINT32_MAX // no set
#define MS_NFA_NONE  UINT32_MAX // no next state

struct ms_nfa {
    MS_VEC(struct ms_nfa_state) states;
    MS_VEC(struct ms_byte_set) sets;
    uint32_t first;
    uint32_t last; // has no next state: what gets there has matched
};

// *known_ret: the automaton is that of the expression, and not too large. MS_NOMEM is the only
// failure. Released by the caller in any case.
enum ms_status ms_nfa_build(struct ms_nfa *nfa, const char *text, size_t length, bool ignore_case,
                            bool *known_ret, struct ms_error *error);
void ms_nfa_release(struct ms_nfa *nfa);

static inline bool ms_byte_set_has(const struct ms_byte_set *set, uint8_t byte)
{
    return set->bits[byte >> 6] >> (byte & 63) & 1;
}

#endif
