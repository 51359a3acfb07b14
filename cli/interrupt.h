// SPDX-License-Identifier: MIT
//
// ^C, SIGTERM, SIGHUP and SIGXCPU ask the program to stop at the next good moment.

#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <memscan/search.h>
#include <stdbool.h>

// Installs the handlers. A signal that the parent had set to be ignored stays ignored.
void interrupt_install(void);

bool interrupt_requested(void);

// For callbacks `progress` that have nothing to draw.
int interrupt_on_progress(void *user, const struct ms_progress *progress);

#endif
