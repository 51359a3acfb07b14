// SPDX-License-Identifier: MIT
//
// Opening images with many runs, and planning their search.

#include "piece_fixture.h"

#include "scan/plan.h"

#include <stdlib.h>

#define N_RUNS 10000

// 10,000 runs of a page, with holes between them.
#define MANY_RUNS "run 0x1000 4K times 10000 every 8K\n"

static const struct image_case {
    const char *name;
    const char *format;
    const char *spec;
    uint64_t n_runs;
} cases[] = {
    {"raw", "raw", "run 0 1M\n", 1},
    {"lime-10000", "lime", MANY_RUNS, N_RUNS},
    {"elf64-10000", "elf64", MANY_RUNS, N_RUNS},
    {"crash64-full", "crash64-full", "run 0x1000 4K times 40 every 8K\n", 40},
    // The bitmap has a bit for each page below the highest.
    {"crash64-bitmap-16G", "crash64-bitmap", MANY_RUNS "run 16G-4K 4K\n", N_RUNS + 1},
};

struct image_state {
    struct memory_file file;
    struct ms_image *image; // while it is open
};

static void release(void *context)
{
    struct image_state *state = context;

    ms_image_close(state->image);
    memory_file_release(&state->file);
    free(state);
}

static void *create_closed(const struct piece *piece)
{
    const struct image_case *image = piece->what;
    struct image_state *state = calloc(1, sizeof(*state));

    if (state && fixture_image(&state->file, image->format, image->spec))
        return state;
    free(state);
    return NULL;
}

static bool run_open(void *context)
{
    struct image_state *state = context;
    const struct ms_open_options options = {.flags = MS_OPEN_MAP};

    if (ms_image_open(state->file.path, &options, &state->image, NULL) != MS_OK)
        return false;
    ms_image_close(state->image);
    state->image = NULL;
    return true;
}

static void *create_open(const struct piece *piece)
{
    struct image_state *state = create_closed(piece);

    if (!state || ms_image_open(state->file.path, NULL, &state->image, NULL) == MS_OK)
        return state;
    release(state);
    return NULL;
}

static bool run_plan(void *context)
{
    const struct image_state *state = context;
    struct ms_search_options options;
    struct ms_scan_plan plan = {0};
    enum ms_status status;

    ms_search_options_init(&options);
    status = ms_scan_plan_build(&plan, ms_image_memory(state->image), &options, 2 << 20, NULL);
    ms_scan_plan_release(&plan);
    return status == MS_OK;
}

static void add(piece_taker *take, const char *what, const struct image_case *image,
                const struct piece *functions)
{
    struct piece piece = *functions;

    piece.release = release;
    piece.items = image->n_runs;
    piece.what = image;
    snprintf(piece.name, sizeof(piece.name), "%s/%s", what, image->name);
    take(&piece);
}

void pieces_images(piece_taker *take)
{
    static const struct piece open = {.create = create_closed, .run = run_open};
    static const struct piece plan = {.create = create_open, .run = run_plan};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        add(take, "open", &cases[i], &open);
    add(take, "plan", &cases[1], &plan);
}
