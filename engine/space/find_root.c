// SPDX-License-Identifier: MIT

#include "space/find_root.h"

#include "base/extent.h"

#include <stdio.h>
#include <string.h>

#define KERNEL_32       UINT64_C(0x80000000)
#define LINUX_KERNEL_32 UINT64_C(0xc0000000)

void ms_root_add(struct ms_root_search *search, const struct ms_found_root *root)
{
    struct ms_spaces *spaces = search->spaces;

    for (size_t i = 0; i < spaces->n_roots; i++) {
        if (spaces->roots[i].address == root->address && spaces->roots[i].mode == root->mode)
            return;
    }
    if (spaces->n_roots < MS_MAX_ROOTS)
        spaces->roots[spaces->n_roots++] = *root;
}

// == Given ==

// The mode that the container tells; NULL: it does not.
static const struct ms_paging_mode *told_mode(const struct ms_root_search *search)
{
    const struct ms_system *system = search->system;
    const struct ms_processor *first =
        system->processors.n > 0 ? &system->processors.items[0] : NULL;
    const char *machine = ms_image_machine(search->spaces->image);
    uint64_t cr4 = first ? first->cr4 : 0;
    bool five = (cr4 >> 12 & 1) || (system->five_levels.known && system->five_levels.value == 1);

    if (search->mode)
        return search->mode;
    if (strcmp(machine, "x86_64") == 0)
        return ms_paging_mode(five ? MS_PAGING_X64_5 : MS_PAGING_X64);
    if (strcmp(machine, "x86") != 0 || (!system->pae.known && cr4 == 0))
        return NULL;
    return ms_paging_mode((system->pae.known ? system->pae.value != 0 : cr4 >> 5 & 1)
                              ? MS_PAGING_PAE
                              : MS_PAGING_X86);
}

static enum ms_status take_given(struct ms_root_search *search, uint64_t address,
                                 struct ms_error *error)
{
    struct ms_found_root root = {.mode = told_mode(search), .origin = "given"};
    struct ms_walker walker;

    if (!root.mode)
        return ms_fail(error, MS_ARGUMENT,
                       "the image does not say how its machine translates addresses: a root needs "
                       "its paging, one of %s, %s, %s, %s",
                       ms_paging_name(0), ms_paging_name(1), ms_paging_name(2), ms_paging_name(3));
    walker = ms_root_walker(search, root.mode, address, true);
    root.address = walker.root;
    root.is_windows = ms_root_maps_shared_data(&walker);
    ms_root_add(search, &root);
    return MS_OK;
}

// == Found ==

static bool is_x86(const struct ms_image *image)
{
    const char *machine = ms_image_machine(image);

    return strcmp(machine, "unknown") == 0 || strcmp(machine, "x86") == 0 ||
           strcmp(machine, "x86_64") == 0;
}

// A full root comes before shadows, and before those that nothing confirms.
static void put_best_first(struct ms_spaces *spaces)
{
    for (size_t i = 1; i < spaces->n_roots && spaces->roots[0].remark[0] != '\0'; i++) {
        struct ms_found_root root = spaces->roots[i];

        if (root.remark[0] != '\0')
            continue;
        memmove(&spaces->roots[1], &spaces->roots[0], i * sizeof(root));
        spaces->roots[0] = root;
    }
}

static enum ms_status find(struct ms_root_search *search, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    if (!is_x86(search->spaces->image))
        return MS_OK;
    ms_find_told_roots(search);
    if (search->spaces->n_roots == 0)
        status = ms_find_roots_in_memory(search, error);
    put_best_first(search->spaces);
    return status;
}

enum ms_status ms_find_roots(struct ms_spaces *spaces, const struct ms_spaces_options *options,
                             struct ms_error *error)
{
    struct ms_run top = ms_image_run(spaces->image, ms_image_n_runs(spaces->image) - 1);
    struct ms_root_search search = {
        .spaces = spaces,
        .mode = options->paging ? ms_paging_mode_by_name(options->paging) : NULL,
        .system = &ms_image_layout(spaces->image)->system,
        .view = {.image = spaces->image},
        .top = ms_last(top.start, top.length),
    };
    enum ms_status status = MS_OK;
    bool is_linux = search.system->is_linux;

    if (options->root)
        status = take_given(&search, *options->root, error);
    else
        status = find(&search, error);
    spaces->mode = spaces->n_roots ? spaces->roots[0].mode : told_mode(&search);
    is_linux = is_linux || (spaces->n_roots && spaces->roots[0].is_linux);
    spaces->kernel_first = options->kernel ? *options->kernel
                           : is_linux      ? LINUX_KERNEL_32
                                           : KERNEL_32;
    return status;
}
