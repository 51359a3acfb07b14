// SPDX-License-Identifier: MIT
//
// The ground truth of an image: what a reader must find in it, as text. The format is described
// by the comment at the top of each truth file.

#ifndef CORPUS_TRUTH_H
#define CORPUS_TRUTH_H

#include "container.h"

#include <stdio.h>

void truth_write(const struct image *image, FILE *file);

/** The records of modules and of the system that lists them. */
void truth_write_modules(const struct image *image, FILE *file);

#endif
