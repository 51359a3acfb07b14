// SPDX-License-Identifier: MIT

#include "source/source.h"

#include "base/error.h"
#include "base/extent.h"
#include "base/slack.h"
#include "source/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// What a failed read is taken to spoil: the file's page.
#define LOST_BYTES 4096

struct ms_source {
    char *path;
    int fd;
    uint64_t size;
    struct ms_mapping mapping; // base is NULL if the source reads
};

// The size of a regular file or a block device; other kinds have none.
static enum ms_status find_size(struct ms_source *source, struct ms_error *error)
{
    struct stat status;
    off_t end;

    if (fstat(source->fd, &status) != 0)
        return ms_fail_errno(error, errno, "%s: cannot be examined", source->path);
    if (S_ISDIR(status.st_mode))
        return ms_fail(error, MS_IO, "%s: is a directory; name an image file", source->path);
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        return ms_fail(error, MS_IO,
                       "%s: is neither a file nor a block device; copy it to a file first",
                       source->path);
    end = lseek(source->fd, 0, SEEK_END);
    if (end < 0)
        return ms_fail_errno(error, errno, "%s: cannot be measured", source->path);
    source->size = (uint64_t)end;
    return MS_OK;
}

// What the kernel is told here makes it read ever longer windows while the file is gone through in
// order, and large pages of its cache at a time; ms_source_populate() goes on from there.
//
// Not by readahead() or WILLNEED: these fill the cache with pages of 4 KiB. A file that was read so
// stays slow to map for as long as it is cached: 16 times the page faults of large pages, and a
// third of the rate of a search that does little else than read.
static void expect_in_order(const struct ms_source *source)
{
    posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#ifdef MADV_HUGEPAGE
    // A page fault then reads 2 MiB and begins to read what follows, however little the disk is set
    // to read ahead. Of no effect where the kernel cannot.
    if (source->mapping.base)
        madvise((void *)(uintptr_t)source->mapping.base, source->mapping.length, MADV_HUGEPAGE);
#endif
}

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

// Behind the pages of the file lies one more, for MS_SLACK_BYTES.
static size_t mapped_bytes(uint64_t size)
{
    size_t page = page_bytes();

    return (size_t)(size + (page - 1)) / page * page + page;
}

// Until then that page is the file's, too, and behind its end: reading it would raise SIGBUS.
static bool add_slack(const struct ms_source *source)
{
    size_t page = page_bytes();
    const uint8_t *behind = source->mapping.base + (mapped_bytes(source->size) - page);

    return mmap((void *)(uintptr_t)behind, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                -1, 0) != MAP_FAILED;
}

static void unmap(struct ms_source *source)
{
    if (source->mapping.base)
        munmap((void *)(uintptr_t)source->mapping.base, mapped_bytes(source->size));
    source->mapping.base = NULL;
}

static void map(struct ms_source *source)
{
    void *base;

    if (source->size == 0 || source->size > SIZE_MAX - 2 * page_bytes() || !ms_guard_install())
        return;
    base = mmap(NULL, mapped_bytes(source->size), PROT_READ, MAP_SHARED, source->fd, 0);
    if (base == MAP_FAILED)
        return;
    source->mapping.base = base;
    source->mapping.length = (size_t)source->size;
    if (!add_slack(source))
        unmap(source);
}

enum ms_status ms_source_open(const char *path, bool want_map, struct ms_source **source_ret,
                              struct ms_error *error)
{
    struct ms_source *source = calloc(1, sizeof(*source));
    enum ms_status status;

    if (!source)
        return ms_fail_nomem(error);
    atomic_init(&source->mapping.first_lost, UINT64_MAX);
    atomic_init(&source->mapping.last_lost, 0);
    source->fd = -1;
    source->path = strdup(path);
    if (!source->path) {
        ms_source_close(source);
        return ms_fail_nomem(error);
    }
    // O_NONBLOCK: opening a pipe would wait for a writer, before it can be told from a file.
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (source->fd < 0)
        status = ms_fail_errno(error, errno, "%s: cannot be opened", path);
    else
        status = find_size(source, error);
    if (status != MS_OK) {
        ms_source_close(source);
        return status;
    }
    if (want_map)
        map(source);
    expect_in_order(source);
    *source_ret = source;
    return MS_OK;
}

void ms_source_close(struct ms_source *source)
{
    if (!source)
        return;
    unmap(source);
    if (source->fd >= 0)
        close(source->fd);
    free(source->path);
    free(source);
}

const char *ms_source_path(const struct ms_source *source)
{
    return source->path;
}

uint64_t ms_source_size(const struct ms_source *source)
{
    return source->size;
}

// Like pread(), but for all of it; returns what was read before the end or an error.
static size_t read_fully(const struct ms_source *source, uint64_t offset, void *bytes,
                         size_t length, int *errno_ret)
{
    size_t done = 0;

    *errno_ret = 0;
    while (done < length && offset + done <= INT64_MAX) {
        // Beyond the greatest offset nothing is, and asking for it is an error.
        size_t part = (size_t)ms_min_u64(length - done, INT64_MAX - (offset + done));
        ssize_t n = pread(source->fd, (uint8_t *)bytes + done, part, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            *errno_ret = errno;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

enum ms_status ms_source_read(const struct ms_source *source, uint64_t offset, void *bytes,
                              size_t length, const char *what, struct ms_error *error)
{
    int os_errno;
    size_t done = read_fully(source, offset, bytes, length, &os_errno);

    if (done == length)
        return MS_OK;
    if (os_errno)
        return ms_fail_errno(error, os_errno, "%s at offset 0x%" PRIx64 " cannot be read", what,
                             offset);
    return ms_fail(error, MS_MALFORMED,
                   "%s at offset 0x%" PRIx64 " needs %zu bytes, of which the file has %zu", what,
                   offset, length, done);
}

size_t ms_source_read_at(const struct ms_source *source, uint64_t offset, void *bytes,
                         size_t length)
{
    int os_errno;

    return read_fully(source, offset, bytes, length, &os_errno);
}

size_t ms_source_lost(uint64_t offset, size_t length)
{
    return (size_t)ms_min_u64(LOST_BYTES - offset % LOST_BYTES, length);
}

bool ms_source_is_hole(const struct ms_source *source, uint64_t offset, size_t length)
{
    struct stat status;
    off_t data;

    if (offset > INT64_MAX)
        return false;
    // The position that this moves is used by nobody: all reads name theirs.
    data = lseek(source->fd, (off_t)offset, SEEK_DATA);
    if (data >= 0)
        return (uint64_t)data >= offset && (uint64_t)data - offset >= length;
    // Nothing but a hole is left, or the file has shrunk.
    return errno == ENXIO && fstat(source->fd, &status) == 0 && S_ISREG(status.st_mode) &&
           ms_in_file(offset, length, (uint64_t)status.st_size);
}

const uint8_t *ms_source_view(const struct ms_source *source, uint64_t offset, size_t length)
{
    const struct ms_mapping *mapping = &source->mapping;

    if (!mapping->base || !ms_in_file(offset, length, mapping->length))
        return NULL;
    return mapping->base + offset;
}

bool ms_source_is_in_memory(const struct ms_source *source, uint64_t offset)
{
    const struct ms_mapping *mapping = &source->mapping;
    uint64_t page = offset - offset % LOST_BYTES;
    unsigned char there = 0;

    if (!mapping->base || page >= mapping->length)
        return true;
    // Of files that the user may not write to, the system says that all of it is.
    return mincore((void *)(uintptr_t)(mapping->base + page), 1, &there) == 0 && (there & 1) != 0;
}

bool ms_source_populate(const struct ms_source *source, uint64_t offset, size_t length)
{
    const struct ms_mapping *mapping = &source->mapping;
    uint64_t start = offset - offset % LOST_BYTES;

    if (!mapping->base)
        return false;
    if (start >= mapping->length)
        return true;
    length = (size_t)ms_min_u64(length + (offset - start), mapping->length - start);
    if (ms_source_is_in_memory(source, start) || ms_source_is_hole(source, start, length))
        return true;
#ifdef MADV_POPULATE_READ
    // Where a page cannot be read it fails, and raises no SIGBUS: that is left to who needs it.
    return madvise((void *)(uintptr_t)(mapping->base + start), length, MADV_POPULATE_READ) == 0 ||
           errno != EINVAL;
#else
    return false;
#endif
}

void ms_source_guard(const struct ms_source *source)
{
    // The note of lost pages is the one thing about a source that changes.
    ms_guard_set((struct ms_mapping *)(uintptr_t)&source->mapping);
}

// Behind its end, a file's last page is mapped as zeros, and reading them raises nothing.
static bool still_holds(const struct ms_source *source, uint64_t offset, size_t length)
{
    struct stat status;

    if (fstat(source->fd, &status) != 0)
        return false;
    return !S_ISREG(status.st_mode) || ms_in_file(offset, length, (uint64_t)status.st_size);
}

bool ms_source_unguard(const struct ms_source *source, uint64_t offset, size_t length)
{
    const struct ms_mapping *mapping = &source->mapping;
    uint64_t first = atomic_load(&mapping->first_lost);
    uint64_t last = atomic_load(&mapping->last_lost);

    ms_guard_set(NULL);
    if (length == 0)
        return true;
    return (first > last || offset > last || ms_last(offset, length) < first) &&
           still_holds(source, offset, length);
}
