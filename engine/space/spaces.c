// SPDX-License-Identifier: MIT
//
// The set of spaces: what it is made of, and what is in it.

#include "space/spaces.h"

#include "base/cleanup.h"
#include "base/extent.h"

#include <inttypes.h>

// == Making ==

void ms_spaces_free(struct ms_spaces *spaces)
{
    if (!spaces)
        return;
    for (size_t i = 0; i < spaces->list.n; i++)
        free(spaces->list.items[i].name);
    free(spaces->list.items);
    ms_frames_release(&spaces->frames);
    ms_tables_release(&spaces->tables);
    ms_layout_release(&spaces->warnings);
    ms_present_release(&spaces->present);
    free(spaces);
}

static void free_local(struct ms_spaces **spaces)
{
    ms_spaces_free(*spaces);
}

static enum ms_status check_options(const struct ms_spaces_options *options, struct ms_error *error)
{
    if (options->paging && !ms_paging_mode_by_name(options->paging))
        return ms_fail(error, MS_ARGUMENT,
                       "there is no paging called '%s'; there are %s, %s, %s, %s", options->paging,
                       ms_paging_name(0), ms_paging_name(1), ms_paging_name(2), ms_paging_name(3));
    if (options->kernel && *options->kernel > UINT32_MAX)
        return ms_fail(error, MS_ARGUMENT,
                       "the kernel of a 32-bit machine cannot begin at 0x%" PRIx64,
                       *options->kernel);
    return MS_OK;
}

static uint64_t top_of_memory(const struct ms_image *image)
{
    struct ms_run run = ms_image_run(image, ms_image_n_runs(image) - 1);

    return ms_last(run.start, run.length);
}

void ms_spaces_set_kernel(struct ms_spaces *spaces, const struct ms_paging_mode *mode,
                          uint64_t root)
{
    spaces->tables.kernel.mode = mode;
    spaces->tables.kernel.root = root;
}

enum ms_status ms_spaces_create(const struct ms_image *image,
                                const struct ms_spaces_options *options,
                                struct ms_spaces **spaces_ret, struct ms_error *error)
{
    static const struct ms_spaces_options defaults = {0};
    MS_CLEANUP(free_local) struct ms_spaces *spaces = calloc(1, sizeof(*spaces));
    enum ms_status status;

    if (!spaces)
        return ms_fail_nomem(error);
    if (!options)
        options = &defaults;
    spaces->image = image;
    if (!ms_present_build(&spaces->present, ms_image_memory(image)))
        return ms_fail_nomem(error);
    spaces->tables.image = image;
    spaces->tables.present = &spaces->present;
    spaces->tables.warnings = &spaces->warnings;
    spaces->tables.kernel.view.image = image;
    spaces->tables.kernel.rules.top = top_of_memory(image);
    status = check_options(options, error);
    if (!status)
        status = ms_find_roots(spaces, options, error);
    if (status)
        return status;
    spaces->tables.kernel.rules.windows = ms_image_layout(image)->system.is_windows ||
                                          (spaces->n_roots && spaces->roots[0].is_windows);
    if (spaces->n_roots)
        ms_spaces_set_kernel(spaces, spaces->roots[0].mode, spaces->roots[0].address);
    *spaces_ret = ms_keep(spaces);
    return MS_OK;
}

// == What was found ==

size_t ms_spaces_n_roots(const struct ms_spaces *spaces)
{
    return spaces->n_roots;
}

struct ms_root ms_spaces_root(const struct ms_spaces *spaces, size_t index)
{
    const struct ms_found_root *root = &spaces->roots[index];

    return (struct ms_root){root->address, root->mode->paging, root->origin, root->remark};
}

const struct ms_present *ms_spaces_present(const struct ms_spaces *spaces)
{
    return &spaces->present;
}

size_t ms_spaces_n_tables(const struct ms_spaces *spaces)
{
    return spaces->tables.tables.n;
}

const struct ms_table_bytes *ms_spaces_table_bytes(const struct ms_spaces *spaces, size_t table)
{
    return &spaces->tables.tables.items[table].bytes;
}

const struct ms_image *ms_spaces_image(const struct ms_spaces *spaces)
{
    return spaces->image;
}

bool ms_spaces_hole(const struct ms_spaces *spaces, struct ms_range *hole_ret)
{
    if (spaces->has_hole)
        *hole_ret = spaces->hole;
    return spaces->has_hole;
}

size_t ms_spaces_n_warnings(const struct ms_spaces *spaces)
{
    return spaces->warnings.warnings.n;
}

const char *ms_spaces_warning(const struct ms_spaces *spaces, size_t index)
{
    return spaces->warnings.warnings.items[index];
}

// == What is in it ==

size_t ms_spaces_count(const struct ms_spaces *spaces)
{
    return spaces->list.n;
}

struct ms_space_info ms_spaces_info(const struct ms_spaces *spaces, size_t index)
{
    const struct ms_space *space = &spaces->list.items[index];
    struct ms_space_info info = {.name = space->name,
                                 .kind = space->kind,
                                 .address_bits = ms_image_address_bits(spaces->image),
                                 .root = space->root};

    if (space->mode) {
        info.address_bits = space->mode->address_bits;
        info.paging = space->mode->paging;
    }
    return info;
}

const char *ms_mapping_state_name(enum ms_mapping_state state)
{
    static const char *const names[] = {"present", "absent", "paged-out", "unreadable"};

    return names[state];
}
