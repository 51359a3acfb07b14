// SPDX-License-Identifier: MIT
//
// Decides whether an operand is one: decodes the instructions of the function that it lies in, in a
// row, or tries where its instruction may begin.

#ifndef MS_WINDOWS_CODE_ROW_H
#define MS_WINDOWS_CODE_ROW_H

#include "windows/code_filter.h"
#include "windows/code_scan.h"
#include "windows/instruction.h"

enum { MS_CODE_VIEW = 4096 };

// A stretch of memory that was read at once.
struct ms_code_view {
    uint64_t start;
    bool filled;
    uint8_t bytes[MS_CODE_VIEW];
    bool present[MS_CODE_VIEW];
};

// What is asked of comes by ascending address, so each function is decoded once, and only as far as
// something is asked of it.
struct ms_code_rows {
    const struct ms_code_source *source;
    const struct ms_code_filter *filter;
    uint64_t decoded; // instructions

    struct ms_range function; // that is being decoded
    bool begun;               // there is one
    bool broken;              // there is no instruction at `next`
    uint64_t here, next;      // the instruction that was decoded last, and what follows it
    struct ms_instruction instruction;
    struct ms_code_view row_view, try_view;
};

void ms_code_rows_start(struct ms_code_rows *rows, const struct ms_code_source *source,
                        const struct ms_code_filter *filter);

// The reference whose operand begins at `place`. An instruction that is tried lies behind the start
// of the area; the memory that it is in is left to the caller. MS_MISSING: it is none. MS_NOMEM.
enum ms_status ms_code_rows_find(struct ms_code_rows *rows, const struct ms_range *area,
                                 uint64_t place, struct ms_code_ref *ref_ret);

#endif
