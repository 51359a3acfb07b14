// SPDX-License-Identifier: MIT
//
// The line on a terminal that says how far a search is. There is one terminal, so there is one
// line: its state is the program's.

#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

// Seconds of a clock that only goes forward.
double seconds_now(void);

// Begins a line for an image; where `wanted` is false or stderr is no terminal nothing is ever
// drawn.
void progress_start(bool wanted);

// Draws the line, but not before it has stood a fifth of a second. Returns whether that time was
// up, drawn or not: a good moment to write out what is buffered.
bool progress_update(uint64_t done_bytes, uint64_t all_bytes);

// Draws in its place that so many patterns are being compiled, and for how long: nobody can tell
// how far that is. Not before it has stood a second.
void progress_compiling(uint64_t n_patterns);

// Takes the line away, before something else is printed on the terminal.
void progress_erase(void);

// Erases; nothing is drawn until the next start.
void progress_stop(void);

#endif
