// SPDX-License-Identifier: MIT
//
// Percent, rate and time left, redrawn five times a second.

#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_SECONDS 0.2

// Of a line that counts seconds.
#define WAITING_SECONDS 1.0

static struct {
    bool enabled;
    bool drawn;
    double started;
    double last;
} progress;

double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void progress_start(bool wanted)
{
    progress.enabled = wanted && isatty(STDERR_FILENO) == 1;
    progress.started = progress.last = seconds_now();
}

static void draw(double elapsed, uint64_t done_bytes, uint64_t all_bytes)
{
    double done = (double)done_bytes, all = (double)all_bytes;
    double rate = elapsed > 0 ? done / elapsed : 0;
    uint64_t left = rate > 0 ? (uint64_t)((all - done) / rate + 0.5) : 0;

    fprintf(stderr, "\r%3.0f%%  %.0f MB/s", all > 0 ? 100 * done / all : 100, rate / 1e6);
    if (rate > 0)
        fprintf(stderr, "  %llu:%02llu left", (unsigned long long)(left / 60),
                (unsigned long long)(left % 60));
    fputs("\033[K", stderr);
    fflush(stderr);
    progress.drawn = true;
}

bool progress_update(uint64_t done_bytes, uint64_t all_bytes)
{
    double now = seconds_now();

    if (now - progress.last < REDRAW_SECONDS)
        return false;
    progress.last = now;
    if (progress.enabled && done_bytes <= all_bytes)
        draw(now - progress.started, done_bytes, all_bytes);
    return true;
}

void progress_compiling(uint64_t n_patterns)
{
    double now = seconds_now();

    if (!progress.enabled || now - progress.last < WAITING_SECONDS)
        return;
    progress.last = now;
    fprintf(stderr, "\rcompiling %llu patterns  %.0f s\033[K", (unsigned long long)n_patterns,
            now - progress.started);
    fflush(stderr);
    progress.drawn = true;
}

void progress_erase(void)
{
    if (!progress.drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress.drawn = false;
}

void progress_stop(void)
{
    progress_erase();
    progress.enabled = false;
}
