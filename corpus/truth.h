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

/** The records of pool, and what the top comment says of them. */
extern const char truth_of_pool[];
void truth_write_pool(const struct image *image, FILE *file);

/** The records of processes, threads and drivers. */
extern const char truth_of_objects[];
void truth_write_objects(const struct image *image, FILE *file);

/** A word: what would end it, or is no ASCII, is %XX. */
void truth_write_word(const char *text, FILE *file);

/** True if the image holds the byte at that address of a space. */
bool truth_is_held(const struct image *image, size_t space, uint64_t address);

#endif
