// SPDX-License-Identifier: MIT
//
// Roots that memory itself shows: candidates are gathered once, and checked by what they map.
//
// There are raw images whose file leaves out the hole that the addresses of devices make below 4
// GiB. Memory goes on at 4 GiB, so tables that lie there, or point there, only make sense with the
// hole put back. How well a layout fits is told by the tables of the kernel's half: where they
// should be there must be tables.

#include "space/find_root.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLE_END   (UINT64_C(1) << 32)
#define HOLE_STEP  (UINT64_C(1) << 27) // all known holes begin at a multiple of it
#define MAX_TABLES 4096                // that are looked at for a layout
#define NO_MEMORY  (UINT64_C(1) << 44) // an entry that points here or above is none

struct fit {
    unsigned good, bad;
};

static unsigned entries_of(const struct ms_paging_mode *mode, unsigned level)
{
    return 1u << mode->levels[level].bits;
}

// Whether a page can be a table: some entry is present, and none points to where no memory is.
static bool can_be_table(const struct ms_paging_mode *mode, unsigned level, const uint8_t *bytes)
{
    unsigned n_present = 0;

    for (unsigned i = 0; i < entries_of(mode, level); i++) {
        uint64_t entry = ms_pte_load(mode, bytes, i);

        if (!(entry & 1))
            continue;
        if ((entry & mode->frame_mask) >= NO_MEMORY)
            return false;
        n_present++;
    }
    return n_present > 0;
}

static void measure(const struct ms_walker *walker, unsigned level, uint64_t physical,
                    unsigned first, struct fit *fit)
{
    const struct ms_paging_mode *mode = walker->mode;
    uint8_t bytes[MS_MAX_TABLE_BYTES];

    if (fit->good + fit->bad >= MAX_TABLES)
        return;
    if (!ms_memory_view_read(&walker->view, physical, bytes,
                             (size_t)entries_of(mode, level) * mode->entry_bytes) ||
        !can_be_table(mode, level, bytes)) {
        fit->bad++;
        return;
    }
    fit->good++;
    for (unsigned i = first; level > 0 && i < entries_of(mode, level); i++) {
        struct ms_pte pte = ms_pte_decode(mode, level, &walker->rules, ms_pte_load(mode, bytes, i));

        if (pte.kind == MS_PTE_TABLE)
            measure(walker, level - 1, pte.physical, 0, fit);
    }
}

static struct fit measure_root(const struct ms_root_search *search,
                               const struct ms_found_root *root)
{
    unsigned top = root->mode->n_levels - 1;
    struct ms_walker walker = ms_root_walker(search, root->mode, root->address, false);
    struct fit fit = {0};

    measure(&walker, top, walker.root, entries_of(root->mode, top) / 2, &fit);
    return fit;
}

// Puts the hole back that begins at `first`, 0 for none, and checks the candidates with it.
static void check_with_hole(struct ms_root_search *search,
                            const struct ms_root_candidates *candidates, uint64_t first)
{
    uint64_t top = search->top - search->view.hole_bytes;

    search->view.hole_first = first;
    search->view.hole_bytes = first ? HOLE_END - first : 0;
    search->top = top + search->view.hole_bytes;
    search->spaces->n_roots = 0;
    for (size_t i = 0; i < candidates->list.n; i++) {
        const struct ms_root_candidate *candidate = &candidates->list.items[i];
        struct ms_found_root root;

        if (!candidate->check(search, candidate, &root))
            continue;
        if (search->spaces->n_roots > 0 && root.remark[0] == '\0')
            snprintf(root.remark, sizeof(root.remark), "passes the same checks as the first");
        ms_root_add(search, &root);
    }
}

// The hole with which most tables are where they should be, if with it fewer are not than without,
// which `best` tells, and with a hole then what is so with it. 0: none.
static uint64_t find_hole(struct ms_root_search *search,
                          const struct ms_root_candidates *candidates, struct fit *best)
{
    uint64_t size = ms_image_file_size(search->spaces->image), found = 0;

    for (uint64_t first = HOLE_STEP; first < HOLE_END && first < size; first += HOLE_STEP) {
        struct fit fit = {0};

        check_with_hole(search, candidates, first);
        if (search->spaces->n_roots > 0)
            fit = measure_root(search, &search->spaces->roots[0]);
        if (fit.good > best->good && (best->good == 0 || fit.bad < best->bad)) {
            *best = fit;
            found = first;
        }
    }
    return found;
}

// Whether the file may leave out a hole: it says nothing of one, and no one has named one.
static bool may_leave_out(const struct ms_image *image)
{
    return strcmp(ms_image_format(image), "raw") == 0 && ms_image_n_runs(image) == 1 &&
           ms_image_run(image, 0).start == 0;
}

static int compare_ranks(const void *left, const void *right)
{
    const struct ms_root_candidate *a = left, *b = right;

    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return a->table < b->table ? -1 : a->table > b->table;
}

static void put_hole_back(struct ms_root_search *search,
                          const struct ms_root_candidates *candidates, struct fit *best)
{
    uint64_t first = find_hole(search, candidates, best);

    check_with_hole(search, candidates, first);
    if (first) {
        search->spaces->has_hole = true;
        search->spaces->hole = (struct ms_range){.first = first, .last = HOLE_END - 1};
    }
}

// Returns whether all tables of the first root that it finds are there.
static bool choose(struct ms_root_search *search, struct ms_root_candidates *candidates)
{
    struct ms_spaces *spaces = search->spaces;
    struct fit fit = {0};

    if (candidates->list.n == 0 || candidates->no_memory)
        return false;
    qsort(candidates->list.items, candidates->list.n, sizeof(candidates->list.items[0]),
          compare_ranks);
    spaces->has_hole = false;
    check_with_hole(search, candidates, 0);
    if (spaces->n_roots > 0)
        fit = measure_root(search, &spaces->roots[0]);
    if (may_leave_out(spaces->image) && (spaces->n_roots == 0 || fit.bad > 0))
        put_hole_back(search, candidates, &fit);
    return spaces->n_roots > 0 && fit.bad == 0;
}

// Linux is looked for all over memory, in the image as it is: only where that is not a Windows all
// of whose tables are there. A guest's, in the memory of another machine, has its tables elsewhere.
enum ms_status ms_find_roots_in_memory(struct ms_root_search *search, struct ms_error *error)
{
    const struct ms_spaces *spaces = search->spaces;
    struct ms_root_candidates candidates = {0};

    ms_gather_windows_roots(search, &candidates);
    if (!choose(search, &candidates) || !spaces->roots[0].is_windows) {
        check_with_hole(search, &candidates, 0);
        ms_gather_linux_roots(search, &candidates);
        choose(search, &candidates);
    }
    free(candidates.list.items);
    return candidates.no_memory ? ms_fail_nomem(error) : MS_OK;
}
