// SPDX-License-Identifier: MIT
//
// Files for tests that live in memory: whatever happens to the test, nothing stays behind. They
// have a path, and can be mapped, grown and cut like any other.

#ifndef TESTS_BASE_FILE_IN_MEMORY_H
#define TESTS_BASE_FILE_IN_MEMORY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[32];
};

static inline void memory_file_write(const struct memory_file *file, uint64_t offset,
                                     const void *bytes, size_t length)
{
    if (pwrite(file->fd, bytes, length, (off_t)offset) != (ssize_t)length)
        abort();
}

static inline void memory_file_resize(const struct memory_file *file, uint64_t size)
{
    if (ftruncate(file->fd, (off_t)size) != 0)
        abort();
}

static inline struct memory_file memory_file_make(const void *bytes, size_t length)
{
    struct memory_file file = {.fd = memfd_create("memscan-test", MFD_CLOEXEC)};

    if (file.fd < 0)
        abort();
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    memory_file_write(&file, 0, bytes, length);
    return file;
}

static inline void memory_file_close(struct memory_file *file)
{
    close(file->fd);
    file->fd = -1;
}

#endif
