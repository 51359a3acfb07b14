// SPDX-License-Identifier: MIT
//
// Adding spaces to a set: what names ask for, the tables of each, and what none of them maps.

#include "space/spaces.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// == Warnings ==

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

// == What is asked for ==

// What a name asks for.
struct request {
    enum ms_space_kind kind;
    const struct ms_paging_mode *mode;
    uint64_t root;
    uint32_t number;  // of a process or session
    const char *name; // NULL: as its kind is called
};

static bool is_prefix(const char *prefix, const char *name)
{
    return strncmp(prefix, name, strlen(prefix)) == 0;
}

static enum ms_status fail_unsupported(const char *name, struct ms_error *error)
{
    if (strcmp(name, "user") == 0)
        return ms_fail(error, MS_UNSUPPORTED,
                       "'%s' is the space of a minidump, which this version does not read; there "
                       "are physical, kernel, root:ADDR and unmapped",
                       name);
    return ms_fail(error, MS_UNSUPPORTED,
                   "'%s': the root of a process is found by ms_processes_create(), and added by "
                   "ms_spaces_add_process() or ms_spaces_add_session()",
                   name);
}

static bool is_unsupported(const char *name)
{
    return strcmp(name, "user") == 0 || is_prefix("process:", name) || is_prefix("session:", name);
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

static enum ms_status set_root(const struct ms_spaces *spaces, const char *name,
                               struct request *request, struct ms_error *error)
{
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

static enum ms_status parse_root(const struct ms_spaces *spaces, const char *name,
                                 struct request *request, struct ms_error *error)
{
    enum ms_status status = ms_address_parse(name + strlen("root:"), &request->root, NULL, error);

    if (status)
        return ms_prepend(error, status, "'%s'", name);
    request->kind = MS_SPACE_ROOT;
    return set_root(spaces, name, request, error);
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
    if (is_prefix("root:", name))
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
    request->kind = MS_SPACE_KERNEL;
    request->mode = spaces->roots[0].mode;
    request->root = spaces->roots[0].address;
    return MS_OK;
}

// What spaces of a kind are in the order of.
static uint64_t rank(enum ms_space_kind kind, uint32_t number, uint64_t root)
{
    return kind == MS_SPACE_PROCESS || kind == MS_SPACE_SESSION ? number : root;
}

static bool precedes(const struct ms_space *space, const struct request *request)
{
    return space->kind != request->kind ? space->kind < request->kind
                                        : rank(space->kind, space->number, space->root) <
                                              rank(request->kind, request->number, request->root);
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
    const struct ms_space *space = i < spaces->list.n ? &spaces->list.items[i] : NULL;

    return space && space->kind == request->kind &&
           rank(space->kind, space->number, space->root) ==
               rank(request->kind, request->number, request->root);
}

// The root that processes share the kernel's half with.
static enum ms_status subtract_kernel(struct ms_spaces *spaces, struct ms_space *space,
                                      struct ms_error *error)
{
    const struct ms_found_root *kernel = &spaces->roots[0];
    uint32_t root = 0;
    enum ms_status status;

    if (spaces->n_roots == 0 || kernel->mode != space->mode)
        return MS_OK;
    status = ms_tables_read(&spaces->tables, kernel->mode, kernel->address, &root, error);
    return status ? status
                  : ms_tables_subtract(&spaces->tables, space->mode, space->table, root,
                                       &space->table, error);
}

static enum ms_status read_tables(struct ms_spaces *spaces, struct ms_space *space,
                                  struct ms_error *error)
{
    const struct ms_paging_mode *mode = space->mode;
    uint32_t root = 0;
    enum ms_status status;

    if (!spaces->tables.kernel.mode)
        ms_spaces_set_kernel(spaces, mode, space->root);
    status = ms_tables_read(&spaces->tables, mode, space->root, &root, error);
    if (!status)
        status = ms_tables_make_root(&spaces->tables, mode, root, space->first, space->last,
                                     &space->table, error);
    if (!status && space->kind == MS_SPACE_SESSION)
        status = subtract_kernel(spaces, space, error);
    return status;
}

static char *space_name(const struct request *request)
{
    static const char *const names[] = {
        [MS_SPACE_PHYSICAL] = "physical", [MS_SPACE_KERNEL] = "kernel",
        [MS_SPACE_SESSION] = "session:",  [MS_SPACE_PROCESS] = "process:",
        [MS_SPACE_UNMAPPED] = "unmapped",
    };
    const char *word = names[request->kind];
    char *name;
    int length;

    if (request->name)
        return strdup(request->name);
    if (request->kind == MS_SPACE_ROOT)
        length = asprintf(&name, "root:0x%" PRIx64, request->root);
    else if (request->kind == MS_SPACE_PROCESS || request->kind == MS_SPACE_SESSION)
        length = asprintf(&name, "%s%" PRIu32, word, request->number);
    else
        return strdup(word);
    return length < 0 ? NULL : name;
}

// A kernel has the upper half, of 32 bits what lies above its start.
static void set_bounds(const struct ms_spaces *spaces, struct ms_space *space)
{
    uint64_t last = ms_linear_last(space->mode);
    uint64_t kernel = space->mode->address_bits == 32 ? spaces->kernel_first : last / 2 + 1;

    space->last = last;
    if (space->kind == MS_SPACE_KERNEL || space->kind == MS_SPACE_SESSION)
        space->first = kernel;
    else if (space->kind == MS_SPACE_PROCESS)
        space->last = kernel - 1;
}

static enum ms_status make_space(struct ms_spaces *spaces, const struct request *request,
                                 struct ms_space *space, struct ms_error *error)
{
    enum ms_status status = MS_OK;

    *space = (struct ms_space){.kind = request->kind,
                               .mode = request->mode,
                               .root = request->root,
                               .number = request->number};
    if (request->mode) {
        set_bounds(spaces, space);
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

static enum ms_status add_space(struct ms_spaces *spaces, const struct request *request,
                                struct ms_error *error)
{
    struct ms_space space;
    size_t at = find_space(spaces, request);
    enum ms_status status;

    if (has_space(spaces, at, request))
        return MS_OK;
    open_warnings(spaces);
    status = make_space(spaces, request, &space, error);
    if (!status)
        status = insert_space(spaces, at, &space, error);
    return status ? status : close_warnings(spaces, error);
}

enum ms_status ms_spaces_add(struct ms_spaces *spaces, const char *name, struct ms_error *error)
{
    struct request request;
    enum ms_status status = parse_name(spaces, name, &request, error);

    return status ? status : add_space(spaces, &request, error);
}

static enum ms_status add_of_process(struct ms_spaces *spaces, struct request request,
                                     struct ms_error *error)
{
    enum ms_status status =
        set_root(spaces, request.kind == MS_SPACE_PROCESS ? "process" : "session", &request, error);

    return status ? status : add_space(spaces, &request, error);
}

enum ms_status ms_spaces_add_process(struct ms_spaces *spaces, uint32_t pid, uint64_t root,
                                     const char *name, struct ms_error *error)
{
    return add_of_process(
        spaces,
        (struct request){.kind = MS_SPACE_PROCESS, .root = root, .number = pid, .name = name},
        error);
}

enum ms_status ms_spaces_add_session(struct ms_spaces *spaces, uint32_t session, uint64_t root,
                                     const char *name, struct ms_error *error)
{
    return add_of_process(
        spaces,
        (struct request){.kind = MS_SPACE_SESSION, .root = root, .number = session, .name = name},
        error);
}
