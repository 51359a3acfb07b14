// SPDX-License-Identifier: MIT
//
// ^C, SIGTERM, SIGHUP and SIGXCPU ask the program to stop at the next good moment.

#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

// Installs the handlers. A signal that the parent had set to be ignored stays ignored.
void interrupt_install(void);

bool interrupt_requested(void);

#endif
