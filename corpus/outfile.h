// SPDX-License-Identifier: MIT
//
// A file that appears whole or not at all: written beside its place under a temporary name,
// renamed at the end, deleted on failure and on signals.

#ifndef CORPUS_OUTFILE_H
#define CORPUS_OUTFILE_H

#include <stddef.h>
#include <stdint.h>

struct outfile {
    const char *path;
    char *partial; // the temporary name
    int fd;
};

/** Also makes failures and signals delete what is there of the file. `path` must outlive it. */
void outfile_open(struct outfile *file, const char *path);

void outfile_write(const struct outfile *file, const void *data, size_t length, uint64_t offset);

/** Sets the size; what was never written is a hole and reads as zero. */
void outfile_resize(const struct outfile *file, uint64_t size);

/** Closes the file and gives it its name. */
void outfile_commit(struct outfile *file);

#endif
