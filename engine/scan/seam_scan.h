// SPDX-License-Identifier: MIT
//
// The search across seams: the tails and heads of frames, side by side.

#ifndef MS_SCAN_SEAM_SCAN_H
#define MS_SCAN_SEAM_SCAN_H

#include "scan/job.h"

// Marks the seams with a candidate across them behind the frames whose last byte is in
// [address, address + length), memory that the image holds.
enum ms_status ms_seams_mark(struct ms_worker *worker, uint64_t address, uint64_t length,
                             struct ms_error *error);

#endif
