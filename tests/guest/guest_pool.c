// SPDX-License-Identifier: MIT

#include "guest_pool.h"

#include "guest_memory.h"
#include "guest_say.h"
#include "markers.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void read_frames(const uint8_t *at, uint64_t *frames, size_t n)
{
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    ssize_t wanted = (ssize_t)(n * sizeof(*frames));

    if (fd < 0 || pread(fd, frames, (size_t)wanted, (off_t)((uintptr_t)at / PAGE * 8)) != wanted)
        fail("pagemap");
    close(fd);
    for (size_t i = 0; i < n; i++) // bit 63 says present
        frames[i] = frames[i] >> 63 ? frames[i] & ((UINT64_C(1) << 55) - 1) : 0;
}

static int by_frame(const void *a, const void *b)
{
    const struct pool_page *left = a, *right = b;

    return left->frame < right->frame ? -1 : left->frame > right->frame;
}

void pool_fill(struct pool *pool, size_t n, int flags)
{
    uint64_t *frames = malloc(n * sizeof(*frames));

    *pool = (struct pool){.length = n * PAGE, .pages = malloc(n * sizeof(*pool->pages))};
    pool->at = mmap(NULL, pool->length, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
    if (!frames || !pool->pages || pool->at == MAP_FAILED || mlock(pool->at, pool->length))
        fail("memory for a pool of pages");
    read_frames(pool->at, frames, n);
    for (size_t i = 0; i < n; i++) {
        if (frames[i] != 0 && !memory_is_kernel_image(frames[i]))
            pool->pages[pool->n++] = (struct pool_page){frames[i], pool->at + i * PAGE, false};
    }
    free(frames);
    qsort(pool->pages, pool->n, sizeof(*pool->pages), by_frame);
}

void pool_release(struct pool *pool)
{
    munmap(pool->at, pool->length);
    free(pool->pages);
}

size_t pool_find(const struct pool *pool, size_t i, bool near)
{
    for (; i + 1 < pool->n; i++) {
        const struct pool_page *page = &pool->pages[i];
        bool pair = !page[1].taken && page[1].frame == page[0].frame + 1;

        if (!page->taken && (pair || !near))
            return i;
    }
    fail_plainly("no pages to choose from");
}

static void move(uint8_t *from, size_t length, uint8_t *to)
{
    if (mremap(from, length, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
        fail("mremap");
}

void pool_take(struct pool *pool, size_t i, uint8_t *at, uint8_t *also_at)
{
    struct pool_page *page = &pool->pages[i];

    if (also_at)
        move(page->at, 0, also_at); // of no length: what is there is mapped once more
    move(page->at, PAGE, at);
    page->taken = true;
}
