// SPDX-License-Identifier: MIT
//
// Instructions that reach the target of memscan refs: looked for beside its pointers, and printed
// between them.

#ifndef CLI_REFS_CODE_H
#define CLI_REFS_CODE_H

#include "search_run.h"

// Takes the job's `user` for a struct refs, which has been opened.
extern const struct search_also refs_code;

// Begins with an image: `values` are what is to be reached. False after an error message. What was
// opened for the image before is freed; for the last one, the caller does that.
bool refs_code_open(struct search_run *run, const struct ms_range *values, size_t n);

#endif
