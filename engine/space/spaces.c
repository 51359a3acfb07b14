// SPDX-License-Identifier: MIT
//
// The set of spaces: what it is made of, and what is in it.

#include "space/spaces.h"

#include "base/cleanup.h"
#include "base/extent.h"

#include <inttypes.h>
#include <stdio.h>

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

// Prototype entries are read through the kernel's tables.
static void set_kernel(struct ms_spaces *spaces, const struct ms_paging_mode *mode, uint64_t root)
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
        set_kernel(spaces, spaces->roots[0].mode, spaces->roots[0].address);
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

// Takes the counts of what was not kept off the warnings, so that more can be added; and puts them
// back.
static void open_warnings(struct ms_spaces *spaces)
{
    while (spaces->warnings.warnings.n > spaces->n_warnings)
        free(spaces->warnings.warnings.items[--spaces->warnings.warnings.n]);
}

static enum ms_status close_warnings(struct ms_spaces *spaces, struct ms_error *error)
{
    spaces->n_warnings = spaces->warnings.warnings.n;
    return ms_layout_finish(&spaces->warnings, error);
}

// == Adding ==

// What a name asks for.
struct request {
    enum ms_space_kind kind;
    const struct ms_paging_mode *mode;
    uint64_t root;
};

static enum ms_status fail_unsupported(const char *name, struct ms_error *error)
{
    if (strncmp(name, "process:", 8) == 0)
        return ms_fail(error, MS_UNSUPPORTED,
                       "'%s': processes are not known yet; root:ADDR is a process by the physical "
                       "address of its page tables (cr3, DirectoryTableBase)",
                       name);
    if (strncmp(name, "session:", 8) == 0)
        return ms_fail(error, MS_UNSUPPORTED,
                       "'%s': sessions are not known yet; root:ADDR is the space of one of its "
                       "processes by the physical address of its page tables",
                       name);
    return ms_fail(error, MS_UNSUPPORTED,
                   "'%s' is the space of a minidump, which this version does not read; there are "
                   "physical, kernel, root:ADDR and unmapped",
                   name);
}

static bool is_unsupported(const char *name)
{
    return strcmp(name, "user") == 0 || strncmp(name, "process:", 8) == 0 ||
           strncmp(name, "session:", 8) == 0;
}

// The paging of a root that is given by its address: as it was found, or as that of the kernel.
static const struct ms_paging_mode *mode_of_root(const struct ms_spaces *spaces, uint64_t root)
{
    for (size_t i = 0; i < spaces->n_roots; i++) {
        if (spaces->roots[i].address == (root & spaces->roots[i].mode->root_mask))
            return spaces->roots[i].mode;
    }
    return spaces->mode;
}

static enum ms_status parse_root(const struct ms_spaces *spaces, const char *name,
                                 struct request *request, struct ms_error *error)
{
    enum ms_status status = ms_address_parse(name + strlen("root:"), &request->root, NULL, error);

    if (status)
        return ms_prepend(error, status, "'%s'", name);
    request->kind = MS_SPACE_ROOT;
    request->mode = mode_of_root(spaces, request->root);
    if (!request->mode)
        return ms_fail(error, MS_MALFORMED,
                       "'%s': the image does not say how its machine translates addresses; "
                       "--arch %s|%s|%s|%s does",
                       name, ms_paging_name(0), ms_paging_name(1), ms_paging_name(2),
                       ms_paging_name(3));
    request->root &= request->mode->root_mask;
    return MS_OK;
}

static enum ms_status parse_name(const struct ms_spaces *spaces, const char *name,
                                 struct request *request, struct ms_error *error)
{
    *request = (struct request){.kind = MS_SPACE_PHYSICAL};
    if (strcmp(name, "physical") == 0)
        return MS_OK;
    if (strcmp(name, "unmapped") == 0) {
        request->kind = MS_SPACE_UNMAPPED;
        return MS_OK;
    }
    if (strncmp(name, "root:", 5) == 0)
        return parse_root(spaces, name, request, error);
    if (is_unsupported(name))
        return fail_unsupported(name, error);
    if (strcmp(name, "kernel") != 0)
        return ms_fail(error, MS_ARGUMENT,
                       "there is no space called '%s'; there are physical, kernel, root:ADDR and "
                       "unmapped",
                       name);
    if (spaces->n_roots == 0)
        return ms_fail(error, MS_MALFORMED,
                       "no page tables of a kernel were found in the image; --dtb ADDR --arch NAME "
                       "tells where they are");
    *request = (struct request){MS_SPACE_KERNEL, spaces->roots[0].mode, spaces->roots[0].address};
    return MS_OK;
}

static bool precedes(const struct ms_space *space, const struct request *request)
{
    return space->kind != request->kind ? space->kind < request->kind : space->root < request->root;
}

// Where a space is, or belongs.
static size_t find_space(const struct ms_spaces *spaces, const struct request *request)
{
    size_t i = 0;

    while (i < spaces->list.n && precedes(&spaces->list.items[i], request))
        i++;
    return i;
}

static bool has_space(const struct ms_spaces *spaces, size_t i, const struct request *request)
{
    return i < spaces->list.n && spaces->list.items[i].kind == request->kind &&
           spaces->list.items[i].root == request->root;
}

static enum ms_status read_tables(struct ms_spaces *spaces, struct ms_space *space,
                                  struct ms_error *error)
{
    const struct ms_paging_mode *mode = space->mode;
    uint32_t root = 0;
    enum ms_status status;

    if (!spaces->tables.kernel.mode)
        set_kernel(spaces, mode, space->root);
    status = ms_tables_read(&spaces->tables, mode, space->root, &root, error);
    if (!status)
        status =
            ms_tables_make_root(&spaces->tables, mode, root, space->first, &space->table, error);
    return status;
}

static char *space_name(const struct request *request)
{
    static const char *const names[] = {"physical", "kernel", NULL, "unmapped"};
    char *name;

    if (request->kind != MS_SPACE_ROOT)
        return strdup(names[request->kind]);
    return asprintf(&name, "root:0x%" PRIx64, request->root) < 0 ? NULL : name;
}

static enum ms_status make_space(struct ms_spaces *spaces, const struct request *request,
                                 struct ms_space *space, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    *space = (struct ms_space){.kind = request->kind, .mode = request->mode, .root = request->root};
    if (request->mode) {
        space->last = ms_linear_last(request->mode);
        if (request->kind == MS_SPACE_KERNEL)
            space->first =
                request->mode->address_bits == 32 ? spaces->kernel_first : space->last / 2 + 1;
        status = read_tables(spaces, space, error);
    }
    if (status)
        return status;
    space->name = space_name(request);
    return space->name ? MS_OK : ms_fail_nomem(error);
}

// == Unmapped pages ==

static void add_frames(struct ms_spaces *spaces, const struct ms_space *space)
{
    ms_frames_add(&spaces->frames, &spaces->present, &spaces->tables, space->mode, space->table,
                  space->first, space->last);
}

// Marks what all spaces of the set map; where there is none, what root 0 does.
static enum ms_status make_frames(struct ms_spaces *spaces, struct ms_error *error)
{
    enum ms_status status = MS_OK;
    bool any = false;

    if (!ms_frames_clear(&spaces->frames, &spaces->present))
        return ms_fail_nomem(error);
    for (size_t i = 0; i < spaces->list.n; i++) {
        if (spaces->list.items[i].mode) {
            add_frames(spaces, &spaces->list.items[i]);
            any = true;
        }
    }
    spaces->frames_of_root = !any;
    if (!any && spaces->n_roots) {
        struct ms_space root = {.mode = spaces->roots[0].mode, .root = spaces->roots[0].address};

        root.last = ms_linear_last(root.mode);
        status = read_tables(spaces, &root, error);
        if (!status)
            add_frames(spaces, &root);
    }
    return status;
}

static enum ms_status update_frames(struct ms_spaces *spaces, const struct ms_space *space,
                                    struct ms_error *error)
{
    if (space->kind == MS_SPACE_UNMAPPED || (space->mode && spaces->frames_of_root))
        return make_frames(spaces, error);
    if (space->mode && spaces->frames.bits)
        add_frames(spaces, space);
    return MS_OK;
}

// Puts a space at its place, and takes it out again if what follows from it cannot be had.
static enum ms_status insert_space(struct ms_spaces *spaces, size_t at, struct ms_space *space,
                                   struct ms_error *error)
{
    enum ms_status status;

    if (!ms_vec_reserve(&spaces->list, 1)) {
        free(space->name);
        return ms_fail_nomem(error);
    }
    memmove(&spaces->list.items[at + 1], &spaces->list.items[at],
            (spaces->list.n - at) * sizeof(*space));
    spaces->list.items[at] = *space;
    spaces->list.n++;
    status = update_frames(spaces, space, error);
    if (status) {
        free(space->name);
        spaces->list.n--;
        memmove(&spaces->list.items[at], &spaces->list.items[at + 1],
                (spaces->list.n - at) * sizeof(*space));
    }
    return status;
}

enum ms_status ms_spaces_add(struct ms_spaces *spaces, const char *name, struct ms_error *error)
{
    struct request request;
    struct ms_space space;
    enum ms_status status = parse_name(spaces, name, &request, error);
    size_t at;

    if (status)
        return status;
    at = find_space(spaces, &request);
    if (has_space(spaces, at, &request))
        return MS_OK;
    open_warnings(spaces);
    status = make_space(spaces, &request, &space, error);
    if (!status)
        status = insert_space(spaces, at, &space, error);
    return status ? status : close_warnings(spaces, error);
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
