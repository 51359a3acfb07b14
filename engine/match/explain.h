// SPDX-License-Identifier: MIT
//
// Explanations inside: what engines fill their passes with.

#ifndef MS_MATCH_EXPLAIN_H
#define MS_MATCH_EXPLAIN_H

#include "match/anchor.h"
#include "match/kernel/kernel.h"
#include <memscan/explain.h>

// A pass over memory, as ms_explain_callbacks.pass takes it.
typedef void ms_explain_pass_fn(void *user, const struct ms_explained_pass *pass);

// Adds a pattern to those of a pass or a choice.
void ms_explain_pattern(struct ms_explained_patterns *patterns, uint32_t number);

// Adds what is looked for of one pattern.
void ms_explain_anchor(struct ms_explained_pass *pass, uint32_t number, uint32_t offset,
                       uint32_t bytes);

void ms_explain_database(struct ms_explained_pass *pass, const char *name, size_t bytes);

// The name of a kernel's test.
const char *ms_explain_test(enum ms_test_kind kind);

// The part of random elements that pass a test, for which there are so many different values.
double ms_explain_share(const struct ms_test *test, size_t n_values);

// How often `length` bytes of a pattern, from `offset` on, match in a GiB of random ones.
double ms_explain_stretch(const struct ms_pattern *pattern, uint32_t offset, uint32_t length);

#define MS_EXPLAIN_GIB 1073741824.0

#endif
