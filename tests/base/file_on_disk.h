// SPDX-License-Identifier: MIT
//
// Files for tests of what the page cache does not hold: they lie on a disk, without a name, so that
// nothing stays behind.

#ifndef TESTS_BASE_FILE_ON_DISK_H
#define TESTS_BASE_FILE_ON_DISK_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct disk_file {
    int fd;
    char path[32];
};

// A file of `size` bytes that are not zero.
static inline struct disk_file disk_file_make(uint64_t size)
{
    static char block[1 << 20];
    char name[] = "/var/tmp/memscan-test-XXXXXX";
    struct disk_file file = {.fd = mkstemp(name)};

    if (file.fd < 0 || unlink(name) != 0)
        abort();
    memset(block, 0x5a, sizeof(block));
    for (uint64_t done = 0; done < size; done += sizeof(block)) {
        size_t part = size - done < sizeof(block) ? (size_t)(size - done) : sizeof(block);

        if (pwrite(file.fd, block, part, (off_t)done) != (ssize_t)part)
            abort();
    }
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

// Whether the page cache holds a page of it.
static inline bool disk_file_is_cached(const struct disk_file *file, uint64_t offset)
{
    unsigned char there = 0;
    void *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file->fd, (off_t)(offset & ~0xfffULL));

    if (page == MAP_FAILED || mincore(page, 4096, &there) != 0)
        abort();
    munmap(page, 4096);
    return there & 1;
}

// Takes it out of the page cache. False: it is of a file system that has no other place for it.
static inline bool disk_file_drop(const struct disk_file *file)
{
    if (fsync(file->fd) != 0 || posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
        abort();
    return !disk_file_is_cached(file, 0);
}

static inline void disk_file_close(struct disk_file *file)
{
    close(file->fd);
    file->fd = -1;
}

#endif
