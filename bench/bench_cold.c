// SPDX-License-Identifier: MIT
//
// Searches of a file that is not in the page cache: what the disk gives, and whether a search waits
// for more than that. Before each run the file's pages are dropped.

#include "bench_sections.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 20)

static bool failed(const char *path)
{
    fprintf(stderr, "memscan-bench: ");
    perror(path);
    return false;
}

// Bytes of the file that are in the page cache.
static uint64_t cached_bytes(int fd, uint64_t size)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), n_pages = (size + page - 1) / page, cached = 0;
    void *bytes = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    unsigned char *pages = calloc(n_pages, 1);

    if (bytes != MAP_FAILED && pages && mincore(bytes, (size_t)size, pages) == 0) {
        for (uint64_t i = 0; i < n_pages; i++)
            cached += pages[i] & 1 ? page : 0;
    }
    free(pages);
    if (bytes != MAP_FAILED)
        munmap(bytes, (size_t)size);
    return cached;
}

// Pages that another process has mapped stay: the times would mean nothing.
static bool drop(const struct bench_image *image)
{
    int fd = open(image->path, O_RDONLY | O_CLOEXEC);
    uint64_t left;

    if (fd < 0)
        return failed(image->path);
    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    left = cached_bytes(fd, image->size);
    close(fd);
    if (left <= image->size / 100)
        return true;
    fprintf(stderr, "memscan-bench: %s: %llu of its bytes stay in the page cache\n", image->path,
            (unsigned long long)left);
    return false;
}

// What `dd bs=1M of=/dev/null` does.
static bool read_in_pieces(const char *path, struct measurement *ret)
{
    double start = now_seconds(), processor_start = processor_seconds();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes = malloc(READ_BYTES);
    ssize_t n = -1;

    if (fd >= 0 && bytes) {
        do
            n = read(fd, bytes, READ_BYTES);
        while (n > 0);
    }
    free(bytes);
    if (n < 0)
        failed(path);
    if (fd >= 0)
        close(fd);
    *ret = (struct measurement){
        .seconds = now_seconds() - start,
        .processor_seconds = processor_seconds() - processor_start,
    };
    return n == 0;
}

static bool search_cold(const struct running *running, const struct prepared_search *search,
                        struct measurement *measured)
{
    const struct row *row = running->result->row;

    if (strncmp(row->name, "cold-read", strlen("cold-read")) == 0)
        return search_image_read(search, running->image, row_threads(row), measured);
    return search_image(search, running->image, NULL, row_threads(row), measured);
}

bool measure_cold(struct bench *bench, struct running *running)
{
    struct row_result *result = running->result;
    const struct row *row = result->row;
    struct runner *reader = result_runner(result, "R");
    struct runner *memscan = result_runner(result, "memscan");
    struct runner *pieces = result_runner(result, "read()");
    struct measurement read, found, copied;
    struct prepared_search search;
    bool ok;

    (void)bench;
    if (!search_prepare(row, running->patterns, 0, &search))
        return false;
    ok = drop(running->image) && read_image(running->image->path, row_threads(row), &read) &&
         drop(running->image) && search_cold(running, &search, &found) && drop(running->image) &&
         read_in_pieces(running->image->path, &copied);
    search_release(&search);
    if (!ok)
        return false;
    runner_add(reader, &read);
    runner_add(memscan, &found);
    runner_add(pieces, &copied);
    return true;
}
