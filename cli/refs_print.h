// SPDX-License-Identifier: MIT
//
// How memscan refs prints a pointer, or an instruction.

#ifndef CLI_REFS_PRINT_H
#define CLI_REFS_PRINT_H

#include "print.h"
#include "target.h"
#include <memscan/code_refs.h>

// What the printers take as `user`.
struct refs {
    struct target target;
    struct target_exports exports;    // that it names, in the image that is being searched
    const struct ms_modules *modules; // NULL: none are known
    uint32_t pointer_bytes;

    struct ms_code_refs *code; // NULL: instructions are not looked for
    struct code_counts code_counts;
    uint64_t code_left;  // that may still be printed
    double code_seconds; // spent on them, with --stats
};

// By format; the formats that refs has.
extern const struct printer refs_printers[N_FORMATS];

// In the format of the settings.
void refs_print_code(struct print_context *context, const struct ms_code_ref *code);

#endif
