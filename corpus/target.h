// SPDX-License-Identifier: MIT
//
// An address in words, such as MODULE+N.

#ifndef CORPUS_TARGET_H
#define CORPUS_TARGET_H

#include "diag.h"

/** It is looked up once all is read, since it may name what a later line makes. */
struct target {
    char *text; // NULL: none
    struct place place;
};

#endif
