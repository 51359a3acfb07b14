// SPDX-License-Identifier: MIT
//
// Sums of coverage, which stay true where all of a 64-bit address space was asked for.

#ifndef MS_SCAN_COVERAGE_H
#define MS_SCAN_COVERAGE_H

#include <memscan/search.h>

// Where all of the address space was asked for, the sum has come out as 0: then one byte that is
// not there is left uncounted, so that what is counted still adds up.
void ms_coverage_saturate(struct ms_coverage *coverage);

// Adds `part` to `sum`. Where the sums pass 64 bits, what is unmapped is not counted as a whole.
void ms_coverage_add(struct ms_coverage *sum, const struct ms_coverage *part);

#endif
