// SPDX-License-Identifier: MIT
//
// Pages to choose from, by where the guest's kernel has put them.

#ifndef MEMSCAN_TESTS_GUEST_POOL_H
#define MEMSCAN_TESTS_GUEST_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
    uint8_t *at;
    size_t length;
    size_t n; // pages that can be chosen: those of the kernel's image cannot
    struct pool_page {
        uint64_t frame;
        uint8_t *at;
        bool taken;
    } * pages; // by frame
};

// Memory for `n` pages, which `flags` of mmap() may share.
void pool_fill(struct pool *pool, size_t n, int flags);

// What is left is given back. What was taken stays.
void pool_release(struct pool *pool);

// The first page from number `i` on that is still there, with the page behind it if `near`: their
// frames are neighbours. There is one.
size_t pool_find(const struct pool *pool, size_t i, bool near);

// Moves a page to an address; its frame stays. Shared ones can be had at a second address, too.
void pool_take(struct pool *pool, size_t i, uint8_t *at, uint8_t *also_at);

// The frames of `n` pages from `at` on; 0 for one that is on its way to another frame.
void read_frames(const uint8_t *at, uint64_t *frames, size_t n);

#endif
