// SPDX-License-Identifier: MIT
//
// Files that are read as a whole, also those that are none.

#include "source/whole_file.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <memscan/status.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// Criterion's assertions store an int in a bit-field, wherever they are used.
#pragma GCC diagnostic ignored "-Wconversion"

TestSuite(whole_file, .timeout = 60);

static int pipe_ends[2];
static volatile sig_atomic_t n_alarms;

// What a slow writer does between the reader's first bytes and its last.
static void write_slowly(int signal)
{
    static const char *const parts[] = {NULL, "first ", NULL, "second"};
    const char *part = n_alarms < 4 ? parts[n_alarms] : NULL;

    (void)signal;
    if (part && write(pipe_ends[1], part, strlen(part)) < 0)
        _exit(1);
    if (n_alarms++ == 4)
        close(pipe_ends[1]);
}

// Of a pipe all is read, though signals come while it waits, and its bytes come in parts.
Test(whole_file, of_a_pipe_with_signals)
{
    const struct sigaction action = {.sa_handler = write_slowly}; // without SA_RESTART
    const struct itimerval often = {.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000};
    const struct itimerval never = {.it_value.tv_usec = 0};
    struct ms_whole_file file = {0};
    struct ms_error error = {0};
    char path[32];

    cr_assert(eq(int, pipe(pipe_ends), 0));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", pipe_ends[0]);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    cr_assert(eq(int, ms_whole_file_read(path, 100, &file, &error), MS_OK), "%s", error.text);
    setitimer(ITIMER_REAL, &never, NULL);
    cr_assert(eq(sz, file.bytes.n, 12));
    cr_assert(memcmp(file.bytes.items, "first second", 12) == 0);
    cr_assert(ge(int, n_alarms, 5));
    free(file.bytes.items);
    close(pipe_ends[0]);
}

// The limit is a size that is taken.
Test(whole_file, limit)
{
    struct ms_error error = {0};
    FILE *written = tmpfile();
    char path[32];

    cr_assert(ne(ptr, written, NULL));
    cr_assert(eq(int, fputs("twelve bytes", written) >= 0 && fflush(written) == 0, 1));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(written));
    for (size_t limit = 11; limit <= 12; limit++) {
        struct ms_whole_file file = {0};

        cr_assert(eq(int, ms_whole_file_read(path, limit, &file, &error),
                     limit < 12 ? MS_UNSUPPORTED : MS_OK));
        cr_assert(eq(sz, file.bytes.n, limit < 12 ? 0 : 12));
        free(file.bytes.items);
    }
    fclose(written);
}
