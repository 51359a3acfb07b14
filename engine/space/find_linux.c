// SPDX-License-Identifier: MIT
//
// Linux' own page tables in memory that nothing is told of, on x86-64. The kernel lies at a
// multiple of 2 MiB, begins with one of few instructions, and holds its topmost table and the text
// "Linux version ". The table is taken if it maps the kernel's first page and that text in the
// window for the kernel's image, with one and the same distance between virtual and physical.

#include "base/bytes.h"
#include "base/extent.h"
#include "space/find_root.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP          0x200000u
#define IMAGE_BYTES   (64u << 20) // that a kernel can have
#define MAX_KERNELS   4           // that are looked into
#define MAX_TABLES    32          // of each that may be its root
#define CHUNK         (1u << 20)
#define NO_MEMORY     (UINT64_C(1) << 46) // no entry points here or above
#define TEXT_FIRST    UINT64_C(0xffffffff80000000)
#define LEAST_TABLES  8 // of a kernel in its half
#define BANNER        "Linux version "
#define BANNER_LENGTH (sizeof(BANNER) - 1)

// == Checking a root ==

// Where in physical memory the view has what is at an address of the image.
static uint64_t place(const struct ms_root_search *search, uint64_t address)
{
    bool behind = search->view.hole_bytes && address >= search->view.hole_first;

    return behind ? address + search->view.hole_bytes : address;
}

// Copies the table whose entries map 2 MiB each of the window for the kernel's image.
static bool read_window(const struct ms_walker *walker, uint8_t *table)
{
    const struct ms_paging_mode *mode = walker->mode;
    uint64_t physical = walker->root;

    for (unsigned level = mode->n_levels - 1; level > 1; level--) {
        uint64_t index = TEXT_FIRST >> mode->levels[level].shift & 511;
        struct ms_pte pte;
        uint8_t bytes[8];

        if (!ms_memory_view_read(&walker->view, physical + 8 * index, bytes, sizeof(bytes)))
            return false;
        pte = ms_pte_decode(mode, level, &walker->rules, ms_le64(bytes));
        if (pte.kind != MS_PTE_TABLE)
            return false;
        physical = pte.physical;
    }
    return ms_memory_view_read(&walker->view, physical, table, MS_MAX_TABLE_BYTES);
}

// The virtual address of the kernel's first byte. False: the tables do not map it.
static bool find_text(const struct ms_walker *walker, uint64_t first, uint64_t *text_ret)
{
    uint8_t table[MS_MAX_TABLE_BYTES];

    if (!read_window(walker, table))
        return false;
    for (unsigned i = 0; i < 512; i++) {
        struct ms_pte pte;

        if (!(table[8 * (size_t)i] & 1))
            continue;
        *text_ret = TEXT_FIRST + (uint64_t)i * STEP;
        pte = ms_walk(walker, *text_ret);
        if (pte.kind == MS_PTE_PAGE && pte.physical == first)
            return true;
    }
    return false;
}

static bool maps_kernel(const struct ms_walker *walker, uint64_t first, uint64_t banner)
{
    struct ms_pte pte;
    uint64_t text;

    if (!find_text(walker, first, &text))
        return false;
    pte = ms_walk(walker, text + (banner - first));
    return pte.kind == MS_PTE_PAGE && pte.physical == banner &&
           ms_root_kernel_tables(walker) >= LEAST_TABLES;
}

static bool check(const struct ms_root_search *search, const struct ms_root_candidate *candidate,
                  struct ms_found_root *root)
{
    static const enum ms_paging pagings[] = {MS_PAGING_X64, MS_PAGING_X64_5};

    for (size_t i = 0; i < sizeof(pagings) / sizeof(pagings[0]); i++) {
        const struct ms_paging_mode *mode = ms_paging_mode(pagings[i]);
        struct ms_walker walker =
            ms_root_walker(search, mode, place(search, candidate->root), false);

        if ((search->mode && search->mode != mode) ||
            !maps_kernel(&walker, place(search, candidate->kernel),
                         place(search, candidate->banner)))
            continue;
        *root = (struct ms_found_root){.mode = mode, .address = walker.root, .is_linux = true};
        snprintf(root->origin, sizeof(root->origin), "Linux kernel at 0x%" PRIx64,
                 place(search, candidate->kernel));
        return true;
    }
    return false;
}

// == Going over memory ==

// What is read of a kernel.
struct reading {
    const struct ms_image *image;
    uint8_t chunk[CHUNK];
    bool present[CHUNK];
};

// startup_64 of Linux 5, of 6.6 and newer, of 3 and 4.
static const char *const starts[] = {"\x48\x8d\x25", "\x49\x89\xf7", "\x48\x8d\x2d"};

// Whether the file stores nothing at an address of the image, which would be read as zeros, a
// hundred pages at a time.
static bool is_sparse(const struct ms_image *image, uint64_t address)
{
    const struct ms_memory *memory = ms_image_memory(image);
    size_t i = ms_memory_find(memory, address);
    const struct ms_run *run = i < memory->runs.n ? &memory->runs.items[i] : NULL;

    return run && run->start <= address &&
           ms_source_is_hole(ms_image_source(image), run->offset + (address - run->start), 1);
}

static bool begins_kernel(const struct ms_root_search *search, uint64_t address)
{
    uint8_t bytes[3];

    if (is_sparse(search->spaces->image, address) ||
        !ms_memory_view_read(&search->view, address, bytes, sizeof(bytes)))
        return false;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (memcmp(bytes, starts[i], sizeof(bytes)) == 0)
            return true;
    }
    return false;
}

// Whether a page can be a topmost table: the kernel's half holds nothing but pointers to tables,
// and one of them is for the window of the kernel's image.
static bool can_be_root(const uint8_t *page)
{
    uint64_t entry = 0;

    for (unsigned i = 256; i < 512; i++) {
        entry = ms_le64(page + 8 * (size_t)i);
        if (entry != 0 && ((entry & 0x81) != 1 ||
                           (entry & ms_paging_mode(MS_PAGING_X64)->frame_mask) >= NO_MEMORY))
            return false;
    }
    return entry != 0;
}

// Reads the chunk at `address`; what the image does not hold is zero. False behind the end.
static bool read_chunk(struct reading *reading, uint64_t address)
{
    return ms_image_read(reading->image, address, reading->chunk, reading->present, CHUNK) > 0;
}

// Adds the tables of a chunk that may be the kernel's root.
static void gather_tables(const struct reading *reading, const struct ms_root_candidate *found,
                          uint64_t address, struct ms_root_candidates *candidates, unsigned *n)
{
    struct ms_root_candidate candidate = *found;

    for (size_t page = 0; page < CHUNK && *n < MAX_TABLES; page += MS_PAGE_BYTES) {
        if (!can_be_root(reading->chunk + page))
            continue;
        candidate.table = candidate.root = address + page;
        ++*n;
        if (!ms_vec_push(&candidates->list, candidate))
            candidates->no_memory = true;
    }
}

// The kernel's text about itself comes first, then data with the tables. Chunks overlap by a page,
// for a text at their border.
static void gather(struct reading *reading, uint64_t kernel, struct ms_root_candidates *candidates)
{
    struct ms_root_candidate found = {.rank = 4, .kernel = kernel, .check = check};
    unsigned n = 0;

    for (uint64_t at = 0; at < IMAGE_BYTES && n == 0 && read_chunk(reading, kernel + at);
         at += CHUNK - MS_PAGE_BYTES) {
        const uint8_t *banner = memmem(reading->chunk, CHUNK, BANNER, BANNER_LENGTH);

        if (banner && found.banner == 0)
            found.banner = kernel + at + (uint64_t)(banner - reading->chunk);
        if (found.banner != 0)
            gather_tables(reading, &found, kernel + at, candidates, &n);
    }
}

static void gather_in_stretch(const struct ms_root_search *search, const struct ms_stretch *stretch,
                              struct reading *reading, struct ms_root_candidates *candidates,
                              unsigned *n_kernels)
{
    for (uint64_t at = ms_round_up(stretch->first, STEP);
         at >= stretch->first && at <= stretch->last && stretch->last - at >= STEP - 1 &&
         *n_kernels < MAX_KERNELS;
         at += STEP) {
        if (!begins_kernel(search, at))
            continue;
        ++*n_kernels;
        gather(reading, at, candidates);
    }
}

void ms_gather_linux_roots(const struct ms_root_search *search,
                           struct ms_root_candidates *candidates)
{
    struct reading *reading = malloc(sizeof(*reading));
    const struct ms_present *present = &search->spaces->present;
    unsigned n_kernels = 0;

    if (!reading) {
        candidates->no_memory = true;
        return;
    }
    reading->image = search->spaces->image;
    for (size_t i = 0; i < present->stretches.n; i++)
        gather_in_stretch(search, &present->stretches.items[i], reading, candidates, &n_kernels);
    free(reading);
}
