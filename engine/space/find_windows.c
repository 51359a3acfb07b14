// SPDX-License-Identifier: MIT
//
// Windows' page tables in memory that nothing is told of. The kernel has its first tables low: the
// page that it starts other processors with names the root, and topmost tables have an entry that
// points to themselves. What is found so counts only if the root maps KUSER_SHARED_DATA, or for the
// starting page the kernel's entry point that stands beside the root.
//
// Facts: MemProcFS (vmmwininit.c), LeechCore, Volatility 3 (automagic/windows.py).

#include "base/bytes.h"
#include "space/find_root.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGE           ((uint64_t)MS_PAGE_BYTES)
#define CHUNK          0x2000u
#define BLOCK          0x10000u   // of chunks
#define LOW_LAST       0x102ffffu // where the first tables can be; a block's last byte
#define SELF_MASK      UINT64_C(0x003ffffffffff000)
#define LOW_MASK       ((uint32_t)SELF_MASK | 1)
#define NOT_FOUND      0xffffu
#define MAX_CANDIDATES 128

// == The page that starts other processors ==

bool ms_is_low_stub(const uint8_t *page, uint64_t address)
{
    return address >= MS_LOW_STUB_FIRST && address <= MS_LOW_STUB_LAST &&
           (ms_le64(page) & UINT64_C(0xffffffffffff00ff)) == UINT64_C(0x00000001000600e9) &&
           (ms_le64(page + MS_LOW_STUB_KERNEL) & UINT64_C(0xfffff80000000003)) ==
               UINT64_C(0xfffff80000000000) &&
           (ms_le64(page + MS_LOW_STUB_ROOT) & UINT64_C(0xffffff0000000fff)) == 0 &&
           ms_le64(page + MS_LOW_STUB_ROOT) != 0;
}

static bool check_stub(const struct ms_root_search *search,
                       const struct ms_root_candidate *candidate, struct ms_found_root *root)
{
    const struct ms_paging_mode *mode = ms_paging_mode(MS_PAGING_X64);
    struct ms_walker walker = ms_root_walker(search, mode, candidate->root, true);
    struct ms_pte entry = ms_walk(&walker, candidate->kernel);

    if ((search->mode && search->mode != mode) || entry.kind != MS_PTE_PAGE ||
        entry.physical > search->top)
        return false;
    *root = (struct ms_found_root){.mode = mode, .address = walker.root};
    root->is_windows = ms_root_maps_shared_data(&walker);
    snprintf(root->origin, sizeof(root->origin), "low stub at 0x%" PRIx64, candidate->table);
    if (!root->is_windows)
        snprintf(root->remark, sizeof(root->remark),
                 "KUSER_SHARED_DATA is not where Windows has it, so not-present entries are not "
                 "followed");
    return true;
}

// == Tables that point to themselves ==

// Whether the lower half of an entry is as wanted. Most pages have none, and without a way out the
// loop takes several at a time.
static bool may_have_self_entry(const uint8_t *page, uint32_t low)
{
    unsigned any = 0;

    for (unsigned i = 0; i < 512; i++)
        any |= (ms_le32(page + 8 * (size_t)i) & LOW_MASK) == low;
    return any != 0;
}

// The index of the only entry of a page of 8-byte entries that points to the page itself;
// NOT_FOUND: there is none, or several.
static unsigned self_entry(const uint8_t *page, uint64_t address)
{
    unsigned found = NOT_FOUND;

    if (!may_have_self_entry(page, (uint32_t)address | 1))
        return NOT_FOUND;
    for (unsigned i = 0; i < 512; i++) {
        if ((ms_le64(page + 8 * (size_t)i) & (SELF_MASK | 1)) != (address | 1))
            continue;
        if (found != NOT_FOUND)
            return NOT_FOUND;
        found = i;
    }
    return found;
}

static bool has_large_entry(const uint8_t *page)
{
    for (unsigned i = 0; i < 512; i++) {
        if ((page[8 * (size_t)i] & 0x81) == 0x81)
            return true;
    }
    return false;
}

static bool is_self_x86(const uint8_t *page, uint64_t address)
{
    return (ms_le32(page + 0xc00) & 0xfffff003) == address + 3;
}

// The four entries of PAE that the starting loader made: they point to the next four pages.
static bool is_boot_pae(const uint8_t *page, uint64_t address)
{
    for (unsigned i = 0; i < 4; i++) {
        if (ms_le64(page + 8 * (size_t)i) != (address + PAGE * (i + 1)) + 1)
            return false;
    }
    return true;
}

static bool check_self(const struct ms_root_search *search,
                       const struct ms_root_candidate *candidate, enum ms_paging paging,
                       struct ms_found_root *root)
{
    const struct ms_paging_mode *mode = ms_paging_mode(paging);
    struct ms_walker walker = ms_root_walker(search, mode, candidate->root, true);

    if ((search->mode && search->mode != mode) || !ms_root_maps_shared_data(&walker))
        return false;
    *root = (struct ms_found_root){.mode = mode, .address = candidate->root, .is_windows = true};
    snprintf(root->origin, sizeof(root->origin), "self-referring table at 0x%" PRIx64,
             candidate->table);
    return true;
}

// The topmost table of four levels looks like that of five; which it is, KUSER_SHARED_DATA tells.
static bool check_x64(const struct ms_root_search *search,
                      const struct ms_root_candidate *candidate, struct ms_found_root *root)
{
    return check_self(search, candidate, MS_PAGING_X64, root) ||
           check_self(search, candidate, MS_PAGING_X64_5, root);
}

static bool check_pae(const struct ms_root_search *search,
                      const struct ms_root_candidate *candidate, struct ms_found_root *root)
{
    return check_self(search, candidate, MS_PAGING_PAE, root);
}

static bool check_x86(const struct ms_root_search *search,
                      const struct ms_root_candidate *candidate, struct ms_found_root *root)
{
    return check_self(search, candidate, MS_PAGING_X86, root);
}

// == Going over low memory ==

// Where newer systems have the root of their first process comes before the rest.
static unsigned rank_of(uint64_t address)
{
    if (address >= 0x150000 && address <= 0x29ffff)
        return 1;
    return address >= 0x650000 && address <= 0x6effff ? 2 : 3;
}

static void add(struct ms_root_candidates *candidates, struct ms_root_candidate candidate)
{
    if (candidates->list.n < MAX_CANDIDATES && !ms_vec_push(&candidates->list, candidate))
        candidates->no_memory = true;
}

static void add_self(struct ms_root_candidates *candidates, uint64_t table, uint64_t root,
                     bool (*check)(const struct ms_root_search *, const struct ms_root_candidate *,
                                   struct ms_found_root *))
{
    add(candidates, (struct ms_root_candidate){
                        .rank = rank_of(table), .table = table, .root = root, .check = check});
}

// A topmost table of x64 has its entry in its upper half, and no large pages; the fourth page
// directory of PAE has one, and the page of the four entries is 4 pages below it. A page may look
// like several of these.
static void try_page(struct ms_root_candidates *candidates, const uint8_t *page, uint64_t address)
{
    unsigned index = self_entry(page, address);

    if (ms_is_low_stub(page, address))
        add(candidates, (struct ms_root_candidate){.table = address,
                                                   .root = ms_le64(page + MS_LOW_STUB_ROOT),
                                                   .kernel = ms_le64(page + MS_LOW_STUB_KERNEL),
                                                   .check = check_stub});
    if (index >= 0x100 && index <= 0x1fe && !has_large_entry(page))
        add_self(candidates, address, address, check_x64);
    if (index == 3 && address > 4 * PAGE)
        add_self(candidates, address, address - 4 * PAGE, check_pae);
    if (is_boot_pae(page, address))
        add_self(candidates, address, address, check_pae);
    if (is_self_x86(page, address))
        add_self(candidates, address, address, check_x86);
}

// Where the file is mapped, its pages are looked at in place: copying all of them takes longer than
// the looking. False: the block is not mapped, or not all of it could be read.
static bool try_mapped(const struct ms_root_search *search, uint64_t block,
                       struct ms_root_candidates *candidates)
{
    const struct ms_image *image = search->spaces->image;
    const struct ms_source *source = ms_image_source(image);
    const struct ms_run *run = ms_memory_holder(ms_image_memory(image), block, BLOCK);
    uint64_t offset = run ? run->offset + (block - run->start) : 0;
    const uint8_t *pages = run ? ms_source_view(source, offset, BLOCK) : NULL;
    size_t n = candidates->list.n;

    if (!pages)
        return false;
    ms_source_guard(source);
    for (size_t at = block ? 0 : PAGE; at < BLOCK; at += PAGE)
        try_page(candidates, pages + at, block + at);
    if (ms_source_unguard(source, offset, BLOCK))
        return true;
    candidates->list.n = n; // what is wrong with the block is told by reading it
    return false;
}

static void try_read(const struct ms_root_search *search, uint64_t block,
                     struct ms_root_candidates *candidates)
{
    uint8_t bytes[CHUNK];
    bool present[CHUNK];

    for (uint64_t chunk = block; chunk - block < BLOCK; chunk += CHUNK) {
        if (ms_present_bytes(&search->spaces->present, chunk, chunk + CHUNK - 1) == 0 ||
            ms_image_read(search->spaces->image, chunk, bytes, present, CHUNK) == 0)
            continue;
        for (size_t at = chunk ? 0 : PAGE; at < CHUNK; at += PAGE) {
            if (!memchr(present + at, 0, PAGE))
                try_page(candidates, bytes + at, chunk + at);
        }
    }
}

void ms_gather_windows_roots(const struct ms_root_search *search,
                             struct ms_root_candidates *candidates)
{
    for (uint64_t block = 0; block <= LOW_LAST; block += BLOCK) {
        if (!try_mapped(search, block, candidates))
            try_read(search, block, candidates);
    }
}
