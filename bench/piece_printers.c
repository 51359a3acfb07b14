// SPDX-License-Identifier: MIT
//
// The command's printers: lines of hits, written to /dev/null.

#include "piece_fixture.h"

#include "cli/print.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define N_LINES 100000

// Bytes from one hit to the next: not a multiple of the pages in which printers read.
#define HIT_STEP 84

static const struct printer_case {
    const char *name;
    const struct printer *printer;
} cases[] = {
    {"print/text", &text_printer},       {"print/kd", &kd_printer},
    {"print/jsonl", &jsonl_printer},     {"print/csv", &csv_printer},
    {"print/-1", &text_address_printer},
};

struct print_state {
    const struct printer *printer;
    struct print_context context;
    struct settings settings;
    struct output out;
    struct view view;
    struct window window;
    struct memory_file file;
    struct ms_image *image;
    struct ms_patterns *patterns;
};

static void release(void *context)
{
    struct print_state *state = context;

    output_release(&state->out);
    if (state->out.fd > 0)
        close(state->out.fd);
    ms_image_close(state->image);
    ms_patterns_free(state->patterns);
    memory_file_release(&state->file);
    free(state);
}

static bool make(struct print_state *state)
{
    const struct ms_open_options options = {.flags = MS_OPEN_MAP};
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    state->patterns = fixture_patterns(make_dword, 1);
    if (null < 0 || !output_init(&state->out, null) || !state->patterns ||
        !fixture_image(&state->file, "raw", "run 0 16M\nfill 0 16M mixed\n") ||
        ms_image_open(state->file.path, &options, &state->image, NULL) != MS_OK)
        return false;
    view_open(&state->view, state->image, NULL);
    window_open(&state->window, &state->view);
    state->context = (struct print_context){
        .out = &state->out,
        .settings = &state->settings,
        .patterns = state->patterns,
        .image_name = "image",
        .view = &state->view,
        .window = &state->window,
    };
    return true;
}

static void *create(const struct piece *piece)
{
    const struct printer_case *printer = piece->what;
    struct print_state *state = calloc(1, sizeof(*state));

    if (!state)
        return NULL;
    state->printer = printer->printer;
    if (make(state))
        return state;
    release(state);
    return NULL;
}

static bool run(void *context)
{
    struct print_state *state = context;
    struct ms_hit hit = {.repeat = 1, .stride = 4, .length = 4};

    for (size_t i = 0; i < N_LINES; i++) {
        state->printer->hit(&state->context, &hit);
        hit.address += HIT_STEP;
    }
    return output_flush(&state->out);
}

void pieces_printers(piece_taker *take)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct piece piece = {
            .create = create,
            .run = run,
            .release = release,
            .items = N_LINES,
            .what = &cases[i],
        };

        snprintf(piece.name, sizeof(piece.name), "%s", cases[i].name);
        take(&piece);
    }
}
