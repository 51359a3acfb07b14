// SPDX-License-Identifier: MIT
//
// The documents made from the option table at build time, each by a function that writes it to
// `out`.

#ifndef CLI_DOCGEN_H
#define CLI_DOCGEN_H

#include <stdio.h>

void docgen_man(FILE *out);
void docgen_bash(FILE *out);
void docgen_zsh(FILE *out);
void docgen_fish(FILE *out);

// One line an option: command, "-x" or "-", "--long". For the test that nothing is left out.
void docgen_list(FILE *out);

#endif
