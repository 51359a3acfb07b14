// SPDX-License-Identifier: MIT
//
// The command's printers: lines of hits, written to /dev/null. Of hits in modules, owners are
// looked up and printed, too.

#include "piece_fixture.h"

#include "bench_modules_spec.h"
#include "cli/print.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define N_LINES 100000

// Bytes from one hit to the next: not a multiple of the pages in which printers read.
#define HIT_STEP 84

// Where all modules have code.
#define CODE_RVA   0x1000u
#define CODE_BYTES 0xe000u

static const struct printer_case {
    const char *name;
    const struct printer *printer;
    bool owned; // hits lie in modules
} cases[] = {
    {"print/text", &text_printer, false},        {"print/kd", &kd_printer, false},
    {"print/jsonl", &jsonl_printer, false},      {"print/csv", &csv_printer, false},
    {"print/-1", &text_address_printer, false},  {"print/text-owned", &text_printer, true},
    {"print/jsonl-owned", &jsonl_printer, true}, {"print/csv-owned", &csv_printer, true},
};

struct print_state {
    const struct printer *printer;
    bool owned;
    struct print_context context;
    struct settings settings;
    struct output out;
    struct view view;
    struct window window;
    struct memory_file file;
    struct attribution attribution;
    struct ms_image *image;
    struct ms_spaces *spaces;
    struct ms_patterns *patterns;
};

static void release(void *context)
{
    struct print_state *state = context;

    output_release(&state->out);
    if (state->out.fd > 0)
        close(state->out.fd);
    attribution_release(&state->attribution);
    ms_spaces_free(state->spaces);
    ms_image_close(state->image);
    ms_patterns_free(state->patterns);
    memory_file_release(&state->file);
    free(state);
}

static bool make_image(struct print_state *state)
{
    const struct modules_spec modules = {.n_modules = SPEC_MODULES, .size = "128M"};
    const struct ms_open_options options = {.flags = MS_OPEN_MAP};
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    bool ok = file != NULL;

    if (ok && state->owned)
        modules_spec_write(file, &modules);
    else if (ok)
        fputs("run 0 16M\nfill 0 16M mixed\n", file);
    ok = ok && fclose(file) == 0 && fixture_image(&state->file, "raw", text) &&
         ms_image_open(state->file.path, &options, &state->image, NULL) == MS_OK;
    free(text);
    return ok;
}

// Hits that nobody owns are in physical memory.
static bool make_view(struct print_state *state)
{
    const struct ms_modules_options options = {0};

    if (state->owned && (ms_spaces_create(state->image, NULL, &state->spaces, NULL) != MS_OK ||
                         ms_spaces_add(state->spaces, "kernel", NULL) != MS_OK))
        return false;
    view_open(&state->view, state->image, state->spaces);
    window_open(&state->window, &state->view);
    return attribution_open(&state->attribution, &state->view, "image", &options) &&
           (!state->owned || attribution_modules(&state->attribution, 0) != NULL);
}

static bool make(struct print_state *state)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    state->patterns = fixture_patterns(make_dword, 1);
    if (null < 0 || !output_init(&state->out, null) || !state->patterns || !make_image(state) ||
        !make_view(state))
        return false;
    state->context = (struct print_context){
        .out = &state->out,
        .settings = &state->settings,
        .patterns = state->patterns,
        .image_name = "image",
        .view = &state->view,
        .window = &state->window,
        .attribution = &state->attribution,
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
    state->owned = printer->owned;
    if (make(state))
        return state;
    release(state);
    return NULL;
}

// In the code of one module after the other, as hits come.
static uint64_t next_owned(const struct print_state *state, size_t i)
{
    const struct ms_modules *modules = state->attribution.spaces[0].modules;
    const size_t n_each = CODE_BYTES / HIT_STEP;
    struct ms_module_info info = ms_modules_info(modules, i / n_each % ms_modules_count(modules));

    return info.base + CODE_RVA + i % n_each * HIT_STEP;
}

static bool run(void *context)
{
    struct print_state *state = context;
    struct ms_hit hit = {.repeat = 1, .stride = 4, .length = 4};

    for (size_t i = 0; i < N_LINES; i++) {
        hit.address = state->owned ? next_owned(state, i) : i * HIT_STEP;
        state->printer->hit(&state->context, &hit);
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
