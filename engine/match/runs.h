// SPDX-License-Identifier: MIT
//
// The longest period of patterns that the runs engine takes.

#ifndef MS_MATCH_RUNS_H
#define MS_MATCH_RUNS_H

#define MS_MAX_PERIOD 8

#endif
