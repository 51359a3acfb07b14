// SPDX-License-Identifier: MIT
//
// Which 4 bytes of code may be an operand that reaches a target, by their value alone. This is
// asked of every byte, so it is done for many at a time.

#ifndef MS_WINDOWS_CODE_FILTER_H
#define MS_WINDOWS_CODE_FILTER_H

#include <memscan/range.h>
#include <stddef.h>

enum {
    MS_CODE_WINDOWS = 4,
    MS_OPERAND_BYTES = 4,
};

struct ms_code_filter {
    unsigned bits;                  // 32 or 64
    const struct ms_range *targets; // the caller's: disjoint, ascending
    size_t n_targets;
    struct ms_range windows[MS_CODE_WINDOWS]; // they hold all targets, and as little else as may be
    size_t n_windows;
};

void ms_code_filter_init(struct ms_code_filter *filter, unsigned bits,
                         const struct ms_range *targets, size_t n_targets);

// Whether an address is a target. O(log n).
bool ms_code_filter_wants(const struct ms_code_filter *filter, uint64_t address);

// Whether the operand at `address` with this value may reach a target: as a distance, behind which
// up to 4 bytes more belong to the instruction, or with 32 bits as an address.
bool ms_code_filter_may(const struct ms_code_filter *filter, uint64_t address, uint32_t value);

// The first index from `at` on, below n, at which an operand may begin that reaches a target; n if
// there is none. It may be said of a few more than ms_code_filter_may() says it of. `bytes`, the
// first of which is at `address`, has n + 3 of them.
size_t ms_code_filter_next(const struct ms_code_filter *filter, uint64_t address,
                           const uint8_t *bytes, size_t at, size_t n);

#endif
