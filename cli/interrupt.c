// SPDX-License-Identifier: MIT
//
// The handler only sets a flag. SIGHUP (the terminal is gone) and SIGXCPU (so is the time that
// ulimit -t gave) ask no less than ^C does. Who asks again a second later means it (the output may
// be a pipe that nobody reads): the signal then does what it does by default. Sooner is not asking
// again: timeout(1), for one, signals a process and then its group.

#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t requested;
static volatile time_t requested_at;

static void handle(int signal_number)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!requested) {
        requested_at = now.tv_sec;
        requested = 1;
    } else if (now.tv_sec > requested_at + 1) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

static void install(int signal_number)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    struct sigaction old;

    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void interrupt_install(void)
{
    install(SIGINT);
    install(SIGTERM);
    install(SIGHUP);
    install(SIGXCPU);
}

bool interrupt_requested(void)
{
    return requested != 0;
}

int interrupt_on_progress(void *user, const struct ms_progress *progress)
{
    (void)user;
    (void)progress;
    return interrupt_requested();
}
