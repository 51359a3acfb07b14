// SPDX-License-Identifier: MIT
//
// What goes to standard error: one line a message, "memscan: what: where: what to do".

#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <memscan/status.h>

// Prints "memscan: ", the text and a newline. Control characters, which may come from file names
// and headers, are escaped, so that it stays one harmless line.
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

// "what: TEXT" with the text of the error, which quotes what it is about; `what` may be NULL.
void message_error(const char *what, const struct ms_error *error);

void message_no_memory(void);

#endif
