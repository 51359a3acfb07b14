// SPDX-License-Identifier: MIT

#include "guarded.h"

#include <criterion/criterion.h>
#include <sys/mman.h>
#include <unistd.h>

struct guarded guarded_create(size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t usable = (bytes + page - 1) / page * page;
    struct guarded guarded = {.map_bytes = usable + 2 * page};

    guarded.map = mmap(NULL, guarded.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(guarded.map != MAP_FAILED, "no memory for %zu bytes", bytes);
    guarded.first = guarded.map + page;
    guarded.end = guarded.first + usable;
    cr_assert(usable == 0 || mprotect(guarded.first, usable, PROT_READ | PROT_WRITE) == 0,
              "mprotect");
    return guarded;
}

void guarded_release(struct guarded *guarded)
{
    munmap(guarded->map, guarded->map_bytes);
}
