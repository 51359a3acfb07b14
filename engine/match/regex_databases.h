// SPDX-License-Identifier: MIT
//
// The databases that a set of regexes is compiled to. Hyperscan's ids are indexes into the set.

#ifndef MS_MATCH_REGEX_DATABASES_H
#define MS_MATCH_REGEX_DATABASES_H

#include "match/hs_database.h"
#include "match/regex_dfa.h"

struct ms_regex_databases {
    size_t n;
    struct ms_dfa **dfas;    // by id; NULL: none
    uint32_t *backs;         // by id: the longest of what `ends` finds
    hs_database_t *ends;     // of all: reports ends, without starts; those with automata shortened
    hs_database_t *left;     // of those with automata: tracks leftmost starts; NULL if of none
    hs_database_t *starts;   // of the others whose leftmost starts Hyperscan can track, likewise
    hs_database_t *anchored; // of the rest: reports ends of matches that start at the first byte
                             // it is given; NULL if of none
    hs_database_t *whole;    // of all: reports the end of its bytes if they match as a whole; NULL
                             // where some expression does not allow for it
    bool *is_anchored;       // by id
};

// Compiles the regexes among input->mine, which are all of it. Released by the caller also on
// failure.
enum ms_status ms_regex_databases_build(struct ms_regex_databases *databases,
                                        const struct ms_engine_input *input,
                                        struct ms_error *error);

// Compiles the first of them alone.
enum ms_status ms_regex_compile_ends(const struct ms_engine_input *input,
                                     hs_database_t **database_ret, struct ms_error *error);
void ms_regex_databases_release(struct ms_regex_databases *databases);

// Makes the thread's scratch fit for all of them.
enum ms_status ms_regex_databases_prepare(const struct ms_regex_databases *databases,
                                          struct ms_scratch *scratch, struct ms_error *error);

// Adds the databases to the explanation of a pass.
void ms_regex_databases_explain(const struct ms_regex_databases *databases,
                                struct ms_explained_pass *pass);

#endif
