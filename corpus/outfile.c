// SPDX-License-Identifier: MIT
//
// Output files that do not outlive a failure.

#include "outfile.h"

#include "diag.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_OPEN = 2 }; // the image and its truth

// Read by a signal handler: a slot is set after its file exists, cleared after it is renamed.
static char *volatile partial_files[MAX_OPEN];

static void remove_partial_files(void)
{
    for (size_t i = 0; i < MAX_OPEN; i++) {
        if (partial_files[i])
            unlink(partial_files[i]);
    }
}

static void on_signal(int number)
{
    remove_partial_files();
    signal(number, SIG_DFL);
    raise(number);
}

static void guard(char *partial)
{
    static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};
    size_t slot = 0;
    while (partial_files[slot])
        slot++;
    partial_files[slot] = partial;
    diag_set_undo(remove_partial_files);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        signal(deadly[i], on_signal);
    // A file size limit is then an error of write(), which cleans up, and not a deadly signal.
    signal(SIGXFSZ, SIG_IGN);
}

void outfile_open(struct outfile *file, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        fail("cannot write %s: it is not a regular file", path);
    file->path = path;
    if (asprintf(&file->partial, "%s.%ld.partial", path, (long)getpid()) < 0)
        fail("out of memory");
    file->fd = open(file->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file->fd < 0)
        fail("cannot create %s: %s", file->partial, strerror(errno));
    guard(file->partial);
}

void outfile_write(const struct outfile *file, const void *data, size_t length, uint64_t offset)
{
    const char *at = data;
    while (length > 0) {
        ssize_t written = pwrite(file->fd, at, length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            fail("cannot write %s at offset %#llx: %s", file->path, (unsigned long long)offset,
                 strerror(written < 0 ? errno : ENOSPC));
        at += written;
        offset += (uint64_t)written;
        length -= (size_t)written;
    }
}

void outfile_resize(const struct outfile *file, uint64_t size)
{
    if (ftruncate(file->fd, (off_t)size) != 0)
        fail("cannot give %s its %llu bytes: %s", file->path, (unsigned long long)size,
             strerror(errno));
}

void outfile_commit(struct outfile *file)
{
    // close() is where some file systems report a full disk.
    if (close(file->fd) != 0)
        fail("cannot write %s: %s", file->path, strerror(errno));
    if (rename(file->partial, file->path) != 0)
        fail("cannot rename %s to %s: %s", file->partial, file->path, strerror(errno));
    for (size_t i = 0; i < MAX_OPEN; i++) {
        if (partial_files[i] == file->partial)
            partial_files[i] = NULL;
    }
    free(file->partial);
    *file = (struct outfile){.fd = -1};
}
