// SPDX-License-Identifier: MIT
//
// The spaces process:PID, process:NAME and session:N: whose root they are of, the kernel's list of
// processes tells. It is read in a set of spaces of its own, because the one that a command works
// on may not change under what is found in it.

#ifndef CLI_PROCESS_SPACES_H
#define CLI_PROCESS_SPACES_H

#include "image_open.h"

// What is known of an image's processes; zero-initialised until one is asked for.
struct process_spaces {
    struct ms_spaces *spaces;
    struct ms_modules *modules;
    struct ms_processes *processes;
    bool scanned; // what lies in pool was looked at, too
};

// Whether a name is one of these.
bool process_space_is_named(const char *name);

// Adds the space of that name to opened->spaces. False after an error message: there is no such
// process or session, or there are several.
bool process_space_add(struct process_spaces *known, struct opened *opened,
                       const struct settings *settings, const char *name);

void process_spaces_release(struct process_spaces *known);

#endif
