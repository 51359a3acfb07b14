// SPDX-License-Identifier: MIT
//
// Seams: pairs of frames that are neighbours in some searched space but not in physical memory. A
// match may lie across them that no search of physical memory sees. Each pair is there once,
// however many places map it.

#ifndef MS_SCAN_SEAMS_H
#define MS_SCAN_SEAMS_H

#include "base/error.h"
#include "base/vec.h"
#include "scan/bits.h"

struct ms_seam {
    uint32_t before; // numbers of frames
    uint32_t behind;
};

struct ms_seams {
    size_t reach; // bytes on either side that are looked at: a power of two; 0: there are no seams
    size_t n;     // seams

    // Most frames are followed by one other only, which is kept here, plus 1; 0: by none.
    uint32_t *next;  // by frame
    ms_bits *marked; // by frame: a candidate lies across this seam

    // The seams of frames that are followed by several others, but for the first.
    MS_VEC(struct ms_seam) more; // once ready, ascending
    ms_bits *more_marked;
    uint32_t *slots; // a hash table of 1 + index into `more`, until ready
    size_t n_slots;  // a power of two
};

// The bytes of a frame that are looked at where candidates reach so far: a power of two, so that a
// frame behind them begins at a multiple of any alignment that matters across pages, that is, one
// that is not larger than what is matched.
size_t ms_seams_round_reach(size_t reach);

// `reach` as of candidates. Released by the caller also on failure.
enum ms_status ms_seams_init(struct ms_seams *seams, size_t n_frames, size_t reach,
                             struct ms_error *error);
void ms_seams_release(struct ms_seams *seams);

// Adds a seam, unless it is there. False without memory.
bool ms_seams_add(struct ms_seams *seams, size_t before, size_t behind);

// Nothing is added afterwards. False without memory.
bool ms_seams_ready(struct ms_seams *seams);

// Once ready: a number for each seam of the frame, by which it is marked: the first in `next`, the
// others as indexes of `more` in [*first_ret, *end_ret).
void ms_seams_more(const struct ms_seams *seams, size_t before, size_t *first_ret, size_t *end_ret);

// Once ready: whether the seam is marked. Of one that is not there, either may be told.
bool ms_seams_is_marked(const struct ms_seams *seams, size_t before, size_t behind);

#endif
