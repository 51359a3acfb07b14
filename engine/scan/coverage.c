// SPDX-License-Identifier: MIT

#include "scan/coverage.h"

void ms_coverage_saturate(struct ms_coverage *coverage)
{
    if (coverage->asked != 0)
        return;
    if (coverage->unmapped > 0)
        coverage->unmapped--;
    else if (coverage->absent > 0)
        coverage->absent--;
    else
        return;
    coverage->asked = UINT64_MAX;
}

void ms_coverage_add(struct ms_coverage *sum, const struct ms_coverage *part)
{
    uint64_t described;

    sum->scanned += part->scanned;
    sum->paged_out += part->paged_out;
    sum->absent += part->absent;
    sum->unreadable += part->unreadable;
    sum->unmapped += part->unmapped;
    sum->asked += part->asked;
    if (sum->asked >= part->asked)
        return;
    // Memory that is there is far below 2^64 bytes, so it is the holes that are too many.
    described = sum->scanned + sum->paged_out + sum->absent + sum->unreadable;
    sum->asked = UINT64_MAX;
    sum->unmapped = UINT64_MAX - described;
}
