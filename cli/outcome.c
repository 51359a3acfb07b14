// SPDX-License-Identifier: MIT
//
// From what happened to the exit status.

#include "command.h"

#include "message.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int exit_status(const struct outcome *outcome)
{
    if (outcome->interrupted)
        return 130;
    if (outcome->error)
        return 2;
    if (outcome->coverage_low)
        return 3;
    return outcome->found ? 0 : 1;
}

void outcome_flush(struct outcome *outcome, struct output *out)
{
    if (output_flush(out) || outcome->output_failed)
        return;
    message("standard output: %s", strerror(out->os_errno));
    outcome->error = true;
    outcome->output_failed = true;
}

bool command_output_open(struct output *out)
{
    // A write beyond the limit of ulimit -f is to fail like any other, not to kill.
    signal(SIGXFSZ, SIG_IGN);
    if (output_init(out, STDOUT_FILENO))
        return true;
    message_no_memory();
    return false;
}

int command_finish(struct outcome *outcome, struct output *out)
{
    outcome_flush(outcome, out);
    output_release(out);
    return exit_status(outcome);
}
