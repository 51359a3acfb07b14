// SPDX-License-Identifier: MIT
//
// What the two Hyperscan engines share: compiling sets of expressions, and calling hs_scan().

#ifndef MS_MATCH_HS_DATABASE_H
#define MS_MATCH_HS_DATABASE_H

#include "base/vec.h"
#include "match/matcher.h"

#include <hs.h>

// Expressions to be compiled to one database.
struct ms_expressions {
    MS_VEC(char *) texts; // owned
    MS_VEC(unsigned) flags;
    MS_VEC(unsigned) ids; // by which matches are reported
};

void ms_expressions_release(struct ms_expressions *expressions);

// Takes over `text`, which is freed on failure; false without memory.
bool ms_expressions_add(struct ms_expressions *expressions, char *text, unsigned flags,
                        unsigned id);

// Whether the compiler failed for lack of memory, for which it blames the first expression.
bool ms_hs_lacks_memory(const hs_compile_error_t *failure, hs_error_t code);

// Compiles for block mode with `extra_flags` on each. Compile errors are MS_ARGUMENT; *culprit_ret
// is then the index of the expression at fault, or -1.
enum ms_status ms_hs_compile(const struct ms_expressions *expressions, unsigned extra_flags,
                             hs_database_t **database_ret, int *culprit_ret,
                             struct ms_error *error);

// Makes the thread's scratch fit for the database.
enum ms_status ms_hs_prepare(const hs_database_t *database, struct ms_scratch *scratch,
                             struct ms_error *error);

// hs_scan() over bytes of any length below 4 GiB. MS_STOPPED if the callback ended it; any other
// failure of Hyperscan is MS_IO with its code: never taken for "no match". Counts the bytes; the
// callback counts itself.
enum ms_status ms_hs_scan(const hs_database_t *database, struct ms_scratch *scratch,
                          const uint8_t *bytes, size_t length, match_event_handler callback,
                          void *context, struct ms_error *error);

#endif
