// SPDX-License-Identifier: MIT
//
// Pages of real files: what most of a machine's memory is copies of. Files lie back to back in the
// order of their names, each from a page of its own on and padded with zeros, as in a page cache.

#ifndef CORPUS_FILE_PAGES_H
#define CORPUS_FILE_PAGES_H

#include <stdint.h>

struct file_pages;

/**
 * Lists the regular files in and below folders, whose paths are separated by colons and begin at
 * `base`; those that cannot be read are left out. NULL if there are none, or if a folder is none.
 */
struct file_pages *file_pages_open(const char *base, const char *folders);
void file_pages_close(struct file_pages *pages); // NULL is allowed

/**
 * Copies a page to `out`: of all pages the one of that number, modulo how many there are, or the
 * next that is not all zero. Fails if there is none, or if a file has changed.
 */
void file_pages_read(struct file_pages *pages, uint64_t number, uint8_t *out);

#endif
