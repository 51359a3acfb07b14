// SPDX-License-Identifier: MIT
//
// Rows of memscan stacks: a thread with what is on its stack, as !stacks prints it, as an object,
// or as a row for each return address.

#ifndef CLI_STACKS_ROWS_H
#define CLI_STACKS_ROWS_H

#include "threads_view.h"

extern const struct columns stack_columns;

struct stack_row {
    struct listing *listing;
    size_t space;
    const struct threads_view *view;
    const struct ms_thread_info *info;
    const struct ms_stack *stack;
};

// What the lines of text begin with.
struct stack_text {
    bool any;         // line of this image
    uint64_t process; // of the last line
};

// Each prints a thread. False, with a message: without memory.
bool stack_row_text(const struct stack_row *row, struct stack_text *text);
bool stack_row_json(const struct stack_row *row);
bool stack_row_csv(const struct stack_row *row);

#endif
